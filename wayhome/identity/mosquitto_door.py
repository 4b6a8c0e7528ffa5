"""Mosquitto's dynamic security as a door: one client and one role each, with literal topics.

What is known of it (2.0): an unknown certificate still gets CONNACK success, so all four default accesses
must be *deny* and are looked at each time; a disabled client with a certificate stays in, so it is deleted;
``%u`` is not substituted, so topics are written out (docs/decisions/0174).
"""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

from core.model.errors import BrokerUnavailable
from core.model.identity import OWN, Grant
from core.runtime.dynamic_security import DynamicSecurity

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from core.runtime.broker import BrokerSettings

ACCESSES = ("publishClientSend", "publishClientReceive", "subscribe", "unsubscribe")
DENY = dict.fromkeys(ACCESSES, False)
ADMIN = "wayhome-identity"
"""Name of the one client that may give commands; the file that Mosquitto starts with knows it."""
CONTROL = "$CONTROL/dynamic-security/v1/#"
SEND = "publishClientSend"
READ = ("publishClientReceive", "subscribePattern", "unsubscribePattern")
PAGE = 400
"""Clients of one answer: it stays far below the megabyte that we read."""
BATCH = 100
_GONE = frozenset({"Client not found", "Role not found"})


def first_file(hubs: Sequence[Grant] = ()) -> dict[str, object]:
    """Return what Mosquitto starts with: everything denied, our own clients, and one who may give commands.

    Parameters
    ----------
    hubs
        Those that are known before the identity service has spoken to this broker.
    """
    commands = [_rule(kind, CONTROL) for kind in (SEND, *READ[:2])]
    rules = {ADMIN: commands} | {one.client: _rules(one) for one in (*OWN, *hubs)}
    return {
        "defaultACLAccess": DENY,
        "clients": [{"username": name, "roles": [{"rolename": name}]} for name in rules],
        "groups": [],
        "roles": [{"rolename": name, "acls": acls} for name, acls in rules.items()],
    }


class MosquittoDoor:
    """Speaks to one Mosquitto, on one connection that is opened when it is needed.

    Parameters
    ----------
    settings
        Makes how to reach it, with a fresh certificate of `ADMIN`, for each connection.
    """

    name = "mosquitto"

    def __init__(self, settings: Callable[[], BrokerSettings]) -> None:
        self._settings = settings
        self._open: DynamicSecurity | None = None
        self._exit = AsyncExitStack()

    async def present(self) -> Collection[Grant]:
        """Return who is known; closes the broker to strangers where somebody has opened it."""
        (access,) = await self._call([{"command": "getDefaultACLAccess"}])
        rules = {one["acltype"]: one["allow"] for one in access.get("data", {}).get("acls", [])}
        if rules != DENY:
            acls = [{"acltype": kind, "allow": False} for kind in ACCESSES]
            await self._call([{"command": "setDefaultACLAccess", "acls": acls}])
        roles = {role["rolename"]: role for role in await self._all("listRoles", "roles")}
        found = {_grant(client, roles) for client in await self._all("listClients", "clients")}
        # they are none of the desired state's names, so nobody else makes them
        own = [one for one in OWN if one not in found]
        await self.dismiss([one.client for one in own])
        await self.admit(own)
        return found

    async def admit(self, grants: Sequence[Grant]) -> None:
        """Make a role and a client each; whoever is there already goes first."""
        for at in range(0, len(grants), BATCH):
            some = grants[at : at + BATCH]
            for made in await self._call([command for one in some for command in _made(one)]):
                if "error" in made and "already exists" not in made["error"]:
                    raise BrokerUnavailable(f"{made['command']}: {made['error']}")

    async def dismiss(self, clients: Sequence[str]) -> None:
        """Delete client and role; Mosquitto ends the client's connection with that."""
        for at in range(0, len(clients), BATCH):
            some = clients[at : at + BATCH]
            for done in await self._call([command for one in some for command in _ended(one)]):
                if "error" in done and done["error"] not in _GONE:
                    raise BrokerUnavailable(f"{done['command']}: {done['error']}")

    async def close(self) -> None:
        """Let go of the connection."""
        self._open = None
        await self._exit.aclose()

    async def _all(self, command: str, of: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while True:
            asked = {"command": command, "verbose": True, "count": PAGE, "offset": len(found)}
            (answer,) = await self._call([asked])
            if "error" in answer:
                raise BrokerUnavailable(f"{command}: {answer['error']}")
            some = answer["data"].get(of, [])
            found += some
            if len(some) < PAGE:
                return found

    async def _call(self, commands: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        try:
            if self._open is None:
                self._open = await self._exit.enter_async_context(DynamicSecurity(self._settings()))
            return await self._open.call(commands)
        except BrokerUnavailable:
            await self.close()
            raise


def _grant(client: dict[str, Any], roles: dict[str, dict[str, Any]]) -> Grant:
    rules = [
        acl
        for role in client.get("roles", ())
        for acl in roles.get(role["rolename"], {}).get("acls", ())
        if acl["allow"]
    ]
    return Grant(
        client=client["username"],
        topics=tuple(acl["topic"] for acl in rules if acl["acltype"] == SEND),
        reads=tuple(acl["topic"] for acl in rules if acl["acltype"] == READ[0]),
    )


def _made(grant: Grant) -> list[dict[str, Any]]:
    role = {"command": "createRole", "rolename": grant.client, "acls": _rules(grant)}
    roles = [{"rolename": grant.client}]
    return [role, {"command": "createClient", "username": grant.client, "roles": roles}]


def _rules(grant: Grant) -> list[dict[str, Any]]:
    writes = [_rule(SEND, topic) for topic in grant.topics]
    return writes + [_rule(kind, topic) for topic in grant.reads for kind in READ]


def _rule(kind: str, topic: str) -> dict[str, Any]:
    return {"acltype": kind, "topic": topic, "allow": True}


def _ended(client: str) -> list[dict[str, Any]]:
    return [
        {"command": "deleteClient", "username": client},
        {"command": "deleteRole", "rolename": client},
    ]

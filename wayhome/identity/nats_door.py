"""The embedded nats-server as a door: its accounts are a file that it reads again on a signal.

Who is not in the file is refused already by CONNACK; who leaves it is cut off with the reload.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from core.model.errors import BrokerUnavailable
from core.model.identity import OURS, Grant
from wayhome.embedded.accounts import Account

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from wayhome.embedded.broker import EmbeddedBroker

READ_TIMEOUT_S = 5.0


class NatsDoor:
    """Changes who may log in at an embedded broker that checks certificates."""

    name = "nats-server"

    def __init__(self, broker: EmbeddedBroker) -> None:
        self._broker = broker

    async def present(self) -> Collection[Grant]:
        """Return who stands in the configuration that the running broker has read."""
        if not self._broker.alive():
            raise BrokerUnavailable("the embedded broker does not run")
        return {
            Grant(client=one.username, topics=one.publish, reads=one.subscribe)
            for one in self._broker.accounts
            if OURS.fullmatch(one.username)
        }

    async def admit(self, grants: Sequence[Grant]) -> None:
        """Add accounts; whoever is there already goes first."""
        new = {
            one.client: Account(username=one.client, publish=one.topics, subscribe=one.reads)
            for one in grants
        }
        await self._let_in([one for one in self._broker.accounts if one.username not in new], new)

    async def dismiss(self, clients: Sequence[str]) -> None:
        """Take accounts away."""
        await self._let_in(
            [one for one in self._broker.accounts if one.username not in clients], {}
        )

    async def close(self) -> None:
        """Do nothing: there is no connection."""

    async def _let_in(self, stay: Sequence[Account], new: dict[str, Account]) -> None:
        if not self._broker.alive():
            raise BrokerUnavailable("the embedded broker does not run")
        before, accounts = self._broker.accounts, (*stay, *new.values())
        if set(accounts) == set(before):
            return
        read = self._broker.has_read()
        self._broker.let_in(accounts)
        try:
            async with asyncio.timeout(READ_TIMEOUT_S):
                while self._broker.has_read() == read:  # noqa: ASYNC110 (its log tells)
                    await asyncio.sleep(0.005)
        except TimeoutError as error:
            self._broker.accounts = before
            raise BrokerUnavailable("the embedded broker did not take the change") from error

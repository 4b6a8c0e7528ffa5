"""The contract of a connector as checks that anyone can run on their own.

A check is given a way to make the connector and a `Stage`: a real receiver of its kind. It raises
`PluginBroken` with what is wrong. ``tests/sharing/test_connectors.py`` runs them on every connector found.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import Protocol

from core.model.errors import Permanent, PluginBroken, Temporary
from wayhome.sharing.connector import Connector, ConnectorSettings, Parcel

SECRET = "She fell in the kitchen"  # noqa: S105 (what nobody may read in an error)


class Stage(Protocol):
    """A receiver; what came is noted."""

    def settings(self) -> ConnectorSettings:
        """Return settings that lead the connector to it."""
        ...

    def elsewhere(self) -> ConnectorSettings:
        """Return settings that lead to where nobody takes anything."""
        ...

    def trouble(self) -> bool:
        """Fail from now on, without taking anything; False where this kind of receiver can not."""
        ...

    def refuse(self) -> bool:
        """Refuse all from now on; False where this kind of receiver can not."""
        ...

    def lose_answers(self) -> bool:
        """Take what comes, and never say so; False where this kind of receiver can not."""
        ...

    def mend(self) -> None:
        """Be well from now on."""
        ...

    def keys(self) -> list[str]:
        """Return the keys of what was taken, one for each time."""
        ...


Check = Callable[[type[Connector], Stage], Awaitable[None]]


def parcel(key: str = "wayhome-finding-1-7", subject: str = "1") -> Parcel:
    """Return something to send."""
    told = {"_type": "DV_TEXT", "value": SECRET}
    audit = {
        "_type": "FEEDER_AUDIT",
        "originating_system_item_ids": [{"_type": "DV_IDENTIFIER", "id": key}],
    }
    return Parcel(
        key=key,
        subject=subject,
        composition={"_type": "COMPOSITION", "name": told, "feeder_audit": audit},
    )


def checks() -> dict[str, Check]:
    """Return the checks by name."""
    return {
        name: check
        for name, check in globals().items()
        if inspect.iscoroutinefunction(check) and not name.startswith("_")
    }


async def what_is_sent_arrives_and_has_a_name(kind: type[Connector], stage: Stage) -> None:
    """Find it in the record later, by the record's own name."""
    if not await _sent(kind, stage, parcel()):
        raise PluginBroken("send() returned no name of the record's own")
    _holds(stage, ["wayhome-finding-1-7"])


async def what_is_sent_twice_arrives_once(kind: type[Connector], stage: Stage) -> None:
    """Make once of the outbox's at least once."""
    first = await _sent(kind, stage, parcel())
    if await _sent(kind, stage, parcel()) != first:
        raise PluginBroken("the second time it had another name")
    await _sent(kind, stage, parcel("wayhome-day-1-2026-01-14"))
    _holds(stage, ["wayhome-finding-1-7", "wayhome-day-1-2026-01-14"])


async def a_lost_answer_makes_no_second_one(kind: type[Connector], stage: Stage) -> None:
    """Survive the worst moment: the record has it, and nobody told us."""
    if not stage.lose_answers():
        return
    await _raises(kind, stage.settings(), Temporary)
    stage.mend()
    await _sent(kind, stage, parcel())
    _holds(stage, ["wayhome-finding-1-7"])


async def trouble_is_temporary(kind: type[Connector], stage: Stage) -> None:
    """Let what fails today be tried again."""
    if stage.trouble():
        await _raises(kind, stage.settings(), Temporary)
        stage.mend()
    await _raises(kind, stage.elsewhere(), Temporary)
    _holds(stage, [])
    await _sent(kind, stage, parcel())
    _holds(stage, ["wayhome-finding-1-7"])


async def a_refusal_is_permanent(kind: type[Connector], stage: Stage) -> None:
    """Stop sending what the record will never take."""
    if stage.refuse():
        await _raises(kind, stage.settings(), Permanent)
        _holds(stage, [])


async def _sent(kind: type[Connector], stage: Stage, what: Parcel) -> str:
    connector = kind(stage.settings())
    try:
        return await connector.send(what)
    finally:
        await connector.close()


async def _raises(
    kind: type[Connector], settings: ConnectorSettings, wanted: type[Exception]
) -> None:
    connector = kind(settings)
    try:
        await connector.send(parcel())
    except wanted as error:
        if SECRET in str(error):
            raise PluginBroken("an error repeats what was sent: it may be personal") from error
        return
    except Exception as error:
        raise PluginBroken(f"expected {wanted.__name__}, got {type(error).__name__}") from error
    finally:
        await connector.close()
    raise PluginBroken(f"expected {wanted.__name__}, and nothing was raised")


def _holds(stage: Stage, keys: list[str]) -> None:
    found = stage.keys()
    if sorted(found) != sorted(keys):
        raise PluginBroken(f"the record should hold {sorted(keys)}, it holds {sorted(found)}")

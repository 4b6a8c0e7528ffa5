"""Every connector keeps the contract, and one that does not is caught."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.model.errors import Misconfigured, Permanent, PluginBroken
from tests.sharing.ehr_server import FolderStage, ehr_server
from wayhome.sharing.checks import Check, Stage, checks, parcel
from wayhome.sharing.connector import Connector, ConnectorSettings, Parcel, discover
from wayhome.sharing.connectors.ehrbase import Ehrbase

ALL = [
    pytest.param(kind, check, id=f"{name}-{title}")
    for name, kind in discover().items()
    for title, check in checks().items()
]


@contextmanager
def stage_of(name: str, folder: Path) -> Iterator[Stage]:
    if name == "ehrbase":
        with ehr_server() as server:
            yield server
    else:
        (folder / "out").mkdir()
        yield FolderStage(folder / "out")


@pytest.mark.parametrize(("kind", "check"), ALL)
async def test_contract(kind: type[Connector], check: Check, tmp_path: Path) -> None:
    with stage_of(kind.name, tmp_path) as stage:
        await check(kind, stage)


def test_all_connectors_are_there_and_all_checks_run() -> None:
    assert set(discover()) == {"ehrbase", "folder"}
    assert len(checks()) == 5


class Careless:
    """Never looks whether the record has it."""

    name = "ehrbase"
    title = "Careless"

    def __init__(self, settings: ConnectorSettings) -> None:
        self._inner = Ehrbase(settings)

    async def send(self, wanted: Parcel) -> str:
        ehr = await self._inner._ehr(wanted.subject)
        answer = await self._inner._ask("POST", f"/ehr/{ehr}/composition", json=wanted.composition)
        return str(answer.headers["etag"])

    async def close(self) -> None:
        await self._inner.close()


async def test_the_contract_catches_one_that_makes_two() -> None:
    for name in ("what_is_sent_twice_arrives_once", "a_lost_answer_makes_no_second_one"):
        with ehr_server() as server, pytest.raises(PluginBroken):
            await checks()[name](Careless, server)


async def test_whom_the_server_does_not_know_is_not_made_there() -> None:
    with ehr_server() as server:
        connector = Ehrbase(server.settings())
        with pytest.raises(Permanent, match="link them there first"):
            await connector.send(parcel(subject="9"))
        await connector.close()
        assert server.compositions == []


async def test_the_password_comes_from_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("open sesame\n")
    with ehr_server() as server:
        connector = Ehrbase(
            ConnectorSettings(
                url=server.settings().url, username="wayhome", password_file=str(secret)
            )
        )
        await connector.send(parcel())
        await connector.close()
        assert server.logins == {"Basic d2F5aG9tZTpvcGVuIHNlc2FtZQ=="}


@pytest.mark.parametrize(
    ("name", "settings", "words"),
    [
        ("ehrbase", ConnectorSettings(url="ehr.example"), "url: expected"),
        (
            "ehrbase",
            ConnectorSettings(url="https://x", password_file="/not/there"),
            "password_file",
        ),
        ("folder", ConnectorSettings(), "folder: expected"),
    ],
)
def test_what_is_missing_is_named(name: str, settings: ConnectorSettings, words: str) -> None:
    with pytest.raises(Misconfigured, match=words):
        discover()[name](settings)

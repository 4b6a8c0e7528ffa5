"""Another authority of hubs: both are trusted until all have changed, at the shipped Mosquitto."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import psycopg
import pytest
from typer.testing import CliRunner

from core.model.errors import Misconfigured
from core.store import hub_credential as store
from core.store.pool import connect
from tests.deploy.shipped import ShippedMosquitto
from tests.identity.places import HOME, Place, mosquitto_place, until
from tests.identity.speaker import REFUSED, Speaker, context_of
from wayhome.cli import app
from wayhome.embedded import tls
from wayhome.identity import rotation
from wayhome.identity.issuing import read_authority
from wayhome.identity.mosquitto_door import MosquittoDoor
from wayhome.identity.service import Admin
from wayhome.installation import Wanted, install

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.servers.databases import Database


@pytest.fixture
async def place(tmp_path: Path, plain_database: Database) -> AsyncIterator[Place]:
    """Give a Mosquitto with its identity service."""
    made = await mosquitto_place(tmp_path, plain_database)
    yield made
    await made.end()


def installed(place: Place, step: str) -> None:
    """Do what ``docker compose run --rm init --hubs-authority …`` does, and let the broker read it."""
    assert isinstance(place.broker, ShippedMosquitto)
    install(Wanted(folder=place.broker.secrets, rotation=step), datetime.now(UTC))
    place.broker.reload()


async def restarted(place: Place) -> None:
    """Start the identity service anew: it reads the authority once."""
    assert isinstance(place.broker, ShippedMosquitto)
    await place.door.close()
    secrets = place.broker.secrets / "identity"
    place.terms = replace(place.terms, authority=read_authority(secrets))
    admin = Admin(
        url=f"mqtts://localhost:{place.port}",
        ca_file=str(secrets / "ca.crt"),
        authority=place.terms.authority,
        folder=place.folder / "admin",
        clock=place.clock,
    )
    place.door = MosquittoDoor(admin)


def outside(place: Place, context: ssl.SSLContext) -> bool:
    hub = Speaker(place.port, context)
    hub.close()
    return hub.connack == REFUSED


def let_in(place: Place, context: ssl.SSLContext) -> bool:
    hub = Speaker(place.port, context)
    answer = REFUSED if hub.connack == REFUSED else hub.publish(f"homes/{HOME}/x")
    hub.close()
    return 0 <= answer < 0x80


async def older(place: Place) -> tuple[str, ...]:
    async with connect(place.url) as connection:
        return await store.of_older_authority(connection)


async def test_both_authorities_are_trusted_until_all_have_changed(place: Place) -> None:
    old = await place.asked()
    await place.round()
    old_context = context_of(await old.take())
    assert let_in(place, old_context)

    installed(place, "begin")
    await restarted(place)
    new = await place.asked()
    # until the broker has read what to trust, its refusal is told and nothing is lost
    await until_told(place)
    new_context = context_of(await new.take())
    await until(lambda: let_in(place, new_context))
    assert let_in(place, old_context)
    assert await older(place) == (old.grant.client,)
    with pytest.raises(Misconfigured, match="replaced already"):
        installed(place, "begin")

    await place.revoke(old.number)
    await place.round()
    assert await older(place) == ()
    installed(place, "end")
    await until(lambda: outside(place, old_context))
    assert let_in(place, new_context)
    identity = place.broker.secrets / "identity"  # type: ignore[attr-defined]
    assert not (identity / rotation.BEFORE_KEY).exists()
    with pytest.raises(Misconfigured, match="no authority is being replaced"):
        installed(place, "end")


async def until_told(place: Place) -> None:
    """Go on with rounds until the broker takes what the service says."""
    for _ in range(200):
        await place.round()
        if not place.fault():
            return
    raise AssertionError(place.fault())


def test_the_commands_for_one_machine(tmp_path: Path, plain_database: Database) -> None:
    made = tls.hubs_authority(tmp_path / "certificates", datetime.now(UTC))
    order = ["identity", "rotate", "--folder", str(tmp_path)]
    assert CliRunner().invoke(app, order).exit_code == 0
    again = CliRunner().invoke(app, order)
    assert "replaced already" in str(again.exception)
    trusted = tls.client_check(tmp_path / "certificates", datetime.now(UTC)).authority.read_text()
    assert made.certificate in trusted
    assert trusted.count("BEGIN CERTIFICATE") == 2

    left = ["identity", "changed", "--json", "--database-url", plain_database.url]
    answer = CliRunner().invoke(app, left)
    assert (answer.exit_code, answer.output.strip()) == (0, '{"left":[]}')
    with psycopg.connect(plain_database.url) as connection:
        connection.execute("insert into organisation values ('a', 'A')")
        connection.execute(
            "insert into home (home_id, organisation_id, name) values ('h', 'a', 'H')"
        )
        connection.execute(
            "insert into hub_credential (home_id, client, about, topics, asked_at, code_hash, code_key,"
            " code_ends_at, serial, fingerprint, issued_at, ends_at) values ('h', 'hub-h-1', 'hub',"
            " '{homes/h/#}', now(), %(hash)s, %(hash)s, now(), '1', %(hash)s, now(), now())",
            {"hash": bytes(32)},
        )
    answer = CliRunner().invoke(app, left)
    assert (answer.exit_code, answer.output.strip()) == (1, '{"left":["hub-h-1"]}')

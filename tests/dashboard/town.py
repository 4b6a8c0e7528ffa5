"""Two organisations with homes, people and alerts, written straight into a real database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import argon2
import psycopg
from psycopg.types.json import Jsonb

if TYPE_CHECKING:
    from tests.servers.databases import Database

NOW = datetime(2026, 1, 15, 3, 20, tzinfo=UTC)
PASSWORD = "correct horse"
KEY = "the key of this installation"
#: As strong as needed here, not more: a test makes many log-ins.
CHEAP = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
DOOR = "The outer door opened at 03:08, 6 minutes after the last movement (bedroom)"


@dataclass(slots=True, kw_only=True)
class Town:
    """Writes what the other services would write."""

    connection: psycopg.Connection[Any]
    now: datetime = NOW
    carers: dict[str, int] = field(default_factory=dict)

    def execute(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Run a statement as the owner of the database and return its rows."""
        cursor = self.connection.execute(query.encode(), values)
        return cursor.fetchall() if cursor.description else []

    def acts_as(self, login: str) -> None:
        """Let what is run next be of one carer of Leeds, as the functions of the database see it."""
        self.execute(
            "select set_config('wayhome.carer', %s, false),"
            " set_config('wayhome.organisation', 'leeds', false)",
            str(self.carers[login]),
        )

    def number(self, query: str, *values: object) -> int:
        """Run a statement that returns one number."""
        ((number,),) = self.execute(query, *values)
        return int(number)

    def carer(self, login: str, role: str, organisation: str, *homes: str, name: str = "") -> int:
        """Register somebody who may log in."""
        number = self.number(
            "insert into carer (organisation_id, login, name, role, password_hash)"
            " values (%s, %s, %s, %s, %s) returning carer_id",
            organisation,
            login,
            name or login.title(),
            role,
            CHEAP.hash(PASSWORD),
        )
        for home in homes:
            self.execute("insert into care (home_id, carer_id) values (%s, %s)", home, number)
        self.carers[login] = number
        return number

    def resident(self, login: str, home: str) -> int:
        """Let the person who lives in a home log in."""
        ((organisation, name, number),) = self.execute(
            "select organisation_id, resident.name, resident_id from home join resident using (home_id)"
            " where home_id = %s",
            home,
        )
        carer = self.carer(login, "resident", organisation, name=name)
        self.execute("update carer set resident_id = %s where carer_id = %s", number, carer)
        return carer

    def home(self, home: str, organisation: str, resident: str, *, mode: str = "live") -> None:
        """Register a home with a resident, four rooms and a sensor in each, a door and a hub."""
        self.execute(
            "insert into organisation (organisation_id, name) values (%s, %s) on conflict do nothing",
            organisation,
            organisation.title(),
        )
        self.execute(
            "insert into home (home_id, organisation_id, name, mode) values (%s, %s, %s, %s)",
            home,
            organisation,
            "3 Mill Lane" if organisation == "leeds" else "8 Low Road",
            mode,
        )
        self.execute("insert into resident (home_id, name) values (%s, %s)", home, resident)
        for room, kind in (
            ("Bedroom", "bedroom"),
            ("Bathroom", "bathroom"),
            ("Kitchen", "kitchen"),
            ("Hall", "hall"),
        ):
            self.execute(
                "insert into room (home_id, name, kind, exit) values (%s, %s, %s, %s)",
                home,
                room,
                kind,
                kind == "hall",
            )
            self.device(home, f"{room} sensor", "room", room)
        self.device(home, "Front door", "entrance", "Hall")
        self.device(home, "Bed mat", "bed", "Bedroom")
        self.device(home, "Hub", "hub", "", heartbeat=True)

    def device(
        self, home: str, name: str, placement: str, room: str, *, heartbeat: bool = False
    ) -> int:
        """Register a device and let it be heard just now."""
        number = self.number(
            "insert into device (home_id, family, external_id, name, placement, room_id,"
            " reporting_interval_s, heartbeat) select %s, 'zigbee2mqtt', %s, %s, %s,"
            " (select room_id from room where home_id = %s and name = %s), 600, %s"
            " returning device_id",
            home,
            name.lower().replace(" ", "_"),
            name,
            placement,
            home,
            room,
            heartbeat,
        )
        self.execute(
            "insert into presence (device_id, home_id, last_seen, battery_percent)"
            " values (%s, %s, %s, 80)",
            number,
            home,
            self.now,
        )
        return number

    def alert(self, home: str = "ada", **columns: object) -> int:
        """Open an alert, as the alerting service does; by default a door at night."""
        row = {
            "home_id": home,
            "detector": "exit",
            "subject": str(self.number("select count(*) from alert")),
            "severity": "urgent",
            "audience": "carers",
            "onset": self.now - timedelta(minutes=12),
            "opened_at": self.now - timedelta(minutes=12),
            "what": DOOR,
            "unusual": "She has opened it at night on 0 of 84 nights",
            "ruled_out": Jsonb(["Somebody was home when it opened"]),
            "advice": "Call now; if nobody answers, go and look near the home first.",
            "evidence": Jsonb([{"at": NOW.isoformat(), "text": "The outer door opened"}]),
        } | columns
        row["resident_id"] = self.number(
            "select resident_id from resident where home_id = %s", home
        )
        names = ", ".join(row)
        number = self.number(
            f"insert into alert ({names}) values ({', '.join(['%s'] * len(row))})"
            " returning alert_id",
            *row.values(),
        )
        self.execute("select pg_notify('alert', %s)", str(number))
        return number

    def asks_whether_somebody_is_back(self, **columns: object) -> int:
        """Open the question to carers whether who was away is at home again."""
        what = "Somebody seems to be at home: something moved in 4 of the last 12 hours."
        question = {"detector": "unwatched", "subject": "back/1", "severity": "check", "what": what}
        return self.alert("ada", **question | columns)

    def deliver(self, alert: int, login: str, channel: str, state: str = "sent") -> None:
        """Note a message to a carer."""
        self.execute(
            "insert into delivery (alert_id, carer_id, channel, step, state, attempts, next_try_at,"
            " sent_at) values (%s, %s, %s, 0, %s, 1, %s, %s)",
            alert,
            self.carers[login],
            channel,
            state,
            self.now,
            self.now - timedelta(minutes=11) if state == "sent" else None,
        )

    def observe(
        self, home: str, device: str, at: datetime, value: float, quantity: str = "motion"
    ) -> None:
        """Store an observation, as the gateway does."""
        self.execute(
            "insert into observation (observed_at, device_id, quantity, value, home_id, received_at)"
            " select %s, device_id, %s, %s, home_id, %s from device where home_id = %s and name = %s",
            at,
            quantity,
            value,
            at,
            home,
            device,
        )

    def live(self, at: datetime | None = None) -> None:
        """Let gateway and detection give a sign of life."""
        moment = at or self.now
        self.execute(
            "insert into gateway_heartbeat (gateway, at, broker_connected) values ('gateway', %s, true)"
            " on conflict (gateway) do update set at = excluded.at",
            moment,
        )
        self.execute(
            "insert into engine_step (shard, step, txid, sequence, recorded_at)"
            " select 0, coalesce(max(step), 0) + 1, '0'::xid8, 0, %s from engine_step",
            moment,
        )

    def night(self, home: str) -> None:
        """Store a night that ends with the front door."""
        start = self.now - timedelta(hours=23)
        for hour in range(23):
            moment = start + timedelta(hours=hour)
            for minutes in range(0, 60, 10):
                if not (hour == 9 or (hour == 10 and minutes < 50)):
                    self.observe(
                        home, "Hub", moment + timedelta(minutes=minutes), 1, "link_quality"
                    )
            if hour < 9 or 10 < hour < 18:
                room = ("Kitchen", "Hall", "Bathroom", "Bedroom")[hour % 4]
                for minutes in (5, 8, 12, 30):
                    self.observe(home, f"{room} sensor", moment + timedelta(minutes=minutes), 1)
                    off = moment + timedelta(minutes=minutes, seconds=90)
                    self.observe(home, f"{room} sensor", off, 0)
        self.observe(home, "Bed mat", self.now - timedelta(hours=5), 1, "bed")
        self.observe(home, "Bed mat", self.now - timedelta(minutes=20), 0, "bed")
        self.observe(home, "Hall sensor", self.now - timedelta(minutes=14), 1)
        self.observe(home, "Front door", self.now - timedelta(minutes=12), 1, "contact")


@contextmanager
def town_in(database: Database, now: datetime = NOW) -> Iterator[Town]:
    """Fill a database: Ada, Tom and an archive in Leeds, Eve in York."""
    with psycopg.connect(database.url, autocommit=True) as connection:
        yield _built(Town(connection=connection, now=now))


def _built(town: Town) -> Town:
    town.home("ada", "leeds", "Ada")
    town.home("tom", "leeds", "Tom")
    town.home("past", "leeds", "Old record", mode="archive")
    town.home("eve", "york", "Eve")
    town.carer("ben", "family_carer", "leeds", "ada", "past", name="Ben Carter")
    town.carer("mia", "family_carer", "leeds", "ada", name="Mia Stone")
    town.carer("worker", "care_worker", "leeds")
    town.carer("clinician", "clinician", "leeds")
    town.carer("technician", "technician", "leeds")
    town.carer("admin", "organisation_admin", "leeds")
    town.carer("auditor", "auditor", "leeds")
    town.resident("resident", "ada")
    town.carer("stranger", "organisation_admin", "york")
    town.live()
    return town

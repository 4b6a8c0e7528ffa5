"""Three weeks of a household as the tables hold them: days, a blind one, findings, messages, answers."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import msgspec

from tests.dashboard import weeks
from tests.dashboard.town import NOW

if TYPE_CHECKING:
    from tests.dashboard.town import Town
    from tests.dashboard.visitors import Visitors

DAYS = 21
BLIND = NOW.date() - timedelta(days=weeks.BLIND_DAY)
Json = dict[str, Any]
KEY = "a key that nobody guesses"
RUNNING = "the key for the running service"
RECIPIENT = "Leeds Care Record"
"""For whom keys read; everybody of Leeds and York has agreed to it."""


def finding(
    town: Town, detector: str, phase: str = "opened", home: str = "ada", **more: object
) -> int:
    """Write what a detector says."""
    row: dict[str, object] = {
        "home_id": home,
        "detector": detector,
        "severity": "check",
        "audience": "carers",
        "phase": phase,
        "onset": NOW - timedelta(hours=3),
        "noticed_at": NOW - timedelta(hours=2, minutes=50),
        "what": f"What {detector} saw",
        "step": 1,
        "detector_version": "0.1.0-1",
        "recorded_at": NOW - timedelta(hours=2, minutes=50),
        "resident_id": town.number("select resident_id from resident where home_id = %s", home),
    } | more
    names = ", ".join(row)
    return town.number(
        f"insert into finding ({names}) values ({', '.join(['%s'] * len(row))}) returning finding_id",
        *row.values(),
    )


def evidence(*facts: tuple[datetime | None, str, int | None]) -> str:
    """Return evidence as the table keeps it, with what its texts say."""
    rows = [
        {
            "at": None if at is None else at.isoformat(),
            "text": text,
            "device_id": device,
            "said": {"say": text},
        }
        for at, text, device in facts
    ]
    return msgspec.json.encode(rows).decode()


async def fill(town: Town, analytics_url: str) -> None:
    """Let three weeks pass in Ada's home, and a few things happen."""
    weeks.tell(town, days=DAYS)
    watch = town.device("ada", "Watch", "worn", "")
    for hour in range(8, 20):
        at = NOW.replace(hour=0, minute=0) - timedelta(days=2) + timedelta(hours=hour)
        town.observe("ada", "Watch", at, 60.0 + hour, "heart_rate")
    await weeks.count(analytics_url, NOW + timedelta(hours=3))
    fall = finding(
        town,
        "impact",
        severity="urgent",
        unusual="She has had no knock like this in 84 days",
        once_in_days=84.5,
        ruled_out='["The watch was put down"]',
        advice="Call now.",
        evidence=evidence(
            (NOW - timedelta(hours=3), "A knock of 6 g at the wrist", watch),
            (None, "She lives alone", None),
        ),
    )
    finding(town, "rhythm", severity="notice", onset=NOW - timedelta(days=9))
    finding(town, "late_rise", onset=NOW - timedelta(days=1), noticed_at=NOW - timedelta(hours=20))
    finding(town, "late_rise", "cleared", onset=NOW - timedelta(days=1),
            noticed_at=NOW - timedelta(hours=19))  # fmt: skip
    finding(town, "exit", resident_id=None, detector_version="", subject="door_1")
    finding(town, "liveness", audience="operators", resident_id=None)
    finding(town, "impact", home="tom")
    finding(town, "impact", home="eve")
    _talk(town, fall)
    for number in town.execute("select resident_id from resident"):
        share(town, *number)


def share(
    town: Town, resident: object, recipient: str = RECIPIENT, kind: str = "given",
    since: datetime = NOW - timedelta(days=90), until: datetime | None = None,
) -> None:  # fmt: skip
    """Write a basis for sharing down, or its withdrawal; by default from 90 days ago on."""
    given = kind == "given"
    town.execute(
        "insert into purpose_basis (home_id, resident_id, kind, purpose, recipient, article6, article9,"
        " decided, said_by, valid_from, valid_until, carer_id, at) select home_id, resident_id, %s,"
        " 'record_sharing', %s, %s, %s, 'person', 'R', %s, %s, (select min(carer_id) from carer), %s"
        " from resident where resident_id = %s",
        kind, recipient, "consent" if given else "", "explicit_consent" if given else "",
        since, until, since, resident,
    )  # fmt: skip


def _talk(town: Town, fall: int) -> None:
    alert = town.alert("ada", detector="impact", onset=NOW - timedelta(hours=3))
    town.execute("insert into alert_finding values (%s, %s)", alert, fall)
    town.deliver(alert, "ben", "ntfy")
    town.deliver(alert, "mia", "sms", "failed")
    town.deliver(alert, "worker", "web", "pending")
    # a question about watching is nothing of a patient's
    town.deliver(town.asks_whether_somebody_is_back(), "ben", "ntfy")
    town.execute(
        "update delivery set delivered_at = sent_at + interval '2 seconds' where channel = 'ntfy'"
    )
    for kind, outcome, comment in (
        ("acknowledge", None, ""),
        ("resolve", "helped", "She sat on the floor and is well"),
    ):
        town.execute(
            "insert into response (alert_id, carer_id, kind, at, outcome, comment)"
            " values (%s, %s, %s, %s, %s, %s)",
            alert, town.carers["ben"], kind, NOW - timedelta(hours=2), outcome, comment,
        )  # fmt: skip
    town.execute(
        "insert into phone_answer (delivery_id, alert_id, carer_id, channel, at) select delivery_id,"
        " alert_id, carer_id, 'sms', %s from delivery where channel = 'sms'",
        NOW - timedelta(hours=2),
    )


def token(
    town: Town, *scopes: str, login: str = "clinician", key: str = KEY, patient: int | None = None,
    lasts: timedelta = timedelta(days=30), recipient: str = RECIPIENT,
) -> dict[str, str]:  # fmt: skip
    """Keep a key that acts as somebody; return the header to send."""
    town.execute(
        "insert into application_token (token_hash, organisation_id, carer_id, resident_id, name,"
        " recipient, scopes, made_at, ends_at) select %s, organisation_id, carer_id, %s, 'Record',"
        " %s, %s, %s, %s from carer"
        " where login = %s",
        _hashed(key),
        patient,
        recipient,
        list(scopes),
        NOW - timedelta(days=1),
        max(datetime.now(UTC), NOW) + lasts if lasts > timedelta(0) else NOW + lasts,
        login,
    )
    return {"authorization": f"Bearer {key}"}


def revoke(town: Town, key: str) -> None:
    """End a key."""
    town.execute(
        "update application_token set revoked_at = %s where token_hash = %s", NOW, _hashed(key)
    )


def _hashed(key: str) -> bytes:
    return hashlib.blake2b(key.encode(), digest_size=32).digest()


class Program:
    """Something that reads over FHIR."""

    def __init__(self, client: httpx.AsyncClient, headers: dict[str, str]) -> None:
        self.client = client
        self.headers = headers

    async def get(self, path: str, status: int = 200, **headers: str) -> httpx.Response:
        """Ask, and check the status."""
        answer = await self.client.get(path, headers=self.headers | headers)
        assert answer.status_code == status, (path, answer.status_code, answer.text[:300])
        return answer

    async def json(self, path: str, status: int = 200, **headers: str) -> Json:
        """Ask and read the answer."""
        answer = await self.get(path, status, **headers)
        assert answer.headers["content-type"] == "application/fhir+json"
        found: Json = answer.json()
        return found

    async def all(self, path: str) -> list[Json]:
        """Follow the pages to the end."""
        found: list[Json] = []
        while path:
            bundle = await self.json(path)
            found += [entry["resource"] for entry in bundle.get("entry", ())]
            path = next((one["url"] for one in bundle["link"] if one["relation"] == "next"), "")
        return found

    async def ids(self, path: str) -> list[str]:
        """Follow the pages and return the ids."""
        return [one["id"] for one in await self.all(path)]


async def program(visitors: Visitors, headers: dict[str, str]) -> Program:
    """Let a program with a key come."""
    browser = await visitors.nobody()
    return Program(browser.client, headers)


async def somebody(visitors: Visitors, login: str) -> Program:
    """Let somebody who is logged in read."""
    return Program((await visitors.of(login)).client, {})

"""Who lives and works in the demo."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import argon2

from core.model.home import Household
from core.model.ids import CarerId, HomeId, OrganisationId
from core.store import registry
from core.store.pool import Connection
from sensors.simulator import homes

ORGANISATION = OrganisationId("demo")
NIGHT_HOURS = range(1, 5)
NIGHT_TARGET_H = 2.5
_ZONES = (
    "Pacific/Auckland", "Australia/Sydney", "Asia/Tokyo", "Asia/Singapore", "Asia/Dhaka",
    "Asia/Karachi", "Asia/Dubai", "Europe/Athens", "Europe/London", "Atlantic/Azores",
    "America/Sao_Paulo", "America/Halifax", "America/New_York", "America/Chicago", "America/Denver",
    "America/Los_Angeles", "America/Anchorage", "Pacific/Honolulu",
)  # fmt: skip
_RESIDENTS = (
    ("rosewood", "Rosewood Court 3", "Ada", "she"),
    ("millbank", "Millbank 12", "George", "he"),
    ("hyde", "Hyde Terrace 7", "Irene", "she"),
    ("beckside", "Beckside 21", "Winston", "he"),
    ("elm", "Elm Walk 5", "Dorothy", "she"),
    ("quarry", "Quarry Hill 9", "Stanley", "he"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """A person of the demo."""

    login: str
    name: str
    role: str
    password: str


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything registered for the demo."""

    households: tuple[Household, ...]
    logins: tuple[Login, ...]


def night_zone(now: datetime) -> ZoneInfo:
    """Return a zone in which it is the middle of the night.

    Examples
    --------
    >>> from datetime import UTC
    >>> night_zone(datetime(2026, 7, 1, 14, 20, tzinfo=UTC)).key
    'Pacific/Auckland'
    """

    def distance(zone: ZoneInfo) -> float:
        local = now.astimezone(zone)
        return abs(local.hour + local.minute / 60 - NIGHT_TARGET_H)

    return min((ZoneInfo(name) for name in _ZONES), key=distance)


def households(count: int, now: datetime) -> tuple[Household, ...]:
    """Return the homes of the demo; every second one lies where it is night now."""
    night, day = night_zone(now), ZoneInfo("Europe/London")
    return tuple(
        homes.household(
            HomeId(home_id if number < len(_RESIDENTS) else f"{home_id}{number}"),
            organisation_id=ORGANISATION,
            name=name,
            resident=resident,
            pronoun=pronoun,
            zone=night if number % 2 else day,
        )
        for number in range(count)
        for home_id, name, resident, pronoun in [_RESIDENTS[number % len(_RESIDENTS)]]
    )


def people() -> tuple[Login, ...]:
    """Return a person for each role, with new passwords; a resident is invited on the pages."""
    roles = (
        ("ruth", "Ruth (daughter)", "family_carer"),
        ("sam", "Sam (care worker)", "care_worker"),
        ("khan", "Dr Khan", "clinician"),
        ("tom", "Tom (technician)", "technician"),
        ("ellen", "Ellen (council)", "organisation_admin"),
        ("iris", "Iris (auditor)", "auditor"),
    )
    return tuple(
        Login(login=login, name=name, role=role, password=secrets.token_urlsafe(6))
        for login, name, role in roles
    )


async def register(connection: Connection, count: int, now: datetime, phone_url: str) -> World:
    """Register homes and people; Ruth is told first, Sam second; Ruth and Tom have phones there."""
    await registry.register_organisation(connection, ORGANISATION, "Demo organisation")
    registered = tuple(
        [
            await registry.register_household(connection, household)
            for household in households(count, now)
        ]
    )
    logins = people()
    for login in logins:
        carer_id = await _carer(connection, login)
        if login.login in {"ruth", "sam"}:
            await _assign(connection, registered, carer_id, 1 if login.login == "ruth" else 2)
        if login.login in {"ruth", "tom"}:
            await registry.set_contact(connection, carer_id, "ntfy", f"{phone_url}/{login.login}")
    return World(households=registered, logins=logins)


async def _carer(connection: Connection, login: Login) -> CarerId:
    return await registry.register_carer(
        connection,
        ORGANISATION,
        login.login,
        name=login.name,
        role=login.role,
        password_hash=argon2.PasswordHasher().hash(login.password),
    )


async def _assign(
    connection: Connection, registered: Sequence[Household], carer_id: CarerId, order: int
) -> None:
    for household in registered:
        await registry.assign_care(connection, household.home.home_id, carer_id, order=order)

"""What a form says of a device: where it is, who wears it, what its family does by itself. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from core.model.errors import Malformed
from core.model.home import Animal, Placement, RoomKind
from core.model.ids import ResidentId, RoomId
from core.store.registration import DeviceTerms, Step
from dashboard.guess import LONGEST_NAME
from dashboard.language import marked
from sensors import driver

if TYPE_CHECKING:
    from collections.abc import Mapping
    from zoneinfo import ZoneInfo

PLACES = {
    Placement.ROOM: marked("In a room, senses that room"),
    Placement.ENTRANCE: marked("On a door that leads out"),
    Placement.BED: marked("In or under a bed"),
    Placement.CHAIR: marked("In or under a chair"),
    Placement.WORN: marked("Worn or carried by somebody"),
    Placement.OBJECT: marked("On a cupboard, fridge, window or inner door"),
    Placement.HUB: marked("The hub that carries the others"),
}
HINTS = {
    Placement.ROOM: marked(
        "At 2 to 2.4 m in a corner, not towards a window, a heater or a pet's way."
    ),
    Placement.ENTRANCE: marked(
        "On a door of the person's own home, not one that neighbours go through: each of them would"
        " count as the person. The two parts at most 1 cm apart when the door is shut."
    ),
    Placement.BED: marked("Between slats and mattress, at the height of the chest."),
    Placement.CHAIR: marked(
        "Under the cushion, in the middle of the seat; the cable away from the feet."
    ),
    Placement.OBJECT: marked(
        "Where it does not get wet or hot; the two parts at most 1 cm apart when shut."
    ),
    Placement.HUB: marked(
        "In the middle of the home, 1 m off the floor, not behind a television; always on power."
    ),
    Placement.WORN: marked("Press it once here: it must show below as heard."),
}
ANIMALS = {
    Animal.UNKNOWN: marked("Nobody has said"),
    Animal.NONE: marked("None"),
    Animal.SMALL: marked("A cat, or a dog of up to 10 kg"),
    Animal.LARGE: marked("A heavier dog"),
}
ANIMAL_HINTS = {
    Animal.SMALL: marked(
        "Take motion sensors that overlook animals. Hang them at the height that their leaflet"
        " says, not towards stairs, beds, sofas or sills that the animal climbs."
    ),
    Animal.LARGE: marked(
        "No motion sensor overlooks a heavy dog. Sensors of the bed, of doors and cupboards, and"
        " what is worn tell the person from the dog."
    ),
}
"""What to see to where an animal lives."""
PRINTABLE = marked("1 to %(n)s printable characters")
OF_LIST = marked("one of the list")
ROOM_KINDS = {
    RoomKind.BEDROOM: marked("bedroom"),
    RoomKind.BATHROOM: marked("bathroom"),
    RoomKind.KITCHEN: marked("kitchen"),
    RoomKind.LIVING: marked("living room"),
    RoomKind.HALL: marked("hall"),
    RoomKind.OTHER: marked("other room"),
    RoomKind.OUTSIDE: marked("place outside"),
}
CHANGES = {
    Step.REGISTERED: marked("registered"),
    Step.CHANGED: marked("changed"),
    Step.REPLACED: marked("replaced"),
    Step.RETIRED: marked("taken out of use"),
    Step.RESTORED: marked("put back into use"),
    Step.UNDONE: marked("undone"),
    Step.CORRECTED: marked("put right"),
}
EVER = datetime(1970, 1, 1, tzinfo=UTC)
"""Stands for the start: before it no device told anything."""


class Since(StrEnum):
    """From when on holds what is saved of a device."""

    NOW = "now"
    START = "start"
    DAY = "day"


SINCES = {
    Since.NOW: marked("From now on: it was moved or handed over just now"),
    Since.START: marked("From the start: it was registered wrongly"),
    Since.DAY: marked("Since the moment below"),
}
_Word = TypeVar("_Word", Placement, RoomKind, Animal, Since)


def terms_of_form(form: Mapping[str, str], family: str, external_id: str) -> DeviceTerms:
    """Read what a person decides of a device.

    Raises
    ------
    Malformed
        Naming the field that does not fit, and what was expected.
    """
    name = name_in(form)
    placement = word(Placement, form.get("placement", ""), marked("placement"))
    room, wearer = number_in(form, "room"), number_in(form, "wearer")
    if placement is Placement.WORN and wearer is None:
        raise Malformed(marked("wearer"), marked("somebody who wears it"))
    if placement in {Placement.ROOM, Placement.ENTRANCE, Placement.BED} and room is None:
        raise Malformed(marked("room"), marked("the room in which it is"))
    terms = DeviceTerms(
        family=family,
        external_id=external_id,
        name=name,
        placement=placement,
        room_id=None if room is None or placement is Placement.WORN else RoomId(room),
        resident_id=None if wearer is None else ResidentId(wearer),
    )
    return reporting(terms, family, external_id)


def since_in(form: Mapping[str, str], zone: ZoneInfo, now: datetime) -> datetime | None:
    """Read since when it holds what is saved of a device; None from now on, `EVER` from the start.

    Parameters
    ----------
    zone
        Of the home, by whose clock it was written.

    Raises
    ------
    Malformed
        If the moment is none, or has not come.

    Examples
    --------
    >>> from zoneinfo import ZoneInfo
    >>> noon, utc = datetime(2026, 3, 2, 12, tzinfo=UTC), ZoneInfo("UTC")
    >>> since_in({}, utc, noon), since_in({"since": "start"}, utc, noon) == EVER
    (None, True)
    >>> f"{since_in({'since': 'day', 'since_at': '2026-03-01T09:30'}, utc, noon):%d %H:%M}"
    '01 09:30'
    """
    told = word(Since, form.get("since", Since.NOW), marked("since when"))
    if told is Since.NOW:
        return None
    if told is Since.START:
        return EVER
    try:
        moment = (
            datetime.fromisoformat(form.get("since_at", "")).replace(tzinfo=zone).astimezone(UTC)
        )
    except (ValueError, OverflowError) as error:
        raise Malformed(marked("since when"), marked("a day and a time")) from error
    if not EVER < moment <= now:
        raise Malformed(marked("since when"), marked("a moment that has come"))
    return moment


def name_in(form: Mapping[str, str]) -> str:
    """Read a name.

    Raises
    ------
    Malformed
        If it is empty, too long or can not be printed.
    """
    name = form.get("name", "").strip()
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise Malformed(marked("name"), PRINTABLE, n=LONGEST_NAME)
    return name


def reporting(terms: DeviceTerms, family: str, external_id: str) -> DeviceTerms:
    """Take over what devices of a family do by themselves.

    Raises
    ------
    Malformed
        If there is no such family.
    """
    reader = driver.discover().get(family)
    if reader is None or not 0 < len(external_id) <= 200:  # noqa: PLR2004 (as the gateway takes it)
        raise Malformed(marked("device"), marked("one of those that speak here"))
    told = reader.reporting
    return DeviceTerms(
        family=family,
        external_id=external_id,
        name=terms.name,
        placement=terms.placement,
        room_id=terms.room_id,
        resident_id=terms.resident_id,
        reporting_interval_s=told.interval_s,
        heartbeat=told.heartbeat,
    )


def word(words: type[_Word], given: str, field: str) -> _Word:
    """Read one of some words.

    Raises
    ------
    Malformed
        If it is none of them.
    """
    try:
        return words(given)
    except ValueError as error:
        raise Malformed(field, marked("one of %(words)s"), words=", ".join(words)) from error


def number_in(form: Mapping[str, str], field: str) -> int | None:
    """Read a number of a list; None where nothing was chosen.

    Raises
    ------
    Malformed
        If it is no number.
    """
    given = form.get(field, "")
    if not given:
        return None
    if not given.isdecimal() or len(given) > len(str(2**63)) or not 0 < int(given) < 2**63:
        raise Malformed(field, OF_LIST)
    return int(given)

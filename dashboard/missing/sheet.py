"""A pack in words, ready for a page, for paper and for a machine. Pure: the pack says when it was made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from core.model.errors import Malformed
from core.model.missing import Traces
from dashboard import wording
from dashboard.missing.checking import age_on, point
from dashboard.missing.compass import far, wind
from dashboard.missing.form import Kind
from dashboard.missing.search import Draw, SearchArea, draws, origin_of, search_area
from dashboard.missing.sketch import Sketch, sketch

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from core.model.missing import LastPosition, Pack, PackAnswer, Photo
    from core.store.missing import Person
    from dashboard.missing.compass import Point
    from dashboard.missing.form import Field, ProfileForm, Section

HOME_FIELD = "address"
"""The question whose point on the map is the home."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A question and its answer."""

    name: str
    label: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Lines under a title."""

    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """All that a pack says."""

    name: str
    age: int | None
    #: What an officer at the door must know.
    first: tuple[Line, ...]
    #: What people told at the time, then what sensors saw.
    seen: tuple[Line, ...]
    #: Everything else that was written down before.
    blocks: tuple[Block, ...]
    #: What nobody has said yet, in words.
    absent: tuple[str, ...]
    #: Where to look; None when there is no trace at all.
    area: SearchArea | None
    places: tuple[Draw, ...]
    sketch: Sketch | None
    made_at: datetime
    made_by: str
    zone: ZoneInfo
    home: str
    organisation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Origins:
    """Who and what a sheet is about, beside the pack itself."""

    person: Person
    form: ProfileForm
    photo: Photo | None
    told: PackAnswer | None
    made_by: str
    organisation: str


def sheet(pack: Pack, about: Origins) -> Sheet:
    """Put a pack into words."""
    form, zone = about.form, about.person.home.zone
    answers = pack.answers
    today = pack.at.astimezone(zone).date()
    origin = origin_of(pack.traces, _map_point(answers, HOME_FIELD))
    area = None if origin is None else search_area(origin, pack.at)
    around = origin.point if origin else None
    places = draws(_places(form, answers, kind=origin.kind if origin else ""), around)
    told = about.told.answers if about.told else {}
    return Sheet(
        name=answers.get("full_name") or about.person.resident.name,
        age=age_on(answers.get("born", ""), today),
        first=tuple(_lines(form.fields(), answers, first=True)),
        seen=(*_lines(form.at_the_time, told), *traces_in_words(pack.traces, pack.at, zone)),
        blocks=tuple(_blocks(form, answers)),
        absent=tuple(_absent(pack, about, told)),
        area=area,
        places=places,
        sketch=sketch(area, places) if area else None,
        made_at=pack.at,
        made_by=about.made_by,
        zone=zone,
        home=about.person.home.name,
        organisation=about.organisation,
    )


def stamp(moment: datetime, zone: ZoneInfo) -> str:
    """Return a time with its day, for paper that lies about.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from zoneinfo import ZoneInfo
    >>> stamp(datetime(2026, 7, 5, 2, 8, tzinfo=UTC), ZoneInfo("Europe/London"))
    '03:08 on 5 July 2026'
    """
    day = moment.astimezone(zone).date()
    return f"{wording.clock(moment, zone)} on {day.day} {day:%B} {day.year}"


def traces_in_words(traces: Traces, now: datetime, zone: ZoneInfo) -> Iterator[Line]:
    """Yield what the sensors saw last; also that they saw nothing."""
    door, moved = traces.door, traces.movement
    yield Line(
        name="last_door",
        label="Last time the outer door was used",
        value="No outer door has a sensor that spoke in the last 30 days"
        if door is None
        else f"{door.door}, {'opened' if door.opened else 'closed'} at {_moment(door.at, now, zone)}",
    )
    yield Line(
        name="last_movement",
        label="Last movement in the home",
        value="None was seen in the last 30 days"
        if moved is None
        else f"{moved.place}, {_moment(moved.at, now, zone)}; it may have been somebody else",
    )
    if traces.position is None:
        yield Line(
            name="last_position",
            label="Last position of a tracker",
            value="No tracker gave a position in the last 30 days",
        )
        return
    yield from position_in_words(traces.position, now, zone)


def position_in_words(position: LastPosition, now: datetime, zone: ZoneInfo) -> Iterator[Line]:
    """Yield a position with its accuracy and age, and how the tracker is."""
    accuracy = (
        "the tracker does not say how exactly"
        if position.accuracy_m is None
        else f"most likely within {far(position.accuracy_m)}"
    )
    yield Line(
        name="last_position",
        label="Last position of the tracker",
        value=f"{position.latitude:.5f}, {position.longitude:.5f} (latitude, longitude), {accuracy},"
        f" at {_moment(position.at, now, zone)}",
    )
    battery = (
        "battery not known"
        if position.battery_percent is None
        else f"battery {position.battery_percent:.0f}%"
    )
    heard = (
        ""
        if position.heard_at is None
        else f", last heard at {_moment(position.heard_at, now, zone)}"
    )
    yield Line(
        name="tracker_state", label="The tracker", value=f"{position.device}: {battery}{heard}"
    )


def place_in_words(place: Draw) -> str:
    """Return how far and in which direction a place lies."""
    if place.distance_m is None or place.bearing_deg is None:
        return "distance not known"
    return f"{far(place.distance_m)} {wind(place.bearing_deg)} ({place.bearing_deg:.0f}°)"


def origin_in_words(area: SearchArea, zone: ZoneInfo) -> str:
    """Return what the rings are around."""
    since = wording.span(area.since_s)
    if area.origin.kind == "tracker":
        return f"Around the last position of the tracker, {stamp(area.origin.at, zone)} ({since} earlier)"
    return f"Around the home: the last sign there was at {stamp(area.origin.at, zone)} ({since} earlier)"


def answered(field: Field, answers: Mapping[str, str]) -> str:
    """Return the answer to a question as it is read."""
    value = answers.get(field.name, "")
    if field.kind is Kind.DATE and value:
        year, month, day = value.split("-")
        return f"{int(day)} {date(int(year), int(month), int(day)):%B} {year}"
    if field.kind is Kind.PLACE:
        where = answers.get(field.names[1], "")
        return " ".join(one for one in (value, f"(map: {where})" if where else "") if one)
    return value


def _moment(moment: datetime, now: datetime, zone: ZoneInfo) -> str:
    seconds = max(0.0, (now - moment).total_seconds())
    same_day = moment.astimezone(zone).date() == now.astimezone(zone).date()
    time = wording.clock(moment, zone) if same_day else stamp(moment, zone)
    return f"{time} ({wording.span(seconds)} earlier)"


def _lines(
    fields: Iterator[Field] | tuple[Field, ...],
    answers: Mapping[str, str],
    *,
    first: bool | None = None,
) -> Iterator[Line]:
    for field in fields:
        value = answered(field, answers)
        if value and first in {None, field.first}:
            yield Line(name=field.name, label=field.label, value=value)


def _blocks(form: ProfileForm, answers: Mapping[str, str]) -> Iterator[Block]:
    for section in form.sections:
        lines = tuple(_lines(section.fields, answers, first=False))
        if lines:
            yield Block(title=section.title, lines=lines)
    asked = {name for field in form.fields() for name in field.names}
    other = tuple(
        Line(name=name, label=name.replace("_", " ").capitalize(), value=value)
        for name, value in answers.items()
        if name not in asked and value
    )
    if other:
        yield Block(title="Written down on an earlier form", lines=other)


def _places(
    form: ProfileForm, answers: Mapping[str, str], *, kind: str
) -> Iterator[tuple[str, str, Point | None]]:
    for field, address, _ in form.places(answers):
        if not (kind == "home" and field.name == HOME_FIELD):
            yield field.label, address, _map_point(answers, field.name)


def _map_point(answers: Mapping[str, str], name: str) -> Point | None:
    try:
        return point(answers.get(f"{name}_point", ""))
    except Malformed:
        return None


def _absent(pack: Pack, about: Origins, told: Mapping[str, str]) -> Iterator[str]:
    if pack.profile_version is None:
        yield "Nobody has filled in a profile. Everything about looks and health must be asked."
    if about.photo is None:
        yield "There is no photo. Ask the family for one from a phone."
    if pack.profile_version is not None:
        for section in about.form.sections:
            open_ = [one.label for one in _unanswered(section, pack.answers)]
            if open_:
                yield f"{section.title}: {'; '.join(open_)}"
    asked = [field.label for field in about.form.at_the_time if not told.get(field.name)]
    if asked:
        yield f"Ask the family now: {' '.join(asked)}"


def _unanswered(section: Section, answers: Mapping[str, str]) -> Iterator[Field]:
    return (field for field in section.fields if field.first and not answers.get(field.name))

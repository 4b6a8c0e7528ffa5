"""Labelled days of flats as homes that are watched live: sensors.csv, events.csv, labels.csv. Reads files.

Kinds and rooms come from ``sensors.csv``; nothing knows the names of particular homes or sensors. Rows that
can not be true are skipped, counted and named by their lines; a folder of another layout is refused.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from analytics.evaluation.floor_plan import Sensor, household
from analytics.evaluation.labelled_rows import Notes, Row, rows, seconds
from analytics.features.plan import HomePlan, plan
from core.model.errors import Misconfigured
from core.model.home import Placement
from core.model.ids import DeviceId
from core.model.observation import Observation
from core.model.quantity import Quantity

FILES = {
    "sensors.csv": ("sensor", "name", "room", "kind"),
    "events.csv": ("start", "end", "sensor"),
    "labels.csv": ("start", "end", "activity", "class"),
}
CLASSES = ("away", "bed", "toilet", "shower", "other")
ZONE = ZoneInfo("UTC")
"""The record is wall clock without a zone; taken as UTC, no hour is missing or comes twice."""
APART_S = 60 * 86_400.0
"""Rows that are so far from all others …"""
FEW = 0.05
"""… and so few of them have a date that was mistyped."""
PULLED_AGAIN_S = 600.0
"""No cistern fills for so long: a flush whose switch goes back later was pulled once more."""
AFTER_S = 0.125
"""What a sensor says at the same moment, as far as is written down, it said one after the other."""
_RESTS = frozenset({Quantity.BED, Quantity.CHAIR})


@dataclass(frozen=True, slots=True)
class Span:
    """From when until when, in seconds."""

    start: float
    end: float

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.end - self.start

    def overlap_s(self, other: Span) -> float:
        """Seconds that both share."""
        return max(0.0, min(self.end, other.end) - max(self.start, other.start))


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledHome:
    """One home: what its sensors said and what its people wrote down."""

    name: str
    plan: HomePlan
    #: (when, device, value) in order of time.
    events: tuple[tuple[float, int, float], ...]
    #: By class, in order of time.
    labels: dict[str, tuple[Span, ...]]
    sensors: tuple[Sensor, ...]
    #: What was skipped, and how often.
    skipped: dict[str, int] = field(default_factory=dict)
    #: The same: in which lines, first of all.
    skipped_where: dict[str, str] = field(default_factory=dict)

    def has(self, placement: Placement) -> bool:
        """Whether a device sits there."""
        return any(one.placement is placement for one in self.plan.devices)

    @property
    def labelled(self) -> Span | None:
        """From the first to the last label; None without any."""
        spans = [one for some in self.labels.values() for one in some]
        if not spans:
            return None
        return Span(min(one.start for one in spans), max(one.end for one in spans))

    def observations(self) -> Iterator[tuple[float, Observation]]:
        """Yield what was said as observations, each received when it happened."""
        quantities = {number: one.quantity for number, one in enumerate(self.sensors, 1)}
        for at, number, value in self.events:
            when = datetime.fromtimestamp(at, UTC)
            yield (
                at,
                Observation(
                    home_id=self.plan.home_id,  # type: ignore[arg-type]
                    device_id=DeviceId(number),
                    quantity=quantities[number],
                    value=value,
                    observed_at=when,
                    received_at=when,
                ),
            )


class Read(NamedTuple):
    """The homes of a folder, by name, and why others of it can not be read."""

    homes: list[LabelledHome]
    unread: dict[str, str]


def read(folder: Path) -> list[LabelledHome]:
    """Read the homes of a folder that can be read, by name; see `read_all`."""
    return read_all(folder).homes


def read_all(folder: Path) -> Read:
    """Read all homes of a folder, or the one that it is itself.

    Raises
    ------
    Misconfigured
        If it holds no home, or none that can be read.
    """
    found = Read([], {})
    for one in _folders(folder):
        try:
            found.homes.append(read_home(one))
        except Misconfigured as error:
            found.unread[one.name] = str(error).replace(f"{folder}/", "")
    if not found.homes:
        raise Misconfigured(next(iter(found.unread.values())))
    return found


def _folders(folder: Path) -> list[Path]:
    if _looks_like(folder):
        return [folder]
    homes = sorted(one for one in folder.iterdir() if one.is_dir() and _looks_like(one))
    if not homes:
        names = ", ".join(FILES)
        raise Misconfigured(f"{folder}: expected folders, one a home, with {names}")
    return homes


def _looks_like(home: Path) -> bool:
    return any((home / name).exists() for name in FILES)


def read_home(folder: Path) -> LabelledHome:
    """Read one home.

    Raises
    ------
    Misconfigured
        If a file is missing or has other columns.
    """
    notes = Notes()
    sensors, left_out = _sensors(folder, notes)
    name = folder.resolve().name if folder.name in {"", ".", ".."} else folder.name
    events = list(_spans(folder, "events", notes, _among(sensors, left_out, notes)))
    labels = list(_spans(folder, "labels", notes, _classed(notes)))
    lasts = _record([one.span for one in (*events, *labels)])
    return LabelledHome(
        name=name,
        plan=plan(household(name, sensors, ZONE)),
        events=_events(_within(events, lasts, "events", notes), sensors, notes),
        labels=_labels(_within(labels, lasts, "labels", notes)),
        sensors=sensors,
        skipped=dict(sorted(notes.counts.items())),
        skipped_where=notes.where(),
    )


class _Known(NamedTuple):
    """A row of events or labels: whose or of what class, and when."""

    what: str
    span: Span
    #: Whether its end is written down.
    ends: bool
    line: str


def _folded(key: str) -> str:
    return " ".join(key.split()).casefold()


def _sensors(folder: Path, notes: Notes) -> tuple[tuple[Sensor, ...], frozenset[str]]:
    """Return the sensors that sense people; and the keys of those that sense nobody."""
    found: dict[str, Sensor] = {}
    left_out: set[str] = set()
    for row in rows(folder / "sensors.csv", FILES["sensors.csv"], notes):
        line, key = f"sensors.csv line {row.line}", _folded(row.of["sensor"])
        one = Sensor(
            key=row.of["sensor"], name=row.of["name"], room=row.of["room"], kind=row.of["kind"]
        )
        if not key:
            notes.take("sensors without a key", line)
        elif key in found or key in left_out:
            notes.take("sensors named twice", line)
        elif one.senses_nobody:
            notes.take("sensors that sense nobody", line)
            left_out.add(key)
        else:
            found[key] = one
            if not one.known:
                notes.take("sensors of an unknown kind", line)
    return tuple(found.values()), frozenset(left_out)


def _among(
    sensors: Sequence[Sensor], left_out: frozenset[str], notes: Notes
) -> Callable[[Row, str], str | None]:
    known = {_folded(one.key): one.key for one in sensors}

    def among(row: Row, line: str) -> str | None:
        key = _folded(row.of["sensor"])
        if key not in known and key not in left_out:
            notes.take("events of an unknown sensor", line)
        return known.get(key)

    return among


def _classed(notes: Notes) -> Callable[[Row, str], str | None]:
    def classed(row: Row, line: str) -> str | None:
        kind = _folded(row.of["class"])
        if kind in CLASSES:
            return kind
        notes.take("labels of an unknown class", line)
        return None

    return classed


def _spans(
    folder: Path, what: str, notes: Notes, named: Callable[[Row, str], str | None]
) -> Iterator[_Known]:
    """Yield the rows of a table that say when and what; what does not is noted."""
    file = f"{what}.csv"
    seen: set[tuple[str, Span]] = set()
    for row in rows(folder / file, FILES[file], notes):
        line = f"line {row.line}"
        name = named(row, line)
        if name is None:
            continue
        ends = bool(row.of["end"]) or what == "labels"
        if not ends:
            notes.take("events without an end: they only begin", line)
        span = _span(row.of["start"], row.of["end"] if ends else row.of["start"])
        if isinstance(span, str):
            notes.take(f"{what} {span}", line)
        elif (name, span) in seen:
            notes.take(f"{what} that are there twice", line)
        else:
            seen.add((name, span))
            yield _Known(name, span, ends, line)


def _span(start: str, end: str) -> Span | str:
    """Return from when until when; or what is wrong with it."""
    try:
        span = Span(seconds(start), seconds(end))
    except (ValueError, OverflowError):
        return "with a time that can not be read"
    return span if span.start <= span.end else "that end before they start"


def _record(spans: Sequence[Span]) -> Span:
    """Return from when until when a record was made, without rows whose dates were mistyped."""
    stretches: list[list[float]] = []
    for at in sorted(one.start for one in spans):
        if stretches and at - stretches[-1][-1] <= APART_S:
            stretches[-1].append(at)
        else:
            stretches.append([at])
    kept = [one for one in stretches if len(one) > FEW * len(spans)]
    return Span(kept[0][0], kept[-1][-1]) if kept else Span(0.0, 0.0)


def _within(known: Sequence[_Known], lasts: Span, what: str, notes: Notes) -> Iterator[_Known]:
    for one in known:
        if lasts.start <= one.span.start <= lasts.end and one.span.end <= lasts.end + APART_S:
            yield one
        else:
            notes.take(f"{what} with a date far from all others", one.line)


class _Said(NamedTuple):
    """What a sensor said; ``turn`` orders what it said at one moment."""

    at: float
    turn: int
    value: float
    row: int


def _events(
    known: Iterator[_Known], sensors: Sequence[Sensor], notes: Notes
) -> tuple[tuple[float, int, float], ...]:
    """Return what the sensors said; of one sensor never two things at the same moment."""
    by_key = {one.key: one for one in sensors}
    said: dict[str, list[_Said]] = {one.key: [] for one in sensors}
    for row, one in enumerate(_joined(known, by_key, notes)):
        spans = [one.span]
        if by_key[one.what].flush and one.span.seconds > PULLED_AGAIN_S:
            notes.take("flushes that end much later: pulled again then", one.line)
            spans = [Span(at, at) for at in (one.span.start, one.span.end)]
        for start, end in ((span.start, span.end) for span in spans):
            said[one.what].append(_Said(start, 1, 1.0, row))
            if one.ends:
                said[one.what].append(_Said(end, 2 if start == end else 0, 0.0, row))
    found = [
        (at, row, number, value)
        for number, one in enumerate(sensors, 1)
        for at, _, value, row in _apart(said[one.key])
    ]
    return tuple((at, number, value) for at, _, number, value in sorted(found))


def _apart(said: list[_Said]) -> Iterator[_Said]:
    """Yield what one sensor said with `AFTER_S` between: the product takes what comes twice for the same."""
    last = -math.inf
    for one in sorted(said):
        last = max(one.at, last + AFTER_S)
        yield one._replace(at=last)


def _joined(known: Iterator[_Known], sensors: dict[str, Sensor], notes: Notes) -> Iterator[_Known]:
    """Yield the events; those of one bed or chair that overlap as one: it is empty when the last one ends."""
    rests: dict[str, list[_Known]] = {}
    for one in known:
        if sensors[one.what].quantity in _RESTS:
            rests.setdefault(one.what, []).append(one)
        else:
            yield one
    for some in rests.values():
        lying: _Known | None = None
        for one in sorted(some, key=lambda event: event.span.start):
            if lying is not None and lying.ends and one.ends and one.span.start < lying.span.end:
                notes.take("events of a bed or chair that overlap: taken as one", one.line)
                until = max(lying.span.end, one.span.end)
                lying = lying._replace(span=Span(lying.span.start, until))
                continue
            if lying is not None:
                yield lying
            lying = one
        if lying is not None:
            yield lying


def _labels(known: Iterator[_Known]) -> dict[str, tuple[Span, ...]]:
    found: dict[str, list[Span]] = {name: [] for name in CLASSES}
    for one in known:
        found[one.what].append(one.span)
    return {
        name: tuple(sorted(spans, key=lambda one: (one.start, one.end)))
        for name, spans in found.items()
    }

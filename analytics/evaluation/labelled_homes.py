"""Labelled days of flats as homes that are watched live: sensors.csv, events.csv, labels.csv. Reads files.

Kinds and rooms come from ``sensors.csv``; nothing knows the names of particular homes or sensors. Rows that
can not be true are skipped and counted; a folder of another layout is refused.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from analytics.evaluation.floor_plan import Sensor, household
from analytics.features.plan import HomePlan, plan
from core.model.errors import Misconfigured
from core.model.home import Placement
from core.model.ids import DeviceId
from core.model.observation import Observation

FILES = {
    "sensors.csv": ("sensor", "name", "room", "kind"),
    "events.csv": ("start", "end", "sensor"),
    "labels.csv": ("start", "end", "activity", "class"),
}
CLASSES = ("away", "bed", "toilet", "shower", "other")
ZONE = ZoneInfo("UTC")
"""The record is wall clock without a zone; taken as UTC, no hour is missing or comes twice."""


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


def read(folder: Path) -> list[LabelledHome]:
    """Read all homes of a folder, by name.

    Raises
    ------
    Misconfigured
        If no subfolder holds a home, or a file has other columns.
    """
    homes = sorted(one for one in folder.iterdir() if one.is_dir() and _looks_like(one))
    if not homes:
        names = ", ".join(FILES)
        raise Misconfigured(f"{folder}: expected folders, one a home, with {names}")
    return [read_home(one) for one in homes]


def _looks_like(home: Path) -> bool:
    return any((home / name).exists() for name in FILES)


def read_home(folder: Path) -> LabelledHome:
    """Read one home.

    Raises
    ------
    Misconfigured
        If a file is missing or has other columns.
    """
    skipped: Counter[str] = Counter()
    sensors = [
        Sensor(key=row["sensor"].strip(), name=row["name"], room=row["room"], kind=row["kind"])
        for row in _rows(folder, "sensors.csv", skipped)
        if row["sensor"].strip()
    ]
    unique = tuple({one.key: one for one in reversed(sensors)}.values())[::-1]
    skipped["sensors named twice"] += len(sensors) - len(unique)
    skipped["sensors of an unknown kind"] += sum(not one.known for one in unique)
    home = household(folder.name, unique, ZONE)
    return LabelledHome(
        name=folder.name,
        plan=plan(home),
        events=_events(folder, unique, skipped),
        labels=_labels(folder, skipped),
        sensors=unique,
        skipped={key: count for key, count in sorted(skipped.items()) if count},
    )


def _events(
    folder: Path, sensors: tuple[Sensor, ...], skipped: Counter[str]
) -> tuple[tuple[float, int, float], ...]:
    numbers = {one.key: number for number, one in enumerate(sensors, 1)}
    found: list[tuple[float, int, float]] = []
    for row in _rows(folder, "events.csv", skipped):
        number = numbers.get(row["sensor"].strip())
        if number is None:
            skipped["events of an unknown sensor"] += 1
            continue
        span = _span(row, "events", skipped)
        if span is not None:
            found += [(span.start, number, 1.0), (span.end, number, 0.0)]
    return tuple(sorted(found, key=lambda one: one[0]))


def _labels(folder: Path, skipped: Counter[str]) -> dict[str, tuple[Span, ...]]:
    found: dict[str, list[Span]] = {name: [] for name in CLASSES}
    for row in _rows(folder, "labels.csv", skipped):
        kind = row["class"].strip().lower()
        if kind not in found:
            skipped["labels of an unknown class"] += 1
            continue
        span = _span(row, "labels", skipped)
        if span is not None:
            found[kind].append(span)
    return {
        name: tuple(sorted(spans, key=lambda one: (one.start, one.end)))
        for name, spans in found.items()
    }


def _span(row: dict[str, str], what: str, skipped: Counter[str]) -> Span | None:
    try:
        start, end = (_seconds(row[key]) for key in ("start", "end"))
    except ValueError:
        skipped[f"{what} with a time that can not be read"] += 1
        return None
    if end < start:
        skipped[f"{what} that end before they start"] += 1
        return None
    return Span(start, end)


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text.strip()).replace(tzinfo=ZONE).timestamp()


def _rows(folder: Path, name: str, skipped: Counter[str]) -> Iterator[dict[str, str]]:
    """Yield the rows of a file that have all columns; a file without a byte has no rows."""
    path, wanted = folder / name, FILES[name]
    try:
        with path.open(encoding="utf-8-sig", newline="") as text:
            table = csv.DictReader(text)
            if table.fieldnames is None:
                skipped[f"{name} is empty"] += 1
                return
            if not set(wanted) <= set(table.fieldnames):
                raise Misconfigured(f"{path}: expected the columns {', '.join(wanted)}")
            for row in table:
                if any(row[key] is None for key in wanted):
                    skipped[f"{name}: rows with too few columns"] += 1
                else:
                    yield row
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise Misconfigured(f"{path}: expected a table with {', '.join(wanted)}") from error

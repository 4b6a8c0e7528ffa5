"""A counted day as Observations, one a measure: unit, span, and a reason where there is no value, never 0."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from core.model.day_count import QUARTERS, bounds
from dashboard.clinician.measures import BY_KEY, Measure
from dashboard.clinician.numbers import LEAST_SEEN_MIN, of_day
from dashboard.fhir import terms
from dashboard.fhir.devices import COUNTING
from dashboard.fhir.terms import coding, concept, said

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.store.clinical import ResidentDay
    from dashboard.fhir.terms import Resource

HEART = Measure(
    key="heart_rate",
    name="Heart rate",
    unit="/min",
    definition="Median of all heart rates of the day that something worn told.",
    formula="median",
    cited="`core/store/clinical.py`",
)
DAILY: tuple[Measure, ...] = (
    *(
        BY_KEY[key]
        for key in (
            "active", "unseen", "night_active", "to_bed", "up", "in_bed", "exits", "absence", "room",
            "moves", "outings", "out", "bathroom_day", "bathroom_night", "kitchen", "first_kitchen",
        )
    ),
    HEART,
)  # fmt: skip
"""What a day has, in the order of the pages; the heart rate last and only for who wears something."""
ALWAYS = len(DAILY) - 1
PLACES = {one.key: place for place, one in enumerate(DAILY)}
OF_ALL = "More than one person lives in this home: it is of all of them."
_STANDARD = {
    "heart_rate": (
        coding(terms.LOINC, "8867-4", "Heart rate"),
        coding(terms.SNOMED, "364075005", "Heart rate"),
    )
}
_UNITS = {"min": "min", "h": "h", "1": "1", "/min": "/min"}
_BY_SENSOR = {"outings": "door", "out": "door", "bathroom_day": "bathroom", "bathroom_night": "bathroom",
              "kitchen": "kitchen", "first_kitchen": "kitchen"}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservationId:
    """Which measure of which day of whom."""

    resident: int
    day: str
    place: int

    def __str__(self) -> str:
        return f"{self.resident}-{self.day.replace('-', '')}-{code_of(DAILY[self.place])}"


def code_of(measure: Measure) -> str:
    """Return a measure's code in our own system: its key without the underscores."""
    return measure.key.replace("_", "-")


BY_CODE = {code_of(one): place for place, one in enumerate(DAILY)}


def codings(measure: Measure) -> tuple[Resource, ...]:
    """Return the codes of a measure, those of public standards first."""
    own = coding(terms.MEASURE, code_of(measure), measure.name)
    return (*_STANDARD.get(measure.key, ()), own)


def places_of(system: str | None, code: str) -> frozenset[int]:
    """Return which measures a search for a code means.

    Parameters
    ----------
    system
        None for any system, empty for codes without one.
    code
        Empty for all of the system.
    """
    return frozenset(
        place
        for place, measure in enumerate(DAILY)
        if any(
            system in {None, one["system"]} and code in {"", one["code"]}
            for one in codings(measure)
        )
    )


def observation(day: ResidentDay, place: int) -> Resource:
    """Return one measure of a day."""
    return observations(day, [place])[0]


def observations(day: ResidentDay, places: Sequence[int]) -> list[Resource]:
    """Return measures of a day; what they have in common is made once."""
    common = _common(day)
    return [_observation(day, place, common) for place in places]


def _common(day: ResidentDay) -> Resource:
    start, end = bounds(day.count.day, day.zone)
    counted = terms.instant(day.counted_at)
    return {
        "resourceType": "Observation",
        "id": "",
        "meta": {"lastUpdated": counted, "profile": [terms.UK_OBSERVATION]},
        "extension": [_seen(day)],
        "status": "final" if day.settled else "preliminary",
        "subject": {"reference": f"Patient/{day.resident_id}"},
        "effectivePeriod": {
            "start": terms.instant(start),
            # the last moment of a Period is part of it
            "end": terms.instant(end - timedelta(seconds=1)),
        },
        "issued": counted,
        "device": {"reference": f"Device/{COUNTING}", "display": "Wayhome"},
    }


def _observation(day: ResidentDay, place: int, common: Resource) -> Resource:
    measure = DAILY[place]
    identity = ObservationId(resident=day.resident_id, day=day.count.day.isoformat(), place=place)
    found = common | _ALWAYS_SAID[place] | {"id": str(identity)} | _value(day, measure)
    if not day.alone and measure is not HEART:
        found["note"] = [{"text": OF_ALL}]
    return found


_ACTIVITY = concept("Activity", coding(terms.CATEGORY, "activity", "Activity"))
_VITAL = concept("Vital signs", coding(terms.CATEGORY, "vital-signs", "Vital Signs"))
_ALWAYS_SAID: tuple[Resource, ...] = tuple(
    {
        "category": [_VITAL if measure is HEART else _ACTIVITY],
        "code": concept(measure.name, *codings(measure)),
        "method": {"text": measure.formula},
    }
    for measure in DAILY
)
"""What a measure says whatever the day, by its place."""


def _seen(day: ResidentDay) -> Resource:
    return {
        "url": terms.extension("minutes-seen"),
        "valueQuantity": quantity(float(sum(day.count.seen)), "min"),
    }


def quantity(value: float, unit: str) -> Resource:
    """Return a value with its UCUM unit."""
    number = round(value, 4)
    plain = int(number) if number == int(number) else number
    return {"value": plain, "unit": unit, "system": terms.UCUM, "code": unit}


def _value(day: ResidentDay, measure: Measure) -> Resource:
    if measure is HEART:
        if day.heart_rate is None:
            return absent("unknown", "Nothing that is worn told a heart rate on this day.")
        return {"valueQuantity": quantity(day.heart_rate, measure.unit)}
    if measure.key == "room":
        return _rooms(day)
    number = of_day(day.count, measure.key, day.zone)
    if number is None:
        return _reason(day, measure.key)
    if measure.unit == "hh:mm":
        return {"valueDateTime": terms.instant(_moment(day, measure.key, number))}
    return {"valueQuantity": quantity(number, _UNITS[measure.unit])}


def _moment(day: ResidentDay, key: str, hour: float) -> datetime:
    """Return a time on the wall as a moment."""
    night = day.count.night
    if night is not None and key in {"to_bed", "up"}:
        return (night.to_bed if key == "to_bed" else night.up).replace(microsecond=0)
    seconds = round(hour * 3600)
    wall = datetime.combine(day.count.day, time(), day.zone) + timedelta(seconds=seconds)
    return wall.astimezone(UTC)


def _rooms(day: ResidentDay) -> Resource:
    if not sum(day.count.seen):
        return absent("unknown", _BLIND)
    if not day.count.rooms:
        return absent("unsupported", "No sensor of this home is in a room.")
    return {
        "component": [
            {"code": {"text": said(name)}, "valueQuantity": quantity(float(sum(minutes)), "min")}
            for name, minutes in sorted(day.count.rooms.items())
        ]
    }


_BLIND = "Nothing of this day was seen."


def _reason(day: ResidentDay, key: str) -> Resource:
    seen = sum(day.count.seen)
    if key in {"to_bed", "up", "in_bed", "exits", "absence"}:
        return absent("unknown", "No bed sensor told of a night that could be seen well enough.")
    if seen == 0:
        return absent("unknown", _BLIND)
    if seen < LEAST_SEEN_MIN:
        return absent(
            "unknown",
            f"Only {seen} of {QUARTERS * 15} minutes were seen; {LEAST_SEEN_MIN} are needed.",
        )
    if key in _BY_SENSOR:
        return absent("unsupported", f"No sensor of this home tells of it: {_BY_SENSOR[key]}.")
    return absent("unknown", "Too little of these hours was seen.")


def absent(code: str, text: str) -> Resource:
    """Return why there is no value."""
    return {"dataAbsentReason": concept(text, coding(terms.ABSENT, code))}

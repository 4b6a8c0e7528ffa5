"""Who is out, in labelled homes in which one sensor is at fault: must be told as if it were not there.

To each home a sensor is added that says what nobody did, or one of its own goes wrong; what the people of the
home did stays as it was, so their labels hold. Seeded; nothing is fitted.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import Any, NamedTuple

from analytics.evaluation.floor_plan import Sensor, household
from analytics.evaluation.homes import away, unscored
from analytics.evaluation.labelled_homes import ZONE, LabelledHome, read_all
from analytics.evaluation.living import live
from analytics.evaluation.saving import plain
from analytics.features.plan import plan
from core.model.errors import Misconfigured
from core.model.home import Placement

SEED = 20_261
ROUNDS = 2
AIM = (0.98, 0.985)
"""Sensitivity and specificity of minutes away."""
DAY_S = 86_400.0
A_DAY = (1, 4, 12)
"""How often a day a sensor fires by itself."""
KINDS = (
    ("motion", "hall"),
    ("motion", "study"),
    ("motion", "kitchen"),
    ("interior_door", "bedroom"),
    ("furniture", "bathroom"),
    ("appliance", "kitchen"),
    ("flush", "toilet"),
)
LOST = 0.05
"""Share of the messages of doors that lead out that get lost."""
Moments = Iterable[tuple[float, float]]
"""When, and 1 for a beginning, 0 for an end."""


class Faulty(NamedTuple):
    """A home with a sensor at fault."""

    fault: str
    home: LabelledHome


def evaluate(
    folder: Path, rounds: int = ROUNDS, told: Callable[[int, int], None] | None = None
) -> dict[str, Any]:
    """Watch each home of a folder with each fault and return the figures as one JSON object.

    Parameters
    ----------
    rounds
        How often each fault is drawn.
    told
        Called with how many are watched, and of how many.

    Raises
    ------
    Misconfigured
        If no home of the folder has labels by which minutes away can be scored.
    """
    every, left_out = read_all(folder)
    for home in every:
        reason = unscored(home)
        if reason is not None:
            left_out[home.name] = reason
    homes = [one for one in every if one.name not in left_out]
    if not homes:
        why = "; ".join(f"{name}: {reason}" for name, reason in left_out.items())
        raise Misconfigured(
            f"{folder}: expected a home with labels of class away and a front door; {why}"
        )
    found: dict[str, dict[str, list[Figures]]] = {}
    drawn = [one for home in homes for one in faulty(home, rounds)]
    for number, (fault, home) in enumerate(drawn, 1):
        found.setdefault(home.name, {}).setdefault(fault, []).append(figures(home))
        if told is not None:
            told(number, len(drawn))
    return plain(  # type: ignore[no-any-return]
        {"seed": SEED, "rounds": rounds, "aim": list(AIM), "homes": _table(found)}
        | {"left_out": left_out}
        | {"skipped": {one.name: one.skipped for one in homes}}
        | {
            "all": _summary(
                [one for some in found.values() for all_ in some.values() for one in all_]
            )
        }
    )


class Figures(NamedTuple):
    """Minutes away of one home, against the labels."""

    sensitivity: float
    specificity: float
    #: The same by the rule that the door moved last.
    by_door: tuple[float, float]


def figures(home: LabelledHome) -> Figures:
    """Watch a home, without a detector: who is out is told without them."""
    lived = live(home, {})
    said, by_door = away(lived), away(lived, lived.door_rule)
    both = ("sensitivity", "specificity")
    return Figures(said[both[0]], said[both[1]], (by_door[both[0]], by_door[both[1]]))


def _table(found: dict[str, dict[str, list[Figures]]]) -> dict[str, Any]:
    return {
        home: {fault: _summary(figures) for fault, figures in some.items()}
        for home, some in found.items()
    }


def _summary(figures: Sequence[Figures]) -> dict[str, Any]:
    reached = [one.sensitivity >= AIM[0] and one.specificity >= AIM[1] for one in figures]
    return {
        "homes": len(figures),
        "sensitivity": fmean(one.sensitivity for one in figures),
        "sensitivity_lowest": min(one.sensitivity for one in figures),
        "specificity": fmean(one.specificity for one in figures),
        "specificity_lowest": min(one.specificity for one in figures),
        "aim_reached": fmean(reached),
        "door_rule": {
            "sensitivity": fmean(one.by_door[0] for one in figures),
            "specificity": fmean(one.by_door[1] for one in figures),
        },
    }


# Faults


def faulty(home: LabelledHome, rounds: int) -> Iterator[Faulty]:
    """Yield a home as it was, and with each fault."""
    yield Faulty("none", home)
    for number in range(rounds):
        chance = random.Random(f"{SEED} {home.name} {number}")  # noqa: S311 (no secret)
        span = (home.events[0][0], home.events[-1][0])
        yield from _strays(home, span, chance)
        yield from _bursts(home, span, chance)
        yield from _stuck(home, span, chance)
        yield from _own(home, span, chance)
        yield Faulty("door: a twentieth lost", _deaf(home, chance))


def _strays(
    home: LabelledHome, span: tuple[float, float], chance: random.Random
) -> Iterator[Faulty]:
    for kind, room in KINDS:
        for a_day in A_DAY:
            moments = acts(kind, at_random(span, a_day, chance), chance)
            yield Faulty(f"{kind}, {room}: {a_day} a day", added(home, kind, room, moments))
    for kind, room in (("motion", "study"), ("appliance", "kitchen")):
        first = span[0] + chance.random() * 7200.0
        times = [first + 7200.0 * turn for turn in range(int((span[1] - first) // 7200.0))]
        yield Faulty(
            f"{kind}, {room}: every 2 h", added(home, kind, room, acts(kind, times, chance))
        )


def _bursts(
    home: LabelledHome, span: tuple[float, float], chance: random.Random
) -> Iterator[Faulty]:
    for kind, room in (KINDS[0], KINDS[1], KINDS[3]):
        times = sorted(
            at + chance.expovariate(1 / 90.0)
            for at in at_random(span, 2, chance)
            for _ in range(chance.randint(3, 10))
        )
        yield Faulty(f"{kind}, {room}: bursts", added(home, kind, room, acts(kind, times, chance)))


def _stuck(
    home: LabelledHome, span: tuple[float, float], chance: random.Random
) -> Iterator[Faulty]:
    for kind, room in (("bed", "bedroom"), ("seat", "living")):
        moments: list[tuple[float, float]] = []
        at = span[0]
        while at < span[1]:
            begins = at + chance.expovariate(1 / DAY_S)
            at = begins + chance.uniform(3.0, 20.0) * 3600.0
            moments += [(begins, 1.0), (at, 0.0)]
        yield Faulty(f"{kind}: stays occupied", added(home, kind, room, moments))


def _own(home: LabelledHome, span: tuple[float, float], chance: random.Random) -> Iterator[Faulty]:
    for number, sensor in enumerate(home.sensors, 1):
        if sensor.placement is not Placement.ENTRANCE:
            more = acts(sensor.kind, at_random(span, 4, chance), chance)
            yield Faulty("one of its own: 4 a day more", _with(home, number, more))


def _deaf(home: LabelledHome, chance: random.Random) -> LabelledHome:
    doors = {
        number for number, one in enumerate(home.sensors, 1) if one.placement is Placement.ENTRANCE
    }
    kept = tuple(one for one in home.events if one[1] not in doors or chance.random() >= LOST)
    return replace(home, events=kept)


def at_random(span: tuple[float, float], a_day: float, chance: random.Random) -> Iterator[float]:
    """Yield moments at a rate a day, in seconds."""
    at = span[0]
    while (at := at + chance.expovariate(a_day / DAY_S)) <= span[1]:
        yield at


def acts(kind: str, times: Iterable[float], chance: random.Random) -> Iterator[tuple[float, float]]:
    """Yield what a sensor says by itself at these moments: that it begins, and soon that it ends."""
    for at in times:
        yield at, 1.0
        if kind not in {"motion", "flush"}:
            yield at + chance.choice((2.0, 10.0, 60.0)), 0.0


def added(home: LabelledHome, kind: str, room: str, moments: Moments) -> LabelledHome:
    """Return a home with one more sensor that says something at these moments."""
    sensors = (*home.sensors, Sensor(key="faulty", name="Faulty", room=room, kind=kind))
    wider = replace(home, sensors=sensors, plan=plan(household(home.name, sensors, ZONE)))
    return _with(wider, len(sensors), moments)


def _with(home: LabelledHome, number: int, moments: Moments) -> LabelledHome:
    more = [(float(int(at)), number, value) for at, value in moments]
    return replace(home, events=tuple(sorted([*home.events, *more])))

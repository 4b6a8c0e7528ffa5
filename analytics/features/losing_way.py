"""How much a walk looks like that of somebody who does not find the way. Pure.

The weights are those of detection.md §3; the scales bring each part to about one standard deviation.
What is new alone does not reach the limit by day: a straight walk to a new place is not losing the way.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analytics.features.paths import Walked

LIMIT = 3.5
NOVEL_WEIGHT, TURN_WEIGHT, LOOP_WEIGHT, RETURN_WEIGHT, DARK_WEIGHT = 1.6, 0.8, 0.8, 1.2, 1.0
USUAL_NOVEL, NOVEL_SCALE = 0.1, 0.25
USUAL_TURN, TURN_SCALE = 35.0, 15.0
"""Degrees per 100 m between corners of 50 m: streets, and the error of a fix (decision 0118)."""
TURN_FACTOR, MOST_USUAL_TURN = 1.5, 70.0
"""Where the streets themselves wind: so many times what she usually turns, and no more than that."""
TURN_PRIOR, TURN_PRIOR_OUTINGS = 20.0, 5.0
STRAIGHT_WEIGHT, USUAL_STRAIGHT, STRAIGHT_SCALE = 1.6, 0.6, 0.15
"""Who has a goal gets away from where she was, however the streets wind (decision 0118)."""
USUAL_PROGRESS, PROGRESS_SCALE = 0.3, 0.25
"""Metres nearer to the nearest anchor per metre walked."""
_MOST_NOVEL, _MOST_TURN, _MOST_LOOPS, _MOST_PROGRESS = 2.0, 3.0, 3, 2.0
LEAST_NOVEL = 0.3
"""Below this she is on ways that she knows: circles there are a stroll, not losing the way."""
DUSK_DEG = -6.0
"""Height of the sun below which it is dark: the end of civil twilight."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    """What is known of her outings."""

    #: 0 … 1: how well her ways are known. New to us is not new to her.
    experience: float = 1.0
    #: Degrees per 100 m that she usually turns.
    turn: float = TURN_PRIOR


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How much it looks like losing the way; `LIMIT` and more is unlike a walk with a goal."""

    #: By turns: soon, and as high on a first walk through winding streets.
    winding: float
    #: By the distance won: some minutes later, and low on such a walk.
    aimless: float


def lost_score(walked: Walked, habit: Habit, *, dark: bool) -> Score:
    """Return the score of a path."""
    novel = _scaled(walked.novel, USUAL_NOVEL, NOVEL_SCALE, (0.0, _MOST_NOVEL))
    usual = min(max(TURN_FACTOR * habit.turn, USUAL_TURN), MOST_USUAL_TURN)
    turn = _scaled(walked.turn, usual, TURN_SCALE, (-1.0, _MOST_TURN))
    progress = _scaled(walked.progress, USUAL_PROGRESS, PROGRESS_SCALE, (0.0, _MOST_PROGRESS))
    known = walked.back or walked.novel < LEAST_NOVEL
    loops = 0 if known else min(walked.loops, _MOST_LOOPS)
    bent = -_scaled(walked.straight, USUAL_STRAIGHT, STRAIGHT_SCALE, (-_MOST_TURN, 1.0))
    both = (
        NOVEL_WEIGHT * (0.0 if walked.back else novel) * habit.experience
        + LOOP_WEIGHT * loops
        - RETURN_WEIGHT * progress
        + DARK_WEIGHT * dark
    )
    return Score(
        winding=both + TURN_WEIGHT * (min(turn, 0.0) if known else turn),
        aimless=both + STRAIGHT_WEIGHT * (min(bent, 0.0) if known else bent),
    )


def _scaled(value: float, usual: float, scale: float, limits: tuple[float, float]) -> float:
    low, high = limits
    return min(max((value - usual) / scale, low), high)


def is_dark(at: float, latitude: float, longitude: float) -> bool:
    """Tell whether the sun is so far down that it is dark, to a few minutes.

    Declination after Cooper 1969; the equation of time, at most 16 min, is left out.

    Examples
    --------
    >>> noon, midnight = 1_782_043_200.0, 1_782_086_400.0  # 21 June 2026
    >>> is_dark(noon, 51.5, 0.0), is_dark(midnight, 51.5, 0.0), is_dark(midnight, 70.0, 25.0)
    (False, True, False)
    """
    day = at / 86400.0 % 365.2425
    declination = math.radians(23.45) * math.sin(2 * math.pi * (day - 80.0) / 365.2425)
    hour_angle = 2 * math.pi * (at % 86400.0 / 86400.0 - 0.5) + math.radians(longitude)
    here = math.radians(latitude)
    height = math.sin(here) * math.sin(declination)
    height += math.cos(here) * math.cos(declination) * math.cos(hour_angle)
    return math.asin(min(max(height, -1.0), 1.0)) < math.radians(DUSK_DEG)

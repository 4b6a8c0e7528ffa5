"""The last half hour on foot as a path: how new, how winding, how often across itself. Pure and bounded."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from analytics.features.ground import axis

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from analytics.features.fixes import Fix

STEP_M, STEP_SIGMAS = 50.0, 4.0
"""A path bends where she does, not where a fix errs: corners are so far apart (decision 0118)."""
SAMPLE_M = 20.0
"""Steps in which a way is looked at for cells: half a cell."""
WINDOW_S = 360.0
"""Novelty and turns look back so far: detection.md §3 has 10 min, which is slower (decision 0118)."""
PROGRESS_S = 600.0
"""Progress looks back so far (detection.md §3)."""
PAUSE_S = 240.0
"""Who turns round after such a stop has been somewhere: no turn of a path."""
KEPT_S = 1800.0
"""Loops look back so far (detection.md §3)."""
BREAK_S, BREAK_M = 900.0, 1500.0
"""A pause or a gap after which a new path begins."""
BACK_M, BACK_COSINE = 40.0, 0.7
"""On her own way back: so near to it, and against its direction by at most 45°."""
LOOP_M, LEFT_M = 40.0, 50.0
"""Back at a place: so near, after having been so far from it (detection.md §3)."""
_FAR_M = BACK_M + 1.0
"""Beyond, no place of two stretches is near the other: a metre more than that is, for what is rounded."""
_MOST_CORNERS = 64
_MOSTLY = 0.5


Step = tuple[float, float, int]
"""Metres east and north, and the direction as `analytics.features.ground.axis` has it."""


class Corner(NamedTuple):
    """One corner of the path and the way to it."""

    at: float
    east: float
    north: float
    #: Metres from the corner before it; 0 for the first.
    length: float
    #: Of these, metres through cells that are not known.
    novel: float
    #: Change of heading at the corner before it, in degrees.
    turn: float
    #: Share of the length on which she goes back the way she came.
    back: float = 0.0


class _Stretch(NamedTuple):
    """A stretch of the path beside another one."""

    one: Corner
    other: Corner
    #: Whether they run against each other, and whether it is the last of the path.
    opposite: bool
    newest: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Walked:
    """The last minutes of a path."""

    length_m: float
    #: Share of the length in cells that are not known.
    novel: float
    #: Degrees per 100 m.
    turn: float
    #: How often within half an hour she has been here before.
    loops: int
    #: Metres nearer to the nearest anchor, as a share of the length; negative when farther.
    progress: float
    #: Distance from end to end over the length, of the last ten minutes: 1 for a straight line.
    straight: float
    #: Whether she is on the way back that she came.
    back: bool = False


class Path:
    """Corners of the present path."""

    __slots__ = ("corners",)

    def __init__(self) -> None:
        self.corners: deque[Corner] = deque(maxlen=_MOST_CORNERS)

    def add(self, fix: Fix, knows: Callable[[float, float, int], bool]) -> list[Step]:
        """Go on to a fix if it is far enough; return the steps on the way."""
        if self.corners and self._broken(fix):
            self.corners.clear()
        if not self.corners:
            self.corners.append(Corner(fix.at, fix.east, fix.north, 0.0, 0.0, 0.0))
            return []
        last = self.corners[-1]
        length = fix.distance(last.east, last.north)
        if length < max(STEP_M, STEP_SIGMAS * fix.sigma):
            return []
        passed = _sampled(last, fix, length)
        along = self._along(last, fix)
        back = [_goes_back(step[:2], along) for step in passed]
        new = sum(not (again or knows(*step)) for step, again in zip(passed, back, strict=True))
        share, again = length / len(passed), sum(back) / len(passed)
        self.corners.append(
            Corner(fix.at, fix.east, fix.north, length, new * share, self._turn(fix), again)
        )
        while self.corners[0].at < fix.at - KEPT_S:
            self.corners.popleft()
        return passed

    def _broken(self, fix: Fix) -> bool:
        last = self.corners[-1]
        return fix.at - last.at > BREAK_S or fix.distance(last.east, last.north) > BREAK_M

    def _turn(self, fix: Fix) -> float:
        if len(self.corners) < 2 or fix.at - self.corners[-1].at > PAUSE_S:  # noqa: PLR2004
            return 0.0
        before, last = self.corners[-2], self.corners[-1]
        was = math.atan2(last.east - before.east, last.north - before.north)
        now = math.atan2(fix.east - last.east, fix.north - last.north)
        return abs(math.degrees((now - was + math.pi) % (2 * math.pi) - math.pi))

    def _along(self, last: Corner, fix: Fix) -> list[_Stretch]:
        """Return the stretches near the one to a fix that run like it, or against it."""
        east, north = fix.east - last.east, fix.north - last.north
        length = math.hypot(east, north)
        west, right = min(last.east, fix.east) - _FAR_M, max(last.east, fix.east) + _FAR_M
        south, top = min(last.north, fix.north) - _FAR_M, max(last.north, fix.north) + _FAR_M
        found = []
        for one, other in pairwise(self.corners):
            if (one.east < west > other.east) or (one.east > right < other.east):
                continue
            if (one.north < south > other.north) or (one.north > top < other.north):
                continue
            along = (other.east - one.east) * east + (other.north - one.north) * north
            along /= length * other.length
            if abs(along) >= BACK_COSINE:
                found.append(_Stretch(one, other, opposite=along < 0.0, newest=other is last))
        return found

    def walked(self, now: float, anchors: Iterable[tuple[float, float]]) -> Walked | None:
        """Return the last minutes; None when she has hardly moved."""
        recent = [one for one in self.corners if one.at > now - WINDOW_S and one.length > 0.0]
        length = sum(one.length for one in recent)
        if length < 2 * STEP_M:
            return None
        first, last, longer = self._since(now - PROGRESS_S)
        return Walked(
            length_m=length,
            novel=sum(one.novel for one in recent) / length,
            turn=100.0 * sum(one.turn for one in recent) / length,
            loops=self._loops(),
            progress=_nearer(first, last, anchors) / longer,
            straight=math.hypot(last.east - first.east, last.north - first.north) / longer,
            back=recent[-1].back >= _MOSTLY,
        )

    def _since(self, at: float) -> tuple[Corner, Corner, float]:
        """Return where she was at a moment, where she is, and the metres walked between."""
        recent = [one for one in self.corners if one.at > at and one.length > 0.0]
        first = self.corners[len(self.corners) - len(recent) - 1]
        return first, recent[-1], sum(one.length for one in recent)

    def _loops(self) -> int:
        last, before = self.corners[-1], self.corners[-2]
        middle = ((last.east + before.east) / 2, (last.north + before.north) / 2)
        return max(self._visits((last.east, last.north)), self._visits(middle))

    def _visits(self, here: tuple[float, float]) -> int:
        """Count how often the path has passed here and left again."""
        visits, left = 0, False
        backward = pairwise(reversed(self.corners))
        for later, earlier in backward:
            distance = _from_line(here, later, earlier)
            if distance > LEFT_M:
                left = True
            elif left and distance <= LOOP_M:
                visits, left = visits + 1, False
        return visits

    def snapshot(self) -> list[Any]:
        """Return it as plain values."""
        return [list(one) for one in self.corners]

    @classmethod
    def restored(cls, state: list[Any]) -> Path:
        """Return it as `snapshot` saw it."""
        path = cls()
        path.corners.extend(Corner(*one) for one in state)
        return path


def _goes_back(here: tuple[float, float], along: Sequence[_Stretch]) -> bool:
    """Tell whether she is on the way she came, against it, and has not gone along it twice."""
    against = False
    for stretch in along:
        if _from_line(here, stretch.one, stretch.other) > BACK_M:
            continue
        if stretch.opposite:
            against = True
        elif not stretch.newest:
            return False
    return against


def _sampled(last: Corner, fix: Fix, length: float) -> list[Step]:
    count = max(int(length // SAMPLE_M), 1)
    shares = [(number + 1) / count for number in range(count)]
    east, north = fix.east - last.east, fix.north - last.north
    way = axis(east, north)
    return [(last.east + east * share, last.north + north * share, way) for share in shares]


def _nearer(first: Corner, last: Corner, anchors: Iterable[tuple[float, float]]) -> float:
    gained = [
        (
            math.hypot(last.east - east, last.north - north),
            math.hypot(first.east - east, first.north - north),
        )
        for east, north in anchors
    ]
    if not gained:
        return 0.0
    now, then = min(gained)
    return then - now


def _from_line(here: tuple[float, float], one: Corner, other: Corner) -> float:
    """Metres from a place to the nearest point between two corners."""
    east, north = other.east - one.east, other.north - one.north
    squared = east * east + north * north
    to_east, to_north = here[0] - one.east, here[1] - one.north
    share = (to_east * east + to_north * north) / squared if squared > 0.0 else 0.0
    if share < 0.0:
        share = 0.0
    elif share > 1.0:
        share = 1.0
    return math.hypot(to_east - share * east, to_north - share * north)

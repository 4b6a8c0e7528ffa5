"""One tracker: inside the home zone or out of it, on which way, how. Pure and bounded."""

from __future__ import annotations

import math
from array import array
from typing import TYPE_CHECKING, Any

from analytics.features.fixes import Fix, Gate, beyond, direction
from analytics.features.ground import cell
from analytics.features.paths import Path

if TYPE_CHECKING:
    from analytics.features.ground import Ground
    from analytics.features.losing_way import Score

HOME_RADIUS_M = 100.0
"""Radius of the home zone; no home has registered coordinates or polygons."""
LEAST_SIGMA_M = 8.0
OUT_PROBABILITY, SURELY_OUT, BACK_PROBABILITY = 0.95, 0.999, 0.2
MARGIN_M, MARGIN_SIGMAS = 25.0, 1.5
OUT_FIXES, OUT_FIXES_INDOORS, BACK_FIXES = 2, 3, 2
OUT_APART_S = 60.0
MOVING_M_S = 0.5
"""Numbers of the fence: detection.md §3."""
RIDE_M_S, RIDE_S, RIDE_GAP_S = 7.0, 180.0, 600.0
"""A vehicle: so fast for so long (detection.md §3), by fixes not farther apart than that."""
WALK_M_S = 2.5
STAY_M, STAY_S = 60.0, 600.0
"""A place where she stays."""
USUAL_GAP_S = 120.0
_GAP_PULL = 0.1
_MOST_GAP_S = 3600.0
_MOST_CELLS = 512


class Track:
    """Memory of one tracker."""

    __slots__ = (
        "_back",
        "_fast_since",
        "_gate",
        "_out",
        "_out_since",
        "_stay",
        "_walked",
        "came_back",
        "contact_at",
        "gap_s",
        "home_at",
        "left_at",
        "path",
        "ride_at",
        "riding",
        "score",
        "speed",
        "turned",
        "went_out",
    )

    def __init__(self) -> None:
        self._gate = Gate()
        self.path = Path()
        #: When she left the home zone; None while she is in it, or home is not known yet.
        self.left_at: float | None = None
        #: When the last fix in the home zone was taken.
        self.home_at: float | None = None
        #: When the device last said anything of its place, believed or not.
        self.contact_at: float | None = None
        #: Usual seconds between fixes outside.
        self.gap_s = USUAL_GAP_S
        #: Beginning of the present ride; kept until she is back.
        self.ride_at: float | None = None
        self.riding = False
        #: Metres a second between the last two fixes.
        self.speed = 0.0
        #: Score of losing the way at the present fix; None while there is none.
        self.score: Score | None = None
        #: Metres walked on this outing, and degrees turned.
        self.turned = [0.0, 0.0]
        #: What the present fix did.
        self.went_out = self.came_back = False
        self._out, self._out_since, self._back = 0, 0.0, 0
        self._fast_since: float | None = None
        #: [east, north, since] of where she stays.
        self._stay: list[float] | None = None
        #: Cells of the present outing with their directions.
        self._walked: dict[int, int] = {}

    @property
    def fix(self) -> Fix | None:
        """The last fix that was believed."""
        return self._gate.last

    @property
    def staying(self) -> bool:
        """Whether she has been at one place for a while: perhaps under a roof, without fixes."""
        return self._stay is not None and self._stay[2] == math.inf

    @property
    def heading(self) -> str:
        """The direction of the last stretch of the path, in words; empty when she has not walked."""
        if len(self.path.corners) < 2:  # noqa: PLR2004
            return ""
        before, last = self.path.corners[-2], self.path.corners[-1]
        return direction(last.east - before.east, last.north - before.north)

    @property
    def gate(self) -> Gate:
        """What decides which fixes are believed."""
        return self._gate

    def hear(self, at: float) -> None:
        """Take in that the device said something of its place."""
        if self.contact_at is not None and self.left_at is not None:
            gap = at - self.contact_at
            if 0.0 < gap <= _MOST_GAP_S:
                self.gap_s += (gap - self.gap_s) * _GAP_PULL
        if self.contact_at is None or at > self.contact_at:
            self.contact_at = at

    def move(self, fix: Fix, before: Fix | None, ground: Ground, *, indoors: bool) -> None:
        """Take in a believed fix.

        Parameters
        ----------
        indoors
            Whether sensors inside say that she is home.
        """
        self.went_out = self.came_back = False
        home = ground.home
        if home is None:
            return
        distance = fix.distance(*home)
        sigma = max(fix.sigma, LEAST_SIGMA_M)
        out = beyond(distance, HOME_RADIUS_M, sigma)
        clear = distance - HOME_RADIUS_M >= max(MARGIN_M, MARGIN_SIGMAS * sigma)
        if out < BACK_PROBABILITY:
            self.home_at = fix.at
        if self.left_at is None:
            self._leave(fix, out if clear else 0.0, indoors=indoors)
        else:
            self._return(out, indoors=indoors)
        self._ride(fix, before)
        self._walk(fix, ground, out)

    def _leave(self, fix: Fix, out: float, *, indoors: bool) -> None:
        if out <= OUT_PROBABILITY:
            self._out = 0
            return
        self._out += 1
        if self._out == 1:
            self._out_since = fix.at
        needed = OUT_FIXES_INDOORS if indoors else OUT_FIXES
        moving = fix.speed is not None and fix.speed >= MOVING_M_S
        at_once = out > SURELY_OUT and moving and not indoors
        if at_once or (self._out >= needed and fix.at - self._out_since >= OUT_APART_S):
            self.left_at, self.went_out = self._out_since, True
            self._out = self._back = 0

    def _return(self, out: float, *, indoors: bool) -> None:
        self._back = self._back + 1 if out < BACK_PROBABILITY else 0
        if self._back >= BACK_FIXES or (self._back and indoors):
            self.left_at, self.came_back = None, True
            self._back, self.score = 0, None

    def end_outing(self) -> dict[int, int]:
        """Forget the outing that is over; return its cells."""
        walked, self._walked = self._walked, {}
        self.path.corners.clear()
        self.turned = [0.0, 0.0]
        self.ride_at, self.riding, self._stay, self._fast_since = None, False, None, None
        return walked

    def _ride(self, fix: Fix, before: Fix | None) -> None:
        self.speed = 0.0
        if before is None or fix.at - before.at > RIDE_GAP_S:
            self._fast_since, self.riding = None, False
            return
        self.speed = fix.distance(before.east, before.north) / (fix.at - before.at)
        if self.speed <= RIDE_M_S:
            self._fast_since = None
            self.riding = self.riding and self.speed > WALK_M_S
            return
        if self._fast_since is None:
            self._fast_since = before.at
        if fix.at - self._fast_since >= RIDE_S:
            self.riding = True
            if self.ride_at is None and self.left_at is not None:
                self.ride_at = self._fast_since

    def _walk(self, fix: Fix, ground: Ground, out: float) -> None:
        if self.speed > WALK_M_S or self.riding:
            self.path.corners.clear()
        if out < BACK_PROBABILITY and self.left_at is None:
            return
        passed = self.path.add(fix, ground.knows)
        if passed:
            self.turned[0] += self.path.corners[-1].length
            self.turned[1] += self.path.corners[-1].turn
        if len(self._walked) < _MOST_CELLS:
            for east, north, way in passed:
                key = cell(east, north)
                self._walked[key] = self._walked.get(key, 0) | 1 << way
        self._dwell(fix, ground)

    def _dwell(self, fix: Fix, ground: Ground) -> None:
        stay = self._stay
        if stay is None or fix.distance(stay[0], stay[1]) > max(STAY_M, 3 * fix.sigma):
            self._stay = [fix.east, fix.north, fix.at]
        elif stay[2] != math.inf and fix.at - stay[2] >= STAY_S:
            ground.stay(stay[0], stay[1])
            stay[2] = math.inf

    def snapshot(self) -> dict[str, Any]:
        """Return it as plain values."""
        cells = sorted(self._walked)
        return {
            "gate": self._gate.snapshot(),
            "path": self.path.snapshot(),
            "when": [self.left_at, self.home_at, self.contact_at, self.ride_at, self._fast_since],
            "now": [self.gap_s, self.riding, self.speed],
            "fence": [self._out, self._out_since, self._back],
            "stay": self._stay,
            "turned": self.turned,
            "walked": [array("I", cells).tobytes(), bytes(self._walked[one] for one in cells)],
        }

    @classmethod
    def restored(cls, state: dict[str, Any]) -> Track:
        """Return it as `snapshot` saw it."""
        track = cls()
        track._gate = Gate.restored(state["gate"])
        track.path = Path.restored(state["path"])
        track.left_at, track.home_at, track.contact_at, track.ride_at = state["when"][:4]
        track._fast_since = state["when"][4]
        track.gap_s, track.riding, track.speed = state["now"]
        track._out, track._out_since, track._back = state["fence"]
        track.turned = list(state["turned"])
        track._stay = None if state["stay"] is None else list(state["stay"])
        cells, ways = state["walked"]
        track._walked = dict(zip(array("I", cells), ways, strict=True))
        return track

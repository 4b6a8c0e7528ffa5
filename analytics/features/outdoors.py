"""Where the trackers of a home are, on which ground. Pure and bounded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analytics.features.devices import has_room
from analytics.features.fixes import Plane, away, direction
from analytics.features.ground import SAME_PLACE_M, Ground
from analytics.features.losing_way import (
    LIMIT,
    TURN_PRIOR,
    TURN_PRIOR_OUTINGS,
    Habit,
    is_dark,
    lost_score,
)
from analytics.features.tracks import WALK_M_S, Track
from core.model.said import say

if TYPE_CHECKING:
    from collections.abc import Container

    from analytics.features.activity import Activity
    from analytics.features.fixes import Fix
    from analytics.features.localtime import LocalTime
    from analytics.features.occupancy import Occupancy
    from core.model.observation import Observation, Position

MOST_TRACKS = 3
LEARNED_OUTINGS = 10.0
"""Outings after which her ways count as known; before, what is new counts in part."""
USUAL_OUTING_M = 1000.0
INDOORS_S = 300.0
"""Movement inside within so long of a fix says where she is, if she lives alone."""
HALF_LIFE_DAYS = 56.0
WITHOUT_DAYS = 7
"""Ways are forgotten after so many days without a tracker in use: another may carry the next one."""
_KEEP = 2.0 ** (-1.0 / HALF_LIFE_DAYS)


class Outdoors:
    """All trackers of one home."""

    __slots__ = (
        "_lost",
        "_turn",
        "_without",
        "ground",
        "heard",
        "outings",
        "plane",
        "rides",
        "tracks",
        "unfollowed",
    )

    def __init__(self) -> None:
        #: None before the first fix.
        self.plane: Plane | None = None
        self.ground = Ground()
        self.tracks: dict[int, Track] = {}
        #: Decayed counts of outings that are over, and of those with a ride.
        self.outings = self.rides = 0.0
        #: Decayed metres walked on outings, and degrees turned on them.
        self._turn = [0.0, 0.0]
        #: Device of the present fix, where it was believed; None otherwise.
        self.heard: int | None = None
        self._lost: set[int] = set()
        #: Trackers in use that are not followed, because there are too many.
        self.unfollowed: set[int] = set()
        #: Days since no tracker is in use.
        self._without = 0

    @property
    def experience(self) -> float:
        """How well her ways are known, 0 … 1."""
        return min(self.outings / LEARNED_OUTINGS, 1.0)

    @property
    def habit(self) -> Habit:
        """What is known of her outings."""
        metres, degrees = self._turn
        prior = TURN_PRIOR_OUTINGS * USUAL_OUTING_M
        turn = (degrees + prior * TURN_PRIOR / 100.0) / (metres + prior)
        return Habit(experience=self.experience, turn=100.0 * turn)

    def at_anchor(self, track: Track) -> bool:
        """Tell whether she stays at a place of former stays."""
        fix = track.fix
        return (
            fix is not None
            and track.staying
            and any(fix.distance(*one) <= SAME_PLACE_M for one in self.ground.anchors())
        )

    def where(self, track: Track) -> str:
        """Say where a tracker is, seen from home; no coordinates."""
        home, fix = self.ground.home, track.fix
        if home is None or fix is None:
            return say("at a place that is not known")
        east, north = fix.east - home[0], fix.north - home[1]
        far = away(fix.distance(*home))
        return say("%(far)s %(wind)s of home", far=far, wind=direction(east, north))

    def show(
        self,
        observation: Observation,
        at: float,
        home: tuple[Activity, Occupancy, LocalTime],
        *,
        alone: bool,
        in_use: Container[int],
    ) -> None:
        """Take in what a tracker says of its place.

        Parameters
        ----------
        home
            What sensors inside have shown.
        alone
            Whether what moves inside is the one who is tracked.
        in_use
            Devices of the home.
        """
        position, device = observation.position, observation.device_id
        track = self.tracks.get(device)
        if track is None:
            if not has_room(self.tracks, MOST_TRACKS, in_use):
                self.unfollowed.add(device)
                return
            self.unfollowed.discard(device)
            track = self.tracks[device] = Track()
        if position is None:
            return
        if self.plane is None:
            self.plane = Plane(position.latitude, position.longitude)
        track.hear(at)
        before = track.fix
        fix = track.gate.take(position, at, self.plane)
        if fix is not None and self.ground.home is None and not self.plane.fits(fix.north):
            track, before, fix = self._begin_anew(device, position, at)
        if fix is None:
            return
        self.heard = device
        activity, occupancy, local = home
        moved = activity.interior_at
        indoors = alone and occupancy.home and moved is not None and at - moved <= INDOORS_S
        if indoors or (local.is_night(at) and occupancy.home):
            self.ground.dwell(fix)
        track.move(fix, before, self.ground, indoors=indoors)
        self._judge(device, track, at)

    def _begin_anew(
        self, device: int, position: Position, at: float
    ) -> tuple[Track, None, Fix | None]:
        """Lay the plane anew where she is: the first fix was elsewhere, and nothing is known yet."""
        self.plane, self.ground = Plane(position.latitude, position.longitude), Ground()
        self.tracks = {number: Track() for number in self.tracks}
        track = self.tracks[device]
        track.hear(at)
        return track, None, track.gate.take(position, at, self.plane)

    def _lie_anew(self) -> None:
        """Forget the ground where home is too far from where the plane touches for lengths to be true."""
        home, plane = self.ground.home, self.plane
        if home is None or plane is None or plane.fits(home[1]):
            return
        if all(track.left_at is None for track in self.tracks.values()):
            self.plane, self.ground = None, Ground()
            self.tracks = {number: Track() for number in self.tracks}

    def _judge(self, device: int, track: Track, at: float) -> None:
        if track.came_back:
            rode = track.ride_at is not None
            if device not in self._lost:
                self._turn = [sum(both) for both in zip(self._turn, track.turned, strict=True)]
            self._lost.discard(device)
            # also where she seemed lost: who goes a way twice knows it, whatever we said of it
            self.ground.learn(track.end_outing())
            self.outings, self.rides = self.outings + 1.0, self.rides + rode
        track.score = None
        if track.left_at is None or track.riding or track.speed >= WALK_M_S:
            return
        walked = track.path.walked(at, self.ground.anchors())
        if walked is None:
            return
        dark = self.plane is not None and is_dark(at, self.plane.latitude, self.plane.longitude)
        track.score = lost_score(walked, self.habit, dark=dark)
        if track.score.winding >= LIMIT:
            self._lost.add(device)

    def keep(self, devices: Container[int]) -> None:
        """Forget all other trackers."""
        self.tracks = {number: track for number, track in self.tracks.items() if number in devices}
        self.unfollowed = {number for number in self.unfollowed if number in devices}
        self._lost = {number for number in self._lost if number in devices}

    def close_day(self) -> None:
        """Forget a little; all of it where nobody carries a tracker any more (docs/decisions/0278)."""
        self._without = 0 if self.tracks or self.plane is None else self._without + 1
        if self._without >= WITHOUT_DAYS:
            self.plane, self.ground, self._lost = None, Ground(), set()
            self.outings, self.rides, self._turn = 0.0, 0.0, [0.0, 0.0]
            return
        self._lie_anew()
        self.ground.close_day()
        self.outings, self.rides = self.outings * _KEEP, self.rides * _KEEP
        self._turn = [one * _KEEP for one in self._turn]

    def snapshot(self) -> dict[str, Any]:
        """Return all of it as plain values."""
        plane = self.plane
        more: dict[str, Any] = {"unfollowed": sorted(self.unfollowed)} if self.unfollowed else {}
        more |= {"without": self._without} if self._without else {}
        return more | {
            "plane": None if plane is None else [plane.latitude, plane.longitude],
            "ground": self.ground.snapshot(),
            "tracks": {str(device): track.snapshot() for device, track in self.tracks.items()},
            "counts": [self.outings, self.rides],
            "turn": self._turn,
            "lost": sorted(self._lost),
        }

    @classmethod
    def restored(cls, state: dict[str, Any] | None) -> Outdoors:
        """Return it as `snapshot` saw it; new for None."""
        outdoors = cls()
        if state is None:
            return outdoors
        if state["plane"] is not None:
            outdoors.plane = Plane(*state["plane"])
        outdoors.ground = Ground.restored(state["ground"])
        outdoors.tracks = {
            int(device): Track.restored(one) for device, one in state["tracks"].items()
        }
        outdoors.outings, outdoors.rides = state["counts"]
        outdoors._turn = list(state["turn"])
        outdoors._lost = set(state["lost"])
        outdoors.unfollowed = set(state.get("unfollowed", ()))
        outdoors._without = state.get("without", 0)
        return outdoors

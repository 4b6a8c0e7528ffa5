"""The engine: every home of a shard a state machine, taken one journalled step further at a time. Pure.

A step is: what is known of the pipeline, the rows of the log up to a position, perhaps a tick. The same
steps give the same findings and the same state, bit for bit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from analytics.features.plan import plan
from analytics.fencing import CONTEXT, Afresh, failure
from analytics.home_engine import TICK_S, HomeEngine, Inputs, Noticed
from core.model.home import HomeMode
from core.model.ids import HomeId

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from analytics.detector import DetectorFailure, DetectorSpec
    from analytics.features.plan import HomePlan
    from core.model.home import Household
    from core.model.observation import Observation

__all__ = ["Engine", "HomeEngine", "Inputs", "Noticed"]

STUMBLES = 20
"""So many inputs of one kind in a row that could not be taken in: the state itself is broken."""
T = TypeVar("T")


class Engine:
    """All homes of one shard.

    Parameters
    ----------
    specs
        Detectors to run; all that are found when None.
    tick_s
        Grid of the logical clock, in seconds.
    """

    def __init__(
        self, specs: Mapping[str, DetectorSpec] | None = None, tick_s: float = TICK_S
    ) -> None:
        self._specs = specs
        self._tick_s = tick_s
        self.homes: dict[HomeId, HomeEngine] = {}
        #: Homes whose state can not be used any more, and why: they go on from their record (`anew`).
        self.lost: dict[HomeId, DetectorFailure | Afresh] = {}

    def register(self, households: Iterable[Household], step: int) -> set[HomeId]:
        """Watch these homes and no others; return the homes that changed, the dropped ones included.

        Parameters
        ----------
        households
            All homes of this shard; those in mode ``archive`` are not watched.
        step
            Last step that a new home need not take in.
        """
        known = list(households)
        gone = self.homes.keys() - {one.home.home_id for one in known}
        return self.change(known, gone, step)

    def change(
        self, households: Iterable[Household], gone: Iterable[HomeId], step: int
    ) -> set[HomeId]:
        """Watch these homes as they are now, and some no more; return those that changed, dropped ones too.

        Parameters
        ----------
        households
            Homes of this shard in which something may have changed.
        gone
            Homes that are not registered any more.
        step
            Last step that a new home need not take in.
        """
        known = sorted(households, key=lambda one: one.home.home_id)
        archived = {one.home.home_id for one in known if one.home.mode is HomeMode.ARCHIVE}
        changed = {home_id for home_id in {*gone, *archived} if home_id in self.homes}
        for home_id in changed:
            del self.homes[home_id]
        for household in known:
            home_id = household.home.home_id
            if home_id not in archived and self._renew(home_id, plan(household), step):
                changed.add(home_id)
        return changed

    def _renew(self, home_id: HomeId, home: HomePlan, step: int) -> bool:
        """Watch a home as it is now; return whether it is new or was another one."""
        present = self.homes.get(home_id)
        if present is None:
            self.homes[home_id] = HomeEngine(home, self._specs, self._tick_s)
            self.homes[home_id].step = step
        elif present.plan != home:
            self._replan(present, home)
        else:
            return False
        return True

    def _replan(self, present: HomeEngine, home: HomePlan) -> None:
        if present.plan.zone != home.zone:
            # all habits are by the hours of the wall: 07:00 of one zone is noon of another
            self.lose(HomeId(home.home_id), Afresh.ZONE, home)
            return
        try:
            self.homes[HomeId(home.home_id)] = present.replan(home)
        except Exception as error:  # noqa: BLE001 (the fence: the other homes go on)
            why = failure(home.home_id, CONTEXT, error, _now(present))
            self.lose(HomeId(home.home_id), why, home)

    def lose(
        self, home_id: HomeId, why: DetectorFailure | Afresh, wanted: HomePlan | None = None
    ) -> None:
        """Let a home begin anew whose state can not be used any more.

        Parameters
        ----------
        why
            What failed, or why nothing has to fail.
        wanted
            The home as it is now; as it was when None.
        """
        self.lost[home_id] = why
        self.begin(home_id, wanted)

    def begin(self, home_id: HomeId, wanted: HomePlan | None = None) -> HomeEngine:
        """Return a home that has taken in nothing, in place of the one that is watched."""
        step, home = self.homes[home_id].step, wanted or self.homes[home_id].plan
        anew = self.homes[home_id] = HomeEngine(home, self._specs, self._tick_s)
        anew.step = step
        return anew

    def unread(self) -> list[tuple[HomeId, DetectorFailure]]:
        """Return the detectors whose saved state could not be read, by home."""
        return [(home_id, one) for home_id, home in self.homes.items() for one in home.unread]

    def restore(self, snapshots: Iterable[bytes]) -> None:
        """Bring homes back from their snapshots.

        Raises
        ------
        Malformed
            If one can not be read; those before it are back.
        """
        for state in snapshots:
            home = HomeEngine.restored(state, self._specs)
            self.homes[HomeId(home.plan.home_id)] = home

    def step(
        self,
        number: int,
        inputs: Inputs,
        observations: Iterable[Observation],
        tick_at: datetime | None,
    ) -> Noticed:
        """Take in one step of the journal: what is known of the pipeline, rows, perhaps a tick.

        Homes that have taken in ``number`` already are left alone. A change in ``inputs.offline``
        must come with a tick, so that all homes hear of it.
        """
        noticed = Noticed()
        looked: set[HomeId] = set()
        for observation in observations:
            home = self.homes.get(observation.home_id)
            if home is None or home.step >= number:
                continue
            if observation.home_id not in looked:
                looked.add(observation.home_id)
                _guarded(home, "look", home.look, inputs, noticed)
            _guarded(home, "feed", home.feed, observation, noticed)
        for home_id, home in list(self.homes.items()):
            if home.step >= number:
                continue
            if tick_at is not None:
                _tick(home, tick_at, None if home_id in looked else inputs, noticed)
            home.step = number
            if home.stumbles:
                self._give_up(home_id, noticed.failures)
        return noticed

    def _give_up(self, home_id: HomeId, failures: Sequence[DetectorFailure]) -> None:
        """Let a home begin anew that has taken in nothing for long: its state itself is broken."""
        if max(self.homes[home_id].stumbles.values()) >= STUMBLES:
            mine = (one for one in reversed(failures) if one.home_id == home_id)
            self.lose(home_id, next(mine))


def _tick(home: HomeEngine, tick_at: datetime, inputs: Inputs | None, noticed: Noticed) -> None:
    if inputs is not None:
        _guarded(home, "look", home.look, inputs, noticed)
    _guarded(home, "tick", home.tick, tick_at, noticed)


def _guarded(
    home: HomeEngine,
    kind: str,
    call: Callable[[T], Noticed | None],
    value: T,
    noticed: Noticed,
) -> None:
    try:
        said = call(value)
    except Exception as error:  # noqa: BLE001 (the fence: the other homes go on)
        noticed.add(home.stumble(kind, error))
    else:
        if home.stumbles:
            home.stumbles.pop(kind, None)
        if said is not None:
            noticed.add(said)


def _now(home: HomeEngine) -> float:
    return 0.0 if home.view is None else home.view.now

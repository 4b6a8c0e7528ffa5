"""The engine: every home of a shard a state machine, taken one journalled step further at a time. Pure.

A step is: what is known of the pipeline, the rows of the log up to a position, perhaps a tick. The same
steps give the same findings and the same state, bit for bit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from analytics.features.plan import plan
from analytics.fencing import failure
from analytics.home_engine import TICK_S, HomeEngine, Inputs, Noticed
from core.model.home import HomeMode
from core.model.ids import HomeId

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from analytics.detector import DetectorSpec
    from core.model.home import Household
    from core.model.observation import Observation

__all__ = ["Engine", "HomeEngine", "Inputs", "Noticed"]

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

    def register(self, households: Iterable[Household], step: int) -> set[HomeId]:
        """Watch these homes and no others; return the homes that changed, the dropped ones included.

        Parameters
        ----------
        households
            All homes of this shard; those in mode ``archive`` are not watched.
        step
            Last step that a new home need not take in.
        """
        wanted = {
            household.home.home_id: plan(household)
            for household in households
            if household.home.mode is not HomeMode.ARCHIVE
        }
        changed = set(self.homes) - set(wanted)
        for home_id in changed:
            del self.homes[home_id]
        for home_id, home in sorted(wanted.items()):
            present = self.homes.get(home_id)
            if present is None:
                self.homes[home_id] = HomeEngine(home, self._specs, self._tick_s)
                self.homes[home_id].step = step
            elif present.plan != home:
                self.homes[home_id] = present.replan(home)
            else:
                continue
            changed.add(home_id)
        return changed

    def restore(self, snapshots: Iterable[bytes]) -> None:
        """Bring homes back from their snapshots."""
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
                _guarded(home, home.look, inputs, noticed)
            _guarded(home, home.feed, observation, noticed)
        for home_id, home in self.homes.items():
            if home.step >= number:
                continue
            if tick_at is not None:
                if home_id not in looked:
                    _guarded(home, home.look, inputs, noticed)
                _guarded(home, home.tick, tick_at, noticed)
            home.step = number
        return noticed


def _guarded(
    home: HomeEngine, call: Callable[[T], Noticed | None], value: T, noticed: Noticed
) -> None:
    try:
        said = call(value)
    except Exception as error:  # noqa: BLE001 (the fence: the other homes go on)
        noticed.failures.append(failure(home.plan.home_id, "context", error, 0.0))
    else:
        if said is not None:
            noticed.add(said)

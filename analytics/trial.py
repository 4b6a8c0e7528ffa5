"""Made-up days for one detector on trial: run it over a stream, cut and restarted as one likes."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

from analytics.detector import EACH_TICK
from analytics.features.plan import plan
from analytics.home_engine import HomeEngine, Inputs, Noticed
from analytics.sample_days import HOUSEHOLD, eventful

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from analytics.detector import Detector, DetectorSpec
    from analytics.features.view import HomeView
    from analytics.sample_days import Days
    from core.model.finding import Finding
    from core.model.observation import Observation

TRIAL_DAYS = 18
"""Three rounds of the eventful days; what learns for two weeks has learned."""


class ContractBroken(AssertionError):  # noqa: N818
    """A detector breaks its contract; the text says how."""


class Trial:
    """One detector, alone in the sample home, whose pipeline is known to work.

    Parameters
    ----------
    spec
        The detector.
    days
        Gives the beginning and the end.
    """

    def __init__(self, spec: DetectorSpec, days: Days) -> None:
        self.spec = {spec.name: spec}
        self.days = days
        self.home = HomeEngine(plan(HOUSEHOLD), self.spec)
        self.found: list[Finding] = []
        self.tick(days.start)
        later = days.end + timedelta(days=30)
        self.home.look(Inputs(heard_at=later, heard_since=days.start - timedelta(hours=1)))

    def feed(self, rows: Iterable[Observation]) -> Trial:
        """Receive observations."""
        for row in rows:
            self._take(self.home.feed(row))
        return self

    def tick(self, now: datetime) -> Trial:
        """Let time pass."""
        self._take(self.home.tick(now))
        return self

    @property
    def detector(self) -> Detector:
        """The detector on trial."""
        (detector,) = self.home.detectors.values()
        return detector

    def again(self) -> Trial:
        """Return another trial that stands where this one does and has found nothing yet."""
        other = Trial(next(iter(self.spec.values())), self.days)
        other.home, other.found = HomeEngine.restored(self.home.snapshot(), self.spec), []
        return other

    def restart(self) -> Trial:
        """Stop and start from a snapshot."""
        self.home = HomeEngine.restored(self.home.snapshot(), self.spec)
        return self

    def _take(self, noticed: Noticed | None) -> None:
        if noticed is None:
            return
        if noticed.failures:
            failure = noticed.failures[0]
            raise ContractBroken(f"it raises: {failure.error} {failure.trace}")
        self.found += noticed.findings


def watched(
    spec: DetectorSpec, days: Days, *, restart_every: int = 0, until: datetime | None = None
) -> tuple[list[Finding], HomeEngine]:
    """Run one detector over a stream; return what it noticed, and the home afterwards.

    Parameters
    ----------
    restart_every
        Take a snapshot and start anew from it after so many observations; 0 for never.
    until
        Let the clock run on to this moment; to the end of the days when None.
    """
    trial = Trial(spec, days)
    step = restart_every or max(len(days.observations), 1)
    for first in range(0, len(days.observations), step):
        trial.feed(days.observations[first : first + step])
        if restart_every:
            trial.restart()
    trial.tick(until or days.end)
    return trial.found, trial.home


def cut(spec: DetectorSpec, days: Days, *, seed: int) -> tuple[list[Finding], HomeEngine]:
    """Run one detector with further ticks between the observations, as another service would."""
    chance, trial = random.Random(seed), Trial(spec, days)  # noqa: S311 (made-up days, no secret)
    for row in days.observations:
        while chance.random() < 0.3:  # noqa: PLR2004
            trial.tick(row.received_at - timedelta(seconds=chance.expovariate(1 / 30)))
        trial.feed((row,))
    trial.tick(days.end)
    return trial.found, trial.home


@cache
def plain(spec: DetectorSpec) -> tuple[Sequence[Finding], bytes]:
    """Return what a detector says on the eventful days, and the state of the home in the end."""
    found, home = watched(spec, eventful(TRIAL_DAYS))
    return tuple(found), home.snapshot()


def with_each_tick(spec: DetectorSpec) -> DetectorSpec:
    """Return the detector, ticked at each moment of the grid, whatever it says of ``due``."""
    return replace(spec, create=lambda: _EachTick(spec.create()))


def guarded(spec: DetectorSpec) -> DetectorSpec:
    """Return the detector between two looks at the view; the second raises if the first differs."""
    return replace(spec, create=lambda: _Guard(spec.create()))


class _Passing:
    """A detector within another one."""

    def __init__(self, inner: Detector) -> None:
        self._inner = inner

    @property
    def due(self) -> float:
        return self._inner.due

    def feed(self, observation: Observation, view: HomeView) -> Sequence[Finding]:
        return self._inner.feed(observation, view)

    def tick(self, view: HomeView) -> Sequence[Finding]:
        return self._inner.tick(view)

    def snapshot(self) -> object:
        return self._inner.snapshot()

    def restore(self, state: object) -> None:
        self._inner.restore(state)


class _EachTick(_Passing):
    @property
    def due(self) -> float:
        return EACH_TICK


class _Guard(_Passing):
    def feed(self, observation: Observation, view: HomeView) -> Sequence[Finding]:
        before = view.snapshot()
        found = self._inner.feed(observation, view)
        if view.snapshot() != before:
            raise ContractBroken("feed changes the view")
        return found

    def tick(self, view: HomeView) -> Sequence[Finding]:
        before = view.snapshot()
        found = self._inner.tick(view)
        if view.snapshot() != before:
            raise ContractBroken("tick changes the view")
        return found

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.detector import EACH_TICK, NEVER, DetectorSpec, Episode, discover, finding
from analytics.features.plan import plan
from analytics.home_engine import HomeEngine, Inputs
from analytics.sample_days import HOME, HOUSEHOLD, HUB, MONDAY, eventful, said
from core.model.finding import Finding, Severity
from core.model.home import Placement
from core.model.ids import DeviceId
from core.model.observation import Observation
from core.model.quantity import Quantity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analytics.features.view import HomeView

DAYS = 8
END = MONDAY + timedelta(days=DAYS)
SEE = Inputs(heard_at=END, heard_since=MONDAY - timedelta(hours=1))
ROWS = eventful(DAYS).observations


class Still:
    """Speaks after two hours without motion, ticked only when that may be; counts its ticks."""

    exact = True

    def __init__(self) -> None:
        self.last: float | None = None
        self.ticks = 0

    @property
    def due(self) -> float:
        if not self.exact:
            return EACH_TICK
        return NEVER if self.last is None else self.last + 7200.0

    def feed(self, observation: Observation, view: HomeView) -> Sequence[Finding]:
        del observation
        if view.shown:
            self.last = view.at if self.last is None else max(self.last, view.at)
        return ()

    def tick(self, view: HomeView) -> Sequence[Finding]:
        self.ticks += 1
        if self.last is None or view.now - self.last < 7200.0:
            return ()
        episode = Episode(onset=self.last, noticed=view.now, severity=Severity.CHECK)
        self.last = None
        return (finding(view, "still", episode, f"Still {view.still_s()}"),)

    def snapshot(self) -> Any:
        return self.last

    def restore(self, state: Any) -> None:
        self.last = state


class StillEachTick(Still):
    exact = False


class EveryMoment(HomeEngine):
    """Visits each moment of the grid, whatever is due."""

    def _next_due(self, due: float) -> float:
        del due
        return self._grid + 1


def still_spec(create: type[Still]) -> DetectorSpec:
    return replace(discover()["sos"], name="still", create=create, quantities=None)


def told_by_still(
    rows: Sequence[Observation],
    ticks: Sequence[int] = (),
    create: type[Still] = Still,
    engine: type[HomeEngine] = HomeEngine,
) -> tuple[list[Finding], HomeEngine]:
    """Run rows with further ticks, so many seconds after Monday 0:00."""
    home = engine(plan(HOUSEHOLD), {"still": still_spec(create)})
    home.tick(MONDAY)
    home.look(SEE)
    steps: list[tuple[datetime, Observation | None]] = [(row.received_at, row) for row in rows]
    steps += [(MONDAY + timedelta(seconds=after), None) for after in ticks]
    found: list[Finding] = []
    for at, row in sorted(steps, key=lambda step: step[0]):
        noticed = home.tick(at) if row is None else home.feed(row)
        found += noticed.findings if noticed else []
    noticed = home.tick(END)
    return found + (noticed.findings if noticed else []), home


def test_passing_over_what_is_not_due_changes_nothing() -> None:
    found, home = told_by_still(ROWS)
    assert len(found) > 1
    for create, engine in ((StillEachTick, HomeEngine), (Still, EveryMoment)):
        again, other = told_by_still(ROWS, create=create, engine=engine)
        assert again == found
        assert other.snapshot() == home.snapshot()
    assert 0 < home._detectors["still"].ticks < 100  # type: ignore[attr-defined]


def test_no_context_depends_on_the_moments_that_are_visited() -> None:
    states = []
    for engine in (HomeEngine, EveryMoment):
        home = engine(plan(HOUSEHOLD))
        home.tick(MONDAY)
        home.look(SEE)
        for row in ROWS:
            home.feed(row)
        home.tick(END)
        states.append(home.snapshot())
    assert states[0] == states[1]


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, DAYS * 86400), max_size=30))
def test_ticks_between_change_nothing(ticks: list[int]) -> None:
    found, home = told_by_still(ROWS[::7])
    again, other = told_by_still(ROWS[::7], ticks)
    assert again == found
    assert other.snapshot() == home.snapshot()


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 10), st.integers(0, 40_000)), max_size=12))
def test_whatever_goes_dark_is_seen_at_the_same_moment(looks: list[tuple[int, int]]) -> None:
    """The pipeline, a device's last will and the last message: each moment visited or not."""
    hub = replace(HOUSEHOLD.devices[5], device_id=HUB, placement=Placement.HUB, room=None)
    with_hub = replace(HOUSEHOLD, devices=(*HOUSEHOLD.devices, hub))
    states = []
    for engine in (HomeEngine, EveryMoment):
        home = engine(plan(with_hub), {"still": still_spec(Still)})
        now = MONDAY
        home.tick(now)
        found: list[Finding] = []
        for device, later in looks:
            now += timedelta(seconds=later)
            gone = {str(HOME): (device,)} if device % 3 else {}
            seen = Inputs(heard_at=now if device % 2 else None, offline=gone)
            home.look(seen)
            row = said(DeviceId(device), Quantity.MOTION, device % 2, now)
            for noticed in (home.tick(now), home.feed(row) if device % 5 else None):
                found += noticed.findings if noticed else []
        states.append((found, home.snapshot()))
    assert states[0] == states[1]

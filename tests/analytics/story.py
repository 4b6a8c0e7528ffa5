"""Tell a home's day to the engine, step by step, and see what it says."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from analytics.features.plan import plan
from analytics.home_engine import HomeEngine, Inputs
from analytics.sample_days import HOUSEHOLD, MONDAY, said
from core.model.finding import Finding, Phase
from core.model.quantity import Quantity

if TYPE_CHECKING:
    from core.model.home import Household
    from core.model.ids import DeviceId

FOREVER = MONDAY + timedelta(days=400)


@dataclass(slots=True)
class Story:
    """One home; times are hours and minutes after Monday 4 May 2026, 00:00 UTC (01:00 in London)."""

    household: Household = HOUSEHOLD
    #: Whether the pipeline is known to work throughout.
    seen: bool = True
    said: list[Finding] = field(default_factory=list)
    home: HomeEngine = field(init=False)
    now: datetime = MONDAY

    def __post_init__(self) -> None:
        self.home = HomeEngine(plan(self.household))
        self.home.tick(self.now)
        if self.seen:
            self.home.look(Inputs(heard_at=FOREVER, heard_since=MONDAY))

    def at(self, hours: float, minutes: float = 0.0, seconds: float = 0.0) -> Story:
        """Let time pass to that moment."""
        self.now = MONDAY + timedelta(hours=hours, minutes=minutes, seconds=seconds)
        noticed = self.home.tick(self.now)
        if noticed is not None:
            assert not noticed.failures
            self.said += noticed.findings
        return self

    def hear(
        self,
        device: DeviceId,
        quantity: Quantity = Quantity.MOTION,
        value: float = 1.0,
        *,
        late: timedelta = timedelta(0),
    ) -> Story:
        """Receive an observation now, made ``late`` ago."""
        noticed = self.home.feed(said(device, quantity, value, self.now - late, self.now))
        if noticed is not None:
            assert not noticed.failures
            self.said += noticed.findings
        return self

    def move(self, device: DeviceId, *, every: float, until: float) -> Story:
        """Let somebody move in front of a sensor every so many minutes until an hour."""
        end = MONDAY + timedelta(hours=until)
        while self.now < end:
            hours = (self.now - MONDAY).total_seconds() / 3600
            self.hear(device).at(hours, 0, 20).hear(device, value=0.0).at(hours, every)
        return self

    def of(self, detector: str, phase: Phase | None = None) -> list[Finding]:
        """Return what one detector said, in order."""
        return [
            one
            for one in self.said
            if one.detector == detector and (phase is None or one.phase is phase)
        ]

    def restart(self) -> Story:
        """Stop and start from a snapshot."""
        self.home = HomeEngine.restored(self.home.snapshot())
        return self

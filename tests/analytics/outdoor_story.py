"""Days of the sample home with a tracker: known ways, unknown ones, a bus."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from analytics.sample_days import (
    AT_HOME,
    DOOR,
    HALL_MOTION,
    KITCHEN_MOTION,
    METRES_PER_DEGREE,
    MONDAY,
    TRACKER,
    said,
)
from core.model.quantity import Quantity
from tests.analytics.story import Story

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Place = tuple[float, float]
"""Metres east and north of home."""
SHOP: Place = (0.0, 800.0)
STEP_S = 60.0
COSINE = math.cos(math.radians(AT_HOME.latitude))


@dataclass(slots=True)
class Outside:
    """A story with a tracker that takes a fix a minute."""

    story: Story = field(default_factory=Story)
    #: Radius that the device states, in metres.
    radius: float = 10.0

    def fix(self, place: Place, **more: float | None) -> Outside:
        """Take a fix now."""
        east, north = place
        position = replace(
            AT_HOME,
            latitude=AT_HOME.latitude + north / METRES_PER_DEGREE,
            longitude=AT_HOME.longitude + east / (METRES_PER_DEGREE * COSINE),
            accuracy_m=self.radius,
            **more,
        )
        seen = said(TRACKER, Quantity.POSITION, self.radius, self.story.now)
        self._feed(replace(seen, position=position))
        return self

    def _feed(self, row: object) -> None:
        noticed = self.story.home.feed(row)  # type: ignore[arg-type]
        if noticed is not None:
            assert not noticed.failures
            self.story.said += noticed.findings

    def at(self, hours: float, minutes: float = 0.0) -> Outside:
        """Let time pass to that moment."""
        self.story.at(hours, minutes)
        return self

    def later(self, seconds: float) -> Outside:
        """Let time pass."""
        gone = (self.story.now - MONDAY).total_seconds() + seconds
        self.story.at(0, 0, gone)
        return self

    def go(self, places: Iterable[Place]) -> Outside:
        """Be at one place after another, a minute apart."""
        for place in places:
            self.later(STEP_S).fix(place)
        return self

    def at_home(self, hours: float, *, fixes: int = 8) -> Outside:
        """Move about at home, the tracker too."""
        for number in range(fixes):
            self.at(hours + number)
            self.story.hear(KITCHEN_MOTION)
            self.fix((5.0 * (number % 3), -5.0 * (number % 2)))
        return self

    def leave(self) -> Outside:
        """Go through the hall and out of the door."""
        self.story.hear(HALL_MOTION)
        self.story.hear(DOOR, Quantity.CONTACT, 1.0)
        self.later(10).story.hear(DOOR, Quantity.CONTACT, 0.0)
        return self

    def come_in(self) -> Outside:
        """Come in at the door and move in the kitchen."""
        self.story.hear(DOOR, Quantity.CONTACT, 1.0)
        self.later(10).story.hear(DOOR, Quantity.CONTACT, 0.0)
        self.later(50).story.hear(KITCHEN_MOTION)
        return self.later(30).fix((0.0, 0.0)).later(60).fix((3.0, 3.0))

    def to_the_shop(self) -> Outside:
        """Walk there on the usual way, stay a while, walk back."""
        there = list(walk((0.0, 0.0), SHOP))
        return self.leave().go(there).go([SHOP] * 12).go(reversed(there)).come_in()

    def known(self, days: int = 12) -> Outside:
        """Live there for some days, each with a walk to the shop."""
        for day in range(days):
            self.at_home(24 * day, fixes=8).at(24 * day + 9).to_the_shop()
        return self


def walk(start: Place, end: Place, speed_m_s: float = 1.0) -> Iterator[Place]:
    """Yield the places on a straight way, a minute apart."""
    east, north = end[0] - start[0], end[1] - start[1]
    steps = max(round(math.hypot(east, north) / (speed_m_s * STEP_S)), 1)
    for step in range(1, steps + 1):
        share = step / steps
        yield start[0] + east * share, start[1] + north * share


def circles(centre: Place, radius: float, minutes: int) -> Iterator[Place]:
    """Yield places on circles walked at about 1 m/s."""
    for minute in range(minutes):
        angle = minute * STEP_S / radius
        yield centre[0] + radius * math.sin(angle), centre[1] + radius * math.cos(angle)

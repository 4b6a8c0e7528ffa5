"""Detectors that break their contract, each in one way."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from analytics.detector import EACH_TICK, NEVER, DetectorSpec, Episode, discover, finding
from analytics.sample_days import HOME
from core.model.finding import Finding, Severity
from core.model.forecast import Forecast
from core.model.said import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analytics.features.view import HomeView
    from core.model.observation import Observation


class Silent:
    """A detector that says nothing and keeps the contract."""

    due = EACH_TICK

    text: str = say("Something moved")

    def __init__(self) -> None:
        self.count = 0
        self.kept: list[float] = []

    def say(self, view: HomeView) -> Sequence[Finding]:
        episode = Episode(onset=view.at, noticed=view.now, severity=Severity.CHECK)
        return (finding(view, "mutant", episode, self.text),)

    def feed(self, observation: Observation, view: HomeView) -> Sequence[Finding]:
        del observation, view
        return ()

    def tick(self, view: HomeView) -> Sequence[Finding]:
        del view
        return ()

    def snapshot(self) -> Any:
        return [self.count, self.kept]

    def restore(self, state: Any) -> None:
        self.count, self.kept = state


class Random(Silent):
    def feed(self, observation: Observation, view: HomeView) -> Sequence[Finding]:
        del observation
        return self.say(view) if random.random() < 0.01 else ()


class Forgetful(Silent):
    def feed(self, observation: Observation, view: HomeView) -> Sequence[Finding]:
        del observation
        self.count += 1
        return self.say(view) if self.count % 500 == 0 else ()

    def restore(self, state: Any) -> None:
        del state


class Fixed(Silent):
    def tick(self, view: HomeView) -> Sequence[Finding]:
        return self.say(view) if 1_779_000_000 < view.now < 1_779_000_060 else ()


class Hoarder(Silent):
    def feed(self, observation: Observation, view: HomeView) -> Sequence[Finding]:
        self.kept.append(observation.value + view.now)
        return ()


class Nervous(Silent):
    def feed(self, observation: Observation, view: HomeView) -> Sequence[Finding]:
        del observation
        return self.say(view) if view.now - view.at > 900 else ()


class Meddler(Silent):
    def tick(self, view: HomeView) -> Sequence[Finding]:
        view.activity.last_at = None
        return ()


class Chatty(Silent):
    def feed(self, observation: Observation, view: HomeView) -> Sequence[Finding]:
        del observation
        return self.say(view)


class Doctor(Chatty):
    text = "Agitation"


class Raising(Silent):
    def tick(self, view: HomeView) -> Sequence[Finding]:
        raise KeyError(view.now)


class Shared(Silent):
    """Keeps its state with the class: what it says depends on what ran before."""

    reports = 0

    def feed(self, observation: Observation, view: HomeView) -> Sequence[Finding]:
        del observation
        Shared.reports += 1
        return self.say(view) if Shared.reports % 499 == 0 else ()


class Waiting(Silent):
    """Speaks after three hours without a report, unless its ``due`` is wrong."""

    late_s = 0.0
    promised: str = say("If nothing is reported, the first carer is told")

    def __init__(self) -> None:
        super().__init__()
        self.due = NEVER

    def feed(self, observation: Observation, view: HomeView) -> Sequence[Finding]:
        del observation
        self.kept, self.due = [view.now], view.now + 10800.0 + self.late_s
        return ()

    def tick(self, view: HomeView) -> Sequence[Finding]:
        if not self.kept or view.now < self.kept[0] + 10800.0:
            return ()
        self.kept, self.due = [], NEVER
        return self.say(view)

    def restore(self, state: Any) -> None:
        super().restore(state)
        self.due = self.kept[0] + 10800.0 + self.late_s if self.kept else NEVER

    def forecast(self, view: HomeView) -> Forecast | None:
        del view
        return self.promise(self.kept[0] + 10800.0) if self.kept else None

    def promise(self, at: float) -> Forecast:
        return Forecast(
            home_id=HOME,
            resident_id=None,
            detector="mutant",
            speaks_at=datetime.fromtimestamp(at, UTC),
            severity=Severity.CHECK,
            what=self.promised,
        )


class Mumbling(Waiting):
    """Says in English alone what it said would be told."""

    text = "Nothing has moved for 3 h"


class Murmuring(Waiting):
    """Forecasts in English alone."""

    promised = "If nothing is reported, the first carer is told"


class Careless(Waiting):
    """Puts a value into its template: each sentence would be another one to translate."""

    text = say(f"Nothing has moved for {4} h")


class TooLate(Waiting):
    late_s = 600.0


class Promising(Waiting):
    """Speaks an hour later than it says."""

    def forecast(self, view: HomeView) -> Forecast | None:
        del view
        return self.promise(self.kept[0] + 7200.0) if self.kept else None


class Mute(Waiting):
    def forecast(self, view: HomeView) -> Forecast | None:
        del view
        return None


class Heavy(Silent):
    def snapshot(self) -> Any:
        return [self.count, b"0" * 40_000]


def spec(create: type[Silent], **more: Any) -> DetectorSpec:
    return replace(discover()["sos"], name="mutant", create=create, quantities=None, **more)

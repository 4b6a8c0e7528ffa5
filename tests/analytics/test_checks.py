"""The contract checks catch what they are for."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from analytics import checks
from analytics.checks import ContractBroken
from analytics.detector import DetectorSpec, Episode, discover, finding
from core.model.finding import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from analytics.features.view import HomeView
    from core.model.observation import Observation


class Silent:
    """A detector that says nothing and keeps the contract."""

    text = "Something moved"

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
    text = "Agitation detected"


class Raising(Silent):
    def tick(self, view: HomeView) -> Sequence[Finding]:
        raise KeyError(view.now)


def spec(create: type[Silent], **more: Any) -> DetectorSpec:
    return replace(discover()["sos"], name="mutant", create=create, quantities=None, **more)


def test_a_silent_detector_keeps_the_contract() -> None:
    for _, check in checks.checks():
        check(spec(Silent))


@pytest.mark.parametrize(
    ("check", "mutant", "more"),
    [
        (checks.replay_is_deterministic, Random, {}),
        (checks.restart_changes_nothing, Forgetful, {}),
        (checks.whole_weeks_shift_findings, Fixed, {}),
        (checks.state_is_bounded, Hoarder, {}),
        (checks.late_data_on_ordinary_days_say_nothing, Nervous, {}),
        (checks.inputs_are_left_alone, Meddler, {}),
        (checks.ordinary_first_days_are_quiet, Chatty, {}),
        (checks.texts_are_plain, Doctor, {}),
        (checks.clock_changes_do_no_harm, Raising, {}),
        (checks.silence_is_noticed, Silent, {"notices_silence": True}),
        (checks.it_is_documented, Silent, {"blind_spots": ()}),
    ],
)
def test_a_check_catches_what_it_is_for(
    check: Callable[[DetectorSpec], None], mutant: type[Silent], more: dict[str, Any]
) -> None:
    with pytest.raises(ContractBroken):
        check(spec(mutant, **more))

"""The contract checks catch what they are for."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from analytics import checks
from analytics.checks import ContractBroken
from analytics.detector import DetectorSpec, Parameter
from analytics.plain_words import FORBIDDEN, templates
from tests.analytics.mutants import (
    Careless,
    Chatty,
    Doctor,
    Fixed,
    Forgetful,
    Heavy,
    Hoarder,
    Meddler,
    Mumbling,
    Murmuring,
    Mute,
    Nervous,
    Promising,
    Raising,
    Random,
    Shared,
    Silent,
    TooLate,
    Waiting,
    spec,
)

if TYPE_CHECKING:
    from collections.abc import Callable


def test_a_silent_detector_keeps_the_contract() -> None:
    for _, check in checks.checks():
        check(spec(Silent))


def test_an_honest_forecast_keeps_the_contract() -> None:
    checks.forecasts_come_true(spec(Waiting, forecasts=True))
    checks.due_is_never_too_late(spec(Waiting))


BOUND = Parameter(name="limit", value=5, unit="h", meaning="learned", low=1, high=4)


@pytest.mark.parametrize(
    ("check", "mutant", "more"),
    [
        (checks.replay_is_deterministic, Random, {}),
        (checks.restart_changes_nothing, Forgetful, {}),
        (checks.cutting_changes_nothing, Shared, {}),
        (checks.due_is_never_too_late, TooLate, {}),
        (checks.duplicates_change_nothing, Shared, {}),
        (checks.whole_weeks_shift_findings, Fixed, {}),
        (checks.state_is_bounded, Hoarder, {}),
        (checks.state_is_bounded, Heavy, {}),
        (checks.late_data_on_ordinary_days_say_nothing, Nervous, {}),
        (checks.inputs_are_left_alone, Meddler, {}),
        (checks.ordinary_first_days_are_quiet, Chatty, {}),
        (checks.nothing_is_said_before_it_is_learned, Waiting, {"safety": False}),
        (checks.texts_are_plain, Doctor, {}),
        (checks.texts_can_be_translated, Mumbling, {}),
        (checks.texts_can_be_translated, Careless, {}),
        (checks.forecasts_come_true, Murmuring, {"forecasts": True}),
        (checks.clock_changes_do_no_harm, Raising, {}),
        (checks.silence_is_noticed, Silent, {"notices_silence": True}),
        (checks.forecasts_come_true, Silent, {"forecasts": True}),
        (checks.forecasts_come_true, Promising, {"forecasts": True}),
        (checks.forecasts_come_true, Mute, {"forecasts": True}),
        (checks.learning_has_bounds, Silent, {"parameters": (BOUND,)}),
        (checks.learning_has_bounds, Silent, {"parameters": (replace(BOUND, low=None),)}),
        (checks.it_is_documented, Silent, {"blind_spots": ()}),
    ],
)
def test_a_check_catches_what_it_is_for(
    check: Callable[[DetectorSpec], None], mutant: type[Silent], more: dict[str, Any]
) -> None:
    with pytest.raises(ContractBroken):
        check(spec(mutant, **more))


def test_templates_of_findings_are_read_from_the_source() -> None:
    source = '''
def what(view):
    """A fall is what this looks like."""
    return f"{view} has had a fall"

DETECTOR = DetectorSpec(blind_spots=("It does not see a fall.",))
'''
    assert [text for text in templates(source) if FORBIDDEN.search(text)] == [" has had a fall"]


def test_a_detector_is_checked_from_the_shell(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "checks", lambda: iter([("words", checks.texts_are_plain)]))
    assert checks.main(["analytics.detectors.sos:DETECTOR"]) == 0
    assert capsys.readouterr().out == "ok      sos: words\n"
    monkeypatch.setattr("analytics.detectors.sos.DETECTOR", spec(Doctor))
    assert checks.main(["analytics.detectors.sos:DETECTOR"]) == 1
    assert "BROKEN  mutant: words: a judging word" in capsys.readouterr().out


@pytest.mark.parametrize(
    "place", ["no.such:DETECTOR", "analytics.checks:main", "analytics.checks:x"]
)
def test_what_is_no_detector_is_refused(place: str) -> None:
    with pytest.raises(SystemExit) as refused:
        checks.main([place])
    assert refused.value.code == 2


OWN = """
from dataclasses import replace
from analytics.detectors.sos import DETECTOR

MINE = replace(DETECTOR, name="mine", notices="no sentence")
"""


def test_a_hospital_checks_its_own_detector_where_it_keeps_it(tmp_path: Path) -> None:
    (tmp_path / "ours.py").write_text(OWN)
    command = [sys.executable, "-m", "analytics.checks", "ours:MINE"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    lines = ended.stdout.splitlines()
    assert len(lines) == len(list(checks.checks()))
    (broken,) = [line for line in lines if not line.startswith("ok      mine: ")]
    assert broken == "BROKEN  mine: it_is_documented: `notices` is one sentence"

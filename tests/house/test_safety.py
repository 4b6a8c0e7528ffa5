"""The hazard log and the impact assessment: whole, judged by one matrix, with tests that exist."""

from __future__ import annotations

import pytest

from scripts import safety
from scripts.safety import Hazard, Measure, PrivacyRisk
from tests.house import tree

HAZARDS = safety.hazards()
SECTIONS, RISKS = safety.assessment()
MEASURES = [(one.id, measure) for one in HAZARDS for measure in one.controls]
MEASURES += [(one.id, measure) for one in RISKS for measure in one.measures]


@pytest.mark.parametrize("hazard", HAZARDS, ids=lambda one: one.id)
def test_a_hazard_is_whole_and_its_status_follows_from_what_is_left(hazard: Hazard) -> None:
    assert hazard.severity in safety.SEVERITIES
    assert hazard.residual_severity in safety.SEVERITIES
    assert {hazard.likelihood, hazard.residual_likelihood} <= set(safety.LIKELIHOODS)
    for text in (hazard.title, hazard.description, hazard.effect, hazard.owner):
        assert text
    assert hazard.causes
    assert hazard.controls
    assert hazard.residual <= hazard.initial
    assert (hazard.status == "controlled") == (hazard.residual <= safety.ACCEPTABLE)
    assert hazard.status in {"open", "controlled"}
    asked = (hazard.remaining, hazard.decision.endswith((".", "?")), len(hazard.evidence) > 1)
    assert hazard.status == "controlled" or all(asked), "who decides has to know what on"
    assert hazard.status == "open" or not (hazard.decision or hazard.evidence)


@pytest.mark.parametrize("risk", RISKS, ids=lambda one: one.id)
def test_a_risk_to_people_is_whole(risk: PrivacyRisk) -> None:
    assert risk.harm in safety.HARMS
    assert risk.chance in safety.CHANCES
    assert risk.state in {"reduced", "accepted", "open"}
    assert risk.measures
    assert all((risk.title, risk.how, risk.left))


@pytest.mark.parametrize(("number", "measure"), MEASURES)
def test_a_control_is_shown_by_tests_that_exist(number: str, measure: Measure) -> None:
    assert measure.what, number
    assert measure.tests, number
    assert len(set(measure.tests)) == len(measure.tests)
    assert [test for test in measure.tests if not tree.is_test(test)] == []


def test_numbers_follow_each_other() -> None:
    assert [one.id for one in HAZARDS] == [f"H{number}" for number in range(1, len(HAZARDS) + 1)]
    assert [one.id for one in RISKS] == [f"R{number}" for number in range(1, len(RISKS) + 1)]


def test_the_matrix_is_that_of_the_guidance() -> None:
    # written down another way: for each risk its pairs of likelihood and severity, 1 the lowest
    pairs = {
        1: "11 12 21",
        2: "13 14 22 23 31 32 41",
        3: "15 24 33 34 42 43 51",
        4: "25 35 44 52 53",
        5: "45 54 55",
    }
    found = {
        f"{likelihood}{severity}": safety.MATRIX[name][severity - 1]
        for likelihood, name in enumerate(safety.LIKELIHOODS, 1)
        for severity in range(1, 6)
    }
    assert found == {pair: risk for risk, known in pairs.items() for pair in known.split()}
    assert set(safety.MEANINGS) == set(safety.SEVERITIES)
    assert set(safety.LIKELY) == set(safety.LIKELIHOODS)


def test_the_page_says_which_decision_is_wanted_of_whom() -> None:
    page = safety.hazard_page()
    for one in HAZARDS:
        if one.status == "open":
            assert f"| {one.owner} | {one.decision} |" in page
            assert page.count(one.decision) == 2


def test_the_matrix_never_falls_with_severity_or_likelihood() -> None:
    for row in safety.MATRIX.values():
        assert list(row) == sorted(row)
    for column in zip(*(safety.MATRIX[name] for name in safety.LIKELIHOODS), strict=True):
        assert list(column) == sorted(column)


def test_what_only_a_controller_can_say_is_open_and_what_was_asked_for_is_there() -> None:
    assert set(SECTIONS) == {"processing", "necessity", "consultation"}
    assert all(text.startswith("open") for text in SECTIONS["consultation"].values())
    said = " ".join(one.title.lower() for one in RISKS)
    for words in ("covert", "liberty", "creep", "abuse", "reassurance"):
        assert words in said

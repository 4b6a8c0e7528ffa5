from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.incidents import incidents
from core.model.finding import Audience, Finding, Phase, Severity
from core.model.ids import ResidentId
from core.model.incident import begun, belongs, joined, shares_silence
from tests.alerts.builders import a_finding, at


def said(
    detector: str,
    minutes: float,
    severity: Severity = Severity.CHECK,
    phase: Phase = Phase.OPENED,
    **more: Any,
) -> Finding:
    """Return a finding that is noticed so many minutes after nine and began ten minutes before."""
    fields: dict[str, Any] = {"onset": at(minutes - 10), "noticed_at": at(minutes)} | more
    return a_finding(severity, phase, detector=detector, **fields)


def sizes(*findings: Finding) -> list[int]:
    return [len(incident.parts) for incident in incidents(findings)]


def test_evidence_within_half_an_hour_is_one_incident() -> None:
    assert sizes(said("exit", 0, Severity.NOTICE), said("walking", 30, Severity.NOTICE)) == [2]
    assert sizes(said("exit", 0, Severity.NOTICE), said("walking", 31, Severity.NOTICE)) == [1, 1]


def test_half_an_hour_counts_from_the_last_evidence() -> None:
    found = [said(f"d{n}", 25 * n, Severity.NOTICE) for n in range(4)]
    assert sizes(*found) == [4]


def test_the_strongest_leads() -> None:
    (incident,) = incidents(
        [said("exit", 0), said("sos", 5, Severity.URGENT), said("walking", 9, Severity.NOTICE)]
    )
    assert incident.severity is Severity.URGENT
    assert incident.leading.key.detector == "sos"
    assert (incident.opened_at, incident.onset, incident.last_at) == (at(0), at(-10), at(9))


def test_detectors_of_one_silence_are_one_incident_however_late() -> None:
    assert sizes(said("inactivity", 0), said("late_rise", 400)) == [2]
    assert sizes(said("overstay", 0, Severity.NOTICE), said("late_rise", 900)) == [2]


def test_episodes_that_began_together_are_one_incident() -> None:
    later = said("walking", 90, Severity.NOTICE, onset=at(-10))
    assert sizes(said("exit", 0, Severity.NOTICE), later) == [2]


def test_what_is_raised_while_an_episode_is_open_joins_for_twelve_hours() -> None:
    assert sizes(said("exit", 0), said("not_back", 720)) == [2]
    assert sizes(said("exit", 0), said("not_back", 721)) == [1, 1]


def test_a_trend_that_stays_open_swallows_nothing() -> None:
    assert sizes(said("rhythm", 0, Severity.NOTICE), said("inactivity", 60)) == [1, 1]
    assert sizes(said("inactivity", 0), said("rhythm", 60, Severity.NOTICE)) == [1, 1]


def test_once_its_causes_are_gone_only_what_comes_soon_joins() -> None:
    gone = said("exit", 5, phase=Phase.CLEARED, onset=at(-10))
    assert sizes(said("exit", 0), gone, said("inactivity", 20)) == [2]
    assert sizes(said("exit", 0), gone, said("inactivity", 40)) == [1, 1]


def test_an_incident_is_over_when_all_its_episodes_are() -> None:
    first, second = said("exit", 0), said("walking", 3)
    incident = joined(begun(first), second)
    incident = joined(incident, said("exit", 8, phase=Phase.CLEARED, onset=first.onset))
    assert incident.cleared_at is None
    incident = joined(incident, said("walking", 12, phase=Phase.CLEARED, onset=second.onset))
    assert incident.cleared_at == at(12)
    again = joined(
        incident, said("exit", 15, Severity.URGENT, phase=Phase.RAISED, onset=first.onset)
    )
    assert again.cleared_at is None
    assert again.severity is Severity.URGENT


def test_what_a_human_closed_takes_in_the_same_silence_only_and_not_for_long() -> None:
    incident = begun(said("inactivity", 0))
    assert belongs(incident, said("late_rise", 20), ended=True)
    assert not belongs(incident, said("late_rise", 40), ended=True)
    assert not belongs(incident, said("sos", 5, Severity.URGENT), ended=True)


@pytest.mark.parametrize(
    "other",
    [
        {"audience": Audience.OPERATORS},
        {"resident_id": ResidentId(2)},
        {"resident_id": None},
        {"home_id": "other"},
    ],
)
def test_devices_other_people_and_other_homes_stand_alone(other: dict[str, Any]) -> None:
    assert sizes(said("inactivity", 0), said("liveness", 1, **other)) == [1, 1]
    assert sizes(said("inactivity", 0, **other), said("liveness", 1)) == [1, 1]


def test_device_findings_are_not_fused_among_themselves() -> None:
    both = [said(name, 0, audience=Audience.OPERATORS) for name in ("liveness", "gps")]
    assert sizes(*both) == [1, 1]


def test_a_cleared_episode_that_was_never_told_is_no_incident() -> None:
    assert incidents([said("exit", 0, phase=Phase.CLEARED)]) == []


def test_only_what_is_open_shares_a_silence() -> None:
    first = said("inactivity", 0)
    assert shares_silence(begun(first), said("overstay", 5))
    gone = joined(begun(first), said("inactivity", 3, phase=Phase.CLEARED, onset=first.onset))
    assert not shares_silence(gone, said("overstay", 5))
    assert not shares_silence(begun(first), said("exit", 5))


FINDINGS = st.lists(
    st.builds(
        said,
        st.sampled_from(["inactivity", "late_rise", "exit", "sos", "rhythm"]),
        st.integers(0, 3000),
        st.sampled_from(Severity),
        st.sampled_from(Phase),
        resident_id=st.sampled_from([ResidentId(1), ResidentId(2)]),
        audience=st.sampled_from(Audience),
        onset=st.integers(-10, 3).map(lambda hours: at(60 * hours)),
    ),
    max_size=30,
)


@given(FINDINGS)
def test_no_severity_is_lost_and_no_episode_told_twice(findings: list[Finding]) -> None:
    found = incidents(findings)
    keys = [part.key for incident in found for part in incident.parts]
    assert len(keys) == len(set(keys))
    told = {(f.home_id, f.resident_id, f.detector, f.subject, f.onset) for f in findings}
    assert set(keys) <= told
    for incident in found:
        assert incident.opened_at <= incident.last_at
        assert all(incident.severity.rank >= part.severity.rank for part in incident.parts)
        assert len({(part.key.resident_id) for part in incident.parts}) == 1
    urgent = [f for f in findings if f.severity is Severity.URGENT and f.phase is Phase.OPENED]
    for finding in urgent:
        assert any(
            incident.severity is Severity.URGENT
            and any(part.key.onset == finding.onset for part in incident.parts)
            for incident in found
        )


@given(FINDINGS, st.integers(0, 2**32))
def test_the_day_of_the_week_does_not_matter(findings: list[Finding], weeks: int) -> None:
    shift = timedelta(weeks=weeks % 500)
    moved = [
        a_finding(
            f.severity,
            f.phase,
            detector=f.detector,
            onset=f.onset + shift,
            noticed_at=f.noticed_at + shift,
            resident_id=f.resident_id,
            audience=f.audience,
        )
        for f in findings
    ]
    assert sizes(*findings) == sizes(*moved)

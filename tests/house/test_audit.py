"""The audit of packages: an advisory fails it until somebody writes down why it may stay, and until when."""

from __future__ import annotations

import dataclasses
from datetime import date

import pytest

from scripts import audit
from scripts.audit import Allowed, judge

TODAY = date(2026, 3, 2)
BAD = {
    "name": "left-pad",
    "version": "1.0",
    "vulns": [
        {"id": "PYSEC-1", "aliases": ["CVE-2026-1", "GHSA-1"], "fix_versions": ["1.1"]},
    ],
}
GOOD = {"name": "fine", "version": "2", "vulns": []}
SKIPPED = {"name": "dark", "skip_reason": "Dependency not found and could not be audited: dark (1)"}
KNOWN = Allowed(id="GHSA-1", package="left-pad", why="Not called.", until=date(2026, 4, 1))


def test_an_advisory_that_nobody_allowed_fails() -> None:
    verdict = judge([GOOD, BAD], (), TODAY)
    assert verdict.status == audit.OPEN
    assert verdict.open == ("left-pad 1.0: PYSEC-1, fixed in 1.1",)
    assert "1 advisories open" in audit.told(verdict)


def test_what_is_allowed_passes_until_its_end() -> None:
    assert judge([GOOD, BAD], [KNOWN], TODAY).status == 0
    assert judge([GOOD, BAD], [KNOWN], KNOWN.until).status == audit.OPEN
    other = dataclasses.replace(KNOWN, package="fine")
    verdict = judge([GOOD, BAD], [other], TODAY)
    assert (verdict.status, verdict.idle) == (audit.OPEN, ("fine: GHSA-1",))
    assert "take it out" in audit.told(verdict)


def test_what_could_not_be_looked_up_is_no_good_news() -> None:
    verdict = judge([GOOD, SKIPPED], (), TODAY)
    assert (verdict.status, verdict.unknown) == (audit.UNKNOWN, ("dark",))
    assert "NOT LOOKED UP" in audit.told(verdict)
    assert judge([BAD, SKIPPED], (), TODAY).status == audit.OPEN


@pytest.mark.parametrize("answer", ["", "no JSON", '{"dependencies": []}'])
def test_an_audit_that_reached_nobody_says_so(answer: str) -> None:
    verdict = judge(audit.parsed(answer), (), TODAY)
    assert verdict.status == audit.UNKNOWN
    assert "any package" in audit.told(verdict)


def test_what_is_allowed_has_a_reason_and_an_end() -> None:
    for one in audit.allowed():
        assert one.why.strip()
        assert one.id
        assert type(one.until) is date, one.id

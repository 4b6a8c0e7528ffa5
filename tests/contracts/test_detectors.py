"""Every detector that is found keeps the contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from analytics.checks import checks
from analytics.detector import DetectorSpec, discover

if TYPE_CHECKING:
    from analytics.checks import Check

CHECKS = dict(checks())


@pytest.mark.parametrize("check", CHECKS.values(), ids=list(CHECKS))
@pytest.mark.parametrize("spec", discover().values(), ids=list(discover()))
def test_detector_keeps_the_contract(spec: DetectorSpec, check: Check) -> None:
    check(spec)

"""What is said when a detector fails, and of homes that are only tried out. Pure."""

from __future__ import annotations

import traceback
from dataclasses import replace
from pathlib import PurePath
from typing import TYPE_CHECKING

from analytics.detector import DetectorFailure, Episode, fact, finding
from core.model.finding import Audience, Finding, Severity
from core.model.ids import HomeId

if TYPE_CHECKING:
    from analytics.features.view import HomeView


def failure(home_id: str, detector: str, error: Exception, at: float) -> DetectorFailure:
    """Return the record of an error of a detector: its kind and its place, never its values."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {PurePath(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    lines = [f"{PurePath(one.filename).name}:{one.lineno} {one.name}" for one in frames]
    return DetectorFailure(
        home_id=HomeId(home_id),
        detector=detector,
        error=f"{type(error).__name__}{place}",
        at=at,
        trace="\n".join(lines),
    )


def fenced_finding(view: HomeView, name: str) -> Finding:
    """Return what operators are told of a detector that failed for a home."""
    onset = view.now
    return finding(
        view,
        name,
        Episode(onset=onset, noticed=view.now, severity=Severity.CHECK),
        f"The detector “{name}” failed for this home and may miss something",
        audience=Audience.OPERATORS,
        subject="fenced",
        advice="Tell the developers; the trace is in the table detector_error.",
        evidence=(fact("The other detectors go on"),),
    )


def in_test(said: Finding) -> Finding:
    """Return the finding as it is told of a home in a walk test: to operators."""
    mark = fact("This home is in a walk test or paused (mode test): no carer is told")
    return replace(said, audience=Audience.OPERATORS, evidence=(*said.evidence, mark))

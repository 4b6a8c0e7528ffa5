"""What is said when a detector fails, and of homes that are only tried out. Pure."""

from __future__ import annotations

import traceback
from dataclasses import replace
from enum import StrEnum
from pathlib import PurePath
from typing import TYPE_CHECKING

from analytics.detector import DetectorFailure, Episode, fact, finding
from core.model.away import KEPT
from core.model.finding import Audience, Finding, Severity
from core.model.home import HomeMode
from core.model.ids import HomeId
from core.model.said import say, say_each

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analytics.features.plan import HomePlan
    from analytics.features.view import HomeView


CONTEXT = "context"
"""Name under which a failure stands that all detectors of a home share: what they see of it."""
TELL_DEVELOPERS = say("Tell the developers; the trace is in the table detector_error.")
DEVICES = "liveness"
"""Detector under whose name operators are told of it."""


def failure(home_id: str, detector: str, error: BaseException, at: float) -> DetectorFailure:
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
    if name == CONTEXT:
        return _to_operators(
            view,
            DEVICES,
            "context",
            say(
                "What this home says could not be taken in, and all of detection may miss something"
            ),
            say("If that goes on, detection of this home goes on from its stored record"),
        )
    what = say("The detector “%(name)s” failed for this home and may miss something", name=name)
    return _to_operators(view, name, "fenced", what, say("The other detectors go on"))


def unread_finding(view: HomeView, name: str) -> Finding:
    """Return what operators are told of a detector whose saved state could not be read."""
    what = say(
        "What the detector “%(name)s” knew of this home could not be read: it begins anew",
        name=name,
    )
    then = say("The other detectors know what they knew")
    return _to_operators(view, name, "fenced", what, then)


class Afresh(StrEnum):
    """Why a home begins anew of which nothing is broken."""

    ZONE = "zone"
    """Its time zone is another."""
    PLACES = "places"
    """Devices had hung elsewhere than was thought (docs/decisions/0297)."""


def lost_finding(view: HomeView, days: float, afresh: Afresh | None = None) -> Finding:
    """Return what operators are told of a home whose state could not be used any more.

    Parameters
    ----------
    days
        Of its stored record, from which it was learned anew; 0 for none.
    afresh
        Why it begins anew where nothing failed.
    """
    learned = max(round(days), 1) if days else 0
    what, advice = _begun_anew(learned), TELL_DEVELOPERS
    if afresh is Afresh.ZONE:
        what = _zone_changed(learned)
        advice = say("Nothing needs to be done, if the zone is the right one now.")
    elif afresh is Afresh.PLACES:
        what = _put_right(learned)
        advice = say("Nothing needs to be done, if each sensor is in the right place now.")
    then = say("What was told before and still holds may be told again: close what does not hold")
    return _to_operators(view, DEVICES, "state", what, then, advice)


def _begun_anew(days: int) -> str:
    if not days:
        return say("What detection knew of this home could not be used any more: it begins anew")
    return say_each(
        "What detection knew of this home could not be used any more:"
        " it goes on from the last day of its record",
        "What detection knew of this home could not be used any more:"
        " it goes on from the last %(n)s days of its record",
        days,
    )


def _put_right(days: int) -> str:
    if not days:
        return say("It was put right where sensors of this home are: detection begins anew")
    return say_each(
        "It was put right where sensors of this home are:"
        " detection goes on from the last day of its record",
        "It was put right where sensors of this home are:"
        " detection goes on from the last %(n)s days of its record",
        days,
    )


def _zone_changed(days: int) -> str:
    if not days:
        return say("The time zone of this home was changed: detection begins anew")
    return say_each(
        "The time zone of this home was changed: detection goes on from the last day of its record",
        "The time zone of this home was changed:"
        " detection goes on from the last %(n)s days of its record",
        days,
    )


def _to_operators(
    view: HomeView, name: str, subject: str, what: str, then: str, advice: str = TELL_DEVELOPERS
) -> Finding:
    return finding(
        view,
        name,
        Episode(onset=view.now, noticed=view.now, severity=Severity.CHECK),
        what,
        audience=Audience.OPERATORS,
        subject=subject,
        advice=advice,
        evidence=(fact(then),),
    )


def as_told(said: Sequence[Finding], plan: HomePlan) -> Sequence[Finding]:
    """Return findings as they are told of a home: in a walk test or a pause to operators, not to carers.

    Where a carer has said that nobody is there, calls and hazards stay what they are.
    """
    if plan.mode is not HomeMode.TEST:
        return said
    return [one if plan.away and one.detector in KEPT else _in_test(one) for one in said]


def _in_test(said: Finding) -> Finding:
    mark = fact("This home is in a walk test or paused (mode test): no carer is told")
    return replace(said, audience=Audience.OPERATORS, evidence=(*said.evidence, mark))

"""Whether a carer can be reached: told from the weekly tests, not from what is registered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

TAP = timedelta(days=2)
"""So long a carer has to confirm that a test came, before the badge changes."""
WEEKS = 3
"""After so many tests in a row that nobody confirmed the operators are told."""


class Reach(StrEnum):
    """What the weekly tests say of a carer."""

    REACHABLE = "reachable"
    """The last test came, and the carer confirmed it."""
    UNCONFIRMED = "unconfirmed"
    """A test left for the carer, and nobody confirmed it."""
    UNREACHABLE = "unreachable"
    """There is no way to the carer, or every way refused the last test."""
    UNTESTED = "untested"
    """The first test is still to come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WeeklyTest:
    """One weekly test of one carer."""

    asked_at: datetime
    #: When the carer first confirmed it, on the page or by a key on the phone; None while nobody has.
    confirmed_at: datetime | None
    #: Messages that a channel took.
    sent: int
    #: Messages that are still on their way.
    waiting: int
    #: Messages that no channel took.
    failed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Badge:
    """What is shown of a carer."""

    reach: Reach
    #: Since when it has been so: last confirmed, or the first test that was not.
    since: datetime | None
    #: Tests in a row that nobody confirmed.
    missed: int


def badge(tests: Sequence[WeeklyTest], now: datetime) -> Badge:
    """Judge a carer by their tests, newest first.

    The first look at somebody asks nothing yet: for `TAP` it says neither that they can be reached
    nor that they cannot.

    Examples
    --------
    >>> from datetime import UTC
    >>> monday = datetime(2026, 5, 4, 10, tzinfo=UTC)
    >>> came = WeeklyTest(asked_at=monday, confirmed_at=monday, sent=1, waiting=0, failed=0)
    >>> badge([came], monday).reach
    <Reach.REACHABLE: 'reachable'>
    >>> badge([], monday).reach
    <Reach.UNTESTED: 'untested'>
    >>> seen = WeeklyTest(asked_at=monday, confirmed_at=None, sent=0, waiting=0, failed=0)
    >>> badge([seen], monday).reach, badge([seen], monday + 2 * TAP).reach
    (<Reach.UNTESTED: 'untested'>, <Reach.UNREACHABLE: 'unreachable'>)
    """
    if len(tests) == 1 and _is_first_look(tests[0]) and now - tests[0].asked_at <= TAP:
        return Badge(reach=Reach.UNTESTED, since=None, missed=0)
    if len(tests) > 1 and _is_first_look(tests[-1]):
        tests = tests[:-1]
    if not tests:
        return Badge(reach=Reach.UNTESTED, since=None, missed=0)
    missed = 0
    for one in tests:
        if one.confirmed_at is not None:
            break
        missed += 1
    newest = tests[0]
    confirmed = next((one.confirmed_at for one in tests if one.confirmed_at), None)
    fresh = now - newest.asked_at <= TAP and (newest.waiting or newest.sent)
    if missed == 0 or (missed == 1 and fresh and confirmed):
        return Badge(reach=Reach.REACHABLE, since=confirmed, missed=0)
    if fresh and len(tests) == 1:
        return Badge(reach=Reach.UNTESTED, since=None, missed=0)
    refused = not newest.sent and not newest.waiting
    return Badge(
        reach=Reach.UNREACHABLE if refused else Reach.UNCONFIRMED,
        since=confirmed or tests[missed - 1].asked_at,
        missed=missed,
    )


def _is_first_look(test: WeeklyTest) -> bool:
    return not (test.sent or test.waiting or test.failed or test.confirmed_at)

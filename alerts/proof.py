"""What a proof of the promises speaks of: violations, terms, and the runs of an alert. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from core.model.finding import AlertState, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from core.model.ids import AlertId, HomeId
    from core.model.ledger import AlertLedger, Ledger, LedgerDelivery, LedgerRun

GRACE = timedelta(seconds=60)
"""So late is not yet broken: many looks of a loop, or a database that is restarted."""
GOES_ON = frozenset({"comment", "reopen", "hand_back"})
"""Kinds of answers after which the telling goes on; after every other kind it stops."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """A promise that was not kept."""

    #: None for a finding that has no alert, and for what concerns the watch of a home.
    alert_id: AlertId | None
    promise: str
    expected: str
    found: str
    #: Where the watch of a home is concerned.
    home_id: HomeId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """By what the ledger is judged."""

    #: The moment of the reading.
    now: datetime
    #: How long a message may still leave after an answer.
    lease: timedelta = timedelta(seconds=30)
    grace: timedelta = GRACE


def runs_in(ledger: Ledger, terms: Terms) -> Iterator[tuple[AlertLedger, LedgerRun, datetime]]:
    """Yield the runs of alerts that tell somebody, with the moment each was over (or now)."""
    for one in ledger.alerts:
        if one.silent:
            continue
        for run, after in pairwise((*one.runs, None)):
            if run is not None:
                yield one, run, _end(one, run, after, terms.now)


def _end(one: AlertLedger, run: LedgerRun, after: LedgerRun | None, now: datetime) -> datetime:
    alert = one.alert
    over = [now]
    if after is not None:
        over.append(after.began_at)
    answered = answered_at(one, run)
    over += [moment for moment in (answered, alert.resolved_at) if moment]
    if alert.severity is not Severity.URGENT and alert.cleared_at is not None:
        over.append(alert.cleared_at)
    return max(run.began_at, min(over))


def answered_at(one: AlertLedger, run: LedgerRun) -> datetime | None:
    """When a human answered during a run; what was answered before it began does not count for it.

    An answer and the re-opening that followed it may bear the same time: their order tells them apart.
    """
    began = 0
    for place, answer in enumerate(one.answers):
        if answer.kind.value in GOES_ON and answer.at <= run.began_at:
            began = place + 1
    times = [
        a.at for a in one.answers[began:] if a.kind.value not in GOES_ON and a.at >= run.began_at
    ]
    first, after = min(times, default=None), next_run(one, run)
    return None if first is None or (after and after.began_at <= first) else first


def next_run(one: AlertLedger, run: LedgerRun) -> LedgerRun | None:
    """Return the run that took the place of this one; None for the last."""
    place = one.runs.index(run) + 1
    return one.runs[place] if place < len(one.runs) else None


def of_run(one: AlertLedger, run: LedgerRun) -> list[LedgerDelivery]:
    """Return the deliveries that a run asked for: those of its steps, which go on counting from run to run.

    Not by time: two loops that read their clocks before they waited for the row may write them down
    the wrong way round.
    """
    after = next_run(one, run)
    return [
        d
        for d in one.deliveries
        if run.first_step <= d.step and (after is None or d.step < after.first_step)
    ]


def wanted(one: AlertLedger) -> bool:
    """Tell whether what waits is still to be told: nobody has answered, and it is not over."""
    alert = one.alert
    answered = bool(one.runs) and answered_at(one, one.runs[-1]) is not None
    over = alert.cleared_at is not None and alert.severity is not Severity.URGENT
    return alert.state is AlertState.OPEN and not answered and not over


def deliveries_in(ledger: Ledger) -> Iterator[tuple[AlertLedger, LedgerDelivery]]:
    """Yield every delivery with its alert."""
    for one in ledger.alerts:
        for delivery in one.deliveries:
            yield one, delivery


def clock(moment: datetime) -> str:
    """Return a moment in words, in UTC."""
    return f"{moment:%Y-%m-%d %H:%M:%S}Z"

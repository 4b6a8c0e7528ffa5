"""What is wrong with the system, from one look at its tables. Pure.

The auditor re-derives from them what should have happened (docs/decisions/0154).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from core.model.finding import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from alerts.promises import Violation
    from core.model.ids import AlertId, HomeId
    from core.store.alert_audit import Signs

STOPPED_AFTER = timedelta(minutes=3)
"""A gateway speaks every 5 s and detection steps every 30 s; a restart takes less than this."""
FORGOTTEN_AFTER = timedelta(days=1)
"""One that is silent for longer was taken away, as long as another one lives."""
WAITS_AFTER = timedelta(minutes=1)
"""After so long something that is read within a second is not being read."""
SILENT_AFTER = timedelta(hours=25)
"""Detection alerts after a day without a word (`analytics.features.coverage`), and has an hour for it."""
DISK_LEAST, DISK_SHARE = 1 << 30, 0.05
"""A disk with less than either free is as good as full: the database stops when it is."""
DISK_AGAIN = 1.25
"""With so many times as much free it is well again: what a checkpoint frees for a minute is no news."""
PROMISE = "promise/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What a disk has, in bytes."""

    free: int
    total: int

    def is_short(self, *, already: bool = False) -> bool:
        """Tell whether it is almost full; ``already`` where it was at the last look.

        Examples
        --------
        >>> disk = Room(free=11 << 30, total=200 << 30)
        >>> disk.is_short(), disk.is_short(already=True)
        (False, True)
        """
        return self.free < max(DISK_LEAST, DISK_SHARE * self.total) * (DISK_AGAIN if already else 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something that is wrong."""

    #: With its home or organisation the key of its alert.
    subject: str
    #: One sentence.
    what: str
    severity: Severity = Severity.CHECK
    #: The home that it is about; None where it is about a service and with it about everybody.
    home_id: HomeId | None = None


def faults(
    signs: Signs,
    broken: Sequence[Violation],
    homes: Mapping[AlertId, HomeId],
    now: datetime,
    short: Room | None = None,
) -> tuple[Fault, ...]:
    """Return what is wrong.

    Parameters
    ----------
    broken
        Promises that were not kept of late.
    homes
        The home of each alert.
    short
        A disk that is almost full; None where there is room.
    """
    return (
        *_disk(short),
        *_stopped(signs, now),
        *_waiting(signs, now),
        *_silent(signs),
        *_broken(broken, homes),
    )


def _disk(short: Room | None) -> Iterator[Fault]:
    if short is not None:
        yield Fault(
            subject="disk",
            what=f"{short.free / (1 << 30):.1f} of {short.total / (1 << 30):.0f} GiB are free on the disk of"
            " the servers. When it is full nothing is stored and nobody is told anything.",
        )


def _stopped(signs: Signs, now: datetime) -> Iterator[Fault]:
    services = (
        ("gateway", "The gateway", {f"gateway/{name}": at for name, at in signs.gateways.items()}),
        ("pages", "The dashboard", {f"dashboard/{name}": at for name, at in signs.pages.items()}),
        ("detection", "Detection", {f"analytics/{one}": at for one, at in signs.shards.items()}),
    )
    for _, title, beats in services:
        lives = any(abs(now - at) <= STOPPED_AFTER for at in beats.values())
        for subject, at in sorted(beats.items()):
            forgotten = lives and now - at > FORGOTTEN_AFTER
            if abs(now - at) > STOPPED_AFTER and not forgotten:
                name = subject.partition("/")[2]
                yield Fault(
                    subject=subject,
                    what=f"{title} “{name}” has given no sign of life since {_clock(at)}"
                    + (
                        "." if at <= now else ", a time that has not come: a clock is or was wrong."
                    ),
                    severity=Severity.URGENT,
                )


def _waiting(signs: Signs, now: datetime) -> Iterator[Fault]:
    if signs.finding_waits_s > WAITS_AFTER.total_seconds():
        yield Fault(
            subject="findings",
            what=f"A finding has waited for {signs.finding_waits_s:.0f} s to become an alert.",
            severity=Severity.URGENT,
        )
    since = signs.answer_waits_since
    if since is not None and now - since > WAITS_AFTER:
        yield Fault(subject="answers", what=f"An answer has waited since {_clock(since)}.")
    for one in signs.overdue:
        if now - one.since > WAITS_AFTER:
            yield Fault(
                subject=f"deliveries/{one.channel}",
                what=f"{one.messages} messages by {one.channel} wait since {_clock(one.since)}.",
            )


def _silent(signs: Signs) -> Iterator[Fault]:
    for home in signs.silent_homes:
        yield Fault(
            subject=f"blind/{home.home_id}",
            what=f"Nothing has come from this home since {_clock(home.last_seen)}, and no alert says so.",
            home_id=home.home_id,
        )


def _broken(broken: Sequence[Violation], homes: Mapping[AlertId, HomeId]) -> Iterator[Fault]:
    for one in broken:
        name = one.promise.replace("_", " ")
        yield Fault(
            subject=f"{PROMISE}{one.alert_id or one.home_id or 'finding'}/{one.promise}",
            what=f"Promise “{name}” of {_about(one)}: expected {one.expected}, found {one.found}.",
            home_id=one.home_id if one.alert_id is None else homes.get(one.alert_id),
        )


def _about(one: Violation) -> str:
    if one.alert_id is not None:
        return f"alert {one.alert_id}"
    if one.home_id is not None:
        return "the watch of this home"
    return "alerting" if one.promise == "runs_readable" else "a finding"


def _clock(moment: datetime) -> str:
    return f"{moment:%d %B %H:%M} UTC"

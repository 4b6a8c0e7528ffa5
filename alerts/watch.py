"""What is wrong with the system, from one look at its tables. Pure.

The auditor re-derives from them what should have happened (docs/decisions/0154).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from core.model.finding import Severity
from core.model.said import MONTHS, Said, figure, say, say_each
from core.model.words import marked

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from alerts.promises import Violation
    from core.model.finding import Alert
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
CERTIFICATE_LEFT = timedelta(days=14)
"""Certificates are renewed 30 days before their end: one with less left is not renewed by anybody."""
DISK_LEAST, DISK_SHARE = 1 << 30, 0.05
"""A disk with less than either free is as good as full: the database stops when it is."""
DISK_AGAIN = 1.25
"""With so many times as much free it is well again: what a checkpoint frees for a minute is no news."""
PROMISE, BLIND = "promise/", "blind/"


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
    what: Said
    severity: Severity = Severity.CHECK
    #: The home that it is about; None where it is about a service and with it about everybody.
    home_id: HomeId | None = None
    #: Of a broken promise: when the alert was opened that it is about; None where it is about none.
    about: datetime | None = None


def faults(
    signs: Signs,
    broken: Sequence[Violation],
    alerts: Mapping[AlertId, Alert],
    now: datetime,
    short: Room | None = None,
) -> tuple[Fault, ...]:
    """Return what is wrong.

    Parameters
    ----------
    broken
        Promises that were not kept of late.
    alerts
        The alerts that they are about, and others.
    short
        A disk that is almost full; None where there is room.
    """
    return (
        *_disk(short),
        *_certificate(signs, now),
        *_stopped(signs, now),
        *_waiting(signs, now),
        *_silent(signs),
        *_broken(broken, alerts),
    )


def _disk(short: Room | None) -> Iterator[Fault]:
    if short is not None:
        yield Fault(
            subject="disk",
            what=say(
                "%(free)s of %(total)s GiB are free on the disk of the servers. When it is full nothing is"
                " stored and nobody is told anything.",
                free=figure(short.free / (1 << 30), 1),
                total=figure(short.total / (1 << 30)),
            ),
        )


def _certificate(signs: Signs, now: datetime) -> Iterator[Fault]:
    """Find a certificate that nobody has renewed; one that a gateway saw that is no more counts no longer."""
    lately = [
        ends
        for name, ends in signs.certificates.items()
        if now - signs.gateways[name] <= FORGOTTEN_AFTER
    ]
    if not lately or min(lately) - now > CERTIFICATE_LEFT:
        return
    ends = min(lately)
    over = ends <= now
    text = marked("The broker's certificate ends on %(time)s. From then on no home is heard.")
    if over:
        text = marked("The broker's certificate ended on %(time)s. No home is heard.")
    severity = Severity.URGENT if over else Severity.CHECK
    yield Fault(subject="certificate", what=say(text, time=clock(ends)), severity=severity)


def _stopped(signs: Signs, now: datetime) -> Iterator[Fault]:
    services = (
        (
            "gateway",
            say("The gateway"),
            {f"gateway/{name}": at for name, at in signs.gateways.items()},
        ),
        (
            "pages",
            say("The dashboard"),
            {f"dashboard/{name}": at for name, at in signs.pages.items()},
        ),
        (
            "detection",
            say("Detection"),
            {f"analytics/{one}": at for one, at in signs.shards.items()},
        ),
    )
    for _, title, beats in services:
        lives = any(abs(now - at) <= STOPPED_AFTER for at in beats.values())
        for subject, at in sorted(beats.items()):
            forgotten = lives and now - at > FORGOTTEN_AFTER
            if abs(now - at) > STOPPED_AFTER and not forgotten:
                name = subject.partition("/")[2]
                text = marked("%(service)s “%(name)s” has given no sign of life since %(time)s.")
                if at > now:
                    text = marked(
                        "%(service)s “%(name)s” has given no sign of life since %(time)s,"
                        " a time that has not come: a clock is or was wrong."
                    )
                what = say(text, service=title, name=name, time=clock(at))
                yield Fault(subject=subject, what=what, severity=Severity.URGENT)


def _waiting(signs: Signs, now: datetime) -> Iterator[Fault]:
    if signs.finding_waits_s > WAITS_AFTER.total_seconds():
        yield Fault(
            subject="findings",
            what=say(
                "A finding has waited for %(seconds)s s to become an alert.",
                seconds=figure(signs.finding_waits_s),
            ),
            severity=Severity.URGENT,
        )
    since = signs.answer_waits_since
    if since is not None and now - since > WAITS_AFTER:
        what = say("An answer has waited since %(time)s.", time=clock(since))
        yield Fault(subject="answers", what=what)
    for one in signs.overdue:
        if now - one.since > WAITS_AFTER:
            yield Fault(
                subject=f"deliveries/{one.channel}",
                what=say_each(
                    "%(n)s messages by %(channel)s wait since %(time)s.",
                    "%(n)s messages by %(channel)s wait since %(time)s.",
                    one.messages,
                    channel=one.channel,
                    time=clock(one.since),
                ),
            )


def _silent(signs: Signs) -> Iterator[Fault]:
    for home in signs.silent_homes:
        yield Fault(
            subject=f"{BLIND}{home.home_id}",
            what=say(
                "Nothing has come from this home since %(time)s, and no alert says so.",
                time=clock(home.last_seen),
            ),
            home_id=home.home_id,
        )


def _broken(broken: Sequence[Violation], alerts: Mapping[AlertId, Alert]) -> Iterator[Fault]:
    for one in broken:
        alert = None if one.alert_id is None else alerts.get(one.alert_id)
        name = one.promise.replace("_", " ")
        yield Fault(
            subject=f"{PROMISE}{one.alert_id or one.home_id or 'finding'}/{one.promise}",
            what=say(
                "Promise “%(name)s” of %(about)s: expected %(expected)s, found %(found)s.",
                name=name,
                about=_about(one),
                expected=one.expected,
                found=one.found,
            ),
            home_id=one.home_id if alert is None else alert.home_id,
            about=None if alert is None else alert.opened_at,
        )


def _about(one: Violation) -> str:
    if one.alert_id is not None:
        return say("alert %(number)s", number=one.alert_id)
    if one.home_id is not None:
        return say("the watch of this home")
    return say("alerting") if one.promise == "runs_readable" else say("a finding")


def clock(moment: datetime) -> Said:
    """Return a moment as operators read it: day, month and time in UTC."""
    day, time = f"{moment:%d}", f"{moment:%H:%M}"
    month = MONTHS[moment.month - 1]
    return say("%(day)s %(month)s %(time)s UTC", day=day, month=month, time=time)

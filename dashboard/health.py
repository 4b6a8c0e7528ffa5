"""Whether the services live, from the traces they leave in the tables, and what to do. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from core.model.retention import CLASSES
from dashboard import wording
from dashboard.language import _, ngettext
from dashboard.sight import BLIND_AFTER

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from core.store.retention import Run
    from core.store.system import Beat, Services

FORGOTTEN_AFTER = timedelta(days=1)
"""A gateway silent for longer was taken away, as long as another one lives."""
OVERDUE_AFTER = timedelta(seconds=60)
UNREAD_AFTER = timedelta(seconds=15)
SHOWN_BYTES = 400
UNREMOVED_AFTER = timedelta(days=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceLine:
    """One service."""

    title: str
    ok: bool
    text: str
    #: The one thing to do; empty when all is well.
    advice: str = ""


def service_lines(services: Services, now: datetime, zone: ZoneInfo) -> tuple[ServiceLine, ...]:
    """Judge the services, those that need somebody first."""
    lines = [*_gateways(services, now), _detection(services, now), _alerting(services, now, zone)]
    lines += _operators(services)
    return tuple(sorted(lines, key=lambda line: line.ok))


def retention_lines(last: Run | None, now: datetime) -> Iterator[ServiceLine]:
    """Say when what is too old could not be removed; nothing where all is well, or it never ran yet."""
    if last is None or not (last.error or now - last.at > UNREMOVED_AFTER):
        return
    values = {"age": wording.age(last.at, now), "error": last.error}
    text = _("Last run %(age)s: %(error)s.") if last.error else _("Last run %(age)s.")
    yield ServiceLine(
        title=_("Removal of what is too old"),
        ok=False,
        text=text % values,
        advice=_(
            "Read the log of wayhome analytics. Until then records are kept for longer than they may be."
        ),
    )


def removed_lines(runs: Sequence[Run]) -> tuple[tuple[str, int], ...]:
    """Say what was removed, by class: in words, and how many rows."""
    rows: dict[str, int] = {}
    for one in runs:
        if one.name in CLASSES and one.removed:
            rows[one.name] = rows.get(one.name, 0) + one.removed
    return tuple(
        (wording.sentence(_(CLASSES[name].holds)), rows[name]) for name in CLASSES if name in rows
    )


def readable(payload: bytes) -> str:
    """Return the beginning of a payload as text; what is no text is shown as such.

    Examples
    --------
    >>> readable(b'{"battery": 250}')
    '{"battery": 250}'
    >>> readable(bytes([255, 0]))
    '2 bytes that are no text: ff00'
    """
    try:
        text = payload.decode("utf-8")
    except UnicodeDecodeError:
        values = {"n": len(payload), "hex": payload[:32].hex()}
        return _("%(n)s bytes that are no text: %(hex)s") % values
    shown = "".join(one if one.isprintable() else "�" for one in text[:SHOWN_BYTES])
    return shown + ("…" if len(text) > SHOWN_BYTES else "")


def _gateways(services: Services, now: datetime) -> Iterator[ServiceLine]:
    if not services.gateways:
        yield ServiceLine(
            title=_("Gateway"),
            ok=False,
            text=_("None has ever run: nothing reaches us."),
            advice=_("Start it: wayhome gateway."),
        )
    alive = any(now - beat.at <= BLIND_AFTER for beat in services.gateways)
    for beat in services.gateways:
        if not alive or now - beat.at <= FORGOTTEN_AFTER:
            yield _gateway(beat, now)


def _gateway(beat: Beat, now: datetime) -> ServiceLine:
    name = "" if beat.gateway == "gateway" else f" {beat.gateway}"
    title, age = f"{_('Gateway')}{name}", {"age": wording.age(beat.at, now)}
    if now - beat.at > BLIND_AFTER:
        return ServiceLine(
            title=title,
            ok=False,
            text=_("Last sign of life %(age)s.") % age,
            advice=_("Start it again and read its log. Until then no message is stored."),
        )
    if not beat.broker_connected:
        return ServiceLine(
            title=title,
            ok=False,
            text=_("It runs, but does not hear the broker."),
            advice=_("Check that the broker runs and takes the gateway's password."),
        )
    return ServiceLine(title=title, ok=True, text=_("Runs and hears the broker (%(age)s).") % age)


def _detection(services: Services, now: datetime) -> ServiceLine:
    stepped = services.stepped_at
    if stepped is not None and now - stepped <= BLIND_AFTER:
        text = _("Looked %(age)s.") % {"age": wording.age(stepped, now)}
        return ServiceLine(title=_("Detection"), ok=True, text=text)
    text = _("It has never looked.")
    if stepped:
        text = _("Last looked %(age)s.") % {"age": wording.age(stepped, now)}
    return ServiceLine(
        title=_("Detection"),
        ok=False,
        text=text,
        advice=_("Start it: wayhome analytics. Until then nobody is watched."),
    )


def _operators(services: Services) -> Iterator[ServiceLine]:
    """Say where nobody hears what stands on this page; nothing where somebody does."""
    if services.unheard:
        yield ServiceLine(
            title=_("Who is told of this"),
            ok=False,
            text=_(
                "No technician or administrator can be woken: what goes wrong stands here and wakes nobody."
            ),
            advice=_("One of them adds a phone under How you are told, and tries it."),
        )


def _alerting(services: Services, now: datetime, zone: ZoneInfo) -> ServiceLine:
    due = ngettext(
        "%(n)s message to carers is due since %(time)s.",
        "%(n)s messages to carers are due since %(time)s.",
        services.overdue,
    )
    waiting = [
        (services.overdue_since, OVERDUE_AFTER, due),
        (
            services.unread_since,
            UNREAD_AFTER,
            _("Answers of carers wait to be read since %(time)s."),
        ),
    ]
    for since, patience, text in waiting:
        if since is not None and now - since > patience:
            return ServiceLine(
                title=_("Alerting"),
                ok=False,
                text=text % {"n": services.overdue, "time": wording.when(since, zone, now)},
                advice=_("Check that wayhome alerts runs; its log names the channel that fails."),
            )
    return ServiceLine(title=_("Alerting"), ok=True, text=_("Nothing waits to be sent or read."))

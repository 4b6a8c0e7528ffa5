"""What is wrong with a device and what to do, in words. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.model.clock_skew import TRUSTED_S
from core.model.home import Placement
from core.store.work import BATTERY_AHEAD
from dashboard import dates, wording
from dashboard.language import _, ngettext
from dashboard.typesetting import percent

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from core.store.system import DeviceState
    from core.store.work import WorkItem

LOW_PERCENT = 15.0
"""Below it a battery is low; as in the detection of device faults."""
MISSED_PERIODS = 3.0
HOUR_S = 3600.0
CLOCK_TOLD_S = 60.0
"""From here on it is told how much a clock is off; by less nothing is judged wrongly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceLine:
    """One device in a list."""

    device: DeviceState
    #: When it was last heard.
    heard: str
    #: Charge left; empty when it never said.
    battery: str
    #: What is wrong; empty when nothing is.
    fault: str
    #: The one thing to do; empty when there is nothing.
    advice: str
    #: What else is known of it, a sentence each: how long its battery lasts, its link, clock and version.
    facts: tuple[str, ...] = ()


def device_lines(
    devices: Iterable[DeviceState], now: datetime, *, exact: bool
) -> tuple[DeviceLine, ...]:
    """Put devices into words, those that need somebody first.

    Parameters
    ----------
    exact
        False says when a device was heard by the hour only: by the minute it would tell when a person
        moved, and not everybody may know that.
    """
    lines = [_line(device, now, exact=exact) for device in devices]
    return tuple(sorted(lines, key=_risk))


def _risk(line: DeviceLine) -> tuple[bool, bool, str]:
    """Order by what a fault means for the person: without its hub a home is blind."""
    return (not line.fault, line.device.placement is not Placement.HUB, line.device.name)


def _line(device: DeviceState, now: datetime, *, exact: bool) -> DeviceLine:
    fault, advice = _fault(device, now)
    charge = device.battery_percent
    return DeviceLine(
        device=device,
        heard=heard(device.last_seen, now, exact=exact),
        battery="" if charge is None else percent(charge),
        fault=fault,
        advice=advice,
        facts=tuple(_facts(device, now)),
    )


def heard(moment: datetime | None, now: datetime, *, exact: bool) -> str:
    """Say when a device was heard; by the hour where not ``exact``."""
    if moment is None:
        return _("never")
    if exact:
        return wording.age(moment, now)
    seconds = (now - moment).total_seconds()
    if seconds < HOUR_S:
        return _("in the last hour")
    return _("%(span)s ago") % {"span": wording.span(seconds // HOUR_S * HOUR_S)}


def _fault(device: DeviceState, now: datetime) -> tuple[str, str]:
    if device.last_seen is None:
        return _("Never heard"), _("Check that it is switched on, and paired with the hub.")
    silent_s = (now - device.last_seen).total_seconds()
    hub = device.placement is Placement.HUB
    if device.online is False:
        return _("Gone, says its hub"), revive(hub=hub)
    if device.heartbeat and silent_s > MISSED_PERIODS * device.reporting_interval_s:
        return _("Silent for %(span)s") % {"span": wording.span(silent_s)}, revive(hub=hub)
    return _health(device, now)


def _health(device: DeviceState, now: datetime) -> tuple[str, str]:
    if device.battery_percent is not None and device.battery_percent < LOW_PERCENT:
        low = _("Battery low: %(percent)s") % {"percent": percent(device.battery_percent)}
        return low, _("Change its battery.")
    if device.earliest is not None and device.earliest <= (now + BATTERY_AHEAD).date():
        before = {"day": dates.day_words(device.earliest)}
        return _("Battery runs out"), _("Change its battery before %(day)s.") % before
    if device.link_lately is not None:
        repeat = _("Move it, or put a repeater between it and the hub.")
        return _("Its signal gets weaker"), repeat
    if not device.clock_trusted:
        return _("Its clock is wrong"), _("Set its clock, or let it ask a time server.")
    return "", ""


def _facts(device: DeviceState, now: datetime) -> Iterator[str]:
    today = now.date()
    if device.earliest is not None and device.latest is not None:
        left = weeks((device.earliest - today).days, (device.latest - today).days)
        text = _("%(left)s of battery left: to be changed before %(day)s.")
        yield text % {"left": left, "day": dates.day_words(device.earliest)}
    if weak := weaker(device):
        yield weak
    if device.skew_s is not None and (
        abs(device.skew_s) >= CLOCK_TOLD_S or not device.clock_trusted
    ):
        yield clock_words(device.skew_s)
    if device.late and device.late_at is not None:
        waited = wording.span(device.late_s or 0.0)
        since = heard(device.late_at, now, exact=False)
        yield ngettext(
            "%(n)s message so far waited on the device or the hub before it came: it came %(since)s, after"
            " %(waited)s at most. Nothing is lost, but nobody could be told any sooner.",
            "%(n)s messages so far waited on the device or the hub before they came: the last came %(since)s,"
            " after %(waited)s at most. Nothing is lost, but nobody could be told any sooner.",
            device.late,
        ) % {"n": device.late, "since": since, "waited": waited}
    if device.firmware:
        yield _("Version %(version)s.") % {"version": device.firmware}


def weaker(device: DeviceState | WorkItem) -> str:
    """Say how its link has fallen; empty where it has not."""
    if device.link_before is None or device.link_lately is None:
        return ""
    before, lately = f"{device.link_before:.0f}", f"{device.link_lately:.0f}"
    text = _("Its signal fell from %(before)s to %(lately)s of 255 in four weeks.")
    return text % {"before": before, "lately": lately}


def clock_words(skew_s: float | None, *, wrong: bool = False) -> str:
    """Say by how much a clock is off.

    Examples
    --------
    >>> clock_words(7250), clock_words(-180, wrong=True), clock_words(None, wrong=True)
    ('Its clock is 2 h ahead.', 'Its clock is wrong: 3 min behind.', 'Its clock is wrong.')
    >>> clock_words(-3, wrong=True)  # what was known before it said another year
    'Its clock is wrong.'
    """
    if skew_s is None or abs(skew_s) < (TRUSTED_S if wrong else 1):
        return _("Its clock is wrong.") if wrong else _("Its clock is right.")
    if wrong:
        ahead, behind = (
            _("Its clock is wrong: %(span)s ahead."),
            _("Its clock is wrong: %(span)s behind."),
        )
    else:
        ahead, behind = _("Its clock is %(span)s ahead."), _("Its clock is %(span)s behind.")
    return (ahead if skew_s > 0 else behind) % {"span": wording.span(abs(skew_s))}


def weeks(fewest_days: int, most_days: int) -> str:
    """Say a span of days in weeks.

    Examples
    --------
    >>> weeks(2, 3), weeks(20, 22), weeks(12, 40)
    ('Less than a week', 'About 3 weeks', '2 to 6 weeks')
    """
    least, most = max(0, round(fewest_days / 7)), max(1, round(most_days / 7))
    if least == 0:
        return _("Less than a week") if most == 1 else _("Up to %(n)s weeks") % {"n": most}
    if least == most:
        return ngettext("About %(n)s week", "About %(n)s weeks", least) % {"n": least}
    return _("%(least)s to %(most)s weeks") % {"least": least, "most": most}


def revive(*, hub: bool) -> str:
    """Say what to do about a device that is silent."""
    if hub:
        return _("Check power and internet of the hub. Until then we see nothing of this home.")
    return _("Check its battery and its distance to the hub.")

"""Pictures with a day or a week on the axis: profile, nights, rooms, outings, visits, rhythm."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from dashboard.clinician.measures import BY_KEY
from dashboard.clinician.numbers import (
    FEWEST_RECENT,
    RECENT,
    daily,
    percentiles,
    profile,
    weeks,
)
from dashboard.clinician.panels import (
    BAND_FILL,
    LINE,
    SOFT,
    array,
    band,
    boxes,
    clock,
    days_axis,
    hatch_unseen,
    label,
    legend,
    panels,
)
from dashboard.dates import short_words
from dashboard.language import _

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from dashboard.clinician.numbers import Days

FILLS = (
    ("#0b4f96", ""), ("#9fc3e6", "////"), ("#1d5c34", ""), ("#b9d8c3", "----"),
    ("#7a4300", ""), ("#ecd3b0", "\\\\\\\\"), ("#47525d", ""), ("#dfe7ef", "xxxx"),
    ("#8a1c5b", ""), ("#e3bfd4", "++++"), ("#5f6b00", ""), ("#dde3a8", "||||"),
)  # fmt: skip
"""A tone and a hatch for each room: told apart without colour."""
ROOMS_A_LINE = 4


def draw_profile(days: Days, width: float) -> Figure:
    """Draw the last days over the usual band, an hour a step."""
    figure, (axes,) = panels(width, [3.0], legend=1)
    rows = profile(days)
    hours = np.arange(24)
    recent, low, middle, high = (array([row[n] for row in rows]) for n in range(4))
    axes.fill_between(
        hours, low, high, step="mid", color=BAND_FILL, lw=0, label=_("Usual band before")
    )
    axes.step(hours, middle, where="mid", color=SOFT, lw=1.4, ls="--", label=_("Median before"))
    axes.step(hours, recent, where="mid", color=LINE, lw=2.6, label=_("Last 7 days"))
    if not np.isfinite([*recent, *middle]).any():
        _nothing(axes, _("Too few days are known"))
    axes.set_xlim(-0.5, 23.5)
    axes.set_xticks(range(0, 24, 3), [f"{h:02}" for h in range(0, 24, 3)])
    axes.set_ylim(bottom=0)
    label(axes, _("min with movement\nan hour"))
    legend(figure, 3)
    return figure


def draw_nights(days: Days, width: float) -> Figure:
    """Draw nights as bars from to bed to up, and how often somebody was out of bed."""
    figure, (axes, exits) = panels(width, [2.9, 1.4])
    nights = [(n, *daily_night(days, n)) for n, one in enumerate(days.counts) if one and one.night]
    boxes(axes, ((n - 0.35, low, n + 0.35, high) for n, low, high in nights),
          facecolor="#9fc3e6", edgecolor=LINE, lw=0.8)  # fmt: skip
    if not any(one and one.night for one in days.counts):
        _nothing(axes, _("No bed sensor told of a night"))
    hatch_unseen(axes, days)
    axes.set_ylim(36, 18)
    axes.set_yticks([18, 21, 24, 27, 30, 33, 36])
    axes.yaxis.set_major_formatter(FuncFormatter(clock))
    label(axes, _("To bed to up"))
    _points(exits, days, "exits", _("Times\nout of bed"))
    days_axis(exits, days)
    return figure


def daily_night(days: Days, n: int) -> tuple[float, float]:
    """Return to bed and up of a night, in hours after midnight of the day before."""
    to_bed, up = daily(days, "to_bed")[n], daily(days, "up")[n]
    return (to_bed or 0.0), (up or 0.0) + (24 if (up or 0.0) < 18 else 0)  # noqa: PLR2004 (the window)


def _nothing(axes: Axes, why: str) -> None:
    """Say why a panel is empty, on white: it may be hatched."""
    axes.text(
        0.5, 0.5, why, ha="center", va="center", transform=axes.transAxes, backgroundcolor="#ffffff"
    )
    axes.set_yticks([])


def _points(axes: Axes, days: Days, key: str, text: str) -> None:
    values = daily(days, key)
    if not any(one is not None for one in values):
        _nothing(axes, _("Nothing is known"))
    band(axes, values)
    axes.plot(range(len(values)), array(values), "o", color=LINE, ms=5, zorder=3, clip_on=False)
    hatch_unseen(axes, days)
    label(axes, text)
    if not any(one is not None for one in values):
        return
    if BY_KEY[key].unit == "hh:mm":
        axes.yaxis.set_major_formatter(FuncFormatter(clock))
    else:
        axes.set_ylim(bottom=0)
        axes.yaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))


def draw_rooms(days: Days, width: float) -> Figure:
    """Draw minutes with movement, a column a day, a tone and hatch a room."""
    rooms = days.rooms()
    lines = -(-len(rooms) // ROOMS_A_LINE)
    figure, (axes, moves) = panels(width, [2.9, 1.4], legend=lines)
    base = np.zeros(len(days.counts))
    for n, room in enumerate(rooms):
        fill, hatch = FILLS[n % len(FILLS)]
        top = base + days.of_room(room).sum(axis=1)
        boxes(
            axes, ((x - 0.4, base[x], x + 0.4, high) for x, high in enumerate(top)),
            facecolor=fill, hatch=hatch, edgecolor="#ffffff" if not hatch else "#47525d", lw=0.3,
            label=room,
        )  # fmt: skip
        base = top
    axes.set_ylim(0, max(float(base.max(initial=0.0)) * 1.05, 1.0))
    hatch_unseen(axes, days)
    label(axes, _("min with movement"))
    if rooms:
        legend(figure, ROOMS_A_LINE)
    _points(moves, days, "moves", _("Changes\nof room"))
    days_axis(moves, days)
    return figure


def draw_mobility(days: Days, width: float) -> Figure:
    """Draw how long the ways from room to room take, with the median of seven days, and their number."""
    figure, (axes, ways) = panels(width, [2.6, 1.4])
    _points(axes, days, "pace", _("Seconds\na way"))
    known = daily(days, "pace")
    middles = [
        percentiles(found, 50.0)[0]
        if len(found := [one for one in known[max(0, n - RECENT + 1) : n + 1] if one is not None])
        >= FEWEST_RECENT
        else None
        for n in range(len(known))
    ]
    axes.plot(range(len(middles)), array(middles), color=LINE, lw=2.4, zorder=2)
    _points(ways, days, "ways", _("Ways"))
    days_axis(ways, days)
    return figure


def draw_outings(days: Days, width: float) -> Figure:
    """Draw how often and how long somebody was out."""
    return _stack(days, width, (("outings", _("Outings")), ("out", _("Minutes out"))))


def draw_use(days: Days, width: float) -> Figure:
    """Draw visits to bathroom and kitchen."""
    return _stack(
        days, width,
        (
            ("bathroom_day", _("Bathroom\nby day")),
            ("bathroom_night", _("Bathroom\nat night")),
            ("kitchen", _("Kitchen\nvisits")),
            ("first_kitchen", _("Kitchen\nfirst")),
        ),
    )  # fmt: skip


def _stack(days: Days, width: float, wanted: Sequence[tuple[str, str]]) -> Figure:
    figure, found = panels(width, [1.4] * len(wanted))
    for axes, (key, text) in zip(found, wanted, strict=True):
        _points(axes, days, key, text)
    days_axis(found[-1], days)
    return figure


def draw_rhythm(days: Days, width: float) -> Figure:
    """Draw the metrics of each seven days with the band of the weeks before the last."""
    lived = weeks(days)
    wanted = (("is", "IS"), ("iv", "IV"), ("ra", "RA"), ("l5", "L5"), ("m10", "M10"))
    figure, found = panels(width, [1.1] * len(wanted), below=0.7)
    for axes, (key, text) in zip(found, wanted, strict=True):
        values = array([week.values[key] for week in lived])
        before = values[:-1][np.isfinite(values[:-1])]
        if len(before) >= 3:  # noqa: PLR2004 (fewer make no band)
            axes.axhspan(
                float(before.min()), float(before.max()) + 1e-6, color=BAND_FILL, lw=0, zorder=0
            )
        axes.plot(range(len(values)), values, "o-", color=LINE, lw=1.6, ms=6)
        axes.set_ylabel(text, rotation=0, ha="right", va="center")
        axes.margins(y=0.25)
        axes.yaxis.set_major_locator(MaxNLocator(nbins=3))
    step = max(1, -(-len(lived) // 8))
    found[-1].set_xlim(-0.5, max(len(lived) - 0.5, 0.5))
    found[-1].set_xticks(range(0, len(lived), step), [short_words(w.last) for w in lived[::step]])
    found[-1].set_xlabel(_("Seven days to"))
    return figure


DRAWN: dict[str, Callable[[Days, float], Figure]] = {
    "profile": draw_profile,
    "nights": draw_nights,
    "rooms": draw_rooms,
    "mobility": draw_mobility,
    "outings": draw_outings,
    "use": draw_use,
    "rhythm": draw_rhythm,
}

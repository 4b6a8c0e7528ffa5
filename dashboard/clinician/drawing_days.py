"""Pictures with a day or a week on the axis: profile, nights, rooms, outings, visits, rhythm."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from dashboard.clinician.measures import BY_KEY
from dashboard.clinician.numbers import BAND, FEWEST_BEFORE, RECENT, daily, profile, weeks

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from dashboard.clinician.numbers import Days

LINE, BAND_FILL, SOFT = "#0b4f96", "#c9d6e3", "#47525d"
FILLS = (
    ("#0b4f96", ""), ("#9fc3e6", "////"), ("#1d5c34", ""), ("#b9d8c3", "...."),
    ("#7a4300", ""), ("#ecd3b0", "\\\\\\\\"), ("#47525d", ""), ("#dfe7ef", "xxxx"),
)  # fmt: skip
"""A tone and a hatch for each room: told apart without colour."""


def _panels(width: float, heights: Sequence[float]) -> tuple[Figure, list[Axes]]:
    figure = Figure(figsize=(width, sum(heights)), layout="constrained")
    found = figure.subplots(
        len(heights), 1, sharex=True, squeeze=False, height_ratios=list(heights)
    )
    return figure, list(found[:, 0])


def _array(values: Sequence[float | None]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array([np.nan if one is None else one for one in values], dtype=np.float64)


def _hatch_unseen(axes: Axes, days: Days) -> None:
    for n, seen in enumerate(days.seen().sum(axis=1)):
        share = 1.0 - min(seen / 1440, 1.0)
        if share >= 1 / 3:
            axes.axvspan(
                n - 0.5,
                n + 0.5,
                facecolor="none",
                hatch="////",
                edgecolor="#7d8893",
                lw=0,
                zorder=0,
            )


def _days_axis(axes: Axes, days: Days) -> None:
    dates = days.dates
    axes.set_xlim(-0.6, len(dates) - 0.4)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=7, integer=True))
    axes.xaxis.set_major_formatter(
        FuncFormatter(lambda x, _: f"{dates[int(x)]:%-d %b}" if 0 <= int(x) < len(dates) else "")
    )


def _band(axes: Axes, values: Sequence[float | None]) -> None:
    before = _array(values[:-RECENT])
    before = before[np.isfinite(before)]
    if len(before) >= FEWEST_BEFORE:
        low, middle, high = np.percentile(before, (BAND[0], 50.0, BAND[1]))
        axes.axhspan(low, max(high, low + 1e-3), color=BAND_FILL, zorder=0, lw=0)
        axes.axhline(middle, color=SOFT, lw=1.0, ls="--", zorder=1)
    axes.axvline(len(values) - RECENT - 0.5, color=SOFT, lw=1.0, ls=":")


def _clock(value: float, _: object) -> str:
    return f"{int(value) % 24:02}:{round(value % 1 * 60):02}"


def draw_profile(days: Days, width: float) -> Figure:
    """Draw the last days over the usual band, an hour a step."""
    figure, (axes,) = _panels(width, [3.6])
    rows = profile(days)
    hours = np.arange(24)
    recent, low, middle, high = (_array([row[n] for row in rows]) for n in range(4))
    axes.fill_between(
        hours, low, high, step="mid", color=BAND_FILL, lw=0, label="Usual band before"
    )
    axes.step(hours, middle, where="mid", color=SOFT, lw=1.4, ls="--", label="Median before")
    axes.step(hours, recent, where="mid", color=LINE, lw=2.6, label="Last 7 days")
    axes.set_xlim(-0.5, 23.5)
    axes.set_xticks(range(0, 24, 3), [f"{h:02}" for h in range(0, 24, 3)])
    axes.set_ylim(bottom=0)
    axes.set_ylabel("min with movement\nan hour")
    figure.legend(loc="outside upper left", ncols=3, frameon=False, fontsize=12)
    return figure


def draw_nights(days: Days, width: float) -> Figure:
    """Draw nights as bars from to bed to up, and how often somebody was out of bed."""
    figure, (axes, exits) = _panels(width, [3.2, 1.9])
    for n, one in enumerate(days.counts):
        if one is None or one.night is None:
            continue
        to_bed, up = daily_night(days, n)
        axes.bar(n, up - to_bed, bottom=to_bed, width=0.7, color="#9fc3e6", edgecolor=LINE, lw=0.8)
    if not any(one and one.night for one in days.counts):
        axes.text(0.5, 0.5, "No bed sensor told of a night", ha="center", transform=axes.transAxes)
    _hatch_unseen(axes, days)
    axes.set_ylim(36, 18)
    axes.set_yticks([18, 21, 24, 27, 30, 33, 36])
    axes.yaxis.set_major_formatter(FuncFormatter(_clock))
    axes.set_ylabel("To bed to up")
    _points(exits, days, "exits", "Times\nout of bed")
    _days_axis(exits, days)
    return figure


def daily_night(days: Days, n: int) -> tuple[float, float]:
    """Return to bed and up of a night, in hours after midnight of the day before."""
    to_bed, up = daily(days, "to_bed")[n], daily(days, "up")[n]
    return (to_bed or 0.0), (up or 0.0) + (24 if (up or 0.0) < 18 else 0)  # noqa: PLR2004 (the window)


def _points(axes: Axes, days: Days, key: str, label: str) -> None:
    values = daily(days, key)
    _band(axes, values)
    axes.plot(range(len(values)), _array(values), "o", color=LINE, ms=5, zorder=3)
    _hatch_unseen(axes, days)
    axes.set_ylabel(label)
    if BY_KEY[key].unit == "hh:mm":
        axes.yaxis.set_major_formatter(FuncFormatter(_clock))
    else:
        axes.set_ylim(bottom=0)
        axes.yaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))
    axes.yaxis.set_label_coords(-0.085, 0.5)


def draw_rooms(days: Days, width: float) -> Figure:
    """Draw minutes with movement, a column a day, a tone and hatch a room."""
    figure, (axes, moves) = _panels(width, [3.6, 1.9])
    base = np.zeros(len(days.counts))
    for n, room in enumerate(days.rooms()):
        fill, hatch = FILLS[n % len(FILLS)]
        minutes = days.of_room(room).sum(axis=1)
        axes.bar(
            range(len(base)), minutes, bottom=base, width=0.8, color=fill, hatch=hatch,
            edgecolor="#ffffff" if not hatch else "#47525d", lw=0.3, label=room,
        )  # fmt: skip
        base += minutes
    _hatch_unseen(axes, days)
    axes.set_ylabel("min with movement")
    if days.rooms():
        figure.legend(loc="outside upper left", ncols=4, frameon=False, fontsize=12)
    _points(moves, days, "moves", "Changes\nof room")
    _days_axis(moves, days)
    return figure


def draw_outings(days: Days, width: float) -> Figure:
    """Draw how often and how long somebody was out."""
    return _stack(days, width, (("outings", "Outings"), ("out", "Minutes out")))


def draw_use(days: Days, width: float) -> Figure:
    """Draw visits to bathroom and kitchen."""
    return _stack(
        days, width,
        (
            ("bathroom_day", "Bathroom\nby day"),
            ("bathroom_night", "Bathroom\nat night"),
            ("kitchen", "Kitchen\nvisits"),
            ("first_kitchen", "Kitchen\nfirst"),
        ),
    )  # fmt: skip


def _stack(days: Days, width: float, wanted: Sequence[tuple[str, str]]) -> Figure:
    figure, panels = _panels(width, [1.8] * len(wanted))
    for axes, (key, label) in zip(panels, wanted, strict=True):
        _points(axes, days, key, label)
    _days_axis(panels[-1], days)
    return figure


def draw_rhythm(days: Days, width: float) -> Figure:
    """Draw the metrics of each seven days with the band of the weeks before the last."""
    found = weeks(days)
    wanted = (("is", "IS"), ("iv", "IV"), ("ra", "RA"), ("l5", "L5"), ("m10", "M10"))
    figure, panels = _panels(width, [1.5] * len(wanted))
    for axes, (key, label) in zip(panels, wanted, strict=True):
        values = _array([week.values[key] for week in found])
        before = values[:-1][np.isfinite(values[:-1])]
        if len(before) >= 3:  # noqa: PLR2004 (fewer make no band)
            axes.axhspan(
                float(before.min()), float(before.max()) + 1e-6, color=BAND_FILL, lw=0, zorder=0
            )
        axes.plot(range(len(values)), values, "o-", color=LINE, lw=1.6, ms=6)
        axes.set_ylabel(label, rotation=0, ha="right", va="center")
        axes.margins(y=0.25)
        axes.yaxis.set_major_locator(MaxNLocator(nbins=3))
    step = max(1, -(-len(found) // 8))
    panels[-1].set_xlim(-0.5, max(len(found) - 0.5, 0.5))
    panels[-1].set_xticks(range(0, len(found), step), [f"{w.last:%-d %b}" for w in found[::step]])
    panels[-1].set_xlabel("Seven days to")
    return figure


DRAWN: dict[str, Callable[[Days, float], Figure]] = {
    "profile": draw_profile,
    "nights": draw_nights,
    "rooms": draw_rooms,
    "outings": draw_outings,
    "use": draw_use,
    "rhythm": draw_rhythm,
}

"""Two periods as pictures: the hours of the day over each other, and each measure side by side."""

from __future__ import annotations

import io
import textwrap
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from dashboard.clinician.comparing import SIGNS
from dashboard.clinician.drawing import ONE_AT_A_TIME, STYLE, WIDTH_IN
from dashboard.clinician.numbers import FEWEST_RECENT, hourly
from dashboard.dates import span_words
from dashboard.language import _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from dashboard.clinician.annotated import MarkedDays
    from dashboard.clinician.comparing import Pair

FIRST: Any = {"color": "#47525d", "ls": "--"}
SECOND: Any = {"color": "#0b4f96", "ls": "-"}
GREY: Any = {"color": "#dfe4e9"}
STROKES: Any = {"facecolor": "none", "edgecolor": "#0b4f96", "hatch": "////"}
ACROSS = 2
ROW_IN = 2.3
APART = 1.25


def draw_hours(first: MarkedDays, second: MarkedDays) -> bytes:
    """Return movement an hour of both periods: medians, and the middle half of the days."""
    with ONE_AT_A_TIME, mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH_IN, 3.8), layout="constrained")
        axes = figure.subplots()
        x = np.arange(24)
        for found, look, fill, name in (
            (first, FIRST, GREY, _("First")),
            (second, SECOND, STROKES, _("Second")),
        ):
            low, middle, high = _hours(found)
            axes.fill_between(x, low, high, step="mid", lw=0, **fill)
            dates = found.days.dates
            label = f"{name}: {span_words(dates[0], dates[-1])}"
            axes.step(x, middle, where="mid", lw=2.4, label=label, **look)
        axes.set_xlim(-0.5, 23.5)
        axes.set_xticks(range(0, 24, 3), [f"{h:02}" for h in range(0, 24, 3)])
        axes.set_ylim(bottom=0)
        axes.set_ylabel(_("min with movement\nan hour"))
        figure.legend(loc="outside upper left", ncols=1, frameon=False, fontsize=12)
        return _svg(figure, _("Movement an hour in both periods"))


def _hours(found: MarkedDays) -> np.ndarray[Any, Any]:
    hours = hourly(found.counted)
    return np.array(
        [
            np.percentile(known, (25, 50, 75)) if len(known) >= FEWEST_RECENT else [np.nan] * 3
            for known in (column[np.isfinite(column)] for column in hours.T)
        ]
    ).T


def draw_pairs(found: Sequence[Pair]) -> bytes:
    """Return each measure of both periods on the same scale, with the usual range of the first."""
    shown = [one for one in found if one.first.values or one.second.values]
    rows = max(1, -(-len(shown) // ACROSS))
    with ONE_AT_A_TIME, mpl.rc_context(STYLE):
        height = ROW_IN * rows
        figure = Figure(figsize=(WIDTH_IN, height))  # laid out by hand: a third of the time
        panels = figure.subplots(rows, ACROSS, squeeze=False).ravel()
        figure.subplots_adjust(0.085, 0.4 / height, 0.985, 1 - 0.75 / height, 0.2, 0.8)
        for axes, one in zip(panels, shown, strict=False):
            _panel(axes, one)
        for axes in panels[len(shown) :]:
            axes.set_axis_off()
        return _svg(figure, _("Every measure in both periods"))


def _panel(axes: Axes, one: Pair) -> None:
    if one.usual is not None:
        low, high = one.usual
        axes.axhspan(low, max(high, low + 1e-3), color="#dfe4e9", lw=0, zorder=0)
    for start, side, look, sign in ((0.0, one.first, FIRST, "o"), (APART, one.second, SECOND, "s")):
        middle = side.median
        if middle is not None:
            x = start + np.linspace(0.0, 1.0, len(side.values) + 2)[1:-1]
            axes.plot(x, side.values, sign, color=look["color"], ms=3.5, mfc="none", zorder=2)
            axes.plot([start, start + 1.0], [middle] * 2, lw=2.6, zorder=3, **look)
    axes.set_xlim(-0.1, APART + 1.1)
    axes.set_xticks([0.5, APART + 0.5], [_("First"), _("Second")])
    axes.yaxis.set_major_locator(
        MaxNLocator(nbins=4, integer=one.measure.unit == "1" and not one.weekly)
    )
    if one.measure.unit == "hh:mm":
        axes.yaxis.set_major_formatter(
            FuncFormatter(lambda y, __: f"{int(y) % 24:02}:{round(y % 1 * 60) % 60:02}")
        )
    title = "\n".join(textwrap.wrap(one.shown, 32))
    verdict = "\n".join(textwrap.wrap(f"{SIGNS[one.verdict]} {one.verdict_words}", 34))
    axes.set_title(f"{title}\n{verdict}", fontsize=13, loc="left")


def _svg(figure: Figure, title: str) -> bytes:
    text = io.BytesIO()
    figure.savefig(text, format="svg", metadata={"Date": None, "Title": title})
    return text.getvalue()

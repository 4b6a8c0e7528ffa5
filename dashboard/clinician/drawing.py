"""The pictures of a review as SVG, by matplotlib: grey-safe, for paper and screen.

Matplotlib takes half a second and some tens of megabytes to load: import this module where a picture is
wanted, so that a machine that is never asked for one does not pay.
"""

from __future__ import annotations

import io
import threading
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, MaxNLocator

from core.model.finding import Severity
from dashboard.clinician.drawing_days import DRAWN
from dashboard.clinician.drawing_notes import annotate
from dashboard.clinician.drawing_places import draw_places
from dashboard.clinician.numbers import rates
from dashboard.dates import short_words
from dashboard.language import _

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from matplotlib.axes import Axes

    from dashboard.clinician.annotated import MarkedDays
    from dashboard.clinician.charts import Chart
    from dashboard.clinician.marks import Mark
    from dashboard.clinician.numbers import Days
    from dashboard.clinician.places import Places

WIDTH_IN = 8.0
#: A point is 1.28 px where the picture is 736 px wide: 13 pt are more than 16 px.
STYLE: Any = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 13.0,
    "svg.fonttype": "none",
    "svg.hashsalt": "wayhome",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#47525d",
    "axes.labelcolor": "#161c22",
    "xtick.color": "#161c22",
    "ytick.color": "#161c22",
    "text.color": "#161c22",
    "hatch.color": "#7d8893",
    "hatch.linewidth": 1.0,
}
SCALE_STEPS, QUARTER_MIN = 5, 15
SIGNS = {Severity.URGENT: ("s", 52.0), Severity.CHECK: ("^", 48.0), Severity.NOTICE: ("o", 30.0)}
ONE_AT_A_TIME = threading.Lock()


def draw(chart: Chart, found: MarkedDays, marks: Sequence[Mark]) -> bytes:
    """Return one chart as SVG."""
    with ONE_AT_A_TIME, mpl.rc_context(STYLE):  # its settings are global
        if chart.key == "actogram":
            figure = _actogram(found.days, marks)
        else:
            figure = DRAWN[chart.key](found.counted, WIDTH_IN)
        annotate(figure, chart.key, found)
        return _svg(figure, _(chart.title))


def picture_of(found: Places) -> bytes:
    """Return the places around a home as SVG."""
    with ONE_AT_A_TIME, mpl.rc_context(STYLE):
        return _svg(draw_places(found), _("Places"))


def spark(values: Sequence[float | None]) -> bytes:
    """Return a line without axes; where a value is not known there is no line."""
    with ONE_AT_A_TIME, mpl.rc_context(STYLE):
        figure = Figure(figsize=(2.4, 0.6))
        axes = figure.add_axes((0.01, 0.08, 0.98, 0.84))
        axes.set_axis_off()
        y = np.array([np.nan if one is None else one for one in values], dtype=np.float64)
        x = np.arange(len(y))
        axes.set_xlim(-0.5, max(len(y) - 0.5, 0.5))
        for n in np.flatnonzero(np.isnan(y)):
            axes.axvspan(
                n - 0.5, n + 0.5, facecolor="none", hatch="////", edgecolor="#7d8893", lw=0
            )
        axes.plot(x, y, color="#0b4f96", lw=2.0)
        if len(y) and np.isfinite(y[-1]):
            axes.plot(x[-1:], y[-1:], "o", color="#0b4f96", ms=5)
        if np.isfinite(y).any():
            axes.set_ylim(0, float(np.nanmax(y)) * 1.1 + 1)
        return _svg(figure, _("Movement"))


def _svg(figure: Figure, title: str) -> bytes:
    text = io.BytesIO()
    figure.savefig(text, format="svg", metadata={"Date": None, "Title": title})
    return text.getvalue()


def _actogram(days: Days, marks: Sequence[Mark]) -> Figure:
    """Draw 48 hours a row: the day and the one after it."""
    rows = len(days.counts)
    height = min(max(1.6 + 0.17 * rows, 3.4), 13.0)
    figure = Figure(figsize=(WIDTH_IN, height))  # laid out by hand: a third of the time
    axes = figure.add_axes((0.1, 0.2 / height, 0.7, 1 - 0.7 / height))
    grid = rates(days.seen(), days.active())
    after = np.vstack([grid[1:], np.full((1, grid.shape[1]), np.nan)])
    twice = np.hstack([grid, after])
    moved = grid[np.isfinite(grid) & (grid > 0)]
    top = float(np.ceil(max(3.0, np.percentile(moved, 95) if len(moved) else 15.0)))
    axes.add_patch(
        Rectangle((0, -0.5), 48, rows, facecolor="#ffffff", hatch="////", lw=0, edgecolor="#7d8893")
    )
    axes.imshow(
        np.ma.masked_invalid(twice), aspect="auto", interpolation="none", cmap="Blues",
        vmin=0, vmax=top, extent=(0, 48, rows - 0.5, -0.5), zorder=2,
    )  # fmt: skip
    axes.axvline(24, color="#161c22", lw=1.0, zorder=3)
    _mark(axes, days, marks)
    axes.set_xlim(0, 48)
    axes.set_ylim(rows - 0.5, -0.5)
    axes.set_xticks(range(0, 49, 6), [f"{h % 24:02}" for h in range(0, 49, 6)])
    axes.xaxis.tick_top()
    axes.spines[["top", "left", "bottom"]].set_visible(False)
    dates = days.dates
    axes.yaxis.set_major_locator(MaxNLocator(nbins=14, integer=True, prune=None))
    axes.yaxis.set_major_formatter(
        FuncFormatter(lambda y, __: short_words(dates[int(y)]) if 0 <= int(y) < rows else "")
    )
    _scale(figure, height, top)
    return figure


def _scale(figure: Figure, height: float, top: float) -> None:
    """Say beside the actogram what its tones mean."""
    figure.text(0.82, 1 - 0.5 / height, _("min of 15\nwith\nmovement"), va="top", fontsize=12)
    for step in range(SCALE_STEPS + 1):
        low = 1 - (1.2 + (step + 1) * 0.26) / height
        tone = mpl.colormaps["Blues"](step / SCALE_STEPS)
        place = (0.82, low), 0.03, 0.26 / height
        figure.add_artist(Rectangle(*place, facecolor=tone, edgecolor="#47525d", lw=0.5))
        if step in {0, SCALE_STEPS}:
            tone_min = f"{top * step / SCALE_STEPS:.0f}"
            more = step and top < QUARTER_MIN
            figure.text(
                0.86,
                low + 0.13 / height,
                _("%(minutes)s or more") % {"minutes": tone_min} if more else tone_min,
                va="center",
                fontsize=12,
            )


def _mark(axes: Axes, days: Days, marks: Sequence[Mark]) -> None:
    for severity, (sign, size) in SIGNS.items():
        places = [
            (x, y)
            for mark in marks
            if mark.severity is severity
            for x, y in _places(days, mark.at)
            if 0 <= y < len(days.counts)
        ]
        if places:
            x, y = np.array(places).T
            axes.scatter(
                x,
                y,
                marker=sign,
                s=size,
                c="#ffffff",
                edgecolors="#ad1010",
                linewidths=1.8,
                zorder=4,
            )


def _places(days: Days, moment: datetime) -> tuple[tuple[float, int], tuple[float, int]]:
    """Return both places of a moment in an actogram: on its own row and on the one above."""
    local = moment.astimezone(days.zone)
    row, hour = (local.date() - days.first).days, local.hour + local.minute / 60
    return (hour, row), (hour + 24, row - 1)

"""What all pictures are built from: panels, bands, hatches and axes of days. Loads matplotlib.

Laid out by hand: matplotlib's own layout draws every text twice, half of the time of a picture. What comes
many times is one path: a path a bar, each with its hatch, took three times as long.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.ticker import FuncFormatter, MaxNLocator

from dashboard.clinician.numbers import BAND, FEWEST_BEFORE, RECENT
from dashboard.dates import short_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from matplotlib.axes import Axes

    from dashboard.clinician.numbers import Days, Floats

LINE, BAND_FILL, SOFT, HATCH = "#0b4f96", "#c9d6e3", "#47525d", "#7d8893"
LEFT_IN, RIGHT_IN, TOP_IN, BOTTOM_IN, GAP_IN = 1.16, 0.15, 0.12, 0.4, 0.22
LEGEND_IN = 0.3
"""Height of a line of the legend."""
UNSEEN_SHARE = 1 / 3
"""Of a day so much was not seen: it is hatched."""
_SQUARE = (Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY)


def panels(
    width: float, heights: Sequence[float], *, legend: int = 0, below: float = BOTTOM_IN
) -> tuple[Figure, list[Axes]]:
    """Return a figure and its panels, one above the other, on the same days.

    Parameters
    ----------
    width, heights
        Inches; the heights are those of the panels alone.
    legend
        Lines of a legend above them.
    below
        Inches under the last panel.
    """
    top = TOP_IN + legend * LEGEND_IN
    height = top + sum(heights) + GAP_IN * (len(heights) - 1) + below
    figure = Figure(figsize=(width, height))
    found: list[Axes] = []
    across = (width - LEFT_IN - RIGHT_IN) / width
    for one in heights:
        top += one
        place = (LEFT_IN / width, 1 - top / height, across, one / height)
        found.append(figure.add_axes(place, sharex=found[0] if found else None))
        top += GAP_IN
    for axes in found[:-1]:
        axes.xaxis.set_tick_params(labelbottom=False)
    return figure, found


def legend(figure: Figure, columns: int) -> None:
    """Write the legend above the panels."""
    across, _ = figure.get_size_inches()
    figure.legend(
        loc="upper left", bbox_to_anchor=(LEFT_IN / across / 2, 1.0), ncols=columns, frameon=False,
        fontsize=12, borderaxespad=0.1, handlelength=1.6, columnspacing=1.2,
    )  # fmt: skip


def array(values: Sequence[float | None]) -> Floats:
    """Return numbers with NaN for what is not known."""
    return np.array([np.nan if one is None else one for one in values], dtype=np.float64)


def boxes(axes: Axes, of: Iterable[tuple[float, float, float, float]], **style: Any) -> None:
    """Draw boxes (left, bottom, right, top) as one path."""
    corners = [
        ((left, low), (right, low), (right, high), (left, high), (left, low))
        for left, low, right, high in of
        if right > left and high > low
    ]
    if corners:
        codes = np.tile(_SQUARE, len(corners))
        axes.add_patch(PathPatch(Path(np.array(corners).reshape(-1, 2), codes), **style))


def hatch_unseen(axes: Axes, days: Days) -> None:
    """Hatch the days that were not seen, from below to above."""
    share = 1.0 - np.minimum(days.seen().sum(axis=1) / 1440, 1.0)
    hatch_spans(axes, [(n - 0.5, n + 0.5) for n in np.flatnonzero(share >= UNSEEN_SHARE)])


def hatch_spans(axes: Axes, spans: Iterable[tuple[float, float]]) -> None:
    """Hatch spans of the axis of time over the whole height."""
    boxes(
        axes, ((left, 0.0, right, 1.0) for left, right in spans), facecolor="none", hatch="////",
        edgecolor=HATCH, lw=0, zorder=0, transform=axes.get_xaxis_transform(),
    )  # fmt: skip


def days_axis(axes: Axes, days: Days) -> None:
    """Write days below a panel."""
    dates = days.dates
    axes.set_xlim(-0.6, len(dates) - 0.4)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=7, integer=True))
    axes.xaxis.set_major_formatter(
        FuncFormatter(lambda x, _: short_words(dates[int(x)]) if 0 <= int(x) < len(dates) else "")
    )


def band(axes: Axes, values: Sequence[float | None]) -> None:
    """Draw the usual band of the days before the last seven, and where those begin."""
    before = array(values[:-RECENT])
    before = before[np.isfinite(before)]
    if len(before) >= FEWEST_BEFORE:
        low, middle, high = np.percentile(before, (BAND[0], 50.0, BAND[1]))
        axes.axhspan(low, max(high, low + 1e-3), color=BAND_FILL, zorder=0, lw=0)
        axes.axhline(middle, color=SOFT, lw=1.0, ls="--", zorder=1)
    axes.axvline(len(values) - RECENT - 0.5, color=SOFT, lw=1.0, ls=":")


def label(axes: Axes, text: str) -> None:
    """Name a panel at its side, all at the same place."""
    axes.set_ylabel(text)
    across = axes.get_window_extent().width / (axes.get_figure().dpi or 1)  # type: ignore[union-attr]
    axes.yaxis.set_label_coords(-0.72 / across, 0.5)


def clock(value: float, _: object = None) -> str:
    """Say an hour of the day, also above 24.

    Examples
    --------
    >>> clock(25.5), clock(7.999)
    ('01:30', '08:00')
    """
    minutes = round(value * 60) % 1440
    return f"{minutes // 60:02}:{minutes % 60:02}"

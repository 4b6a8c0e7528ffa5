"""What people marked, drawn over a picture: a bracket and a letter, and below it the letter's words.

Days that are left out are veiled in dots, which differ from the strokes of what was not seen.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from matplotlib.patches import Rectangle

from dashboard.clinician.annotated import line_of
from dashboard.language import _

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from core.model.annotation import Marking
    from dashboard.clinician.annotated import MarkedDays

INK = "#161c22"
LINE_IN, LETTERS_A_LINE, LINES_MOST = 0.21, 88, 12
VEIL: Any = {"facecolor": "#f1f3f5", "edgecolor": "#47525d", "hatch": "..", "lw": 0}
LETTER_IN = 0.34
"""Height of the row of letters above the first panel."""
DAY_CHARTS = frozenset({"nights", "rooms", "mobility", "outings", "use"})


def annotate(figure: Figure, key: str, found: MarkedDays) -> None:
    """Draw over the picture of a chart what is marked in its days."""
    if not found.annotations:
        return
    for n, axes in enumerate(figure.axes[: _panels(figure, key)]):
        for letter, one in found.lettered():
            if key == "actogram":
                _beside(axes, found, letter, one.marking)
            elif key in DAY_CHARTS:
                _above(axes, _place(found, one.marking), letter if n == 0 else "")
                _veil(axes, found)
            elif key == "rhythm" and n == 0:
                first, last = _place(found, one.marking)
                _above(axes, (_week(found, first), _week(found, last)), letter)
    above = LETTER_IN if key in DAY_CHARTS or key == "rhythm" else 0.0
    _words_below(figure, found, above)


def _panels(figure: Figure, key: str) -> int:
    return 1 if key == "actogram" else len(figure.axes)  # the other one is the scale of tones


def _place(found: MarkedDays, marking: Marking) -> tuple[float, float]:
    """Return the first and last day as places on an axis of days, within it."""
    first, most = found.days.first, len(found.days.counts) - 1
    return (
        float(max(0, (marking.first_day - first).days)),
        float(min(most, (marking.last_day - first).days)),
    )


def _week(found: MarkedDays, day: float) -> float:
    days = len(found.days.counts)
    return (day - (days - 1) + 3) / 7 + (days // 7 - 1)


def _above(axes: Axes, place: tuple[float, float], letter: str) -> None:
    first, last = place[0] - 0.45, place[1] + 0.45
    across: Any = axes.get_xaxis_transform()
    axes.plot(
        [first, last], [1.0, 1.0], transform=across, color=INK, lw=3.5, clip_on=False,
        solid_capstyle="butt", zorder=5,
    )  # fmt: skip
    if letter:
        axes.annotate(
            letter, ((first + last) / 2, 1.0), (0, 5), xycoords=across, textcoords="offset points",
            ha="center", va="bottom", fontsize=12, fontweight="bold",
            bbox={"boxstyle": "square,pad=0.15", "fc": "#ffffff", "ec": INK},
            annotation_clip=False,
        )  # fmt: skip


def _veil(axes: Axes, found: MarkedDays) -> None:
    for day in found.left_out:
        n = (day - found.days.first).days
        axes.axvspan(n - 0.5, n + 0.5, zorder=0.5, **VEIL)


def _beside(axes: Axes, found: MarkedDays, letter: str, marking: Marking) -> None:
    """Mark rows of the actogram; a day is the first half of its own row."""
    first, last = _place(found, marking)
    axes.plot([48.35] * 2, [first - 0.45, last + 0.45], color=INK, lw=3.5, clip_on=False, zorder=5)
    axes.annotate(
        letter, (47.6, (first + last) / 2), ha="right", va="center", fontsize=11,
        fontweight="bold", bbox={"boxstyle": "square,pad=0.15", "fc": "#ffffff", "ec": INK},
        zorder=6,
    )  # fmt: skip
    if marking.excludes:
        for n in range(int(first), int(last) + 1):
            for row, start in ((n, 0), (n - 1, 24)):
                if row >= 0:
                    axes.fill_between(
                        [start, start + 24], row - 0.5, row + 0.5, facecolor="none", lw=0,
                        edgecolor=INK, hatch="..", zorder=3,
                    )  # fmt: skip


def _words_below(figure: Figure, found: MarkedDays, above: float) -> None:
    """Make room for the letters above, and write below what each stands for."""
    lines = [
        part
        for letter, one in found.lettered()
        for part in textwrap.wrap(f"{letter}  {line_of(one)}", LETTERS_A_LINE)
    ]
    if len(lines) > LINES_MOST:
        lines = [*lines[: LINES_MOST - 1], _("More stands in the list on the page.")]
    if found.left_out:
        lines.append(_("Dots: left out of averages and of what is usual."))
    room = LINE_IN * len(lines) + 0.1
    whole = _grow(figure, room, above)
    for n, line in enumerate(lines):
        figure.text(0.02, (room - LINE_IN * (n + 0.8)) / whole, line, fontsize=12, color=INK)


def _grow(figure: Figure, below: float, above: float) -> float:
    """Move what there is up and make the figure higher, in inches; a legend stays at the top.

    Returns
    -------
    The new height.
    """
    width, height = figure.get_size_inches()
    whole = float(height + below + above)
    figure.set_size_inches(width, whole)

    def moved(y: float) -> float:
        return float((below + y * height) / whole)

    for axes in figure.axes:
        place = axes.get_position()
        axes.set_position((place.x0, moved(place.y0), place.width, place.height * height / whole))
    for text in figure.texts:
        text.set_y(moved(text.get_position()[1]))
    for patch in figure.artists:
        if isinstance(patch, Rectangle):
            patch.set_y(moved(patch.get_y()))
            patch.set_height(patch.get_height() * height / whole)
    return whole

"""The places that somebody goes to, around home and to scale: circles, rings and north. Loads matplotlib."""

from __future__ import annotations

from math import cos, radians, sin
from typing import TYPE_CHECKING

from matplotlib.figure import Figure
from matplotlib.patches import Circle

from dashboard.clinician.panels import LINE, SOFT
from dashboard.clinician.places import ZONE_M
from dashboard.language import _, ngettext
from dashboard.missing.compass import bearing_deg, distance_m

if TYPE_CHECKING:
    from dashboard.clinician.places import Places

RINGS_M = (250, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000)
LEAST_REACH_M = 300.0
WIDTH_IN, HEIGHT_IN = 8.0, 7.0
DOT_PT = 10.0


def draw_places(found: Places) -> Figure:
    """Draw home in the middle, the safe zone, places by their numbers, rings of distance."""
    where = [
        (distance_m(found.home, one.point), radians(bearing_deg(found.home, one.point)))
        for one in found.places
    ]
    reach = max([LEAST_REACH_M, *(far for far, _ in where)]) * 1.18
    figure = Figure(figsize=(WIDTH_IN, HEIGHT_IN))
    axes = figure.add_axes((0.01, 0.01, 0.98, 0.98))
    axes.set_axis_off()
    axes.set_aspect("equal")
    wide = reach * WIDTH_IN / HEIGHT_IN
    axes.set_xlim(-wide, wide)
    axes.set_ylim(-reach, reach)
    rings = [one for one in RINGS_M if reach / 6 < one < reach]
    for ring in rings[-3:]:
        axes.add_patch(Circle((0, 0), ring, fill=False, ec=SOFT, lw=0.8, ls="--"))
        text = f"{ring} m" if ring < 1000 else f"{ring // 1000} km"  # noqa: PLR2004
        axes.text(0, -ring, text, ha="center", va="center", backgroundcolor="#ffffff", fontsize=12)
    axes.add_patch(Circle((0, 0), ZONE_M, fc="#c9d6e3", ec=LINE, lw=1.4))
    axes.plot([0], [0], marker="p", ms=9, color=LINE)
    axes.annotate(
        _("Home and its safe zone, 100 m"), (0, ZONE_M), xytext=(0, 8), textcoords="offset points",
        ha="center", va="bottom", fontsize=12,
    )  # fmt: skip
    for n, ((far, turn), place) in enumerate(zip(where, found.places, strict=True), 1):
        size = DOT_PT + 4.0 * len(place.stays) ** 0.5
        x, y = far * sin(turn), far * cos(turn)
        axes.plot([x], [y], marker="o", ms=size, mfc="#ffffff", mec="#7a4300", mew=2.0)
        axes.text(x, y, str(n), ha="center", va="center", fontsize=11)
        stays = len(place.stays)
        times = ngettext("%(n)s stay", "%(n)s stays", stays) % {"n": stays}
        axes.annotate(
            times, (x, y), xytext=(0, -size / 2 - 3), textcoords="offset points", ha="center",
            va="top", fontsize=11,
        )  # fmt: skip
    axes.annotate(
        "", (0.95, 0.97), xytext=(0.95, 0.87), xycoords="axes fraction",
        arrowprops={"arrowstyle": "->", "lw": 2, "color": "#161c22"},
    )  # fmt: skip
    axes.text(0.95, 0.84, _("North"), transform=axes.transAxes, ha="center", va="top", fontsize=12)
    return figure

"""A sketch of where to look: rings and a compass around the last known place, to scale. Pure; no map."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, radians, sin
from string import ascii_uppercase
from typing import TYPE_CHECKING

from core.model.search_rings import Terrain
from dashboard.missing.compass import far

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.model.search_rings import Rings
    from dashboard.missing.search import Draw, SearchArea

SIZE = 400
"""Width and height of the sketch, in its own units."""
CENTRE = SIZE / 2
REACH = 160.0
"""Units from the centre to the outermost ring."""
BEYOND = 176.0
"""Where a place stands that lies farther away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Circle:
    """A ring."""

    #: In units of the sketch.
    radius: float
    number: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A place."""

    letter: str
    x: float
    y: float
    #: It lies beyond the sketch, in this direction.
    beyond: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketch:
    """Ready to be drawn."""

    circles: tuple[Circle, ...]
    marks: tuple[Mark, ...]
    #: Terrain whose distances are drawn.
    terrain: Terrain


def sketch(area: SearchArea, places: Sequence[Draw], terrain: Terrain = Terrain.URBAN) -> Sketch:
    """Lay out the rings of one terrain and the places that are on the map."""
    found = dict(area.by_terrain)[terrain]
    radii = _radii(found)
    scale = REACH / radii[-1][0]
    return Sketch(
        circles=tuple(
            Circle(radius=round(metres * scale, 1), number=number, text=text)
            for number, (metres, text) in enumerate(radii, 1)
        ),
        marks=tuple(_marks(places, scale)),
        terrain=terrain,
    )


def letters(places: Sequence[Draw]) -> dict[int, str]:
    """Return the letter of each place that is on the sketch, by its number in the list."""
    shown = [number for number, place in enumerate(places) if place.distance_m is not None]
    return dict(zip(shown, ascii_uppercase, strict=False))


def _radii(found: Rings) -> list[tuple[float, str]]:
    """Return the rings worth drawing, from the inside: how far people were found, and a walk by now."""
    walk, most = found.nearly_all_m, found.nearly_all_found_m
    lines = [(found.half_found_m, "half were found within it")]
    if walk < most:
        lines.append((walk, "as far as a walk without a stop can have led by then"))
    else:
        lines.append((most, "95 of 100 were found within it"))
    return [(metres, f"{far(metres)}: {text}") for metres, text in sorted(lines)]


def _marks(places: Sequence[Draw], scale: float) -> list[Mark]:
    named = letters(places)
    found = []
    for number, place in enumerate(places):
        if number not in named or place.distance_m is None or place.bearing_deg is None:
            continue
        radius, turn = place.distance_m * scale, radians(place.bearing_deg)
        beyond = radius > REACH
        radius = BEYOND if beyond else radius
        found.append(
            Mark(
                letter=named[number],
                x=round(CENTRE + radius * sin(turn), 1),
                y=round(CENTRE - radius * cos(turn), 1),
                beyond=beyond,
            )
        )
    return found

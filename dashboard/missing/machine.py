"""A pack for a machine: JSON with the same words as the paper, and the numbers behind them. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from dashboard.missing.search import HABITS, SOURCE
from dashboard.missing.sheet import place_in_words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from core.model.missing import Pack
    from dashboard.missing.search import SearchArea
    from dashboard.missing.sheet import Line, Sheet

FORMAT = "wayhome.missing-person/1"


def as_json(pack: Pack, sheet: Sheet) -> bytes:
    """Return the pack as a JSON document."""
    traces = msgspec.to_builtins(pack.traces)
    if traces["position"] is not None:
        del traces["position"]["device_id"]
    return msgspec.json.format(
        msgspec.json.encode(
            {
                "format": FORMAT,
                "made_at": sheet.made_at,
                "made_by": sheet.made_by,
                "organisation": sheet.organisation,
                "zone": sheet.zone.key,
                "purpose": "missing person",
                "person": {"name": sheet.name, "age": sheet.age, "home": sheet.home},
                "first_page": _lines(sheet.first),
                "last_seen": _lines(sheet.seen),
                "sensors": traces,
                "profile": [
                    {"title": block.title, "lines": _lines(block.lines)} for block in sheet.blocks
                ],
                "not_known": list(sheet.absent),
                "search": _search(sheet.area),
                "places": [_place(one) for one in sheet.places],
            }
        ),
        indent=2,
    )


def _lines(lines: Iterable[Line]) -> list[dict[str, str]]:
    return [{"field": one.name, "label": one.label, "value": one.value} for one in lines]


def _search(area: SearchArea | None) -> dict[str, Any] | None:
    if area is None:
        return None
    return {
        "around": area.origin.kind,
        "at": area.origin.at,
        "point": area.origin.point,
        "within_m_68_percent": area.origin.radius_m,
        "rings": [
            {
                "terrain": terrain.value,
                "half_were_found_within_m": round(found.half_found_m),
                "95_of_100_were_found_within_m": round(found.nearly_all_found_m),
                "on_foot_by_then_at_most_m": round(found.nearly_all_m),
            }
            for terrain, found in area.by_terrain
        ],
        "source": SOURCE,
        "habits": HABITS,
    }


def _place(place: Any) -> dict[str, Any]:
    return {
        "label": place.label,
        "address": place.address,
        "point": place.point,
        "distance_m": None if place.distance_m is None else round(place.distance_m),
        "bearing_deg": None if place.bearing_deg is None else round(place.bearing_deg),
        "text": place_in_words(place),
    }

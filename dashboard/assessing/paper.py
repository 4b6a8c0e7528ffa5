"""The report as a tagged PDF (PDF/UA-1), set by Typst. All it says goes in as JSON, never as markup."""

from __future__ import annotations

import json
import logging
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import typst
from matplotlib.ft2font import FT2Font

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from dashboard.assessing.picturing import Picture

log = logging.getLogger("wayhome.dashboard")

TEMPLATE = Path(__file__).with_name("report.typ")
FONTS = ("DejaVu Sans", "Noto Sans", "Noto Sans CJK SC", "Noto Naskh Arabic", "Noto Sans Hebrew")
"""The first comes with matplotlib: Latin, Greek, Cyrillic, Arabic, Hebrew; others as the host has them."""
_UNKNOWN = "?"


def report(told: dict[str, Any], pictures: Sequence[Picture], made_at: datetime) -> bytes:
    """Return the report as PDF.

    Letters that no font has are written as a question mark, and the report says so: a PDF for everybody
    must not hold signs without a shape.

    Parameters
    ----------
    told
        ``figures`` (see `dashboard.assessing.figures`), ``version``, ``digest`` and who made it when.
    """
    drawn = [
        {
            "title": one.title,
            "reading": one.reading,
            "alt": one.alt,
            "svg": one.svg.decode(),
            "wide": one.wide,
        }
        for one in pictures
    ]
    whole = told | {"pictures": drawn, "fonts": list(_families()), "simplified": False}
    for letters in (lambda: None, _all_letters):
        try:
            return _compiled(_with(whole, letters()), made_at)
        except typst.TypstError:
            log.info("letters without a shape", extra={"action": "report_simplified"})
    return _compiled(_with(whole, _own_letters()), made_at)


def _compiled(whole: dict[str, Any], made_at: datetime) -> bytes:
    return typst.compile(
        TEMPLATE.read_bytes(),
        sys_inputs={"told": json.dumps(whole, ensure_ascii=False)},
        font_paths=_fonts(),
        pdf_standards=["ua-1"],
        timestamp=int(made_at.timestamp()),
        format="pdf",
    )


def _folder() -> Path:
    return Path(mpl.get_data_path(), "fonts", "ttf")


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(
        include_system_fonts=True, include_embedded_fonts=True, font_paths=[_folder()]
    )


@cache
def _families() -> tuple[str, ...]:
    there = {name.lower() for name in _fonts().families()}
    return tuple(name for name in FONTS if name.lower() in there)


@cache
def _own_letters() -> frozenset[int]:
    """Return what the font that is always there can write, in both weights."""
    return frozenset.intersection(
        *(
            frozenset(FT2Font(str(_folder() / name)).get_charmap())
            for name in ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf")
        )
    )


@cache
def _all_letters() -> frozenset[int]:
    """Return what our fonts can write together, as far as the host has them."""
    there = (
        frozenset(FT2Font(one.path, face_index=one.index).get_charmap())
        for one in _fonts().fonts()
        if one.family in FONTS[1:] and one.path
    )
    return _own_letters().union(*there)


def _with(whole: dict[str, Any], letters: frozenset[int] | None) -> dict[str, Any]:
    """Return what is to be set with those signs only; everything where letters is None."""
    if letters is None:
        return whole

    def printable(text: str) -> str:
        return "".join(
            sign if sign.isspace() or ord(sign) in letters else _UNKNOWN for sign in text
        )

    plain: dict[str, Any] = _changed(whole, printable)
    return plain | {"simplified": True}


def _changed(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {key: _changed(one, change) for key, one in value.items()}
    if isinstance(value, list):
        return [_changed(one, change) for one in value]
    return value

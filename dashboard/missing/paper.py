"""Paper: A4 with our letters, margins, foot line and rows of a question and its answer."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from fpdf import FPDF, ViewerPreferences
from fpdf.enums import MethodReturnValue, XPos, YPos

from dashboard.missing.fonts import printable

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from dashboard.missing.fonts import Typeface
    from dashboard.missing.sheet import Line

MARGIN_MM = 15.0
FOOT_MM = 20.0
WIDTH_MM = 210.0
INK, SOFT = (20, 24, 28), (75, 83, 92)
_LABEL_SHARE = 0.34
_GAP_MM = 1.6
_POINT_MM = 0.3528
_LEADING = 1.28
_LAST_LATIN = 255
"""The plain fonts of a PDF reader have the signs of ISO 8859-1."""


class Paper(FPDF):
    """An A4 document that says on each page who made it and when.

    Parameters
    ----------
    face
        Font of the host; None for the plain ones of every reader.
    foot
        First line at the foot of each page.
    """

    def __init__(self, face: Typeface | None, *, title: str, foot: str, made_at: datetime) -> None:
        super().__init__(format="A4")
        self._foot = foot
        self._family = "helvetica"
        if face is not None:
            self._family = "pack"
            self.add_font("pack", "", face.regular)
            self.add_font("pack", "B", face.bold)
        #: True once a letter had to be written in a simpler way.
        self.simplified = False
        self.set_margin(MARGIN_MM)
        self.set_auto_page_break(auto=True, margin=FOOT_MM)
        self.set_lang("en-GB")
        self.set_title(self.plain(title))
        self.set_creator("Wayhome")
        self.set_creation_date(made_at)
        self.viewer_preferences = ViewerPreferences(display_doc_title=True)
        self.pen(11)

    def pen(self, size: float, *, bold: bool = False, soft: bool = False) -> None:
        """Choose size in points, weight and tone of what is written next."""
        self.set_font(self._family, "B" if bold else "", size)
        self.set_text_color(*(SOFT if soft else INK))

    def plain(self, text: str) -> str:
        """Return text with the signs that the font has."""
        cmap = getattr(self.fonts.get(self._family), "cmap", None)
        seen, simplified = printable(
            text, lambda sign: ord(sign) in cmap if cmap else ord(sign) <= _LAST_LATIN
        )
        self.simplified = self.simplified or simplified
        return seen

    def say(self, text: str, width: float = 0.0, *, after: float = _GAP_MM) -> None:
        """Write a paragraph from the left margin."""
        self.set_x(self.l_margin)
        self.multi_cell(
            width or self.epw,
            self._line_mm(),
            self.plain(text),
            align="L",
            new_x=XPos.LMARGIN,
            new_y=YPos.NEXT,
        )
        self.ln(after)

    def title_line(self, text: str, level: int = 0) -> None:
        """Begin a part; it stands in the outline too."""
        if self.will_page_break(30):
            self.add_page()
        self.ln(2)
        self.start_section(self.plain(text), level=level)
        self.pen(14, bold=True)
        self.say(text, after=1)
        self.pen(11)

    def rows(self, lines: Iterable[Line], width: float = 0.0, *, size: float = 11) -> None:
        """Write questions with their answers, side by side."""
        for line in lines:
            self.row(line.label, line.value, width or self.epw, size)

    def row(self, label: str, value: str, width: float, size: float) -> None:
        """Write one question and its answer; a row stays on one page where it can."""
        wide = width * _LABEL_SHARE
        label, value = self.plain(label), self.plain(value)
        height = max(
            self._height(label, wide - _GAP_MM, size, bold=True),
            self._height(value, width - wide, size, bold=False),
        )
        if self.will_page_break(height) and height < self.eph:
            self.add_page()
        top, page = self.get_y(), self.page
        self.pen(size, bold=True)
        self._cell(label, wide - _GAP_MM, self.l_margin)
        below = self.get_y()
        self.set_y(top)
        self.pen(size)
        self._cell(value, width - wide, self.l_margin + wide)
        if self.page == page:
            self.set_y(max(below, self.get_y()))
        self.ln(_GAP_MM)

    def footer(self) -> None:
        """Write who made it, when, and which page this is."""
        self.set_y(-FOOT_MM + 4)
        self.pen(8.5, soft=True)
        self.cell(self.epw - 30, 4.5, self.plain(self._foot))
        self.cell(30, 4.5, f"Page {self.page_no()} of {{nb}}", align="R", new_x=XPos.LMARGIN)
        self.ln(4.5)
        self.cell(
            self.epw, 4.5, "Personal. Only for finding this person. Destroy it when it is over."
        )

    def finished(self) -> bytes:
        """Return the document."""
        page = io.BytesIO()
        self.output(page)
        return page.getvalue()

    def _cell(self, text: str, width: float, x: float) -> None:
        self.set_x(x)
        self.multi_cell(
            width, self._line_mm(), text, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT
        )

    def _height(self, text: str, width: float, size: float, *, bold: bool) -> float:
        self.pen(size, bold=bold)
        height = self.multi_cell(
            width,
            self._line_mm(),
            text,
            align="L",
            dry_run=True,
            output=MethodReturnValue.HEIGHT,
        )
        return float(height) if isinstance(height, int | float) else 0.0

    def _line_mm(self) -> float:
        return self.font_size_pt * _POINT_MM * _LEADING

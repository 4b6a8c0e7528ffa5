"""A pack on paper: the first page is for the officer at the door, the rest for those who search."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from dashboard.missing.compass import far
from dashboard.missing.fonts import typeface
from dashboard.missing.paper import INK, SOFT, Paper
from dashboard.missing.search import HABITS, SOURCE
from dashboard.missing.sheet import origin_in_words, place_in_words, stamp
from dashboard.missing.sketch import CENTRE, SIZE, letters

if TYPE_CHECKING:
    from dashboard.missing.fonts import Typeface
    from dashboard.missing.sheet import Sheet
    from dashboard.missing.sketch import Sketch

PHOTO_MM = (62.0, 78.0)
SKETCH_MM = 105.0
ALARM = (150, 14, 14)
_DIAGONAL = 0.7071
"""Numbers of rings stand to the south-east, where no letter of the compass is."""
_ON_TOP = frozenset({"full_name", "known_as", "born"})


def as_pdf(sheet: Sheet, photo: tuple[bytes, int, int] | None, face: Typeface | None) -> bytes:
    """Return the pack as a PDF document.

    Parameters
    ----------
    photo
        A JPEG with its width and height in pixels.
    face
        Font of the host, see `dashboard.missing.fonts.typeface`.
    """
    paper = Paper(
        face,
        title=f"Missing person: {sheet.name}",
        foot=f"Made by {sheet.made_by}, {sheet.organisation}, {stamp(sheet.made_at, sheet.zone)}",
        made_at=sheet.made_at,
    )
    paper.add_page()
    _front(paper, sheet, photo)
    if not sheet.first:
        _absent(paper, sheet)
    _profile(paper, sheet)
    _search(paper, sheet)
    if sheet.first:
        _absent(paper, sheet)
    if paper.simplified:
        paper.pen(10, soft=True)
        paper.say(
            "Some letters are written in a simpler way here: this computer has no font for them."
        )
    return paper.finished()


def host_face() -> Typeface | None:
    """Return the font of this host; None where it has none that we know."""
    return typeface()


def _front(paper: Paper, sheet: Sheet, photo: tuple[bytes, int, int] | None) -> None:
    paper.start_section("At a glance")
    paper.set_fill_color(*ALARM)
    paper.set_text_color(255, 255, 255)
    paper.set_font(paper.font_family, "B", 16)
    paper.cell(paper.epw, 11, "  MISSING PERSON with dementia", fill=True)
    paper.ln(14)
    top = paper.get_y()
    bottom, narrow = _photo(paper, sheet, photo, top)
    paper.set_xy(paper.l_margin, top)
    paper.pen(28, bold=True)
    paper.say(sheet.name, narrow, after=1)
    paper.pen(16, bold=True)
    for text in _under_the_name(sheet):
        paper.say(text, narrow, after=0.5)
    paper.ln(2)
    rest = [line for line in sheet.first if line.name not in _ON_TOP]
    while rest and paper.page == 1 and paper.get_y() < bottom - 4:
        line = rest.pop(0)
        paper.row(line.label, line.value, narrow, 12.5)
    if paper.page == 1:
        paper.set_y(max(paper.get_y(), bottom))
    paper.title_line("Last seen")
    paper.rows(sheet.seen, size=12)
    if rest:
        paper.title_line("Also to know at once")
        paper.rows(rest, size=12)


def _under_the_name(sheet: Sheet) -> list[str]:
    known = {line.name: line.value for line in sheet.first}
    age = "Age not known" if sheet.age is None else f"{sheet.age} years old"
    born = f", born {known['born']}" if "born" in known else ""
    answers_to = [f"Answers to: {known['known_as']}"] if "known_as" in known else []
    return [f"{age}{born}", *answers_to]


def _photo(
    paper: Paper, sheet: Sheet, photo: tuple[bytes, int, int] | None, top: float
) -> tuple[float, float]:
    """Put the photo to the right; return where it ends, and how wide the text beside it may be."""
    wide, high = PHOTO_MM
    left = paper.w - paper.r_margin - wide
    if photo is None:
        paper.set_draw_color(*SOFT)
        paper.rect(left, top, wide, high / 2)
        paper.set_xy(left, top + high / 4 - 5)
        paper.pen(12, soft=True)
        paper.multi_cell(wide, 5, "No photo.\nAsk the family for one.", align="C")
        return top + high / 2 + 3, paper.epw - wide - 5
    content, width, height = photo
    scale = min(wide / width, high / height)
    wide = width * scale
    paper.image(
        io.BytesIO(content),
        x=paper.w - paper.r_margin - wide,
        y=top,
        w=wide,
        h=height * scale,
        alt_text=paper.plain(f"Photo of {sheet.name}"),
    )
    return top + height * scale + 3, paper.epw - wide - 5


def _profile(paper: Paper, sheet: Sheet) -> None:
    if sheet.blocks and paper.page == 1:
        paper.add_page()
    for block in sheet.blocks:
        paper.title_line(block.title)
        paper.rows(block.lines)


def _search(paper: Paper, sheet: Sheet) -> None:
    if paper.page == 1:
        paper.add_page()
    paper.title_line("Where to look")
    if sheet.area is None or sheet.sketch is None:
        paper.say("No sensor saw anything in the last 30 days, so there is no last known place.")
    else:
        paper.say(origin_in_words(sheet.area, sheet.zone) + ".")
        _drawing(paper, sheet.sketch)
        for circle in sheet.sketch.circles:
            paper.say(f"Ring {circle.number}: {circle.text}", after=0)
        farther = any(mark.beyond for mark in sheet.sketch.marks)
        paper.say(
            f"Drawn for {sheet.sketch.terrain.value} ground, to scale. North is up."
            + (
                " A square outside the rings lies farther away, in that direction."
                if farther
                else ""
            )
        )
        _terrains(paper, sheet)
    _places(paper, sheet)
    paper.title_line("What is known of people who were lost")
    paper.say(SOURCE)
    paper.say(HABITS)


def _drawing(paper: Paper, sketch: Sketch) -> None:
    """Draw rings, compass and places; the lines below say the same in words."""
    if paper.will_page_break(SKETCH_MM):
        paper.add_page()
    top, scale = paper.get_y(), SKETCH_MM / SIZE
    left = (paper.w - SKETCH_MM) / 2
    middle_x, middle_y = left + CENTRE * scale, top + CENTRE * scale
    paper.set_draw_color(*SOFT)
    for circle in sketch.circles:
        paper.circle(middle_x, middle_y, circle.radius * scale)
        paper.pen(9, bold=True)
        aside = circle.radius * scale * _DIAGONAL + 1
        paper.text(middle_x + aside, middle_y + aside + 2.5, str(circle.number))
    paper.line(middle_x, top + 5, middle_x, top + SKETCH_MM - 5)
    paper.line(left + 5, middle_y, left + SKETCH_MM - 5, middle_y)
    paper.pen(11, bold=True)
    for sign, x, y in (
        ("N", middle_x - 1.3, top + 4),
        ("S", middle_x - 1.3, top + SKETCH_MM),
        ("W", left, middle_y + 1.5),
        ("E", left + SKETCH_MM - 4, middle_y + 1.5),
    ):
        paper.text(x, y, sign)
    paper.set_fill_color(*INK)
    paper.circle(middle_x, middle_y, 1.4, style="F")
    for mark in sketch.marks:
        x, y = left + mark.x * scale, top + mark.y * scale
        paper.rect(x - 1.2, y - 1.2, 2.4, 2.4, style="F")
        paper.text(x + 2, y + 1.4, mark.letter)
    paper.set_fill_color(255, 255, 255)
    paper.set_y(top + SKETCH_MM + 3)
    paper.pen(11)


def _terrains(paper: Paper, sheet: Sheet) -> None:
    if sheet.area is None:
        return
    paper.title_line("Distances by terrain", level=1)
    paper.set_draw_color(*SOFT)
    with paper.table(
        borders_layout="HORIZONTAL_LINES", line_height=6, text_align="LEFT", col_widths=(2, 3, 3, 3)
    ) as table:
        heads = table.row()
        for head in ("Terrain", "Half found within", "95 of 100 within", "On foot by then"):
            heads.cell(head)
        for terrain, found in sheet.area.by_terrain:
            row = table.row()
            row.cell(terrain.value.capitalize())
            for metres in (found.half_found_m, found.nearly_all_found_m, found.nearly_all_m):
                row.cell(far(metres))
    paper.ln(3)


def _places(paper: Paper, sheet: Sheet) -> None:
    if not sheet.places:
        return
    paper.title_line("Places that may draw them")
    named = letters(sheet.places)
    for number, place in enumerate(sheet.places):
        letter = f"{named[number]}: " if number in named else ""
        where = place_in_words(place)
        text = ". ".join(one for one in (place.address, where[0].upper() + where[1:]) if one)
        paper.row(f"{letter}{place.label}", text, paper.epw, 11)


def _absent(paper: Paper, sheet: Sheet) -> None:
    if sheet.absent:
        paper.title_line("What nobody has said yet")
        for text in sheet.absent:
            paper.say(f"• {text}")

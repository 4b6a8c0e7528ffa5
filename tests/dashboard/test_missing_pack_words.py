"""What a pack says, on paper and to a machine."""

from __future__ import annotations

import io
from pathlib import Path

import matplotlib as mpl
import msgspec
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from core.model.missing import Traces
from dashboard.missing import fonts
from dashboard.missing.changes import changes
from dashboard.missing.machine import as_json
from dashboard.missing.pdf import as_pdf, host_face
from dashboard.missing.sheet import sheet
from tests.dashboard.missing_words import ANSWERS, FORM, a_pack, a_photo, about


def pdf_of(face: fonts.Typeface | None = None, **pack: object) -> PdfReader:
    made = a_pack(**pack)  # type: ignore[arg-type]
    picture = (a_photo(), 900, 1200)
    return PdfReader(
        io.BytesIO(as_pdf(sheet(made, about({"clothing": "Blue coat"})), picture, face))
    )


def words_of(reader: PdfReader) -> str:
    return " ".join(" ".join(page.extract_text() for page in reader.pages).split())


def test_the_first_page_is_for_the_officer_at_the_door() -> None:
    reader = pdf_of(host_face())
    first = " ".join(reader.pages[0].extract_text().split())
    for text in (
        "MISSING PERSON", "Byrne", "81 years old", "Answers to: Addie", "White, short, curly",
        "Blue coat", "53.80712, -1.54981", "most likely within 15 m", "battery 37%",
        "Made by Ben Carter, Leeds, 03:20 on 15 January 2026", "Page 1 of",
    ):  # fmt: skip
        assert text in first, text
    assert len(reader.pages[0].images) == 1


def test_the_pdf_can_be_read_aloud_and_found_through() -> None:
    reader = pdf_of(host_face())
    assert str(reader.root_object["/Lang"]) == "en-GB"
    assert reader.metadata is not None
    assert reader.metadata.title is not None
    assert reader.metadata.title.startswith("Missing person: Ada")
    titles = [one.title for one in reader.outline if not isinstance(one, list)]
    assert titles[0] == "At a glance"
    assert "Where to look" in titles
    words = words_of(reader)
    for number in range(1, len(reader.pages) + 1):
        assert f"Page {number} of {len(reader.pages)}" in words
    for text in ("Ring 1", "14 Kirkgate, Otley", "north-west", "1.1 km (0.7 miles)", "Koester"):
        assert text in words, text


def test_an_empty_profile_makes_a_pack_too_and_says_what_is_missing() -> None:
    reader = pdf_of(host_face(), answers={}, traces=Traces())
    words = words_of(reader)
    for text in (
        "Nobody has filled in a profile", "Age not known", "No tracker gave a position",
        "there is no last known place", "Ask the family now", "Ada",
    ):  # fmt: skip
        assert text in words, text


def test_without_a_font_of_the_host_letters_are_simplified_and_it_says_so() -> None:
    reader = pdf_of(None)
    words = words_of(reader)
    assert "Ada Walesa-Byrne" in words
    assert "Alzheimer's, diabetes" in words
    assert "Some letters are written in a simpler way" in words


def test_a_font_of_the_host_keeps_the_letters(tmp_path: Path) -> None:
    assert fonts.typeface([tmp_path]) is None
    face = fonts.typeface([Path(mpl.get_data_path(), "fonts", "ttf")])
    assert face is not None, "matplotlib brings DejaVu, one of the fonts that we know"
    words = words_of(pdf_of(face))
    assert "Wałęsa" in words
    assert "simpler way" not in words


@given(st.text())
def test_any_text_can_be_printed(text: str) -> None:
    printed, _ = fonts.printable(text, lambda sign: ord(sign) < 256)
    assert all(ord(sign) < 256 or sign.isspace() for sign in printed)


def test_a_long_profile_loses_nothing_over_the_pages() -> None:
    long = {name: f"{name} " + "word " * 180 for field in FORM.fields() for name in [field.name]}
    long |= {"born": "1944-03-03"}
    reader = pdf_of(host_face(), answers=long)
    words = words_of(reader)
    for field in FORM.fields():
        if field.name not in {"born", "full_name", "known_as"}:
            assert f"{field.name} word" in words, field.name
    assert len(reader.pages) > 6


def test_the_machine_gets_the_numbers_and_no_ids_of_ours() -> None:
    made = a_pack()
    read = msgspec.json.decode(as_json(made, sheet(made, about({"clothing": "Blue coat"}))))
    assert read["format"] == "wayhome.missing-person/1"
    assert read["person"] == {"name": "Ada Wałęsa-Byrne", "age": 81, "home": "3 Mill Lane"}
    assert read["sensors"]["position"]["accuracy_m"] == 15.0
    assert "device_id" not in read["sensors"]["position"]
    urban = read["search"]["rings"][0]
    assert urban["half_were_found_within_m"] == 1127
    assert read["places"][0]["label"] == "Address now"
    assert {"field": "clothing", "label": "What are they wearing?", "value": "Blue coat"} in read[
        "last_seen"
    ]


def test_what_an_older_form_asked_is_kept() -> None:
    made = a_pack(answers=ANSWERS | {"shoe_size": "5"})
    blocks = sheet(made, about()).blocks
    assert blocks[-1].title == "Written down on an earlier form"
    assert [(line.label, line.value) for line in blocks[-1].lines] == [("Shoe size", "5")]
    assert changes(FORM, {"hair": "grey"}, {"hair": "white", "shoe_size": "5"}) == [
        ("Hair", "grey", "white"),
        ("Shoe size", "", "5"),
    ]

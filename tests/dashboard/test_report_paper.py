"""The paper of a report: what people write is text and never markup, in any script; it is always PDF/UA-1."""

from __future__ import annotations

import io
import re
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from core.model.assessment import Assessment, AssessmentId, AssessmentStep, NamedAs
from core.model.ids import HomeId, ResidentId
from dashboard.assessing.figures import Heard, Material, digest, figures
from dashboard.assessing.paper import report
from dashboard.assessing.progress import progress

NOW = datetime(2026, 3, 1, tzinfo=UTC)
MARKUP = (
    "#import", "#panic()", "$", "$x^2$", "*", "_a_", "`raw`", "```", "#{1+1}", "\\", "\\u{41}", "<label>",
    "@ref", "= Title", "- list", "+ list", "/ term: x", "//", "/* x", "#", "[", "]", "#[x]", "~", "---", '"',
    "'", "https://x.org", "&amp;", "<b>", "%PDF", "(", ")>>", "{{ x }}",
)  # fmt: skip
NAMES = (
    "Ada Wałęsa-Byrne", "Ægir Þórðarson", "Đặng Thị Hồng", "Ñuñez", "Żółć", "Șerban", "Čeněk", "Gwŷr",
    "Ελένη Παπαδοπούλου", "Ольга Щукіна", "Բագրատ", "მარიამ", "شیرین یوسفی", "שרה לוי",
)  # fmt: skip
BEYOND = (
    "李小龙",
    "김민수",
    "さくら",
    "प्रिया",
    "กมล",
    "ਸਿੰਘ",
    "👩‍🦳",
    "🙂",
    "\U000e0041",
    "\ufffe",
    "\u200d",
)


def material(question: str, name: str, notes: tuple[str, ...], named_as: NamedAs) -> Material:
    one = Assessment(
        assessment_id=AssessmentId(1),
        resident_id=ResidentId(1),
        home_id=HomeId("a"),
        question=question,
        asked_by=question,
        named_as=named_as,
        reference=name,
        first_day=date(2026, 2, 1),
        planned_day=date(2026, 2, 28),
        author=name,
        at=NOW,
        steps=(
            AssessmentStep(
                ends=True, last_day=date(2026, 2, 20), reason=question, author=name, at=NOW
            ),
        ),
    )
    return Material(
        assessment=one,
        name=name,
        organisation=name,
        zone=ZoneInfo("Europe/London"),
        today=NOW.date(),
        progress=progress(one, None),
        found=None,
        kit=(),
        alerts=tuple(Heard(began=text, what=text, severity=text, became=text) for text in notes),
        changes=(),
    )


def paper(question: str, name: str, notes: tuple[str, ...]) -> PdfReader:
    told = figures(material(question, name, notes, NamedAs.NAME))
    whole: dict[str, Any] = {
        "figures": told,
        "digest": digest(told),
        "version": 1,
        "version_at": name,
        "made_by": name,
        "made_at": name,
    }
    found = PdfReader(io.BytesIO(report(whole, (), NOW)))
    root: Any = found.root_object
    assert root["/MarkInfo"]["/Marked"]
    assert "pdfuaid" in str(root["/Metadata"].get_data())
    return found


def text_of(found: PdfReader) -> str:
    return re.sub(r"\s+", "", "".join(page.extract_text() for page in found.pages))


def test_markup_is_set_as_it_was_written() -> None:
    found = paper("Is #strike[she] *safe* at $5?", '#import "x"', MARKUP)
    text = text_of(found)
    assert "Is#strike[she]*safe*at$5?" in text
    for one in MARKUP:
        assert re.sub(r"\s+", "", one) in text, one
    assert found.metadata is not None
    assert found.metadata.title == 'Report of an assessment: #import "x"'


@pytest.mark.parametrize("names", [NAMES, NAMES + BEYOND], ids=["in our font", "beyond it"])
def test_names_of_many_languages_have_letters(names: tuple[str, ...]) -> None:
    text = text_of(paper("Who?", NAMES[0], names))
    for name in NAMES:
        assert {sign for sign in name if not sign.isspace()} <= set(text), name
    assert ("could" in text) == (names is not NAMES)
    assert "�" not in text


WRITTEN = st.text(
    st.one_of(
        st.sampled_from("#$*_`\\<>@=-+/[]{}()~\"'&%"),
        st.characters(exclude_categories=["Cs", "Cc"]),
    ),
    min_size=1,
    max_size=40,
).filter(lambda one: bool(one.strip()))


@settings(
    max_examples=8, deadline=None, derandomize=True, database=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
@given(question=WRITTEN, name=WRITTEN, notes=st.lists(WRITTEN, min_size=20, max_size=40))
def test_nothing_that_people_write_breaks_the_paper(
    question: str, name: str, notes: list[str]
) -> None:
    assert paper(question, name, tuple(notes)).pages

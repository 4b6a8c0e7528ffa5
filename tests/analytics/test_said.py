"""What detectors say stands in their source as it can be translated, and is what their texts are made of."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics import detectors
from analytics.plain_words import templates as texts
from core.model.said import Said, facts, figure, percent, said, say, say_each
from tests.analytics.conftest import collected

FOLDER = Path(detectors.__file__).parent
SPOKEN = (
    "device_faults",
    "ruled_out",
    "wording",
    "outdoors",
    "fixes",
    "day_channels",
    "turned_away",
)
FILES = (
    *sorted(FOLDER.glob("[a-z]*.py")),
    *(FOLDER.parent / "features" / f"{one}.py" for one in SPOKEN),
)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_each_text_of_a_detector_is_collected_for_translation(file: Path) -> None:
    several = {text for text in texts(file.read_text(encoding="utf-8")) if "%(n)s" in text}
    found = set(texts(file.read_text(encoding="utf-8"))) - several
    assert found <= collected()


PLACES = st.text(alphabet=st.characters(exclude_characters="\x00", codec="utf-8"), max_size=20)
NUMBERS = st.integers(-(10**9), 10**9)
FLOATS = st.floats(-1e6, 1e6)


def _each(n: int, one: Any) -> Said:
    return say_each("%(n)s of %(one)s", "%(n)s of all %(one)s", n, one=one)


VALUES = st.recursive(
    st.one_of(PLACES, NUMBERS, FLOATS.map(percent), FLOATS.map(lambda one: figure(one, 2))),
    lambda value: st.one_of(
        st.builds(lambda one: say("in %(one)s, 100%%", one=one), value),
        st.builds(_each, NUMBERS, value),
    ),
    max_leaves=6,
)


@given(VALUES)
def test_what_is_said_is_the_same_after_it_was_kept(value: Any) -> None:
    text = say("%(value)s was said", value=value)
    assert text == f"{value} was said"
    again = said(str(text), facts(text))
    assert isinstance(again, Said)
    assert facts(again) == facts(text)
    assert facts(pickle.loads(pickle.dumps(text))) == facts(text)  # noqa: S301 (our own)


KEYS = st.sampled_from(["say", "several", "n", "with", "figure", "percent", "x"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda part: st.lists(part) | st.dictionaries(KEYS, part),
    max_leaves=8,
)


@given(JSON)
def test_facts_that_say_another_thing_are_left_alone(known: Any) -> None:
    text = said("Not up yet", known)
    assert type(text) is str
    assert text == "Not up yet"

"""What templates of the missing-person pages say in words: one place to name it."""

from __future__ import annotations

from dashboard.missing.compass import far
from dashboard.missing.search import HABITS as habits  # noqa: N811 (templates read it as a word)
from dashboard.missing.search import SOURCE as source  # noqa: N811
from dashboard.missing.sheet import origin_in_words, place_in_words, stamp
from dashboard.missing.sketch import letters

__all__ = ["far", "habits", "letters", "origin_in_words", "place_in_words", "source", "stamp"]

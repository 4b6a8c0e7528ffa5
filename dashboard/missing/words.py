"""What templates of the missing-person pages say in words: one place to name it."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from dashboard.language import ENGLISH, speaking
from dashboard.missing.compass import far
from dashboard.missing.search import HABITS as habits  # noqa: N811 (templates read it as a word)
from dashboard.missing.search import SOURCE as source  # noqa: N811
from dashboard.missing.sheet import origin_in_words as _origin_in_words
from dashboard.missing.sheet import place_in_words
from dashboard.missing.sheet import stamp as _stamp
from dashboard.missing.sketch import letters

if TYPE_CHECKING:
    from collections.abc import Callable

_Given = ParamSpec("_Given")
_Said = TypeVar("_Said")


def as_on_paper(words: Callable[_Given, _Said]) -> Callable[_Given, _Said]:
    """Say what the police get in the language of their form, whoever opens it (docs/decisions/0260)."""

    @wraps(words)
    def said(*given: _Given.args, **named: _Given.kwargs) -> _Said:
        with speaking(ENGLISH):
            return words(*given, **named)

    return said


origin_in_words = as_on_paper(_origin_in_words)
stamp = as_on_paper(_stamp)

__all__ = ["far", "habits", "letters", "origin_in_words", "place_in_words", "source", "stamp"]

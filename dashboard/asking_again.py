"""A form that chose what is not on offer, or left out what it is for, is asked again (docs/decisions/0241).

It may be older than a change that somebody else made, or be tampered with: either way the answer names the
field and what can be chosen, and keeps what was typed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from fastapi import HTTPException
from starlette.routing import Match

from dashboard.language import _

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from core.model.errors import Malformed

_Word = TypeVar("_Word", bound=str)


class AskAgain(HTTPException):
    """One field of a form does not fit.

    Attributes
    ----------
    field
        Its name in the form.
    label
        What it is called on the page, to be translated.
    choices
        What can be chosen, in the language in use, by the value that is sent; empty where text is expected.
    """

    def __init__(self, field: str, label: str, choices: Mapping[str, str] | None = None) -> None:
        super().__init__(400)
        self.field = field
        self.label = label
        self.choices = dict(choices or {})

    @property
    def words(self) -> str:
        """The field and what was expected of it, as a sentence."""
        if not self.choices:
            return _("%(field)s: please write something.") % {"field": _(self.label)}
        expected = ", ".join(self.choices.values())
        return _("%(field)s: please choose one of these: %(choices)s.") % {
            "field": _(self.label),
            "choices": expected,
        }


def said_wrong(error: Malformed) -> str:
    """Return which field was wrong and what was expected, in the language in use.

    Examples
    --------
    >>> from core.model.errors import Malformed
    >>> said_wrong(Malformed("name", "1 to %(n)s characters", n=60))
    'name: expected 1 to 60 characters'
    """
    expected = _(error.words) % error.values if error.values else _(error.words)
    return _("%(field)s: expected %(expected)s") % {"field": _(error.field), "expected": expected}


def chosen(words: Mapping[_Word, str], given: str, field: str, label: str) -> _Word:
    """Return the word that was chosen.

    Parameters
    ----------
    words
        What can be chosen, with how it is called, to be translated.

    Raises
    ------
    AskAgain
        If it is none of them.

    Examples
    --------
    >>> chosen({"tea": "Tea", "milk": "Milk"}, "tea", "drink", "Drink")
    'tea'
    >>> try:
    ...     chosen({"tea": "Tea", "milk": "Milk"}, "gin", "drink", "Drink")
    ... except AskAgain as error:
    ...     print(error.words)
    Drink: please choose one of these: Tea, Milk.
    """
    for word in words:
        if word == given:
            return word
    raise AskAgain(field, label, {str(word): _(text) for word, text in words.items()})


def came_from(request: Request) -> str:
    """Return the page on which a form stood: the nearest above its address. Browsers do not say it here."""
    path = request.url.path
    while path and not _is_page(request, path):
        path = path.rpartition("/")[0]
    return path or "/"


def _is_page(request: Request, path: str) -> bool:
    scope = {**request.scope, "path": path, "method": "GET"}
    return any(route.matches(scope)[0] is Match.FULL for route in request.app.router.routes)

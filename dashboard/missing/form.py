"""The contract of a form: what a police force asks of somebody who may go missing, as one table.

Forces differ: a file in ``dashboard/missing/forms`` that offers ``FORM`` is a further form, and the setting
``herbert_form`` chooses it. What was answered stays when the form changes; what the new form does not ask is
kept and shown at the end.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, cast

from core.model import plugins
from core.model.errors import Misconfigured, PluginBroken
from dashboard.missing import forms

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

POINT = "_point"
"""Ending of the second answer to a `Kind.PLACE`: where it is on the map."""
LONGEST = {"line": 200, "text": 1500}


class Kind(StrEnum):
    """How a question is answered."""

    LINE = "line"
    TEXT = "text"
    DATE = "date"
    PLACE = "place"
    """An address, and where it is on the map if somebody knows: latitude, longitude."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One question."""

    name: str
    #: In plain words.
    label: str
    hint: str = ""
    kind: Kind = Kind.LINE
    #: True for what an officer at the door must know: it stands on the first page.
    first: bool = False

    @property
    def longest(self) -> int:
        """Characters of an answer at most."""
        return LONGEST["text" if self.kind is Kind.TEXT else "line"]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the answers."""
        return (self.name, self.name + POINT) if self.kind is Kind.PLACE else (self.name,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Questions that are answered and saved together."""

    name: str
    title: str
    fields: tuple[Field, ...]
    #: What to say before the questions; empty for nothing.
    note: str = ""
    #: Days after which somebody should look through it again; None for those of the whole form.
    stale_days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileForm:
    """All that is asked before, and what is asked at the time."""

    title: str
    #: Where the questions come from.
    source: str
    sections: tuple[Section, ...]
    #: What only people know when somebody is missing.
    at_the_time: tuple[Field, ...]

    def fields(self) -> Iterator[Field]:
        """Yield the questions that are asked before."""
        for section in self.sections:
            yield from section.fields

    def section(self, name: str) -> Section | None:
        """Return the section of this name."""
        return next((one for one in self.sections if one.name == name), None)

    def after(self, name: str) -> Section | None:
        """Return the section that comes after this one."""
        names = [one.name for one in self.sections]
        place = names.index(name) + 1
        return self.sections[place] if place < len(names) else None

    def places(self, answers: Mapping[str, str]) -> Iterator[tuple[Field, str, str]]:
        """Yield the places that were named: the question, the address, and the point on the map."""
        for field in self.fields():
            if field.kind is Kind.PLACE:
                address, point = (answers.get(name, "") for name in field.names)
                if address or point:
                    yield field, address, point


@cache
def discover() -> Mapping[str, ProfileForm]:
    """Return all forms by the name of their file.

    Raises
    ------
    PluginBroken
        Naming the file, if one does not load or asks two things by one name.
    """
    found = cast("dict[str, ProfileForm]", plugins.discover(forms, "FORM"))
    for module, form in found.items():
        file = f"dashboard/missing/forms/{module}.py"
        if not isinstance(form, ProfileForm):
            raise PluginBroken(f"{file}: FORM must be a dashboard.missing.form.ProfileForm")
        names = [name for field in form.fields() for name in field.names]
        names += [name for field in form.at_the_time for name in field.names]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise PluginBroken(f"{file}: {twice[0]} is asked twice")
    return found


def chosen(name: str) -> ProfileForm:
    """Return the form of this name.

    Raises
    ------
    Misconfigured
        If there is none.
    """
    form = discover().get(name)
    if form is None:
        raise Misconfigured(f"herbert_form: expected {', '.join(sorted(discover()))}")
    return form

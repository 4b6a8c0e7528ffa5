"""What detection says, as facts: English that keeps its template and what stands in its places. Pure.

It is a text like any other wherever English is read. Who is told in another language gets the same template
translated, with the same values in the forms of that language (`core.runtime.saying`, docs/decisions/0283).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Figure(str):
    """A number as English writes it, which other languages write in their way."""

    __slots__ = ("percent",)

    percent: bool


class Said(str):
    """A sentence, or a part of one: English, and what it was made of.

    Made by `say` and `say_each`; joined to another text it is text alone, which nobody can translate.
    """

    __slots__ = ("number", "several", "template", "values")

    #: The English with ``%(name)s`` where a value stands; of a plural the form for one.
    template: str
    #: The form for several; empty where no number decides.
    several: str
    number: int
    #: What stands in the places: a part that is said (translated), a figure, a number, or a name as somebody
    #: wrote it, among them times of the clock.
    values: Mapping[str, str | int]


def say(template: str, /, **values: str | int) -> Said:
    """Say something that can be said in any language.

    Parameters
    ----------
    template
        The English, a literal: ``make translate`` collects it. ``%%`` is a percent sign.

    Examples
    --------
    >>> say("No movement since %(time)s (%(room)s)", time="09:33", room=say("kitchen"))
    'No movement since 09:33 (kitchen)'
    """
    return _made(template, "", 0, values)


def say_each(one: str, several: str, number: int, /, **values: str | int) -> Said:
    """Say something in the form that fits a number, which stands at ``%(n)s``.

    Examples
    --------
    >>> say_each("%(n)s sensor", "%(n)s sensors", 1), say_each("%(n)s sensor", "%(n)s sensors", 7)
    ('1 sensor', '7 sensors')
    """
    return _made(one, several, number, {"n": number, **values})


def figure(value: float, digits: int = 0) -> Figure:
    """Return a number with so many digits after the point.

    Examples
    --------
    >>> figure(2.345, 1), figure(640.2)
    ('2.3', '640')
    """
    return _figure(f"{value:.{digits}f}", percent=False)


def percent(value: float) -> Figure:
    """Return a share of a hundred, its sign included.

    Examples
    --------
    >>> percent(63.7)
    '64%'
    """
    return _figure(f"{value:.0f}%", percent=True)


def facts(text: str) -> dict[str, Any] | None:
    """Return what a text says as plain values; None for one that is text alone.

    Examples
    --------
    >>> facts(say("Dry again at %(time)s", time="09:33"))
    {'say': 'Dry again at %(time)s', 'with': {'time': '09:33'}}
    >>> facts("Dry again")
    """
    if not isinstance(text, Said):
        return None
    found: dict[str, Any] = {"say": text.template}
    if text.several:
        found |= {"several": text.several, "n": text.number}
    values = {
        key: _plain(value) for key, value in text.values.items() if key != "n" or not text.several
    }
    return found | ({"with": values} if values else {})


def templates(text: str) -> Iterator[str]:
    """Yield the templates of what is said, of its parts too; none of a text alone.

    Examples
    --------
    >>> list(templates(say("%(far)s of home", far=say("%(metres)s m", metres=50))))
    ['%(far)s of home', '%(metres)s m']
    """
    if isinstance(text, Said):
        yield text.template
        for value in text.values.values():
            if isinstance(value, str):
                yield from templates(value)


def said(text: str, known: object) -> str:
    """Return a text with what it says, as `facts` gave it; the text alone where that says another thing.

    So it is for what was written before there were facts, or by a program that does not know them.

    Examples
    --------
    >>> type(said("9 min", {"say": "%(n)s min", "with": {"n": 9}})).__name__
    'Said'
    >>> [type(said("9 min", known)).__name__ for known in (None, {"say": "%(n)s h"}, [1])]
    ['str', 'str', 'str']
    """
    if not isinstance(known, dict):
        return text
    try:
        found = _read(known)
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        return text
    return found if found == text else text


def _made(template: str, several: str, number: int, values: Mapping[str, str | int]) -> Said:
    english = several if several and number != 1 else template
    made = Said(english % values)
    made.template, made.several, made.number, made.values = template, several, number, values
    return made


def _figure(text: str, *, percent: bool) -> Figure:
    made = Figure(text)
    made.percent = percent
    return made


def _plain(value: str | int) -> Any:
    if isinstance(value, Said):
        return facts(value)
    if isinstance(value, Figure):
        return {"percent" if value.percent else "figure": str(value)}
    return value if isinstance(value, int) else str(value)


def _read(known: dict[str, Any]) -> Said:
    values = {key: _value(value) for key, value in known.get("with", {}).items()}
    if "several" in known:
        return say_each(known["say"], known["several"], int(known["n"]), **values)
    return say(known["say"], **values)


def _value(value: Any) -> str | int:
    if not isinstance(value, dict):
        if not isinstance(value, str | int):
            raise TypeError("no value of a sentence")
        return value
    for kind in ("figure", "percent"):
        if kind in value:
            return _figure(str(value[kind]), percent=kind == "percent")
    return _read(value)


WEEKDAYS = (
    *(say("Monday"), say("Tuesday"), say("Wednesday"), say("Thursday")),
    *(say("Friday"), say("Saturday"), say("Sunday")),
)
MONTHS = (
    *(say("January"), say("February"), say("March"), say("April"), say("May"), say("June")),
    *(say("July"), say("August"), say("September"), say("October"), say("November")),
    say("December"),
)

"""What a search asks for, read from its address. Pure: every parameter that is not understood is named."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from core.model.ids import HomeId, ResidentId
from core.store.date_search import PREFIXES, DateTest
from dashboard.fhir.outcome import Refused

if TYPE_CHECKING:
    from collections.abc import Callable

USUAL_COUNT, MOST = 50, 200
MOST_IDS = 50
DATE = re.compile(
    r"(?P<prefix>[a-z]{2})?(?P<year>\d{4})(-(?P<month>\d\d)(-(?P<day>\d\d)"
    r"(T(?P<hour>\d\d):(?P<minute>\d\d)(:(?P<second>\d\d)(?P<part>\.\d{1,6})?)?"
    r"(?P<zone>Z|[+ -]\d\d:\d\d)?)?)?)?"
)
LARGEST = 2**62
FIRST_YEAR, LAST_YEAR = 1900, 2200


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A search."""

    resident_id: ResidentId | None = None
    home_id: HomeId | None = None
    #: All homes that may be seen, where they are few; None where that is not known.
    homes: tuple[HomeId, ...] | None = None
    #: Ids of resources; None for all.
    ids: tuple[str, ...] | None = None
    dates: tuple[DateTest, ...] = ()
    updated: tuple[DateTest, ...] = ()
    recorded: tuple[DateTest, ...] = ()
    #: Codes wanted: each group must hold, by one of its (system, code); system None for any.
    codes: tuple[tuple[tuple[str | None, str], ...], ...] = ()
    categories: tuple[tuple[tuple[str | None, str], ...], ...] = ()
    statuses: tuple[str, ...] | None = None
    #: References to Flags.
    targets: tuple[str, ...] | None = None
    identifiers: tuple[tuple[str | None, str], ...] | None = None
    #: True when nothing can match: a reference leads to nobody.
    nothing: bool = False
    count: int = USUAL_COUNT
    cursor: str = ""
    #: Parameters that were understood, as they came.
    understood: tuple[tuple[str, str], ...] = ()
    #: Names of those that were not.
    ignored: tuple[str, ...] = ()

    def of(self, resident_id: ResidentId) -> Asked:
        """Return the search within what is about one resident."""
        if self.resident_id not in {None, resident_id}:
            return replace(self, nothing=True)
        return replace(self, resident_id=resident_id)


def asked(parameters: Iterable[tuple[str, str]], allowed: Sequence[str], *, strict: bool) -> Asked:
    """Read the parameters of a search.

    Parameters
    ----------
    allowed
        Names of the parameters that the type of resource has.
    strict
        Refuse what is not known, instead of leaving it out.

    Raises
    ------
    Refused
        Naming the parameter.
    """
    found, ignored = Asked(), []
    for name, value in parameters:
        if name == "_format" or not value:
            continue
        if name not in allowed and name not in _COMMON:
            _refuse_modifier(name, allowed)
            ignored.append(name)
            continue
        found = _READERS[name](found, name, value)
        if name != "_cursor":
            found = replace(found, understood=(*found.understood, (name, value)))
    if ignored and strict:
        raise Refused(
            400, f"Not understood: {', '.join(sorted(set(ignored)))}. Known: {_known(allowed)}.",
            "not-supported",
        )  # fmt: skip
    return replace(found, ignored=tuple(ignored))


def _known(allowed: Sequence[str]) -> str:
    return ", ".join((*allowed, "_count"))


def _refuse_modifier(name: str, allowed: Sequence[str]) -> None:
    base = re.split(r"[:.]", name)[0]
    if base != name and base in allowed:
        raise Refused(400, f"{base}: modifiers and chains are not supported.", "not-supported")


def date_test(text: str, name: str) -> DateTest:
    """Read a date with its prefix.

    Raises
    ------
    Refused
        If it is none.

    Examples
    --------
    >>> test = date_test("ge2026-01", "date")
    >>> test.prefix, f"{test.low:%d.%m.%Y}", f"{test.high:%d.%m.%Y}", test.local
    ('ge', '01.01.2026', '01.02.2026', True)
    >>> date_test("2026-01-15T03:20+01:00", "date").low.isoformat()
    '2026-01-15T02:20:00+00:00'
    """
    found = DATE.fullmatch(text)
    prefix = (found and found["prefix"]) or "eq"
    if found is None or prefix not in PREFIXES:
        raise Refused(
            400, f"{name}: expected a date such as ge2026-01-15 or 2026-01-15T03:20:00Z; prefixes are"
            f" {', '.join(sorted(PREFIXES))}.",
        )  # fmt: skip
    try:
        low, high = _span(found)
    except (ValueError, OverflowError):
        raise Refused(
            400, f"{name}: there is no such date from {FIRST_YEAR} to {LAST_YEAR}."
        ) from None
    return DateTest(prefix=prefix, low=low, high=high)


def _span(found: re.Match[str]) -> tuple[datetime, datetime]:
    month, day, hour = (int(found[part] or least) for part, least in
                        (("month", 1), ("day", 1), ("hour", 0)))  # fmt: skip
    part = round(float(found["part"] or 0) * 1e6)
    zone = (found["zone"] or "").replace(" ", "+").replace("Z", "+00:00")
    minute, second = int(found["minute"] or 0), int(found["second"] or 0)
    year = int(found["year"])
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(year)
    low = datetime(year, month, day, hour, minute, second, part)  # noqa: DTZ001
    if found["month"] is None:
        high = low.replace(year=low.year + 1)
    elif found["day"] is None:
        high = low.replace(year=low.year + month // 12, month=month % 12 + 1)
    else:
        high = low + _step(found)
    if not zone:
        return low, high
    offset = datetime.strptime(zone, "%z").tzinfo
    return low.replace(tzinfo=offset).astimezone(UTC), high.replace(tzinfo=offset).astimezone(UTC)


def _step(found: re.Match[str]) -> timedelta:
    if found["hour"] is None:
        return timedelta(days=1)
    if found["second"] is None:
        return timedelta(minutes=1)
    return timedelta(microseconds=1) if found["part"] else timedelta(seconds=1)


def tokens(text: str) -> tuple[tuple[str | None, str], ...]:
    """Read codes as FHIR writes them, as (system, code); system None for any.

    Examples
    --------
    >>> tokens("http://loinc.org|8867-4,up,|x")
    (('http://loinc.org', '8867-4'), (None, 'up'), ('', 'x'))
    """
    found: list[tuple[str | None, str]] = []
    for one in text.split(","):
        system, bar, code = one.partition("|")
        found.append((system, code) if bar else (None, one))
    return tuple(found)


def reference(text: str) -> tuple[str, str]:
    """Return type and id of a reference; an empty type where it names none.

    Examples
    --------
    >>> reference("12"), reference("https://x.example/fhir/Patient/12")
    (('', '12'), ('Patient', '12'))
    """
    parts = text.split("/")
    return (parts[-2] if len(parts) > 1 else "", parts[-1])


def _subject(found: Asked, name: str, value: str) -> Asked:
    if "," in value:
        raise Refused(400, f"{name}: one at a time, please.", "not-supported")
    kind, identifier = reference(value)
    if kind not in {"", "Patient"} or not (identifier.isascii() and identifier.isdigit()):
        return replace(found, nothing=True)
    number = int(identifier) if len(identifier) <= len(str(LARGEST)) else LARGEST + 1
    return replace(found, nothing=True) if number > LARGEST else found.of(ResidentId(number))


def _dated(field_name: str) -> Callable[[Asked, str, str], Asked]:
    def read(found: Asked, name: str, value: str) -> Asked:
        before: tuple[DateTest, ...] = getattr(found, field_name)
        changes: dict[str, object] = {field_name: (*before, date_test(value, name))}
        return replace(found, **changes)  # type: ignore[arg-type]

    return read


def _coded(field_name: str) -> Callable[[Asked, str, str], Asked]:
    def read(found: Asked, _: str, value: str) -> Asked:
        changes: dict[str, object] = {field_name: (*getattr(found, field_name), tokens(value))}
        return replace(found, **changes)  # type: ignore[arg-type]

    return read


def _ids(found: Asked, name: str, value: str) -> Asked:
    ids = tuple(dict.fromkeys(value.split(",")))
    if len(ids) > MOST_IDS:
        raise Refused(400, f"{name}: expected at most {MOST_IDS} ids.", "too-costly")
    if found.ids is not None:
        ids = tuple(one for one in ids if one in found.ids)
    return replace(found, ids=ids)


def _count(found: Asked, name: str, value: str) -> Asked:
    if not (value.isascii() and value.isdigit() and len(value) <= 9):  # noqa: PLR2004
        raise Refused(400, f"{name}: expected a whole number from 0 to {MOST}.")
    return replace(found, count=min(int(value), MOST))


def _status(found: Asked, _: str, value: str) -> Asked:
    return replace(found, statuses=tuple(code for _, code in tokens(value)))


def _target(found: Asked, _: str, value: str) -> Asked:
    flags = (reference(one) for one in value.split(","))
    return replace(found, targets=tuple(one for kind, one in flags if kind in {"", "Flag"}))


def _identifier(found: Asked, _: str, value: str) -> Asked:
    return replace(found, identifiers=tokens(value))


def _cursor(found: Asked, _: str, value: str) -> Asked:
    return replace(found, cursor=value)


_COMMON = frozenset({"_count", "_cursor"})
_READERS: Mapping[str, Callable[[Asked, str, str], Asked]] = {
    "_id": _ids,
    "_lastUpdated": _dated("updated"),
    "_count": _count,
    "_cursor": _cursor,
    "patient": _subject,
    "subject": _subject,
    "date": _dated("dates"),
    "sent": _dated("dates"),
    "recorded": _dated("recorded"),
    "code": _coded("codes"),
    "category": _coded("categories"),
    "status": _status,
    "target": _target,
    "identifier": _identifier,
}

"""Tables of labelled homes as they come: read in what form ever they were saved, what can not be is noted.

Nothing is left out silently: each note says what, how often, and in which lines first.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from core.model.errors import Misconfigured

_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_DELIMITERS = ",;\t|"
_FIRST = 3
"""So many lines are named of each note."""
_OLDER = ("%d-%b-%Y %H:%M:%S", "%d-%b-%Y %H:%M", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M")
"""Forms of a moment beside ISO 8601 that mean the same everywhere."""
_EPOCH = re.compile(r"\d{9,10}(\.\d+)?")
#: A table may leave these out: no figure rests on them.
OPTIONAL = frozenset({"name", "activity"})


class Row(NamedTuple):
    """One row of a table, by column."""

    line: int
    of: Mapping[str, str]


@dataclass(slots=True)
class Notes:
    """What of the files of a home was left out or read otherwise."""

    counts: dict[str, int] = field(default_factory=dict)
    #: By note, the first lines that it is about.
    lines: dict[str, list[str]] = field(default_factory=dict)

    def take(self, what: str, line: str = "") -> None:
        """Note it once more, of a line such as ``events.csv 7``; without one, of a whole file."""
        self.counts[what] = self.counts.get(what, 0) + 1
        known = self.lines.setdefault(what, [])
        if line and len(known) < _FIRST:
            known.append(line)

    def where(self) -> dict[str, str]:
        """Return in words which lines each note is about, first of all."""
        return {
            what: ", ".join(some) + (" …" if self.counts[what] > len(some) else "")
            for what, some in sorted(self.lines.items())
            if some
        }


def rows(path: Path, wanted: tuple[str, ...], notes: Notes) -> Iterator[Row]:
    """Yield the rows of a file that have all columns; a file without a byte has no rows.

    Raises
    ------
    Misconfigured
        If the file is missing, is no text, or has no such columns.
    """
    expected = f"{path}: expected a table with the columns {', '.join(wanted)}"
    try:
        text = _text(path, notes)
        if not text.strip():
            notes.take(f"{path.name} is empty")
            return
        table = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
        columns = [_plain(one) for one in next(table, [])]
        missing = [one for one in wanted if one not in columns and one not in OPTIONAL]
        if missing:
            raise Misconfigured(f"{expected}; it lacks {', '.join(missing)}")
        for fields in table:
            row = _row(fields, columns, path.name, table.line_num, notes)
            if row is not None:
                yield Row(table.line_num, dict.fromkeys(wanted, "") | row)
    except (OSError, UnicodeError, csv.Error) as error:
        raise Misconfigured(f"{expected}; it can not be read") from error


def _row(
    fields: list[str], columns: list[str], file: str, line: int, notes: Notes
) -> dict[str, str] | None:
    if not any(map(str.strip, fields)):
        return None
    if len(fields) < len(columns):
        notes.take(f"{file}: rows with too few columns", f"line {line}")
        return None
    if any(map(str.strip, fields[len(columns) :])):
        notes.take(f"{file}: rows with too many columns", f"line {line}")
        return None
    return {name: one.strip() for name, one in zip(columns, fields, strict=False)}


def _text(path: Path, notes: Notes) -> str:
    """Return what a file says, whatever program saved it."""
    found = path.read_bytes()
    form = next((form for mark, form in _MARKS if found.startswith(mark)), "utf-8")
    try:
        text = found.decode(form)
    except UnicodeDecodeError:
        text = found.decode("cp1252", errors="replace")
        notes.take(f"{path.name} is not UTF-8: read as Windows-1252")
    if "\0" in text:
        notes.take(f"{path.name}: bytes of value 0 left out")
    return text.replace("\0", "")


def _delimiter(text: str) -> str:
    """Return what parts the columns of the first line."""
    head = text.lstrip().splitlines()[0]
    return max(_DELIMITERS, key=head.count)


def _plain(column: str) -> str:
    return column.strip().strip("\ufeff").lower()


def seconds(text: str) -> float:
    """Return a moment by the clock on the wall, in seconds as if that were UTC.

    An offset from UTC that is written with it is left off: what hung on the wall is meant.

    Raises
    ------
    ValueError
        If it is no moment, or one that could be read as two.

    Examples
    --------
    >>> [seconds(text) for text in ("1970-01-02", "02-Jan-1970 00:00:01", "1970-01-02T02:00:00+02:00")]
    [86400.0, 86401.0, 93600.0]
    """
    text = text.strip()
    if _EPOCH.fullmatch(text):
        return float(text)
    return _moment(text).replace(tzinfo=UTC).timestamp()


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        for form in _OLDER:
            try:
                return datetime.strptime(text, form)  # noqa: DTZ007 (the clock on the wall)
            except ValueError:
                continue
        if re.search(r"[ T]24:00(:00)?$", text):
            return datetime.fromisoformat(re.sub(r"24(:00)+$", "00:00", text)) + timedelta(days=1)
        raise

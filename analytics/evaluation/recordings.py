"""Recordings of wrist activity, read onto equal epochs."""

from __future__ import annotations

import csv
import lzma
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.model.errors import Misconfigured

Floats = npt.NDArray[np.float64]
DAY_S = 86400.0
TOLERANCE = 1e-6
_STAMP = re.compile(r"(\d+)([-/.])(\d+)[-/.](\d+)[ T](\d+):(\d+)(?::(\d+))?")
_TWICE: tuple[Callable[[Floats], float], ...] = (
    lambda values: float(values[0]),
    lambda values: float(values[-1]),
    lambda values: float(values.mean()),
    lambda values: float(values.sum()),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """Activity in equal epochs."""

    #: Name of its file, without ``.xz``.
    name: str
    start: datetime
    epoch_s: float
    #: Counts an epoch, shape (n,); NaN where the recording has a gap.
    activity: Floats

    @property
    def per_day(self) -> int:
        """Epochs a day."""
        return round(DAY_S / self.epoch_s)

    @property
    def midnight(self) -> int:
        """Epochs from the last midnight to the start."""
        start = self.start
        seconds = start.hour * 3600 + start.minute * 60 + start.second
        return round(seconds / self.epoch_s)


def read(path: Path, known: Mapping[str, Any] | None = None) -> Recording:
    """Read a recording onto equal epochs.

    Where a clock that is set back says a time twice, the first value holds; or, if the reference
    describes its input (``n``, ``nan``, ``mean``), whichever of first, last, mean and sum fits that.

    Raises
    ------
    Misconfigured
        If it is none.
    """
    try:
        content = path.read_bytes()
        if path.suffix == ".xz":
            content = lzma.decompress(content)
        table = csv.DictReader(content.decode("utf-8-sig").splitlines())
        rows = [(row["timestamp"], float(row["activity"] or "nan")) for row in table]
        stamps = _stamps([stamp for stamp, _ in rows])
    except (OSError, KeyError, TypeError, ValueError, lzma.LZMAError) as error:
        raise Misconfigured(f"{path}: expected a table with timestamp and activity") from error
    if len(rows) < 2:  # noqa: PLR2004 (an epoch lies between two)
        raise Misconfigured(f"{path}: expected a table with timestamp and activity")
    start = min(stamps)
    seconds = np.array([(stamp - start).total_seconds() for stamp in stamps])
    epoch_s = Counter(np.diff(np.sort(seconds)).tolist()).most_common(1)[0][0] or 60.0
    name = path.name.removesuffix(".xz")
    values = np.array([value for _, value in rows])
    found = [
        Recording(name=name, start=start, epoch_s=epoch_s, activity=activity)
        for activity in _gridded(np.rint(seconds / epoch_s).astype(np.int64), values)
    ]
    return next((one for one in found if known and same_input(one, known)), found[0])


def _stamps(texts: Sequence[str]) -> list[datetime]:
    """Read wall clocks: year first, or day first as spreadsheets save it, or month first if that fails."""
    parts = [found.groups() for text in texts if (found := _STAMP.match(text.strip()))]
    if len(parts) != len(texts):
        raise ValueError("no time stamp")
    day_first = all(int(month) <= 12 for _, sign, month, *_ in parts if sign != "-")  # noqa: PLR2004
    return [_stamp(one, day_first=day_first) for one in parts]


def _stamp(part: tuple[str | Any, ...], *, day_first: bool) -> datetime:
    one, sign, two, three, *clock = part
    year, month, day = (one, two, three) if sign == "-" else (three, two, one)
    if sign != "-" and not day_first:
        month, day = day, month
    hour, minute, second = (int(value or 0) for value in clock)
    return datetime(int(year), int(month), int(day), hour, minute, second)  # noqa: DTZ001 (wall clock)


def _gridded(place: npt.NDArray[np.int64], values: Floats) -> Iterator[Floats]:
    order = np.argsort(place, kind="stable")
    places, firsts = np.unique(place[order], return_index=True)
    groups = np.split(values[order], firsts[1:])
    for choose in _TWICE if len(places) < len(place) else _TWICE[:1]:
        grid = np.full(int(places[-1]) + 1, np.nan)
        grid[places] = [choose(group) for group in groups]
        yield grid


def same_input(recording: Recording, known: Mapping[str, Any]) -> bool:
    """Tell whether a recording is what the reference says that it read."""
    activity = recording.activity
    here = {
        "n": len(activity),
        "nan": int(np.isnan(activity).sum()),
        "mean": float(np.nanmean(activity)),
    }
    return all(abs(here[key] - known[key]) <= TOLERANCE for key in here if key in known)

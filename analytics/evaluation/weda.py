"""Trials of falls and of daily activities at the wrist, in the layout of WEDA-FALL.

Marques & Moreno 2023, Sensors 23:1146: archives ``*.tar.xz`` with ``…/CODE/U01_R02_accel.csv``, codes F.. for
falls and D.. for daily activities, metres a second squared. Older people do daily activities only. Ages are
read from the data set's README.md where it lies beside the archives; without it who never falls is older.
"""

from __future__ import annotations

import io
import re
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from analytics.features import impacts
from analytics.features.impacts import GRAVITY_M_S2, RATE_HZ
from core.model.errors import Misconfigured
from sensors.impact_window import Impact

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
OLDER_FROM_YEARS = 60
FEWEST_FALLERS = 3
MEMBER = re.compile(r"(?:^|/)([FD]\d+)/U(\d+)_R(\d+)_accel\.csv$")
_AGE = re.compile(r"^\|\s*(\d+)\s*\|\s*(\d+)\s*\|", re.MULTILINE)
_CAN_NOT_BE = (OSError, EOFError, tarfile.TarError, UnicodeDecodeError, ValueError, IndexError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One movement of one person."""

    person: int
    code: str
    #: Hardest knock of the trial.
    impact: Impact
    #: All knocks that a watch would tell of.
    knocks: tuple[Impact, ...]
    measures: Floats
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Trials:
    """All of them, as columns."""

    person: npt.NDArray[np.int64]
    older: Flags
    fall: Flags
    code: npt.NDArray[np.str_]
    #: Peak, tilt and stillness of the hardest knock, shape (n, 3).
    impact: Floats
    knocks: tuple[tuple[Impact, ...], ...]
    measures: Floats
    seconds: Floats


def read(folder: Path) -> Trials:
    """Read all archives of a folder.

    Raises
    ------
    Misconfigured
        If there is none, one can not be read, or there are too few people to leave one out.
    """
    archives = sorted(folder.glob("*.tar.xz"))
    if not archives:
        raise Misconfigured(f"{folder}: expected an archive *.tar.xz in the layout of WEDA-FALL")
    trials = [trial for archive in archives for trial in _trials(archive)]
    fallers = {trial.person for trial in trials if trial.code.startswith("F")}
    if len(fallers) < FEWEST_FALLERS or all(trial.code.startswith("F") for trial in trials):
        raise Misconfigured(
            f"{folder}: expected daily activities, and falls of at least {FEWEST_FALLERS} people,"
            f" found {len(fallers)}"
        )
    older = _older(folder, {trial.person for trial in trials}, fallers)
    return Trials(
        person=np.array([trial.person for trial in trials]),
        older=np.array([trial.person in older for trial in trials]),
        fall=np.array([trial.code.startswith("F") for trial in trials]),
        code=np.array([trial.code for trial in trials]),
        impact=np.array([trial.impact for trial in trials]),
        knocks=tuple(trial.knocks for trial in trials),
        measures=np.array([trial.measures for trial in trials]),
        seconds=np.array([trial.seconds for trial in trials]),
    )


def _older(folder: Path, people: set[int], fallers: set[int]) -> set[int]:
    page = folder / "README.md"
    text = page.read_text(encoding="utf-8", errors="replace") if page.is_file() else ""
    years = {int(person): int(age) for person, age in _AGE.findall(text)}
    return {
        one
        for one in people
        if (years[one] >= OLDER_FROM_YEARS if one in years else one not in fallers)
    }


def _trials(archive: Path) -> Iterable[Trial]:
    member = ""
    try:
        with tarfile.open(archive, "r:xz") as packed:
            for entry in sorted(packed.getmembers(), key=lambda one: one.name):
                member, named = entry.name, MEMBER.search(entry.name)
                file = packed.extractfile(entry) if named else None
                if named and file:
                    yield _trial(named, file.read())
    except _CAN_NOT_BE as error:
        raise Misconfigured(
            f"{archive}: {member}: expected accel_time_list and x, y, z in numbers"
        ) from error


def _trial(named: re.Match[str], content: bytes) -> Trial:
    rows = np.loadtxt(io.StringIO(content.decode()), delimiter=",", skiprows=1, ndmin=2)
    if not np.isfinite(rows).all():
        raise ValueError("not a number")
    window = impacts.regular(rows[:, 0], rows[:, 1:4] / GRAVITY_M_S2)
    return Trial(
        person=int(named[2]),
        code=named[1],
        impact=impacts.impact(window),
        knocks=impacts.knocks(window),
        measures=impacts.measures(window),
        seconds=len(window) / RATE_HZ,
    )

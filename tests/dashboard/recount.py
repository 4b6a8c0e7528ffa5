"""The numbers of a review once more, from the raw rows of the log alone: plain Python by the definitions in
docs/reference/measures.md, with nothing of what the product counts with."""

from __future__ import annotations

import itertools
import statistics
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np

if TYPE_CHECKING:
    import psycopg

PERSON = {"motion", "presence", "contact", "vibration", "button", "sos", "bed", "chair"}
NIGHT = {23, 0, 1, 2, 3, 4, 5}
Value = float | None
Row = tuple[float, int, str, float]
Span = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """All that a home ever said, and what hangs where in it."""

    zone: ZoneInfo
    #: Seconds since 1970, device, quantity, value; in order.
    rows: list[Row]
    #: Moments of all messages, positions too.
    heard: list[float]
    #: Placement, name and kind of the room, by device.
    devices: dict[int, tuple[str, str, str]]
    #: Longest silence, in seconds, that is no gap.
    silent_s: float


def read(connection: psycopg.Connection[Any], home: str) -> Raw:
    """Read the log of a home."""
    found = connection.execute(
        "select d.device_id, d.placement, coalesce(r.name, ''), coalesce(r.kind, ''), d.heartbeat,"
        " d.reporting_interval_s from device d left join room r using (room_id) where d.home_id = %s",
        (home,),
    ).fetchall()
    periods = [row[5] for row in found if row[4] and row[1] != "hub"]
    rows = connection.execute(
        "select extract(epoch from observed_at)::float8, device_id, quantity, value from observation"
        " where home_id = %s order by observed_at, device_id, quantity",
        (home,),
    ).fetchall()
    fixes = connection.execute(
        "select extract(epoch from observed_at)::float8 from position where home_id = %s", (home,)
    ).fetchall()
    ((zone,),) = connection.execute("select zone from home where home_id = %s", (home,)).fetchall()
    return Raw(
        zone=ZoneInfo(zone),
        rows=rows,
        heard=sorted({row[0] for row in rows} | {row[0] for row in fixes}),
        devices={row[0]: (row[1], row[2], row[3]) for row in found},
        silent_s=max(3 * min(periods), 900.0) if periods else 43200.0,
    )


class Recount:
    """One day of a home."""

    def __init__(self, raw: Raw, day: date) -> None:
        self.raw, self.day = raw, day
        midnight = datetime.combine(day, time(), raw.zone)
        self.start = midnight.astimezone(UTC).timestamp()
        self.end = datetime.combine(day + timedelta(days=1), time(), raw.zone).timestamp()
        heard = [at for at in raw.heard if self.start - 43200 < at < self.end + 21600]
        edges = [self.start - 43200, *heard, self.end + 21600]
        self.gaps = [(a, b) for a, b in itertools.pairwise(edges) if b - a > raw.silent_s]
        self.signs = [
            row for row in raw.rows
            if row[2] in PERSON and (row[3] > 0 or row[2] == "contact")
            and self.start - 43200 <= row[0] < self.end + 21600
        ]  # fmt: skip
        self.today = [row for row in self.signs if self.start <= row[0] < self.end]
        self.seen = [0] * 96
        for begin in np.arange(self.start, self.end, 900.0):
            lost = sum(max(0.0, min(b, begin + 900) - max(a, begin)) for a, b in self.gaps)
            self.seen[self.quarter(begin)] += max(0, 15 - round(lost / 60))
        self.active = self.minutes(self.today)

    def local(self, at: float) -> datetime:
        """Return the clock on the wall."""
        return datetime.fromtimestamp(at, self.raw.zone)

    def quarter(self, at: float) -> int:
        """Return the quarter hour on the wall."""
        moment = self.local(at)
        return moment.hour * 4 + moment.minute // 15

    def minutes(self, rows: list[Row]) -> list[int]:
        """Count the minutes with a sign in each quarter hour."""
        found = [0] * 96
        for minute in {int(row[0] // 60) for row in rows}:
            found[self.quarter(minute * 60.0)] += 1
        return found

    def room(self, row: Row) -> str:
        """Return where a sign came from."""
        placement, room, _ = self.raw.devices[row[1]]
        return "" if placement in {"entrance", "worn"} else room

    @property
    def known(self) -> bool:
        """Whether 16 hours were seen."""
        return sum(self.seen) >= 960

    def numbers(self) -> dict[str, Value]:
        """Return the numbers of the day by the names of their columns; None for not known."""
        found: dict[str, Value] = {"Not seen (min)": float(max(0, 1440 - sum(self.seen)))}
        night = self.night()
        names = ("To bed (hh:mm)", "Up (hh:mm)", "In bed (h)", "Times out of bed",
                 "Longest time out of bed (min)")  # fmt: skip
        found |= dict(zip(names, night or (None,) * 5, strict=True))
        dark = sum(self.active[:20]) if sum(self.seen[:20]) >= 240 else None
        places = [self.room(row) for row in self.today if self.room(row)]
        found |= {
            "Movement from 00:00 to 05:00 (min)": dark,
            "Movement (min)": sum(self.active) * 1440 / max(sum(self.seen), 1),
            **self.ways(),
            "Changes of room": sum(a != b for a, b in itertools.pairwise(places)),
            **self.visits(),
        }
        if any(one[0] == "entrance" for one in self.raw.devices.values()):
            out = self.outings()
            found |= {"Outings": len(out), "Time out (min)": sum(out)}
        if not self.known:
            kept = {"Not seen (min)", *names}
            return {name: value if name in kept else None for name, value in found.items()}
        return found

    def ways(self) -> dict[str, Value]:
        """Count ways from room to room and how long a quarter of them took at most."""
        inside = [(row[0], self.room(row)) for row in self.today
                  if row[2] in {"motion", "presence"} and self.room(row)]  # fmt: skip
        took = [b[0] - a[0] for a, b in itertools.pairwise(inside)
                if a[1] != b[1] and 0.4999 <= b[0] - a[0] <= 30.0001]  # fmt: skip
        pace = float(np.percentile(took, 25)) if len(took) >= 10 else None
        return {"Ways from room to room": len(took), "Time from room to room (s)": pace}

    def visits(self) -> dict[str, Value]:
        """Count visits to bathroom and kitchen."""
        found: dict[str, Value] = {}
        for kind in ("bathroom", "kitchen"):
            own = [row[0] for row in self.today
                   if self.room(row) and self.raw.devices[row[1]][2] == kind]  # fmt: skip
            begun = [self.local(at) for n, at in enumerate(own) if n == 0 or at - own[n - 1] >= 600]
            at_night = sum(at.hour in NIGHT for at in begun)
            if kind == "bathroom":
                found["Bathroom visits by day"] = len(begun) - at_night
                found["Bathroom visits at night"] = at_night
            else:
                found["Kitchen visits"] = len(begun)
                hours = [at.hour + at.minute / 60 for at in begun if at.hour >= 4]
                found["First use of the kitchen (hh:mm)"] = hours[0] if hours else None
        return found

    def outings(self) -> list[float]:
        """Return the minutes of each outing that began on the day."""
        inside = [
            (row[0], self.raw.devices[row[1]][0] == "entrance") for row in self.signs
            if row[3] > 0 and self.raw.devices[row[1]][0] not in {"worn", "hub"}
        ]  # fmt: skip
        found, opened = [], 0.0
        for (at, door), (back, by_door) in itertools.pairwise(inside):
            opened = at if door else opened
            gone = self.start <= at < self.end and at - opened <= 120 and by_door
            hidden = any(a < back and b > at for a, b in self.gaps)
            if gone and 600 <= back - at <= 86400 and not hidden:
                found.append((back - at) / 60)
        return found

    def night(self) -> tuple[float, float, float, float, float] | None:
        """Return to bed, up, hours in bed, exits and longest absence in minutes."""
        beds = {one for one, place in self.raw.devices.items() if place[0] == "bed"}
        noon = datetime.combine(self.day, time(12), self.raw.zone).timestamp()
        first, last = noon - 64800, noon
        edges = [(row[0], row[3] > 0) for row in self.raw.rows
                 if row[1] in beds and row[2] == "bed"]  # fmt: skip
        before = [edge for edge in edges if self.start - 43200 - 86400 < edge[0] < first][-1:]
        state, since, stays = bool(before and before[0][1]), first, []
        for at, occupied in [*(e for e in edges if first <= e[0] < last), (last, False)]:
            if occupied and not state:
                since = at
            elif state and not occupied:
                stays.append([since, at])
            state = occupied
        whole: list[list[float]] = []
        for one in stays:
            if whole and one[0] - whole[-1][1] < 60:
                whole[-1][1] = one[1]
            else:
                whole.append(one)
        long = [one for one in whole if one[1] - one[0] >= 1800]
        if not long:
            return None
        to_bed, up = long[0][0], long[-1][1]
        if not self.night_seen((first, last), to_bed, up):
            return None
        stays = [one for one in whole if to_bed <= one[0] and one[1] <= up]
        pauses = [b[0] - a[1] for a, b in itertools.pairwise(stays)]
        return (
            self.hour(to_bed, evening=True), self.hour(up), sum(b - a for a, b in stays) / 3600,
            len(pauses), max(pauses, default=0) / 60,
        )  # fmt: skip

    def night_seen(self, window: Span, to_bed: float, up: float) -> bool:
        """Tell whether enough of a night was seen to say anything of it."""

        def hidden(start: float, end: float) -> float:
            return sum(max(0.0, min(b, end) - max(a, start)) for a, b in self.gaps)

        cut = any(a < edge < b for a, b in self.gaps for edge in (to_bed, up))
        edge = max(hidden(window[0], to_bed), hidden(up, window[1]))
        return not cut and hidden(to_bed, up) <= (up - to_bed) / 2 and edge <= 3600

    def hour(self, at: float, *, evening: bool = False) -> float:
        """Return the hour on the wall; of an evening it goes on after 24."""
        moment = self.local(at)
        hour = moment.hour + moment.minute / 60 + moment.second / 3600
        return hour + 24 if evening and hour < 12 else hour


def hours(days: list[Recount]) -> np.ndarray[Any, Any]:
    """Return minutes with movement an hour, shape (days, 24); NaN where less than 48 min were seen."""
    found = np.full((len(days), 24), np.nan)
    for n, day in enumerate(days):
        for hour in range(24):
            seen = sum(day.seen[hour * 4 : hour * 4 + 4])
            if seen >= 48:
                found[n, hour] = sum(day.active[hour * 4 : hour * 4 + 4]) * 60 / seen
    return found


def rhythm(week: np.ndarray[Any, Any]) -> dict[str, Value]:
    """Return IS, IV, RA, L5 and M10 of seven days of hours, by loops over the formulas."""
    names = ("Likeness of the days (IS)", "Change between rest and movement (IV)",
             "Contrast of day and night (RA)", "Calmest five hours (L5) (min/h)",
             "L5 begins (hh:mm)", "Busiest ten hours (M10) (min/h)")  # fmt: skip
    valid = [day for day in week if np.isfinite(day).sum() >= 16]
    found: dict[str, Value] = dict.fromkeys(names) | {"Valid days": len(valid)}
    if len(valid) < 5:
        return found
    of_hour = [[day[h] for day in valid if np.isfinite(day[h])] for h in range(24)]
    x = [value for values in of_hour for value in values]
    mean, spread = statistics.fmean(x), sum((v - statistics.fmean(x)) ** 2 for v in x)
    profile = [statistics.fmean(values) for values in of_hour]
    flat = [v if np.isfinite(day).sum() >= 16 else np.nan for day in week for v in day]
    steps = [(b - a) ** 2 for a, b in itertools.pairwise(flat) if np.isfinite(a + b)]
    low = [statistics.fmean(profile[(h + k) % 24] for k in range(5)) for h in range(24)]
    high = max(statistics.fmean(profile[(h + k) % 24] for k in range(10)) for h in range(24))
    values = (
        len(x) * sum((one - mean) ** 2 for one in profile) / (24 * spread),
        len(x) * sum(steps) / (len(steps) * spread),
        (high - min(low)) / (high + min(low)), min(low), float(low.index(min(low))), high,
    )  # fmt: skip
    return found | dict(zip(names, values, strict=True))

"""Every number that a clinician is shown, with unit, definition, formula and source. One table."""

from __future__ import annotations

from dataclasses import dataclass

DAY_COUNT = "`core/model/day_count.py`"
RHYTHM = "`core/model/circadian.py`"
WRIST = (
    "For comparison, at the wrist, 100 people with mild to moderate Alzheimer's disease, median"
    " (quartiles): {} (Alz Res Ther 2021, 13:163, table 2). Sensors in rooms are not a wrist: compare a"
    " person with the same person"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One number."""

    key: str
    #: What it is called, in plain words.
    name: str
    #: UCUM unit; ``1`` for a count or share, ``hh:mm`` for a time of day.
    unit: str
    definition: str
    formula: str
    source: str = DAY_COUNT
    #: True where a change of it is worth a line at the top.
    told: bool = False


MEASURES = (
    Measure(
        key="active", name="Movement", unit="min", told=True,
        definition="Minutes of the day in which at least one sensor told of a person.",
        formula="number of minutes with an observation that begins, or of a door, over the seen share of"
        " the day: active · 1440 / seen",
    ),
    Measure(
        key="unseen", name="Not seen", unit="min",
        definition="Minutes of the day of which nothing can be said: the home was blind, or said nothing"
        " for longer than its sensors may be silent.",
        formula="1440 − seen",
        source=f"{DAY_COUNT}, `analytics/day_counts.py`",
    ),
    Measure(
        key="night_active", name="Movement from 00:00 to 05:00", unit="min", told=True,
        definition="Minutes from midnight to 05:00 with a sign of a person, in any room.",
        formula="Σ active over the 20 quarter hours, not known where less than 4 h of them were seen",
    ),
    Measure(
        key="to_bed", name="To bed", unit="hh:mm", told=True,
        definition="Beginning of the first stay in bed of 30 min and more after 18:00. A night is not known"
        " where half of it, or more than an hour before to bed or after up, could not be seen.",
        formula="first edge of the bed sensor from 18:00 to 12:00",
        source="`core/model/night_bed.py`",
    ),
    Measure(
        key="up", name="Up", unit="hh:mm", told=True,
        definition="End of the last stay in bed of 30 min and more before 12:00.",
        formula="last edge of the bed sensor from 18:00 to 12:00",
        source="`core/model/night_bed.py`",
    ),
    Measure(
        key="in_bed", name="In bed", unit="h",
        definition="Hours in bed between the two. A bed does not tell sleep from lying awake.",
        formula="Σ stays in bed between to bed and up",
        source="`core/model/night_bed.py`",
    ),
    Measure(
        key="exits", name="Times out of bed", unit="1", told=True,
        definition="Pauses of one minute and more between stays in bed, from to bed to up.",
        formula="stays in bed − 1",
        source="`core/model/night_bed.py`",
    ),
    Measure(
        key="absence", name="Longest time out of bed", unit="min", told=True,
        definition="The longest of these pauses.",
        formula="max(pauses); 0 without one",
        source="`core/model/night_bed.py`",
    ),
    Measure(
        key="room", name="Movement by room", unit="min",
        definition="Minutes of the day in which a sensor in this room told of a person. A minute can"
        " count in two rooms. An outer door and what is worn are in no room.",
        formula="number of minutes with a sign from the room",
    ),
    Measure(
        key="moves", name="Changes of room", unit="1", told=True,
        definition="Signs of a person that come from another room than the sign before.",
        formula="number of neighbours in time with different rooms",
    ),
    Measure(
        key="pace", name="Time from room to room", unit="s", told=True,
        definition="From the last movement in a room to the first in the next; a quarter of the day's ways"
        " were quicker. Not known for fewer than 10 ways. It holds the ways of whoever was there, and which"
        " ways were walked matters too: look at weeks, not at single days.",
        formula="lower quartile of all ways of 0.5 to 30 s; detection (D12) compares each way with itself",
        source=f"{DAY_COUNT}; docs/decisions/0122",
    ),
    Measure(
        key="ways", name="Ways from room to room", unit="1",
        definition="Ways of 0.5 to 30 s between movements in two rooms.",
        formula="number of such ways",
    ),
    Measure(
        key="outings", name="Outings", unit="1", told=True,
        definition="Silences of 10 min to 24 h in the whole home that begin within 2 min of an outer door"
        " opening and end with an outer door. One that could not be seen whole is not counted.",
        formula="number of such silences that begin on the day",
        source="`core/model/outings.py`",
    ),
    Measure(
        key="out", name="Time out", unit="min", told=True,
        definition="Length of these outings together.",
        formula="Σ length",
        source="`core/model/outings.py`",
    ),
    Measure(
        key="bathroom_day", name="Bathroom visits by day", unit="1", told=True,
        definition="Signs in a bathroom after none there for 10 min, from 06:00 to 23:00.",
        formula="number of first signs",
    ),
    Measure(
        key="bathroom_night", name="Bathroom visits at night", unit="1", told=True,
        definition="Signs in a bathroom after none there for 10 min, from 23:00 to 06:00.",
        formula="number of first signs",
    ),
    Measure(
        key="kitchen", name="Kitchen visits", unit="1", told=True,
        definition="Signs in a kitchen after none there for 10 min.",
        formula="number of first signs",
    ),
    Measure(
        key="first_kitchen", name="First use of the kitchen", unit="hh:mm", told=True,
        definition="First visit to a kitchen that begins after 04:00.",
        formula="min(time)",
    ),
    Measure(
        key="profile", name="Movement an hour", unit="min/h",
        definition="Minutes with movement in an hour of the day. Median of the last 7 days, beside the"
        " median and the 10th and 90th percentile of the days before in the chosen time: the usual band.",
        formula="active · 60 / seen for hours of which 48 min and more were seen",
    ),
    Measure(
        key="is", name="Likeness of the days (IS)", unit="1",
        definition="Interdaily stability: 0 for noise, 1 for days that repeat each other.",
        formula="N Σ_h (x̄_h − x̄)² / (p Σ_i (x_i − x̄)²), hours, p = 24, 7 days, 5 valid at least",
        source=f"Van Someren et al. 1999, Chronobiol Int 16:505; {RHYTHM}. "
        + WRIST.format("0.57 (0.49 to 0.63)"),
    ),
    Measure(
        key="iv", name="Change between rest and movement (IV)", unit="1",
        definition="Intradaily variability in steps of one hour: 0 for a slow wave, about 2 for noise.",
        formula="N Σ_i (x_i − x_{i−1})² / ((N − 1) Σ_i (x_i − x̄)²)",
        source=f"Witting et al. 1990, Biol Psychiatry 27:563; {RHYTHM}. "
        + WRIST.format("0.80 (0.68 to 0.95)"),
    ),
    Measure(
        key="ra", name="Contrast of day and night (RA)", unit="1",
        definition="Relative amplitude, 0 to 1.",
        formula="(M10 − L5) / (M10 + L5)",
        source=f"Van Someren et al. 1999; {RHYTHM}. " + WRIST.format("0.88 (0.84 to 0.92)"),
    ),
    Measure(
        key="l5", name="Calmest five hours (L5)", unit="min/h",
        definition="Mean movement in the calmest five hours of the average day of a week. Not known where an"
        " hour of the day was seen on none of its valid days.",
        formula="min over cyclic windows of 5 h of the mean profile",
        source=f"Van Someren et al. 1999; {RHYTHM}",
    ),
    Measure(
        key="l5_at", name="L5 begins", unit="hh:mm",
        definition="When the calmest five hours begin.",
        formula="argmin of the same",
        source=f"Van Someren et al. 1999; {RHYTHM}",
    ),
    Measure(
        key="m10", name="Busiest ten hours (M10)", unit="min/h",
        definition="Mean movement in the busiest ten hours of the average day of a week.",
        formula="max over cyclic windows of 10 h of the mean profile",
        source=f"Van Someren et al. 1999; {RHYTHM}",
    ),
)  # fmt: skip
BY_KEY = {one.key: one for one in MEASURES}
TOLD = tuple(one for one in MEASURES if one.told)


def said(measure: Measure, value: float | None) -> str:
    """Say a value as the tables do.

    Examples
    --------
    >>> said(BY_KEY["up"], 7.25), said(BY_KEY["is"], 0.5), said(BY_KEY["exits"], None)
    ('07:15', '0.50', 'not known')
    """
    if value is None:
        return "not known"
    if measure.unit == "hh:mm":
        minutes = round(value * 60) % 1440
        return f"{minutes // 60:02}:{minutes % 60:02}"
    if measure.key in {"is", "iv", "ra"}:
        return f"{value:.2f}"
    text = f"{value:.1f}".removesuffix(".0")
    return text if measure.unit == "1" else f"{text} {measure.unit}"

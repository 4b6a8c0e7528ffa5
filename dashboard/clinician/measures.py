"""Every number that a clinician is shown, with unit, definition, formula and source. One table."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.language import _, marked

DAY_COUNT = "`core/model/day_count.py`"
RHYTHM = "`core/model/circadian.py`"
WRIST = marked(
    "For comparison, at the wrist, 100 people with mild to moderate Alzheimer's disease, median"
    " (quartiles): %(middle)s (%(low)s to %(high)s) (Alz Res Ther 2021, 13:163, table 2). Sensors in rooms"
    " are not a wrist: compare a person with the same person"
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
    #: Where it comes from: code, or a publication.
    cited: str = DAY_COUNT
    #: What it is at the wrist of others, for comparison: median and quartiles; None where not known.
    wrist: tuple[str, str, str] | None = None
    #: True where a change of it is worth a line at the top.
    told: bool = False

    @property
    def source(self) -> str:
        """Where it comes from, with what it is at the wrist of others, in English."""
        return f"{self.cited}. {WRIST % self._wrist()}" if self.wrist else self.cited

    @property
    def at_the_wrist(self) -> str:
        """What it is at the wrist of others, in the language in use; empty where that is not known."""
        return _(WRIST) % self._wrist() if self.wrist else ""

    def _wrist(self) -> dict[str, str]:
        return dict(zip(("middle", "low", "high"), self.wrist or (), strict=True))


MEASURES = (
    Measure(
        key="active", name=marked("Movement"), unit="min", told=True,
        definition=marked("Minutes of the day in which at least one sensor told of a person."),
        formula=marked(
            "number of minutes with an observation that begins, or of a door, over the seen share of"
        " the day: active · 1440 / seen"),
    ),
    Measure(
        key="unseen", name=marked("Not seen"), unit="min",
        definition=marked(
            "Minutes of the day of which nothing can be said: the home was blind, or said nothing"
        " for longer than its sensors may be silent."),
        formula=marked("1440 − seen"),
        cited=f"{DAY_COUNT}, `analytics/day_counts.py`",
    ),
    Measure(
        key="night_active", name=marked("Movement from 00:00 to 05:00"), unit="min", told=True,
        definition=marked("Minutes from midnight to 05:00 with a sign of a person, in any room."),
        formula=marked("Σ active over the 20 quarter hours, not known where less than 4 h of them were seen"),
    ),
    Measure(
        key="to_bed", name=marked("To bed"), unit="hh:mm", told=True,
        definition=marked(
            "Beginning of the first stay in bed of 30 min and more after 18:00. A night is not known"
        " where half of it, or more than an hour before to bed or after up, could not be seen."),
        formula=marked("first edge of the bed sensor from 18:00 to 12:00"),
        cited="`core/model/night_bed.py`",
    ),
    Measure(
        key="up", name=marked("Up"), unit="hh:mm", told=True,
        definition=marked("End of the last stay in bed of 30 min and more before 12:00."),
        formula=marked("last edge of the bed sensor from 18:00 to 12:00"),
        cited="`core/model/night_bed.py`",
    ),
    Measure(
        key="in_bed", name=marked("In bed"), unit="h",
        definition=marked("Hours in bed between the two. A bed does not tell sleep from lying awake."),
        formula=marked("Σ stays in bed between to bed and up"),
        cited="`core/model/night_bed.py`",
    ),
    Measure(
        key="exits", name=marked("Times out of bed"), unit="1", told=True,
        definition=marked("Pauses of one minute and more between stays in bed, from to bed to up."),
        formula=marked("stays in bed − 1"),
        cited="`core/model/night_bed.py`",
    ),
    Measure(
        key="absence", name=marked("Longest time out of bed"), unit="min", told=True,
        definition=marked("The longest of these pauses."),
        formula=marked("max(pauses); 0 without one"),
        cited="`core/model/night_bed.py`",
    ),
    Measure(
        key="room", name=marked("Movement by room"), unit="min",
        definition=marked("Minutes of the day in which a sensor in this room told of a person. A minute can"
        " count in two rooms. An outer door and what is worn are in no room."),
        formula=marked("number of minutes with a sign from the room"),
    ),
    Measure(
        key="moves", name=marked("Changes of room"), unit="1", told=True,
        definition=marked("Signs of a person that come from another room than the sign before."),
        formula=marked("number of neighbours in time with different rooms"),
    ),
    Measure(
        key="pace", name=marked("Time from room to room"), unit="s", told=True,
        definition=marked(
            "From the last movement in a room to the first in the next; a quarter of the day's ways"
        " were quicker. Not known for fewer than 10 ways. It holds the ways of whoever was there, and which"
        " ways were walked matters too: look at weeks, not at single days."),
        formula=marked(
            "lower quartile of all ways of 0.5 to 30 s; detection (D12) compares each way with itself"),
        cited=f"{DAY_COUNT}; docs/decisions/0122",
    ),
    Measure(
        key="ways", name=marked("Ways from room to room"), unit="1",
        definition=marked("Ways of 0.5 to 30 s between movements in two rooms."),
        formula=marked("number of such ways"),
    ),
    Measure(
        key="outings", name=marked("Outings"), unit="1", told=True,
        definition=marked(
            "Silences of 10 min to 24 h in the whole home that begin within 2 min of an outer door"
        " opening and end with an outer door. One that could not be seen whole is not counted."),
        formula=marked("number of such silences that begin on the day"),
        cited="`core/model/outings.py`",
    ),
    Measure(
        key="out", name=marked("Time out"), unit="min", told=True,
        definition=marked("Length of these outings together."),
        formula=marked("Σ length"),
        cited="`core/model/outings.py`",
    ),
    Measure(
        key="bathroom_day", name=marked("Bathroom visits by day"), unit="1", told=True,
        definition=marked("Signs in a bathroom after none there for 10 min, from 06:00 to 23:00."),
        formula=marked("number of first signs"),
    ),
    Measure(
        key="bathroom_night", name=marked("Bathroom visits at night"), unit="1", told=True,
        definition=marked("Signs in a bathroom after none there for 10 min, from 23:00 to 06:00."),
        formula=marked("number of first signs"),
    ),
    Measure(
        key="kitchen", name=marked("Kitchen visits"), unit="1", told=True,
        definition=marked("Signs in a kitchen after none there for 10 min."),
        formula=marked("number of first signs"),
    ),
    Measure(
        key="first_kitchen", name=marked("First use of the kitchen"), unit="hh:mm", told=True,
        definition=marked("First visit to a kitchen that begins after 04:00."),
        formula=marked("min(time)"),
    ),
    Measure(
        key="profile", name=marked("Movement an hour"), unit="min/h",
        definition=marked("Minutes with movement in an hour of the day. Median of the last 7 days, beside the"
        " median and the 10th and 90th percentile of the days before in the chosen time: the usual band."),
        formula=marked("active · 60 / seen for hours of which 48 min and more were seen"),
    ),
    Measure(
        key="is", name=marked("Likeness of the days (IS)"), unit="1",
        definition=marked("Interdaily stability: 0 for noise, 1 for days that repeat each other."),
        formula=marked("N Σ_h (x̄_h − x̄)² / (p Σ_i (x_i − x̄)²), hours, p = 24, 7 days, 5 valid at least"),
        cited=f"Van Someren et al. 1999, Chronobiol Int 16:505; {RHYTHM}", wrist=("0.57", "0.49", "0.63"),
    ),
    Measure(
        key="iv", name=marked("Change between rest and movement (IV)"), unit="1",
        definition=marked(
            "Intradaily variability in steps of one hour: 0 for a slow wave, about 2 for noise."),
        formula=marked("N Σ_i (x_i − x_{i−1})² / ((N − 1) Σ_i (x_i − x̄)²)"),
        cited=f"Witting et al. 1990, Biol Psychiatry 27:563; {RHYTHM}", wrist=("0.80", "0.68", "0.95"),
    ),
    Measure(
        key="ra", name=marked("Contrast of day and night (RA)"), unit="1",
        definition=marked("Relative amplitude, 0 to 1."),
        formula=marked("(M10 − L5) / (M10 + L5)"),
        cited=f"Van Someren et al. 1999; {RHYTHM}", wrist=("0.88", "0.84", "0.92"),
    ),
    Measure(
        key="l5", name=marked("Calmest five hours (L5)"), unit="min/h",
        definition=marked(
            "Mean movement in the calmest five hours of the average day of a week. Not known where an"
        " hour of the day was seen on none of its valid days."),
        formula=marked("min over cyclic windows of 5 h of the mean profile"),
        cited=f"Van Someren et al. 1999; {RHYTHM}",
    ),
    Measure(
        key="l5_at", name=marked("L5 begins"), unit="hh:mm",
        definition=marked("When the calmest five hours begin."),
        formula=marked("argmin of the same"),
        cited=f"Van Someren et al. 1999; {RHYTHM}",
    ),
    Measure(
        key="m10", name=marked("Busiest ten hours (M10)"), unit="min/h",
        definition=marked("Mean movement in the busiest ten hours of the average day of a week."),
        formula=marked("max over cyclic windows of 10 h of the mean profile"),
        cited=f"Van Someren et al. 1999; {RHYTHM}",
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
        return _("not known")
    if measure.unit == "hh:mm":
        minutes = round(value * 60) % 1440
        return f"{minutes // 60:02}:{minutes % 60:02}"
    if measure.key in {"is", "iv", "ra"}:
        return f"{value:.2f}"
    text = f"{value:.1f}".removesuffix(".0")
    return text if measure.unit == "1" else f"{text} {measure.unit}"

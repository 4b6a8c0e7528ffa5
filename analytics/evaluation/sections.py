"""What the page of results says of each study, from its saved JSON. Pure.

A figure that a report does not have is a dash: reports of older and newer versions can be read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Report = Mapping[str, Any]
_FIXED = ("2h", "4h", "6h", "12h")


def number(value: Any) -> str:
    """Return a number with three digits; a dash for none.

    Examples
    --------
    >>> number(0.88834), number(None), number(12030), number(1.0), number(12345.6)
    ('0.888', '–', '12030', '1', '12346')
    """
    if value is None:
        return "–"
    if isinstance(value, float) and abs(value) >= 1000:  # noqa: PLR2004 (no exponents)
        return f"{value:.0f}"
    return str(value) if isinstance(value, int | str) else f"{value:.3g}"


def of(report: Any, *path: str) -> Any:
    """Return what lies at a path of a report; None where there is nothing.

    Examples
    --------
    >>> of({"delay_h": {"day_mean": 2.5}}, "delay_h", "day_mean"), of({}, "delay_h", "day_mean")
    (2.5, None)
    """
    for key in path:
        if not isinstance(report, Mapping):
            return None
        report = report.get(key)
    return report


def with_interval(value: Any, interval: Any) -> str:
    """Return a number with its interval behind it.

    Examples
    --------
    >>> with_interval(0.5, [0.25, 0.75]), with_interval(None, None), with_interval(0.5, None)
    ('0.5 (0.25–0.75)', '–', '0.5')
    """
    if value is None or not interval or None in interval:
        return number(value)
    low, high = interval
    return f"{number(value)} ({number(low)}–{number(high)})"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


# Homes of people with dementia


def tihm(report: Report) -> Iterator[str]:
    """Say what came of the whole suite on TIHM."""
    weeks, people = number(report.get("person_weeks")), number(report.get("people_counted"))
    yield (
        f"{people} homes of people with dementia (TIHM; {number(report.get('person_days'))} days after the"
        " warm-up; movement and doors of eight places, activations only). Every finding on the record as it"
        f" is counts as false, over {weeks} person-weeks: some will have been right, nobody can say which."
        " Silences are put into copies of the record at random moments at home."
        " The price of a false alarm and the door rules were chosen with these homes in view."
    )
    yield table(("whole suite, a person-week", "aim", "reached"), list(_told(report)))
    yield "Silence, all-in (No movement, Not back yet, Late rise, Overstay), beside what any rule must beat:"
    head = ("rule", "false a week", "found in 12 h", "by day: mean h", "by night: mean h")
    yield table(head, list(_silences(report)))
    yield (
        "The aim is at most 0.75 false a week at a mean of 3.0 h by day and 6 h by night, excellent 0.5 at"
        " 2.5 h. A gap of a day or more is a home that was blind or empty, nobody knows which:"
        f" {number(of(report, 'blind_or_away', 'gaps'))} such gaps,"
        f" {number(of(report, 'blind_or_away', 'alerts_in_them'))} findings in them, counted apart."
    )
    if report.get("agitation"):
        yield from _agitation(report["agitation"])


def _told(report: Report) -> Iterator[Sequence[str]]:
    for key, name, aim in (
        ("urgent_false", "urgent", "≤ 1.0"),
        ("notices", "notices and checks", "≤ 2"),
        ("device_notices", "about devices, to operators", "≤ 0.25"),
    ):
        interval = report.get(f"{key}_per_week_interval")
        yield name, aim, with_interval(report.get(f"{key}_per_week"), interval)
    night = report.get("night_exit")
    told = with_interval(of(night, "false_per_week"), of(night, "false_per_week_interval"))
    yield "of them: a door at night", "–", told


def _silences(report: Report) -> Iterator[Sequence[str]]:
    controls = report.get("controls", {})
    rows = [("**Wayhome as shipped**", report.get("inactivity"))]
    rows += [
        (f"Wayhome, a false alarm at {number(one.get('price_h'))} h", one)
        for one in report.get("curve", ())
        if not one.get("chosen")
    ]
    rows += [(f"fixed {hours[:-1]} h", controls.get(f"fixed_{hours}")) for hours in _FIXED]
    rows.append(("longest so far at this hour, and a quarter", controls.get("max_plus_buffer")))
    rows.append(("own past, whatever the hour or room", controls.get("history_only")))
    rows.append(("at random, at the same rate", controls.get("random")))
    rows.append(("by the clock, at the same rate", controls.get("periodic")))
    for name, row in rows:
        yield (
            name,
            with_interval(of(row, "false_per_week"), of(row, "false_per_week_interval")),
            f"{number(of(row, 'detected'))} of {number(of(row, 'injected'))}",
            number(of(row, "delay_h", "day_mean")),
            number(of(row, "delay_h", "night_mean")),
        )


def _agitation(found: Report) -> Iterator[str]:
    yield (
        f"Days that clinicians labelled as agitated ({number(found.get('labelled_days'))} of"
        f" {number(found.get('days'))}), told by how unusual a day is for the person, without labels. Who has"
        " many such days is known from history alone, so pairs of days of the same person count. Aim: 0.78."
        " A label follows a visit that may have been prompted by the very movement: it is no proof."
    )
    rows = [
        ("how unusual the day is", "auc", "auc_within_person"),
        ("one distance from the usual day", "auc_distance", "auc_within_person_distance"),
        ("history only", "auc_history_only", "auc_within_person_history_only"),
    ]
    lines = [
        (
            name,
            with_interval(found.get(pooled), found.get(f"{pooled}_interval")),
            with_interval(found.get(within), found.get(f"{within}_interval")),
        )
        for name, pooled, within in rows
    ]
    lines.append(("at random", "0.5", "0.5"))
    yield table(("area under the curve", "all days", "within a person"), lines)
    yield (
        f"At 0.35 flagged days a week {number(found.get('recall_at_0_35_per_week'))} of the labelled ones are"
        f" among them; at random {number(found.get('recall_at_random'))}."
    )


# Labelled homes


def homes(report: Report) -> Iterator[str]:
    """Say where people were taken to be, beside labels."""
    yield (
        "Labelled days of real flats, watched by the product from the first row on, each minute between the"
        " first and the last label counted. Aim: away in minutes with sensitivity 0.98 and specificity 0.985;"
        " ends of nights within 10 minutes at the median; toilet at night with recall 0.95 at precision 0.7."
        " What a home has no sensor or label for is a dash; what can not be scored is in brackets, with the"
        " reason below. Intervals resample whole days; those of the toilet are exact."
    )
    head = ("home", "away: sensitivity", "specificity", "night: start, min", "end, min")
    rows = [_home(report, home) for home in report.get("away", {})]
    yield table((*head, "toilet: recall", "precision"), rows)
    yield "Beside it, in minutes away: the door moved after all inside, and always at home."
    yield table(("home", "rule", "sensitivity", "specificity"), list(_home_rules(report)))
    for part, name in _PARTS.items():
        for home, row in report.get(part, {}).items():
            if row.get("reason"):
                yield f"{home}, {name}: not scored; {row['reason']}."
    for home, skipped in report.get("skipped", {}).items():
        if skipped:
            said = ", ".join(f"{what}: {number(count)}" for what, count in skipped.items())
            yield f"{home}, rows skipped: {said}."
    for home, reason in report.get("unread", {}).items():
        yield f"{home}: not read; {reason}."
    yield (
        "Ordonez A's labels of sleep were made from its bed sensor: no error there says only that the block"
        " is the right one. How long silence lasts behind a door that no sensor sees was chosen with house A"
        " in sight ([0113](../decisions/0113-odds-of-somebody-home.md)): other homes are the test."
    )


def faulty(report: Report) -> Iterator[str]:
    """Say who was taken to be out in labelled homes with a sensor at fault."""
    yield (
        "The same homes with one sensor at fault, in minutes away: one that is added and fires when nobody"
        " did anything, at random, in bursts or by the clock; a bed or chair that stays occupied; one of the"
        " home's own that fires more often than it should; a front door of which a message in twenty is lost."
        " What the people did stays as it was. Each fault is drawn"
        f" {number(report.get('rounds'))} times; beside it the rule that the door moved last"
        " ([0268](../decisions/0268-whose-word-is-good.md))."
    )
    head = ("home", "fault", "sensitivity", "lowest", "specificity", "lowest", "rule: sensitivity")
    yield table(
        (*head, "specificity"),
        [
            [home, fault, *(number(of(row, *key)) for key in _FAULTY)]
            for home, faults in report.get("homes", {}).items()
            for fault, row in faults.items()
        ],
    )
    all_of = of(report, "all")
    yield (
        f"Both aims are reached in {number(of(all_of, 'aim_reached'))} of {number(of(all_of, 'homes'))} homes"
        " with and without a fault."
    )


_FAULTY = (
    ("sensitivity",),
    ("sensitivity_lowest",),
    ("specificity",),
    ("specificity_lowest",),
    ("door_rule", "sensitivity"),
    ("door_rule", "specificity"),
)
_PARTS = {"away": "away", "nights": "nights", "toilet_at_night": "toilet at night"}


def _home(report: Report, home: str) -> list[str]:
    away, night = of(report, "away", home), of(report, "nights", home)
    toilet = of(report, "toilet_at_night", home)
    cells = [
        _scored(away, key, of(away, f"{key}_interval_days"))
        for key in ("sensitivity", "specificity")
    ]
    cells += [_scored(night, key, None) for key in ("start_error_min", "end_error_min")]
    cells += [
        _scored(toilet, key, of(toilet, f"{key}_interval")) for key in ("recall", "precision")
    ]
    return [home, *cells]


def _scored(row: Any, key: str, interval: Any) -> str:
    text = with_interval(of(row, key), interval)
    return text if of(row, "scored") in {True, None} or text == "–" else f"({text})"


def _home_rules(report: Report) -> Iterator[Sequence[str]]:
    for rule, name in (("door_rule", "door moved last"), ("always_home", "always at home")):
        for home, row in (of(report, "controls", rule) or {}).items():
            if row.get("scored"):
                yield home, name, number(row.get("sensitivity")), number(row.get("specificity"))


# Falls


def falls(report: Report) -> Iterator[str]:
    """Say what the rule and the model make of knocks at the wrist."""
    yield (
        f"Acceleration at the wrist of {number(report.get('people'))} people (WEDA-FALL): falls of young"
        " people onto a mattress, daily activities of young and of older people, chosen to resemble falls."
        " The rule has the fixed numbers it is shipped with. Its numbers chosen anew, the model and its"
        " operating point come from the other people alone, each person left out in turn. The model is not"
        " shipped: its trees would be those of a few people in their twenties. Aim: the rule 0.87 and 0.87,"
        " the model 0.90 and 0.94."
    )
    rows = []
    for name, text in _KNOCKS.items():
        for group in ("all", "young", "older"):
            part = of(report, name) if group == "all" else of(report, group, name)
            rows.append([text, group, *_shares(part), _counts(part)])
    for name, text in _ALONE.items():
        part = of(report, "controls", name)
        rows.append([text, "all", *_shares(part), ""])
    head = ("", "group", "sensitivity", "specificity", "area", "falls / activities")
    yield table(head, rows)
    hours = number(of(report, "rule", "activity_hours"))
    yield (
        f"A rate of false alarms a day can not be told from {hours} hours of such activities. In a home a"
        " knock is evidence only: an alarm needs an arm at rest for a minute and nobody in another room"
        " ([0131](../decisions/0131-after-a-knock.md))."
    )


_KNOCKS = {"rule": "rule as shipped", "rule_refitted": "rule, chosen anew", "model": "model"}
_ALONE = {
    "peak_alone": "hardest knock alone",
    "tilt_alone": "turn of the arm alone",
    "stillness_alone": "stillness alone",
    "at_random": "at random, at the same rate",
}


def _shares(part: Any) -> Iterator[str]:
    for name in ("sensitivity", "specificity", "auc"):
        yield with_interval(of(part, name), of(part, f"{name}_interval"))


def _counts(part: Any) -> str:
    return f"{number(of(part, 'falls'))} / {number(of(part, 'activities'))}"


# Rhythm


def actigraphy(report: Report) -> Iterator[str]:
    """Say how far the circadian metrics are from the reference."""
    yield (
        f"{number(report.get('recordings'))} recordings of the wrist (Depresjon), each metric beside the"
        " same metric of pyActigraphy 1.2.2. Aim: no difference above 0.000001 wherever pyActigraphy has a"
        " value. This shows that the formulas are the published ones, not what they mean for a person."
    )
    rows = [
        [
            metric,
            *(number(of(report, key, metric)) for key in ("compared", "agree_1e6")),
            f"{difference:.0e}" if isinstance(difference, int | float) else "–",
        ]
        for metric, difference in report.get("max_abs_difference", {}).items()
    ]
    yield table(("metric", "compared", "agree", "largest difference"), rows)


def plain(report: Report) -> Iterator[str]:
    """Show a study of which nothing more is known as one table of its numbers."""
    yield table(("figure", "value"), list(_flat(report, "")))


def _flat(report: Report, before: str) -> Iterator[Sequence[str]]:
    for key, value in report.items():
        name = f"{before}{key.replace('_', ' ')}"
        if isinstance(value, Mapping):
            yield from _flat(value, f"{name}: ")
        elif value is None or isinstance(value, int | float | str):
            yield name, number(value)
        elif len(value) == 2 and all(isinstance(one, int | float) for one in value):  # noqa: PLR2004
            yield name, f"{number(value[0])}–{number(value[1])}"

"""What the page of results says of simulated homes, and of how like real ones they are. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from analytics.evaluation.sections import Report, number, of, table, with_interval

_MET = {True: "yes", False: "no", None: "–"}


def simulated(report: Report) -> Iterator[str]:
    """Say what is found on simulated homes, and what is said for nothing."""
    yield (
        f"{number(report.get('homes'))} simulated homes of {number(report.get('days'))} days, seeds from"
        f" {number(report.get('seed'))}"
        f" ({number(of(report, 'seeds', 'use'))}; {number(of(report, 'seeds', 'tuning'))} were for tuning);"
        f" {number(report.get('resident_weeks'))} resident-weeks count. Episodes are drawn by a program that"
        " the same people wrote: recall here is an upper bound of what real homes will show. The daily"
        " rounds of carers, in three homes of ten, are told in advance; friends come unannounced, and are"
        " not recognised ([0309](../decisions/0309-who-is-expected.md))."
    )
    if since := report.get("changed_since"):  # put into a saved report by hand; a new run has none
        yield f"**Changed since this was measured:** {since}"
    rows = [
        [row["row"], str(row["target"]), number(row["reached"]), _MET[row["met"]]]
        for row in report.get("targets", ())
    ]
    yield table(("", "aim", "reached", "met"), rows)
    head = ("detector", "episodes", "noticed", "at random", "by the clock")
    yield table((*head, "false a week", "median, min", "p90, min"), list(_by_detector(report)))
    fixed = of(report, "controls", "fixed")
    if fixed:
        rows = [
            [name, number(of(row, "long_lie_recall")), number(of(row, "false_per_week"))]
            for name, row in sorted(fixed.items(), key=lambda one: of(one[1], "delay_h") or 0.0)
        ]
        yield table(("fixed silence", "lies of 1 h and more noticed", "false a week"), rows)
    rows = [[name, *row] for name, row in curve_rows(report)]
    if rows:
        yield (
            "What would be found, and said for nothing, if a detector waited whether it is over by itself: D7"
            " from the door until somebody moves inside, D1 from when it speaks now until somebody returns."
        )
        yield table(("detector", "told", "noticed", "false a week", "median, min"), rows)
    if report.get("robustness"):
        yield from _robustness(report["robustness"])


def _by_detector(report: Report) -> Iterator[Sequence[str]]:
    for name, row in report.get("detectors", {}).items():
        control = of(report, "controls", "same_rate", name)
        yield (
            name,
            number(row.get("episodes")),
            with_interval(row.get("recall"), row.get("recall_interval")),
            *(number(of(control, key)) for key in ("random_recall", "periodic_recall")),
            with_interval(row.get("false_per_week"), row.get("false_interval")),
            *(number(of(row, "delay_min", key)) for key in ("median", "p90")),
        )


def curve_rows(report: Report) -> Iterator[tuple[str, Sequence[str]]]:
    """Yield for each time that a detector would wait: that time, recall, false a week, median delay."""
    for name, points in report.get("curves", {}).items():
        for row in points:
            wait = row["wait_s"]
            words = f"{number(wait)} s later" if wait else "as shipped"
            figures = (row["recall"], row["false_per_week"], row["delay_min"]["median"])
            yield name, (words, *(number(one) for one in figures))


def _robustness(suite: Report) -> Iterator[str]:
    yield (
        f"The same homes under stress ({number(suite.get('homes'))} homes, {number(suite.get('days'))} days):"
        f" false alarms may grow by {number(suite.get('most_ratio'))} times at most, recall may drop by"
        f" {number(suite.get('most_drop'))} at most. What falls into an outage of the hub, or is a fault of a"
        " sensor that is dead already, counts in neither run."
    )
    rows = [
        [
            name.replace("_", " "),
            " → ".join(number(one) for one in of(row, "all", "false") or ()),
            number(of(row, "all", "false_ratio")),
            number(of(row, "all", "recall_drop")),
            _MET[row.get("passes")],
        ]
        for name, row in suite.get("stresses", {}).items()
    ]
    yield table(("stress", "false, without and with it", "times", "recall lost", "passes"), rows)


# What earlier costs


def stillness(report: Report) -> Iterator[str]:
    """Say what telling stillness earlier costs, beside fixed limits."""
    yield (
        f"{number(report.get('homes'))} simulated homes of {number(report.get('days'))} days, seeds from"
        f" {number(report.get('seed'))}, {number(report.get('resident_weeks'))} resident-weeks: the"
        " detectors of stillness alone. Each price is what one false alarm a week may cost in hours of delay;"
        " the curve is that of *No movement* alone. A lie begins while people are up; a fixed limit does not"
        " know who is out. The aims are 0.14 false a week at 1.25 h by day, 0.8 of the lies of an hour told"
        " within it, 0.98 of those of three hours within three; no rule here meets them all, and"
        " [0217](../decisions/0217-what-stillness-can-tell.md) says why."
    )
    head = ("rule", "false a week", "by day: mean h", "p90", "by night: mean h")
    yield table((*head, "lies of 1 h, in 1 h", "of 3 h, in 3 h"), list(_stillness(report)))
    silent = report.get("silent")
    share = with_interval(of(silent, "share"), of(silent, "interval"))
    yield (
        f"Of {number(of(silent, 'lies'))} lies, in {share} no sensor fires for the whole first hour; in the"
        " others a faint stir, an animal or a sensor that fires for nothing lets any clock of stillness begin"
        " anew."
    )


def _stillness(report: Report) -> Iterator[Sequence[str]]:
    rows = [("**Wayhome as shipped**", report.get("shipped"))]
    rows += [
        (f"No movement, a false alarm at {number(one.get('price_h'))} h", one)
        for one in report.get("curve", ())
    ]
    rows += [(f"fixed {number(one.get('hours'))} h", one) for one in report.get("fixed", ())]
    for name, row in rows:
        yield (
            name,
            with_interval(of(row, "false_per_week"), of(row, "false_per_week_interval")),
            *(number(of(row, "delay_h", key)) for key in ("day_mean", "day_p90", "night_mean")),
            *(number(of(row, key, "share")) for key in ("lies_1_h", "lies_3_h")),
        )


# Likeness of the simulation


def calibration(report: Report) -> Iterator[str]:
    """Say how like real homes the simulated ones are."""
    yield (
        "Simulated homes beside those of the TIHM record, both as that study saw them. The numbers of the"
        " simulator were chosen on every second home of the record; the others are held out. How far one half"
        " of the real homes is from the other is the yardstick: nothing simulated can be expected to be"
        " nearer."
    )
    rows = [
        [words, aim, *(number(_middle(of(report, part, *path))) for part in _COMPARED)]
        for words, aim, path in _LIKENESS
    ]
    yield table(("", "aim", "all homes", "held out", "real beside real"), rows)


_COMPARED = ("all", "held_out", "halves")
_LIKENESS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("lengths of pauses: largest distance of two shares, mean", "< 0.1", ("pauses_ks", "mean")),
    ("the same, at the hour and place where it is worst", "< 0.1", ("pauses_ks", "worst")),
    ("events by hour of the day: correlation", "> 0.9", ("profile", "r")),
    ("from which room to which: divergence, bits", "< 0.05", ("transitions_js",)),
    ("telling days apart, logistic: area", "< 0.75", ("discriminator_auc", "logistic")),
    ("telling days apart, boosted trees: area", "< 0.75", ("discriminator_auc", "boosted")),
    ("likeness of the days, median", "0.49–0.63", ("rhythm", "IS", "simulated")),
    ("change between rest and movement, median", "0.68–0.95", ("rhythm", "IV", "simulated")),
    ("contrast of day and night, median", "0.84–0.92", ("rhythm", "RA", "simulated")),
)


def _middle(value: Any) -> Any:
    """Return the median of quartiles; anything else as it is."""
    return value[1] if isinstance(value, Sequence) and not isinstance(value, str) else value

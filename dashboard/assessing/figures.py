"""All that a report says, as plain numbers and words: the one source of PDF, JSON and CSV. Pure."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dashboard.assessing.naming import named, veiled
from dashboard.assessing.progress import PHASES, gap_words, warnings
from dashboard.assessing.sentences import summary
from dashboard.clinician.annotating import counted_words, what
from dashboard.clinician.charts import Cell, Column, Table
from dashboard.clinician.comparing import (
    EARLIER_LATER,
    RULE_SOURCE,
    SIGNS,
    VERDICTS,
    Verdict,
    measured,
)
from dashboard.clinician.measures import BY_KEY, TOLD, said
from dashboard.clinician.numbers import RECENT, compared
from dashboard.dates import span_words
from dashboard.language import marked

if TYPE_CHECKING:
    from datetime import date
    from zoneinfo import ZoneInfo

    from core.model.annotation import Annotation
    from core.model.assessment import Assessment, KitItem
    from dashboard.assessing.progress import Progress
    from dashboard.clinician.annotated import MarkedDays
    from dashboard.clinician.comparing import Measured
    from dashboard.clinician.numbers import Change

RULE = (
    f"Held against what is usual are the last {RECENT} days (4 that count at least), by their median. Usual"
    " is where the middle 80 of 100 of the days before them lie: 10th to 90th percentile, of 14 days that"
    " count at least. Outside says that days differ, not why."
)
KIT = {
    "lent": marked("on loan"),
    "returned": marked("returned"),
    "lost": marked("lost"),
    "not_lent": marked("not lent"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """An alert or a slow change, in words and with what became of it."""

    #: Day and time in the home's zone.
    began: str
    what: str
    #: How soon somebody had to act; empty for a slow change.
    severity: str
    became: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """All that a report is made of."""

    assessment: Assessment
    #: Personal: never in logs.
    name: str
    organisation: str
    zone: ZoneInfo
    today: date
    progress: Progress
    #: Its days that are over; None before the first is.
    found: MarkedDays | None
    kit: tuple[KitItem, ...]
    alerts: tuple[Heard, ...]
    changes: tuple[Heard, ...]

    def own(self, text: str) -> str:
        """Return what somebody wrote, with the name as the report says it."""
        return veiled(text, self.assessment, self.name)


def not_measured(found: MarkedDays | None) -> tuple[str, ...]:
    """Return the names of measures of which no day is known."""
    if found is None:
        return ()
    return tuple(one.name for one in measured(found, found.days.rooms()) if not one.side.values)


def figures(material: Material) -> dict[str, Any]:
    """Return the report as plain numbers and words; each number also as people read it."""
    found = material.found
    missing = not_measured(found)
    rows = measured(found, found.days.rooms()) if found else ()
    at_the_end = _changes(found) if found else []
    told = {
        "assessment": _about(material),
        "coverage": _coverage(material),
        "warnings": list(warnings(material.assessment, material.progress, missing)),
        "measures": [_measure(one) for one in rows if one.side.values],
        "not_measured": list(missing),
        "at_the_end": at_the_end,
        "rule": RULE,
        "rule_source": RULE_SOURCE,
        "annotations": [_annotation(material, one) for one in (found.annotations if found else ())],
        "alerts": [_heard(material, one) for one in material.alerts],
        "changes": [_heard(material, one) for one in material.changes],
        "kit": [_kit(material, one) for one in material.kit],
        "definitions": _definitions(rows),
    }
    return told | {"summary": summary(told)}


def digest(told: dict[str, Any]) -> str:
    """Return the SHA-256 of the numbers, as 64 hexadecimal digits; the order of names does not matter.

    Examples
    --------
    >>> digest({"a": 1, "b": "é"}) == digest({"b": "é", "a": 1})
    True
    """
    text = json.dumps(told, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _about(material: Material) -> dict[str, Any]:
    one = material.assessment
    return {
        "number": one.assessment_id,
        "state": "final" if one.end else "draft",
        "phase": PHASES[one.phase(material.today)],
        "resident": named(one, material.name),
        "reference": one.reference,
        "organisation": material.organisation,
        "question": material.own(one.question),
        "asked_by": one.asked_by,
        "begun_by": one.author,
        "first_day": one.first_day.isoformat(),
        "last_day": one.last_day.isoformat(),
        "planned_day": one.planned_day.isoformat(),
        "span": span_words(one.first_day, one.last_day),
        "zone": material.zone.key,
        "steps": [
            {
                "kind": "ended" if step.ends else "extended",
                "last_day": step.last_day.isoformat(),
                "reason": material.own(step.reason),
                "author": step.author,
                "words": f"{'Ended' if step.ends else 'Extended to'} {step.last_day:%-d %B %Y}",
            }
            for step in one.steps
        ],
    }


def _coverage(material: Material) -> dict[str, Any]:
    so_far = material.progress
    return {
        "days_planned": so_far.planned,
        "days_over": so_far.over,
        "days_counted": so_far.counted,
        "days_missing": so_far.missing,
        "days_left_out": so_far.left_out,
        "seen_share": so_far.seen_share,
        "seen_text": f"{so_far.seen_share:.0%}",
        "gaps": [
            {
                "first_day": gap.first.isoformat(),
                "last_day": gap.last.isoformat(),
                "days": gap.days,
                "words": gap_words(gap),
            }
            for gap in so_far.gaps
        ],
    }


def _measure(one: Measured) -> dict[str, Any]:
    side = one.side
    low, high = side.quartiles
    values = {
        "median": side.median,
        "mean": side.mean,
        "from": low,
        "to": high,
        "lowest": float(np.min(side.values)),
        "highest": float(np.max(side.values)),
    }
    texts = {f"{key}_text": said(one.measure, value) for key, value in values.items()}
    return {
        "key": one.measure.key,
        "name": one.name,
        "unit": one.measure.unit,
        "value_of": "week" if one.weekly else "day",
        "counted": side.counted,
        "missing": side.missing,
        "left_out": side.left_out,
        **values,
        **texts,
    }


def _changes(found: MarkedDays) -> list[dict[str, Any]]:
    counted = found.counted
    return [_change(one) for measure in TOLD if (one := compared(counted, measure)) is not None]


def _change(one: Change) -> dict[str, Any]:
    verdict = Verdict.WITHIN
    if one.outside:
        verdict = Verdict.BELOW if one.recent < one.low else Verdict.ABOVE
    words = EARLIER_LATER if one.measure.unit == "hh:mm" else VERDICTS
    values = {"last": one.recent, "usual": one.usual, "low": one.low, "high": one.high}
    return {
        "key": one.measure.key,
        "name": one.measure.name,
        "unit": one.measure.unit,
        **values,
        **{f"{key}_text": said(one.measure, value) for key, value in values.items()},
        "last_days": one.recent_days,
        "days": one.days,
        "verdict": verdict.value,
        "sign": SIGNS[verdict],
        "verdict_text": words.get(verdict, VERDICTS[verdict]),
    }


def _annotation(material: Material, one: Annotation) -> dict[str, Any]:
    marking = one.marking
    return {
        "first_day": marking.first_day.isoformat(),
        "last_day": marking.last_day.isoformat(),
        "span": span_words(marking.first_day, marking.last_day),
        "what": material.own(what(marking)),
        "left_out": marking.excludes,
        "counted_text": counted_words(marking),
        "author": one.author,
        "version": one.version,
    }


def _heard(material: Material, one: Heard) -> dict[str, Any]:
    return {
        "began": one.began,
        "what": material.own(one.what),
        "severity": one.severity,
        "became": one.became,
    }


def _kit(material: Material, one: KitItem) -> dict[str, Any]:
    due = f", due {one.due_on:%-d %B %Y}" if one.due_on and one.state.value == "lent" else ""
    late = ", overdue" if one.overdue(material.today) else ""
    return {
        "name": material.own(one.name),
        "room": material.own(one.room),
        "state": one.state.value,
        "due_on": one.due_on.isoformat() if one.due_on else None,
        "words": f"{KIT[one.state.value]}{due}{late}",
        "author": one.author,
    }


def _definitions(rows: tuple[Measured, ...]) -> list[dict[str, str]]:
    keys = dict.fromkeys(one.measure.key for one in rows if one.side.values)
    return [
        {
            "name": BY_KEY[key].name,
            "unit": BY_KEY[key].unit,
            "definition": BY_KEY[key].definition,
            "formula": BY_KEY[key].formula,
            "source": BY_KEY[key].source.replace("`", ""),
        }
        for key in keys
    ]


_CELLS = (
    ("name", "Measure"), ("unit", "Unit"), ("value_of", "Value of a"), ("median", "Median"),
    ("mean", "Mean"), ("from", "Middle half from"), ("to", "Middle half to"), ("lowest", "Lowest"),
    ("highest", "Highest"), ("counted", "Counted"), ("missing", "Missing"), ("left_out", "Left out"),
)  # fmt: skip
_AT_THE_END = (
    ("usual", "Before: median"), ("low", "Before: usual from"), ("high", "Before: usual to"),
    ("days", "Before: days"), ("last", f"Last {RECENT} days: median"),
    ("last_days", f"Last {RECENT} days: days"), ("verdict_text", "Last days against usual"),
)  # fmt: skip


def as_table(told: dict[str, Any]) -> Table:
    """Return the numbers for a spreadsheet."""
    at_the_end = {one["key"]: one for one in told["at_the_end"]}
    rows: list[tuple[Cell, ...]] = []
    for one in told["measures"]:
        end = at_the_end.get(one["key"], {})
        rows.append((*(one[key] for key, _ in _CELLS), *(end.get(key) for key, _ in _AT_THE_END)))
    names = (*_CELLS, *_AT_THE_END)
    return Table(columns=tuple(Column(name=name) for _, name in names), rows=tuple(rows))

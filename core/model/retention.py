"""For how long what is kept: classes of records with their periods and reasons, in one table. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.model.errors import Malformed
from core.model.words import marked


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionClass:
    """Records that are kept for the same time."""

    name: str
    #: What it is, for people.
    holds: str
    #: Built-in period, and the bounds within which an organisation may choose its own. Days.
    days: int
    least: int
    most: int
    #: Why that long, and why not longer.
    reason: str


CLASSES: Mapping[str, RetentionClass] = {
    one.name: one
    for one in (
        RetentionClass(
            name="observations",
            holds=marked("what the sensors said"),
            days=400,
            least=100,
            most=1100,
            reason=(
                "Baselines of detectors take thirteen weeks to settle; a year lets a season be compared with"
                " the last one. After that the counts of days say what is needed."
            ),
        ),
        RetentionClass(
            name="positions",
            holds=marked("where somebody was outdoors"),
            days=30,
            least=7,
            most=90,
            reason=(
                "A search looks back 30 days; where somebody was before that is nobody's business any more."
            ),
        ),
        RetentionClass(
            name="day_counts",
            holds=marked("each day in numbers"),
            days=1095,
            least=400,
            most=3650,
            reason="Reviews compare years; no single movement can be read from a day's numbers.",
        ),
        RetentionClass(
            name="alerts",
            holds=marked("findings, alerts, answers and deliveries"),
            days=2920,
            least=365,
            most=3650,
            reason=(
                "They are part of the record of care: eight years after the last entry, as the NHS Records"
                " Management Code has it for adults. Open alerts stay."
            ),
        ),
        RetentionClass(
            name="assessments",
            holds=marked("assessments with their kit and reports, and what was marked in days"),
            days=2920,
            least=365,
            most=3650,
            reason=(
                "A report answers a question of the record of care, and is kept as long as that; marked days"
                " are left out of figures as long as there are days."
            ),
        ),
        RetentionClass(
            name="quarantine",
            holds=marked(
                "messages that were not understood, of unknown devices, and faults of detectors"
            ),
            days=30,
            least=7,
            most=180,
            reason="Long enough to mend a driver and to admit them again.",
        ),
        RetentionClass(
            name="packs",
            holds=marked("missing-person packs, links for the police and who opened them"),
            days=365,
            least=30,
            most=2920,
            reason="A year, so that a search can be looked back on; complaints and inquests need a hold.",
        ),
        RetentionClass(
            name="accounts",
            holds=marked("invitations that ended, log-ins that ended, tests of phones"),
            days=365,
            least=30,
            most=1095,
            reason="A year shows who could get in, and who could be reached.",
        ),
    )
}
"""Order of carrying out: what others lead to goes last."""

KEPT_OTHERWISE: Mapping[str, str] = {
    "looks (access_record)": (
        "not removed by age: each entry seals the one before it; it holds numbers and pages only"
    ),
    "profiles, photos, plans, rotas, consent": "until they are replaced or the person is erased",
    "visits that are expected, and were": "until the person is erased: they tell what was not told and why",
    "what detectors learned from answers": "until the person is erased: limits rest on it",
    "batteries": "a year, by the gateway",
    "log-in attempts, codes tried": "a day, by the pages",
    "receipts of messages": "minutes, by the gateway",
    "logs of the services": "by the machine's own rotation; they hold numbers only",
    "exports": "not kept: an archive, a pack or a report is made when it is asked for and handed over",
}
"""What is no class, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """An organisation keeps a class for another time than the built-in one."""

    rule_id: int
    organisation_id: str
    name: str
    days: int
    reason: str
    at: datetime


def check_rule(rules: Iterable[Rule], organisation_id: str, name: str, days: int) -> None:
    """Refuse a period that is out of bounds, or that forgets days before what they were counted from.

    Raises
    ------
    Malformed
        Naming what was expected.
    """
    one = CLASSES.get(name)
    if one is None:
        raise Malformed("class", f"one of {', '.join(CLASSES)}")
    if not one.least <= days <= one.most:
        raise Malformed("days", f"{one.least} to {one.most} for {name}")
    periods = periods_of(rules, organisation_id) | {name: days}
    if periods["day_counts"] < periods["observations"]:
        # days would be counted anew for ever
        raise Malformed("days", "day_counts kept at least as long as observations")
    if periods["assessments"] < periods["day_counts"]:
        # a day in hospital would be one of the person's own again
        raise Malformed(
            "days", "assessments, and with them marks, kept at least as long as day_counts"
        )


def periods_of(rules: Iterable[Rule], organisation_id: str | None) -> dict[str, int]:
    """Return the days for which an organisation keeps each class; None for who has none.

    Examples
    --------
    >>> periods_of([], "leeds")["positions"]
    30
    """
    periods = {name: one.days for name, one in CLASSES.items()}
    for rule in sorted(rules, key=lambda one: one.rule_id):
        if rule.organisation_id == organisation_id and rule.name in CLASSES:
            one = CLASSES[rule.name]
            periods[rule.name] = min(max(rule.days, one.least), one.most)
    return periods


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Everything of a class and an organisation before a moment is to go."""

    name: str
    #: None for rows of no home that exists.
    organisation_id: str | None
    before: datetime


def tasks(rules: Iterable[Rule], organisations: Iterable[str], now: datetime) -> tuple[Task, ...]:
    """Return what is to go now, in order."""
    known = tuple(rules)
    periods = {one: periods_of(known, one) for one in (*sorted(organisations), None)}
    return tuple(
        Task(name=name, organisation_id=one, before=now - timedelta(days=periods[one][name]))
        for name in CLASSES
        for one in periods
    )


def of_all(
    rules: Iterable[Rule], organisations: Iterable[str], now: datetime, name: str
) -> datetime:
    """Return before when nobody keeps a class any more: whole chunks of a log may go by it."""
    known = tuple(rules)
    longest = max(periods_of(known, one)[name] for one in (*organisations, None))
    return now - timedelta(days=longest)

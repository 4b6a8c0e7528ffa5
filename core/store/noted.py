"""Findings with what became of them, as programs read them over FHIR, page by page. Read only.

Everything here runs inside `core.store.account.acting`: the rows of other organisations do not exist.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, LiteralString

from core.model.finding import Finding, RecordedFinding
from core.model.ids import FindingId
from core.store.clinical import Wanted, about, number_of, rows_of
from core.store.date_search import DateTest, conditions
from core.store.finding import bare_finding, evidence_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.store.page import Sight
    from core.store.pool import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """A finding with what became of it."""

    recorded: RecordedFinding
    #: Version of the detector; empty where it was not kept.
    version: str
    recorded_at: datetime
    #: When it got worse or its cause went; None while neither has happened.
    ended_at: datetime | None
    #: When a human closed the alert; None while nobody has.
    resolved_at: datetime | None
    changed_at: datetime

    @property
    def finding(self) -> Finding:
        """The finding."""
        return self.recorded.finding

    @property
    def over_at(self) -> datetime | None:
        """When it was over, one way or the other; None while it goes on."""
        moments = [one for one in (self.ended_at, self.resolved_at) if one is not None]
        return min(moments, default=None)


_FINDINGS: LiteralString = (
    " from finding f join home h using (home_id)"
    " left join lateral (select min(e.noticed_at) as ended_at, min(e.recorded_at) as noted_at"
    "  from finding e where e.home_id = f.home_id and e.resident_id is not distinct from f.resident_id"
    "  and e.detector = f.detector and e.subject = f.subject and e.onset = f.onset"
    "  and e.finding_id > f.finding_id) e on true"
    " left join lateral (select x.silent, x.resolved_at from alert_finding j join alert x"
    "  using (alert_id) where j.finding_id = f.finding_id order by x.alert_id desc limit 1) a on true"
    " where f.phase <> 'cleared' and f.audience = any(%(audiences)s)"
    " and (%(silent)s or not coalesce(a.silent, false))"
)
_OVER: LiteralString = "coalesce(least(e.ended_at, a.resolved_at), 'infinity')"
_CHANGED: LiteralString = "greatest(f.recorded_at, e.noted_at, a.resolved_at)"


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedFindings(Wanted):
    """Which findings are wanted."""

    detectors: tuple[str, ...] | None = None
    #: True for those that go on, False for those that are over; None for both.
    active: bool | None = None
    #: When it was written down.
    recorded: tuple[DateTest, ...] = ()


def _finding_conditions(
    wanted: WantedFindings, sight: Sight
) -> tuple[LiteralString, dict[str, object]]:
    at_home: LiteralString = " at time zone h.zone)"
    dated, values = conditions(
        "date", wanted.dates, ("f.onset", _OVER), ("(f.onset" + at_home, "(" + _OVER + at_home)
    )
    changed, more = conditions("updated", wanted.updated, (_CHANGED,), (_CHANGED,))
    noted, still_more = conditions(
        "recorded", wanted.recorded, ("f.recorded_at",), ("f.recorded_at",)
    )
    text = _FINDINGS + about(wanted, "f") + dated + changed + noted
    if wanted.number is not None:
        text += " and f.finding_id = %(number)s"
    if wanted.detectors is not None:
        text += " and f.detector = any(%(detectors)s)"
    if wanted.active is not None:
        text += " and (e.ended_at is null and a.resolved_at is null) = %(active)s"
    if wanted.active:
        text += " and f.goes_on"  # says no more than the line before: it is what has an index
    return text, (
        wanted.values()
        | values
        | more
        | still_more
        | sight_values(sight)
        | {
            "detectors": None if wanted.detectors is None else list(wanted.detectors),
            "active": wanted.active,
        }
    )


async def findings(
    connection: Connection, sight: Sight, wanted: WantedFindings, after: int, limit: int
) -> tuple[Noted, ...]:
    """Return what detection noticed, by number; that a cause went is said of what it ended."""
    text, values = _finding_conditions(wanted, sight)
    rows = await rows_of(
        connection,
        f"select f.*, e.ended_at, a.resolved_at, {_CHANGED} as changed_at"
        + text
        + " and f.finding_id > %(after)s order by f.finding_id limit %(limit)s",
        values | {"after": after, "limit": limit},
    )
    return tuple(_noted(row) for row in rows)


async def count_findings(connection: Connection, sight: Sight, wanted: WantedFindings) -> int:
    """Count findings."""
    text, values = _finding_conditions(wanted, sight)
    return await number_of(connection, "select count(*)" + text, values)


def sight_values(sight: Sight) -> dict[str, object]:
    """Return which alerts may be seen, as the queries take it."""
    return {"audiences": [one.value for one in sight.audiences], "silent": sight.silent}


def _noted(row: Mapping[str, Any]) -> Noted:
    finding = replace(
        bare_finding(row),
        unusual=row["unusual"],
        once_in_days=row["once_in_days"],
        ruled_out=tuple(row["ruled_out"]),
        advice=row["advice"],
        evidence=tuple(evidence_of(one) for one in row["evidence"]),
    )
    return Noted(
        recorded=RecordedFinding(finding_id=FindingId(row["finding_id"]), finding=finding),
        version=row["detector_version"],
        recorded_at=row["recorded_at"],
        ended_at=row["ended_at"],
        resolved_at=row["resolved_at"],
        changed_at=row["changed_at"],
    )

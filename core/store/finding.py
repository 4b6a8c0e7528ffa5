"""What detection noticed, and where it failed. Written by analytics only."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any, TypedDict

from psycopg.types.json import Jsonb

from core.model.finding import Audience, Evidence, Finding, Phase, Severity
from core.model.ids import DeviceId, HomeId, ResidentId
from core.model.said import facts, said
from core.store.listen import notify

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from core.model.finding import Alert
    from core.store.pool import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectorError:
    """A detector raised and was fenced."""

    home_id: HomeId
    detector: str
    #: Kind and place of the error, without values.
    error: str
    at: datetime
    trace: str


async def record_findings(
    connection: Connection,
    findings: Sequence[Finding],
    *,
    shard: int,
    step: int,
    versions: Mapping[str, str] | None = None,
) -> int:
    """Insert findings, each once however often it is given; return how many were new.

    Parameters
    ----------
    shard, step
        Step of the journal that noticed them.
    versions
        Version of each detector by name, kept with what it said.
    """
    new = 0
    for finding in findings:
        cursor = await connection.execute(
            "insert into finding (home_id, resident_id, detector, subject, severity, audience, phase,"
            " onset, noticed_at, what, unusual, once_in_days, ruled_out, advice, evidence, shard, step,"
            " detector_version, said)"
            " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
            " on conflict do nothing",
            (
                finding.home_id,
                finding.resident_id,
                finding.detector,
                finding.subject,
                finding.severity.value,
                finding.audience.value,
                finding.phase.value,
                finding.onset,
                finding.noticed_at,
                str(finding.what),
                str(finding.unusual),
                finding.once_in_days,
                Jsonb([str(one) for one in finding.ruled_out]),
                str(finding.advice),
                Jsonb([_evidence(one) for one in finding.evidence]),
                shard,
                step,
                (versions or {}).get(finding.detector, ""),
                facts_of(finding),
            ),
        )
        new += cursor.rowcount
    if new:
        await notify(connection, "finding")
    return new


async def record_errors(connection: Connection, errors: Sequence[DetectorError]) -> None:
    """Note errors of detectors; equal ones are counted in one row."""
    for error in errors:
        await connection.execute(
            "insert into detector_error (home_id, detector, error, first_at, last_at, times, trace)"
            " values (%s, %s, %s, %s, %s, 1, %s) on conflict (home_id, detector, error) do update"
            " set last_at = greatest(detector_error.last_at, excluded.last_at),"
            " times = detector_error.times + 1, trace = excluded.trace",
            (error.home_id, error.detector, error.error, error.at, error.at, error.trace),
        )


def _evidence(evidence: Evidence) -> dict[str, object]:
    known = facts(evidence.text)
    return {
        "at": None if evidence.at is None else evidence.at.isoformat(),
        "text": str(evidence.text),
        "device_id": evidence.device_id,
    } | ({} if known is None else {"said": known})


def facts_of(one: Finding | Alert) -> Jsonb | None:
    """Return what the texts of a finding say, for the column ``said``; None where they are text alone."""
    known: dict[str, Any] = {
        name: facts(getattr(one, name)) for name in ("what", "unusual", "advice")
    }
    ruled_out = [facts(phrase) for phrase in one.ruled_out]
    known["ruled_out"] = ruled_out if any(ruled_out) else None
    found = {name: value for name, value in known.items() if value is not None}
    return Jsonb(found) if found else None


class Texts(TypedDict):
    """The texts of a row of ``finding`` or ``alert``."""

    what: str
    unusual: str
    advice: str


def texts_of(row: Mapping[str, Any]) -> Texts:
    """Return what a row of ``finding`` or ``alert`` says, with its facts."""
    known = row["said"] or {}
    return Texts(
        what=said(row["what"], known.get("what")),
        unusual=said(row["unusual"], known.get("unusual")),
        advice=said(row["advice"], known.get("advice")),
    )


def ruled_out_of(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what a row of ``finding`` or ``alert`` says was ruled out, with its facts."""
    texts: list[str] = row["ruled_out"]
    known = chain((row["said"] or {}).get("ruled_out") or (), repeat(None))
    return tuple(said(text, one) for text, one in zip(texts, known, strict=False))


def bare_finding(row: Mapping[str, Any]) -> Finding:
    """Return a row of ``finding`` as far as it says which episode it is of and how bad that is."""
    resident = row["resident_id"]
    return Finding(
        home_id=HomeId(row["home_id"]),
        resident_id=None if resident is None else ResidentId(resident),
        detector=row["detector"],
        subject=row["subject"],
        severity=Severity(row["severity"]),
        audience=Audience(row["audience"]),
        phase=Phase(row["phase"]),
        onset=row["onset"],
        noticed_at=row["noticed_at"],
        what=row["what"],
    )


def evidence_of(stored: Mapping[str, Any]) -> Evidence:
    """Return a piece of evidence as `record_findings` stored it, in English alone."""
    at, device = stored.get("at"), stored.get("device_id")
    return Evidence(
        at=datetime.fromisoformat(at) if at else None,
        text=str(stored.get("text", "")),
        device_id=None if device is None else DeviceId(device),
    )


def told_evidence(stored: Mapping[str, Any]) -> Evidence:
    """Return a piece of evidence with the facts of its text."""
    plain = evidence_of(stored)
    return replace(plain, text=said(plain.text, stored.get("said")))

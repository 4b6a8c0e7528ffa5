"""Findings behind alerts: which incident a new one is part of, and what the alert says of it then."""

from __future__ import annotations

from typing import TYPE_CHECKING, LiteralString

from psycopg.rows import dict_row

from core.model.finding import Finding
from core.model.ids import AlertId, FindingId
from core.model.incident import TOGETHER, Incident, begun, joined
from core.model.words import marked
from core.store.alert import CHANNEL, StoredAlert, stored_alert
from core.store.finding import bare_finding
from core.store.listen import notify

if TYPE_CHECKING:
    from core.model.finding import Alert
    from core.store.pool import Connection

MOST = 16
"""Open incidents of one resident that are looked at."""


async def join_finding(
    connection: Connection,
    alert_id: AlertId,
    finding_id: FindingId,
    *,
    adopt: bool,
    further: bool = False,
) -> None:
    """Put a finding behind an alert; with ``adopt`` the alert says what this finding says.

    Parameters
    ----------
    further
        It is of a further episode: what is known of both stays on the alert as evidence.
    """
    cursor = await connection.execute(
        "insert into alert_finding (alert_id, finding_id) values (%s, %s) on conflict do nothing"
        " returning alert_id",
        (alert_id, finding_id),
    )
    values = {"alert": alert_id, "finding": finding_id}
    if further and await cursor.fetchone():
        await connection.execute(_ADOPT_TOO if adopt else _ADD, values)
    elif adopt:
        await connection.execute(_ADOPT, values)
    await notify(connection, CHANNEL, str(alert_id))


async def wake(connection: Connection, alert: Alert) -> StoredAlert:
    """Let a silent alert count, as it is given and with nobody having answered; return it as stored.

    Its texts come with the finding that woke it (`join_finding`).
    """
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(
        "update alert set silent = false, audience = %(audience)s, severity = %(severity)s,"
        " state = 'open', acknowledged_by = null, acknowledged_at = null, resolved_by = null,"
        " resolved_at = null, outcome = null, cleared_at = null, policy = '{}', opened_at = %(at)s"
        " where alert_id = %(alert)s returning *",
        {
            "audience": alert.audience.value,
            "severity": alert.severity.value,
            "at": alert.opened_at,
            "alert": alert.alert_id,
        },
    )
    row = await cursor.fetchone()
    if row is None:
        raise LookupError("the alert is gone")
    return stored_alert(row)


async def candidates(
    connection: Connection, finding: Finding
) -> list[tuple[StoredAlert, Incident]]:
    """Return the resident's alerts for carers that are open or ended only just now, newest first.

    They are locked.
    """
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(
        "select * from alert where home_id = %(home)s"
        " and resident_id is not distinct from %(resident)s and audience = 'carers'"
        " and (state <> 'resolved' or alert_id in (select j.alert_id from finding f"
        "  join alert_finding j using (finding_id)"
        "  where f.home_id = %(home)s and f.noticed_at >= %(since)s))"
        " order by alert_id desc limit %(most)s for no key update",
        {
            "home": finding.home_id,
            "resident": finding.resident_id,
            "since": finding.noticed_at - TOGETHER,
            "most": MOST,
        },
    )
    alerts = [stored_alert(row) for row in await cursor.fetchall()]
    found = [(stored, await incident_of(connection, stored.alert.alert_id)) for stored in alerts]
    return [(stored, incident) for stored, incident in found if incident is not None]


async def incident_of(connection: Connection, alert_id: AlertId) -> Incident | None:
    """Return what stands behind an alert; None when nothing detection said does."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(
        "select f.home_id, f.resident_id, f.detector, f.subject, f.severity, f.audience, f.phase,"
        " f.onset, f.noticed_at, '' as what from alert_finding j join finding f using (finding_id)"
        " where j.alert_id = %s order by f.txid, f.finding_id",
        (alert_id,),
    )
    incident: Incident | None = None
    for row in await cursor.fetchall():
        finding = bare_finding(row)
        incident = begun(finding) if incident is None else joined(incident, finding)
    return incident


_WORDS: LiteralString = (
    "update alert a set what = f.what, unusual = f.unusual, ruled_out = f.ruled_out,"
    " advice = f.advice, said = f.said, evidence = "
)
_PAIR: LiteralString = " from finding f where a.alert_id = %(alert)s and f.finding_id = %(finding)s"
_SAID: LiteralString = (
    "jsonb_build_array(jsonb_build_object('at', f.noticed_at, 'text', f.what,"
    " 'said', f.said->'what'))"
)
_BEFORE = marked("Before that: %(text)s")
"""Marked only: SQL says it."""
_SAID_BEFORE: LiteralString = (
    "jsonb_build_array(jsonb_build_object('at', null, 'text', 'Before that: ' || a.what,"
    " 'said', jsonb_build_object('say', 'Before that: %%(text)s', 'with',"
    " jsonb_build_object('text', coalesce(a.said->'what', to_jsonb(a.what))))))"
)
_MOST_EVIDENCE: LiteralString = "'$[0 to 39]'"
_ADOPT: LiteralString = _WORDS + "f.evidence" + _PAIR
_ADOPT_TOO: LiteralString = (
    _WORDS
    + "jsonb_path_query_array(f.evidence || "
    + _SAID_BEFORE
    + " || a.evidence, "
    + _MOST_EVIDENCE
    + ")"
    + _PAIR
)
_ADD: LiteralString = (
    "update alert a set evidence = jsonb_path_query_array(a.evidence || "
    + _SAID
    + " || f.evidence, "
    + _MOST_EVIDENCE
    + ")"
    + _PAIR
)

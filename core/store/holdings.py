"""Where facts about a resident are: every table, how its rows lead to a person, in the order of erasing.

A table that is neither in ``HOLDINGS`` nor in ``ELSEWHERE`` fails a test: nobody can add one and forget it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import LiteralString

_BY: LiteralString = "{who}"
# Where several live no detector names one of them; what it says of a device that one of them wears is theirs.
_ABOUT: LiteralString = (
    "({who} or home_id = {home} and resident_id is null"
    " and substring(subject from '^(?:[a-z_]+:)?([0-9]{{1,18}})(?::|$)')::bigint"
    " in (select device_id from device where {who}))"
)
_ALERT: LiteralString = "alert_id in (select alert_id from alert where " + _ABOUT + ")"
_TOLD: LiteralString = (
    "delivery_id in (select delivery_id from delivery where "
    + _ALERT
    + " or carer_id in (select carer_id from carer"
    " where resident_id in (select resident_id from resident where {who})))"
)
_NOTICED: LiteralString = "notice_id in (select notice_id from watch_notice where {who})"
_DEVICE: LiteralString = "device_id in (select device_id from device where {who})"
_LINK: LiteralString = "link_id in (select link_id from police_link where {who})"
_PACK: LiteralString = "pack_id in (select pack_id from missing_pack where {who})"
_ROTA: LiteralString = "rota_id in (select rota_id from rota where {who})"
_SUBJECT: LiteralString = "resident_id in (select resident_id from resident where {who})"
_ASSESSED: LiteralString = "assessment_id in (select assessment_id from assessment where {who})"
_OWN: LiteralString = (
    "carer_id in (select carer_id from carer where resident_id in"
    " (select resident_id from resident where {who}))"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """Rows about a resident."""

    table: str
    #: In plain words, for the person.
    title: str
    #: Which rows: ``{who}`` stands for the home or the resident, ``{home}`` for the number of the home.
    where: LiteralString = _BY
    #: True for what is of the home as a whole: it stays where somebody else lives on in it.
    shared: bool = False
    #: Columns that are no fact about anybody: keys, and what only a machine can read.
    hidden: tuple[str, ...] = ()
    #: False for what an archive for the person leaves out, because it is theirs already or says nothing.
    told: bool = True


def _of(table: str, title: str, where: LiteralString = _BY, *hidden: str) -> Holding:
    return Holding(table=table, title=title, where=where, hidden=hidden)


def _home(table: str, title: str, where: LiteralString = _BY, *hidden: str) -> Holding:
    return Holding(table=table, title=title, where=where, hidden=hidden, shared=True)


def _key(table: str, title: str, where: LiteralString = _OWN) -> Holding:
    return Holding(table=table, title=title, where=where, told=False)


HOLDINGS: tuple[Holding, ...] = (
    _of("delivery_seen", "Which messages about alerts were seen", _TOLD),
    _of("provider_event", "What providers said of messages about alerts", _TOLD),
    _of("phone_answer", "Answers by phone", _ALERT),
    _of("delivery_attempt", "Each attempt to tell somebody of an alert", _TOLD),
    _of("self_test_message", "Weekly test messages to the person", _TOLD),
    _home("watch_message", "Messages that the home is not watched, or is again", _NOTICED),
    _home("watch_notice", "Who was told that the home is not watched, or is again"),
    _home("watch_change", "When the home was not watched, and when again"),
    _of("delivery", "Who was told of alerts, by what and when", _TOLD),
    _of("response", "What carers answered to alerts", _ALERT),
    _of("alert_run", "By which plan each alert was told", _ALERT),
    _of(
        "alert_finding",
        "Which findings stand behind an alert",
        "(" + _ALERT + " or finding_id in (select finding_id from finding where " + _ABOUT + "))",
    ),
    _of("alert", "Alerts", _ABOUT),
    _of("share_outbox", "What was sent to the records of others"),
    _of("finding", "What the detectors noticed", _ABOUT),
    _of("forecast", "When a detector would speak next"),
    _home("margin_decision", "Decisions on what the detectors learned"),
    _home("margin_change", "What the detectors learned from answers"),
    _home("missed_event", "What carers said the detectors had missed"),
    _home("detector_error", "Errors of detectors", _BY, "trace"),
    _home("engine_snapshot", "Present memory of the detectors", _BY, "state"),
    _key("police_token", "Keys of links for the police", _LINK),
    _of("police_link_end", "Links for the police that were ended", _LINK),
    _of("link_opening", "Each opening of a link by the police", _LINK),
    _of("police_link", "Links for the police"),
    _of("pack_answer", "Answers in missing-person packs", _PACK),
    _of("missing_pack", "Missing-person packs"),
    _of("missing_profile", "The profile for when the person is missing"),
    _of("profile_photo", "Photos", _BY, "content"),
    _of("report_version", "When numbers of a report had changed", _ASSESSED),
    _of("assessment_step", "Assessments that were extended or ended", _ASSESSED),
    _of("kit_step", "Devices on loan for assessments", _ASSESSED),
    _of("assessment", "Assessments: the question, who asked, and when"),
    _of("observation", "What the sensors said", _DEVICE),
    _of("position", "Positions", _DEVICE),
    _of("presence", "When devices were last heard", _DEVICE),
    _of("battery_record", "Batteries of devices", _DEVICE),
    _of("battery_forecast", "When batteries will be low", _DEVICE),
    _of("link_record", "Links of devices", _DEVICE),
    _of("link_trend", "Whether links of devices get weaker", _DEVICE),
    _of("device_change", "Who registered and moved devices", _DEVICE),
    _home("discovered", "What spoke in the home and is not registered"),
    _home(
        "quarantine",
        "Messages from the home that could not be read",
        "({who} or {home} = any(string_to_array(topic, '/')))",
    ),
    _home("refusal", "How many messages from the home were refused"),
    _of("label_use", "Which label sticks on which device", _DEVICE),
    _of("device", "Devices"),
    _home("walk_waiver", "What was missing when the home went live"),
    _of("need_step", "What was needed, recommended, installed and used"),
    _of("sharing_period", "When what is known about the person may go to a record"),
    _home("home_sharing_period", "When what the home tells may go to a record"),
    _of("purpose_basis", "On what basis what is done with what is known about the person"),
    _of("legal_hold", "Whether records must stay, and why"),
    _home("home_area", "In which area the home lies, for counts of people"),
    _home("expected_visit", "Visits that were expected, who said so, and who took them back"),
    _home("home_step", "Consent, and each step of the home since"),
    _of("annotation", "What was marked in the person's days, each change of it"),
    _home("stated_purpose", "What for somebody looked at places"),
    _home("day_count", "Each day of the home in numbers"),
    _home(
        "hub_credential",
        "By what the hub of the home speaks",
        _BY,
        *("code_hash", "code_key", "sealed", "fingerprint", "request_hash", "authority"),
    ),
    _home("home_output", "Whether a Home Assistant in the home is told how it stands"),
    _home("room_door", "Which rooms lie side by side"),
    _of("invitation", "Invitations", _BY, "token_hash"),
    _home("escalation_policy", "Who is told of alerts, and when"),
    _home("rota_cover", "Swaps in the rota", _ROTA),
    _home("rota_shift", "The rota", _ROTA),
    _home("rota", "Rotas of the home"),
    _home("care", "Who cares"),
    _key(
        "login_attempt",
        "Attempts to log in",
        "login in (select login from carer where " + _OWN + ")",
    ),
    _key("contact_test", "Test messages that the person asked for"),
    _of("self_test", "Weekly tests of the person's own phone", _OWN),
    _of("own_contact", "The person's own phones", _OWN),
    _of("contact_point", "The person's own phones, as registered", _OWN),
    _of("quiet_hours", "The person's own quiet hours", _OWN),
    _of("telling_choice", "What messages to the person may say", _OWN),
    _key("rota_feed", "Keys of the person's calendar"),
    _key("login_session", "Where the person is logged in"),
    _key("login_challenge", "Log-ins that have begun"),
    _key("passkey", "The person's passkeys"),
    _key("authenticator", "The person's authenticator app"),
    _key("recovery_code", "The person's recovery codes"),
    _of(
        "application_token",
        "Keys of programs that read about the person alone",
        _SUBJECT,
        "token_hash",
    ),
    _home("fhir_export", "Exports of the home that programs asked for"),
    _of("carer", "The person's own account", _OWN, "password_hash"),
    _of("resident", "The person"),
    _home("room", "Rooms"),
    _home("home", "The home"),
)
"""Rows that go first, because others lead to them, come first."""

ELSEWHERE: dict[str, str] = {
    "access_record": "kept: a sealed record of who looked, by number of the home",
    "audit_head": "seals of that record",
    "erasure": "kept: the proof, by number",
    "open_data_choice": "names an organisation, and who decided for it",
    "open_data_publication": "digests of what was published",
    "retention_rule": "periods of an organisation",
    "retention_run": "counts of rows that went",
    "organisation": "names an organisation",
    "alert_cursor": "how far a service has read",
    "learning_cursor": "how far a service has read",
    "engine_step": "numbers of homes and devices, until the next snapshot",
    "gateway_heartbeat": "signs of life of a service",
    "dashboard_heartbeat": "signs of life of a service",
    "backup_note": "when a backup was made",
    "receipt": "fingerprints of messages, kept for minutes",
    "channel_offer": "which channels there are",
    "lost_contact": "goes with the phone it is about",
    "self_test_answer": "goes with the test it answers",
    "device_label": "printed labels of an organisation, on whatever device",
    "label_refusal": "who of another organisation opened a label",
    "credential_door": "when a broker was brought up to date",
    "link_attempt": "keyed hashes of addresses, kept for a day",
}
"""Tables that an erasure leaves as they are, and why."""

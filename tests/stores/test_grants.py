"""Who may do what, read from the catalogue's own lists: a new table, sequence or function must be placed."""

from __future__ import annotations

import psycopg
import pytest

from core.store.migrate import PROGRAM, ROLES
from tests.servers.databases import Database

WRITER = {
    "organisation": "registrar", "home": "registrar", "room": "registrar", "resident": "registrar",
    "device": "registrar", "carer": "registrar", "care": "registrar", "contact_point": "registrar",
    "observation": "gateway", "position": "gateway", "receipt": "gateway", "quarantine": "gateway",
    "refusal": "gateway", "discovered": "gateway", "presence": "gateway", "gateway_heartbeat": "gateway",
    "finding": "analytics", "engine_step": "analytics", "engine_snapshot": "analytics",
    "detector_error": "analytics", "margin_change": "analytics", "learning_cursor": "analytics",
    "forecast": "analytics",
    "link_record": "gateway", "link_trend": "gateway",
    "battery_record": "gateway", "battery_forecast": "analytics",
    "day_count": "analytics",
    "alert": "alerts", "alert_finding": "alerts", "alert_cursor": "alerts", "delivery": "alerts",
    "delivery_attempt": "alerts", "channel_offer": "alerts", "lost_contact": "alerts",
    "provider_event": "alerts", "phone_answer": "alerts",
    "alert_run": "alerts", "self_test": "alerts",
    "self_test_message": "alerts", "self_test_answer": "dashboard",
    "watch_change": "alerts", "watch_notice": "alerts", "watch_message": "alerts",
    "stated_purpose": "dashboard",
    "response": "dashboard", "access_record": "dashboard", "login_session": "dashboard",
    "own_contact": "dashboard", "telling_choice": "dashboard", "contact_test": "dashboard",
    "delivery_seen": "dashboard",
    "login_attempt": "dashboard", "missed_event": "dashboard", "margin_decision": "dashboard",
    "invitation": "dashboard", "passkey": "dashboard", "authenticator": "dashboard",
    "recovery_code": "dashboard", "login_challenge": "dashboard",
    "profile_photo": "dashboard", "missing_profile": "dashboard", "missing_pack": "dashboard",
    "pack_answer": "dashboard", "police_link": "dashboard", "police_link_end": "dashboard",
    "link_opening": "dashboard", "police_token": "dashboard", "link_attempt": "dashboard",
    "escalation_policy": "dashboard", "rota": "dashboard", "rota_shift": "dashboard",
    "rota_cover": "dashboard", "quiet_hours": "dashboard", "rota_feed": "dashboard",
    "home_output": "identity", "hub_credential": "identity", "credential_door": "identity",
    "need_step": "dashboard", "device_label": "dashboard",
    "application_token": "registrar", "fhir_export": "dashboard", "share_outbox": "sharing",
    "purpose_basis": "dashboard",
    "dashboard_heartbeat": "dashboard", "backup_note": "registrar",
    "home_area": "registrar", "open_data_choice": "registrar", "open_data_publication": "registrar",
    "retention_rule": "registrar", "legal_hold": "registrar", "retention_run": "analytics",
    "annotation": "dashboard", "assessment": "dashboard", "assessment_step": "dashboard",
    "kit_step": "dashboard", "report_version": "dashboard",
}  # fmt: skip
"""The one service that writes each table."""
BY_TRIGGER = {
    "audit_head", "device_change", "erasure", "home_step", "walk_waiver", "label_use", "label_refusal",
    "room_door", "sharing_period", "home_sharing_period", "expected_visit",
}  # fmt: skip
"""What no service writes: a trigger, a function or the owner's command does, with the owner's rights."""
FOR_PAGES = (
    "accept_invitation", "arrange_order", "arranges", "carer_for_login", "carer_for_session",
    "carer_for_token",
    "change_password", "demand_second_factor", "end_care", "end_carer", "forget_expired", "join_care",
    "homes_of_circle", "invitation_for", "own_login", "passkey_for",
    "sets_up", "register_device", "change_device", "correct_device", "undo_device_change", "add_room",
    "away_of", "says_away", "rest_watch", "watch_again", "says_visits", "expect_visit", "end_visit",
    "stage_of", "take_home_step", "waive_piece", "walk_missing", "walk_seen", "walk_since",
    "join_rooms", "label_for", "mark_exit", "put_label", "set_home_animal",
    "stands_last", "carer_for_feed", "channels_of_carers", "channels_of", "carer_for_link",
    "telephones_of_circle", "of_circle",
    "note_heard",
    "ask_hub_credential", "end_hub_credential", "take_hub_bundle", "renew_hub_credential", "set_home_output",
)  # fmt: skip
"""Functions that run with the owner's rights for the pages; each looks at who is acting."""
FOR_IDENTITY = ("home_states", "hubs_locked_out")
"""What the identity service may ask with the owner's rights."""
FOR_WHO_TELLS = ("unheard_organisations",)
"""What alerting, the pages and the doctor ask with the owner's rights."""
FOR_NOBODY = (
    "chain_access_record", "refuse_change_of_audit", "shut_out",
    "device_terms", "put_device", "note_device", "home_mode_by_steps", "mode_of", "end_replaced_credentials",
    "homes_held", "retention_rows", "end_former_findings",
    "write_sharing_periods", "keep_sharing_periods", "note_parting", "parted",
    "end_hubs_of_home", "end_rest", "device_spoke", "hand_labels_on", "count_again",
    "put_visit", "end_visits_of_home",
)  # fmt: skip
"""Functions that only triggers and other functions call."""
FOR_SERVICES = {
    "retain_rows": "analytics", "retain_chunks": "analytics", "retention_due": "operator",
    "homes_over": "gateway registrar", "used_unwatched": "alerts",
    "seen_unwatched": "alerts", "away_at": "alerts", "end_rests": "alerts", "part_from_wearer": "registrar",
    "take_corrections": "analytics", "placed_on_pages": "registrar",
    "register_visit": "registrar",
}  # fmt: skip
"""Functions with the owner's rights that a service calls; what deletes keeps to the floors of retention."""
READ_BY_PROGRAMS = {
    "organisation", "home", "resident", "room", "device", "observation", "day_count", "finding", "alert",
    "alert_finding", "delivery", "delivery_attempt", "response", "phone_answer", "carer",
    "access_record", "fhir_export", "sharing_period", "home_sharing_period",
}  # fmt: skip
"""What the pages read for a program; see tests/stores/test_sharing_walls.py."""
APPENDED_ONLY = {
    "stated_purpose",
    "observation", "position", "finding", "response", "access_record", "missed_event",
    "margin_change", "margin_decision", "profile_photo", "missing_profile", "missing_pack", "pack_answer",
    "police_link", "police_link_end", "link_opening",
    "lost_contact", "provider_event", "phone_answer", "contact_test",
    "delivery_seen", "need_step", "device_label", "purpose_basis",
    "annotation", "assessment", "assessment_step", "kit_step", "report_version",
    "retention_rule", "legal_hold", "retention_run", "open_data_choice", "open_data_publication",
    "alert_run", "self_test", "self_test_message", "self_test_answer",
    "watch_change", "watch_message", "backup_note",
}  # fmt: skip
"""What was said, noticed, answered or looked at is not changed afterwards."""
OF_OURS = """
from pg_class c where c.relnamespace = 'public'::regnamespace and c.relname not like '%yoyo%'
    and not exists (select 1 from pg_depend d where d.objid = c.oid and d.deptype = 'e')
"""
ACL = """
select c.relname, case a.grantee when 0 then 'public' else a.grantee::regrole::text end, a.privilege_type
from pg_class c cross join aclexplode(coalesce(c.relacl, acldefault(
    case c.relkind when 'S' then 's' else 'r' end::"char", c.relowner))) a
where c.relnamespace = 'public'::regnamespace and c.relkind = any(%s) and a.grantee <> c.relowner
"""
Acl = set[tuple[str, str, str]]


def rows(database: Database, query: str, *values: object) -> list[tuple[object, ...]]:
    with psycopg.connect(database.url) as connection:
        return connection.execute(query.encode(), values or None).fetchall()


@pytest.fixture
def table_acl(database: Database) -> Acl:
    found = rows(database, ACL, ["r", "p"])
    return {(str(table), str(role), str(right)) for table, role, right in found}


def test_exactly_one_service_writes_each_table(database: Database, table_acl: Acl) -> None:
    tables = {
        str(name) for (name,) in rows(database, f"select c.relname {OF_OURS} and relkind = 'r'")
    }
    assert tables == set(WRITER) | BY_TRIGGER
    of_programs = {(table, role) for table, role, right in table_acl if role == PROGRAM}
    writers = {(table, role) for table, role, right in table_acl if right != "SELECT"} - of_programs
    assert writers == {(table, f"wayhome_{writer}") for table, writer in WRITER.items()}
    assert all((table, role, "INSERT") in table_acl for table, role in writers)


def test_a_program_may_read_what_is_named_and_no_further_table(table_acl: Acl) -> None:
    """A table that a new type of resource needs is granted here, and with it goes a wall of programs."""
    writes = {(table, right) for table, role, right in table_acl if role == PROGRAM} - {
        (table, "SELECT") for table in READ_BY_PROGRAMS
    }
    assert {table for table, _, right in table_acl if _ == PROGRAM} == READ_BY_PROGRAMS - {"carer"}
    assert writes == {("access_record", "INSERT")} | {
        ("fhir_export", right) for right in ("INSERT", "UPDATE", "DELETE")
    }


def test_nobody_may_do_more_than_write_rows(table_acl: Acl) -> None:
    assert {right for _, _, right in table_acl} == {"SELECT", "INSERT", "UPDATE", "DELETE"}
    assert {role for _, role, _ in table_acl} <= {*ROLES, PROGRAM}
    changed = {table for table, _, right in table_acl if right in {"UPDATE", "DELETE"}}
    assert changed == set(WRITER) - APPENDED_ONLY


def test_columns_give_no_right_to_write(database: Database) -> None:
    found = rows(
        database,
        "select distinct c.relname, a.grantee::regrole::text, a.privilege_type from pg_class c"
        " join pg_attribute t on t.attrelid = c.oid cross join aclexplode(t.attacl) a"
        " where c.relnamespace = 'public'::regnamespace",
    )
    assert set(found) == {
        ("carer", f"wayhome_{role}", "SELECT") for role in ("alerts", "dashboard", "program")
    }


def test_a_password_hash_is_shown_to_nobody_but_the_registrar(database: Database) -> None:
    for role in ROLES:
        may = rows(
            database, "select has_column_privilege(%s, 'carer', 'password_hash', 'select')", role
        )
        assert may == [(role == "wayhome_registrar",)], role


def test_only_the_gateway_numbers_the_log(database: Database) -> None:
    found = rows(database, ACL, ["S"])
    assert found == [("log_sequence", "wayhome_gateway", "USAGE")]


def test_functions_of_ours_are_for_the_entrance_and_trust_no_temporary_table(
    database: Database,
) -> None:
    found = rows(
        database,
        "select p.proname, p.prosecdef, p.proconfig, array(select a.grantee::regrole::text"
        " from aclexplode(p.proacl) a where a.grantee <> p.proowner) from pg_proc p"
        " where p.pronamespace = 'public'::regnamespace and not exists"
        " (select 1 from pg_depend d where d.objid = p.oid and d.deptype = 'e') order by 1",
    )
    path = ["search_path=pg_catalog, public, pg_temp"]
    callers = {name: ["wayhome_dashboard"] for name in FOR_PAGES} | {
        name: [] for name in FOR_NOBODY
    }
    callers |= {name: ["wayhome_identity"] for name in FOR_IDENTITY}
    callers |= {
        name: [f"wayhome_{role}" for role in roles.split()] for name, roles in FOR_SERVICES.items()
    }
    callers |= {
        name: ["wayhome_alerts", "wayhome_dashboard", "wayhome_operator"] for name in FOR_WHO_TELLS
    }
    assert found == [(name, True, path, callers[name]) for name in sorted(callers)]


def test_no_role_of_ours_owns_or_makes_anything(database: Database) -> None:
    for role in ROLES:
        owned = rows(
            database,
            "select count(*) from pg_shdepend where deptype = 'o' and refobjid = %s::regrole"
            " and dbid = (select oid from pg_database where datname = current_database())",
            role,
        )
        assert owned == [(0,)], role
        makes = rows(database, "select has_schema_privilege(%s, 'public', 'create')", role)
        assert makes == [(False,)], role
        member = rows(
            database,
            "select roleid::regrole::text, inherit_option from pg_auth_members"
            " where member = %s::regrole",
            role,
        )
        # the pages may read for a program, and have nothing of it before they do
        assert member == ([(PROGRAM, False)] if role == "wayhome_dashboard" else []), role


def test_every_table_says_what_it_holds(database: Database) -> None:
    bare = f"select c.relname {OF_OURS} and relkind = 'r' and obj_description(c.oid, 'pg_class') is null"
    assert rows(database, bare) == []

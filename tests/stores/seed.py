"""A row of everything in the homes of two organisations: what the walls stand between."""

from __future__ import annotations

from typing import LiteralString

SEED: LiteralString = """
insert into organisation (organisation_id, name) values ('a', 'A'), ('b', 'B');
insert into home (home_id, organisation_id, name) values ('a1', 'a', 'x'), ('a2', 'a', 'x'), ('b1', 'b', 'x');
insert into carer (carer_id, organisation_id, login, name, role, password_hash) overriding system value
  values (1, 'a', 'ann', 'Ann', 'family_carer', ''), (2, 'a', 'al', 'Al', 'family_carer', ''),
    (3, 'b', 'bob', 'Bob', 'family_carer', '');
insert into care (home_id, carer_id) values ('a1', 1), ('a1', 2), ('a2', 2), ('b1', 3);
insert into room (home_id, name, kind) select home_id, 'Hall', 'hall' from home;
insert into resident (home_id, name) select home_id, 'R' from home;
insert into device (home_id, family, external_id, name, placement)
  select home_id, 'wayhome', 'd', 'd', 'room' from home;
insert into observation (observed_at, device_id, quantity, value, home_id, received_at)
  select now(), device_id, 'motion', 1, home_id, now() from device;
insert into position (observed_at, device_id, latitude, longitude, home_id, received_at)
  select now(), device_id, 1, 1, home_id, now() from device;
insert into quarantine (received_at, gateway, topic, payload, payload_bytes, home_id, reason)
  select now(), 'g', 't', ''::bytea, 0, home_id, 'r' from home
  union all select now(), 'g', 't', '', 0, null, 'r';
insert into refusal select current_date, home_id, 's', 'r', 1, now() from home;
insert into discovered select home_id, 'f', 'e', now(), now(), 1, 't', ''::bytea from home
  union all select 'nowhere', 'f', 'e', now(), now(), 1, 't', '';
insert into presence (device_id, home_id) select device_id, home_id from device;
insert into device_change (home_id, device_id, carer_id, at, kind, after)
  select home_id, device_id, 1, now(), 'changed', '{}' from device;
insert into battery_record select device_id, home_id, current_date, 50 from device;
insert into home_output select home_id, true, 1, now() from home;
insert into link_record select device_id, home_id, current_date, 50 from device;
insert into link_trend select device_id, home_id, 90, 50, true, current_date from device;
insert into battery_forecast (device_id, home_id, computed_at) select device_id, home_id, now() from device;
insert into home_step (home_id, carer_id, at, stage) select home_id, 1, now(), 'live' from home;
insert into expected_visit (home_id, visitor, days, start_min, end_min, carer_id, at)
  select home_id, 'care', '{0,4}', 480, 540, 1, now() from home;
insert into walk_waiver (home_id, carer_id, at, piece, reason)
  select home_id, 1, now(), 'exit', 'r' from home;
insert into purpose_basis (home_id, resident_id, kind, purpose, recipient, article6, article9, decided,
    said_by, valid_from, carer_id, at)
  select home_id, resident_id, 'given', 'record_sharing', 'N', 'consent', 'explicit_consent', 'person', 'R',
    now(), 1, now() from resident;
insert into home_area select home_id, 'E05011391', now() from home;
insert into open_data_choice (organisation_id, publishes, said_by, at)
  select organisation_id, true, 's', now() from organisation;
insert into open_data_publication select organisation_id, '2026-01-01', sha256('x'), now() from organisation;
insert into legal_hold (home_id, resident_id, kind, reason, at)
  select home_id, resident_id, 'released', 'r', now() from resident;
insert into retention_rule (organisation_id, class, days, reason, at)
  select organisation_id, 'positions', 30, 'r', now() from organisation;
insert into retention_run (at, class, organisation_id) select now(), 'positions', organisation_id
  from organisation;
insert into need_step (home_id, carer_id, at, need, stage) select home_id, 1, now(), 'n', 'need' from home;
insert into device_label select case organisation_id when 'a' then 'AAAAAAAAAAAA' else 'BBBBBBBBBBBB' end,
  organisation_id, 1, now() from organisation;
insert into label_use (token, home_id, device_id, carer_id, at)
  select token, home_id, device_id, 1, now() from device join home using (home_id)
  join device_label using (organisation_id);
insert into label_refusal (at, token, organisation_id, carer_id, of_organisation_id)
  select now(), token, organisation_id, 1, 'a' from device_label;
insert into room_door values ('a1', 1, 2), ('a2', 2, 3), ('b1', 1, 3);
insert into day_count (home_id, day, counted_at, seen, active, seen_min, active_min, facts)
  select home_id, current_date, now(), array_fill(15, array[96]), array_fill(0, array[96]), 1440, 0,
    '{}' from home;
insert into annotation
  (home_id, resident_id, number, version, kind, first_day, last_day, excludes, carer_id, at)
  select home_id, resident_id, 1, 1, 'hospital', current_date, current_date, true, 1, now() from resident;
insert into assessment
  (home_id, resident_id, question, asked_by, named_as, first_day, last_day, carer_id, at)
  select home_id, resident_id, 'q', 'a', 'name', current_date, current_date + 27, 1, now() from resident;
insert into assessment_step (home_id, assessment_id, kind, last_day, carer_id, at)
  select home_id, assessment_id, 'ended', last_day, 1, now() from assessment;
insert into kit_step (home_id, assessment_id, device_id, kind, carer_id, at)
  select home_id, assessment_id, device_id, 'lost', 1, now() from assessment join device using (home_id);
insert into report_version select home_id, assessment_id, 1, repeat('a', 64), 1, now() from assessment;
insert into stated_purpose (home_id, carer_id, session_id, kind, words, stated_at, until)
  select home_id, 1, 1, 'review', 'a review', now(), now() + interval '15 min' from home;
insert into finding (home_id, detector, severity, audience, phase, onset, noticed_at, what, step)
  select home_id, 'd', 'check', 'carers', 'opened', now(), now(), 'w', 1 from home;
insert into detector_error select home_id, 'd', 'e', now(), now(), 1, 't' from home;
insert into engine_snapshot (home_id, shard, step, state) select home_id, 0, 1, '' from home;
insert into alert (home_id, detector, severity, audience, onset, opened_at, what)
  select home_id, 'd', 'check', 'carers', now(), now(), 'w' from home;
insert into alert_finding select alert_id, finding_id from alert join finding using (home_id);
insert into delivery (alert_id, carer_id, channel, step, next_try_at)
  select alert_id, 1, 'web', 0, now() from alert;
insert into delivery_attempt (delivery_id, attempt, started_at) select delivery_id, 1, now() from delivery;
insert into response (alert_id, carer_id, kind, at) select alert_id, 1, 'comment', now() from alert;
insert into missed_event (home_id, carer_id, at, happened_at, kind)
  select home_id, 1, now(), now(), 'other' from home;
insert into margin_change (home_id, detector, hour_bin, at, why, factor, before, after, waiting, carer_id)
  select home_id, 'd', 1, now(), 'false', 1.07, 1, 1.07, false, 1 from home;
insert into margin_decision (home_id, change_id, carer_id, verdict, at)
  select home_id, change_id, 1, 'undo', now() from margin_change;
insert into forecast (home_id, detector, speaks_at, severity, what, made_at)
  select home_id, 'd', now(), 'check', 'w', now() from home;
insert into escalation_policy (organisation_id, home_id, severity, policy, changed_by, changed_at)
  select organisation_id, home_id, 'check', '{}', 1, now() from home;
insert into rota (organisation_id, home_id, zone) select organisation_id, home_id, 'UTC' from home;
insert into rota_shift (rota_id, carer_id, days, start_min, end_min)
  select rota_id, 1, '{1}', 0, 60 from rota;
insert into rota_cover (rota_id, starts_at, ends_at, carer_id, asked_by, asked_at, state)
  select rota_id, now(), now() + interval '1 hour', 1, 1, now(), 'asked' from rota;
insert into quiet_hours select carer_id, 'UTC', '[]', now() from carer;
insert into rota_feed select decode(carer_id::text, 'escape'), carer_id, now() from carer;
insert into self_test (carer_id, asked_at) select carer_id, now() from carer;
insert into self_test_answer select self_test_id, now() from self_test;
insert into access_record (at, carer_id, home_id, page) select now(), 1, home_id, 'p' from home;
insert into invitation (organisation_id, token_hash, name, role, home_id, invited_by, created_at, expires_at)
  select organisation_id, home_id::bytea, 'N', 'family_carer', home_id, 1, now(), now() from home;
insert into login_session (token_hash, carer_id, csrf, created_at, expires_at)
  select login::bytea, carer_id, '', now(), now() + interval '1 hour' from carer;
insert into passkey (credential_id, carer_id, user_handle, public_key, name, created_at)
  select login::bytea, carer_id, '', '', 'P', now() from carer;
insert into authenticator (carer_id, sealed_secret, created_at) select carer_id, '', now() from carer;
insert into recovery_code (carer_id, code_hash) select carer_id, '' from carer;
insert into contact_point (carer_id, channel, address) select carer_id, 'ntfy', 'x' from carer;
insert into profile_photo (home_id, resident_id, carer_id, at, width, height, content)
  select home_id, resident_id, 1, now(), 1, 1, 'x' from resident;
insert into missing_profile (home_id, resident_id, version, form, answers, section, carer_id, at)
  select home_id, resident_id, 1, 'national', '{}', 'person', 1, now() from resident;
insert into missing_pack (home_id, resident_id, carer_id, at, purpose, form, answers, facts)
  select home_id, resident_id, 1, now(), 'missing_person', 'national', '{}', '{}' from resident;
insert into pack_answer (home_id, pack_id, carer_id, at, answers)
  select home_id, pack_id, 1, now(), '{}' from missing_pack;
insert into police_link (home_id, resident_id, pack_id, carer_id, made_at, ends_at, share_position)
  select home_id, resident_id, pack_id, 1, now(), now() + interval '1 hour', true from missing_pack;
insert into police_link_end (link_id, home_id, carer_id, at)
  select link_id, home_id, 1, now() from police_link;
insert into link_opening (link_id, home_id, at, page, place)
  select link_id, home_id, now(), 'page', '10.0.0.x' from police_link;
insert into hub_credential
  (home_id, client, about, topics, asked_by, asked_at, code_hash, code_key, code_ends_at)
  select home_id, 'hub-' || home_id, 'hub', array['homes/' || home_id || '/#'], 1, now(),
    sha256(home_id::bytea), sha256('k'), now() + interval '1 hour' from home;
insert into own_contact (carer_id, channel, address, created_at)
  select carer_id, 'sms', 'x', now() from carer;
insert into lost_contact select contact_id, now(), 'r' from own_contact;
insert into telling_choice select carer_id, 'name', now() from carer;
insert into contact_test (carer_id, channel, asked_at) select carer_id, 'ntfy', now() from carer;
insert into delivery (kind, carer_id, channel, step, next_try_at) select 'test', carer_id, 'sms', 0, now()
  from carer where carer_id <> 1;
insert into delivery_seen select delivery_id, carer_id, now() from delivery where kind = 'test';
with weekly as (
  insert into delivery (kind, carer_id, channel, step, next_try_at)
    select 'test', carer_id, 'webhook', 0, now() from carer returning delivery_id, carer_id)
insert into self_test_message select delivery_id, self_test_id from weekly join self_test using (carer_id);
insert into watch_change (home_id, number, state, at) select home_id, 1, 'unwatched', now() from home;
insert into watch_notice (home_id, carer_id, kind, about, at, due_at, asked_at)
  select home_id, min(carer_id), 'watch_ended', 1, now(), now(), now() from care group by home_id;
with told as (
  insert into delivery (kind, carer_id, channel, step, next_try_at)
    select kind, carer_id, 'voice', 0, now() from watch_notice returning delivery_id, carer_id)
insert into watch_message select delivery_id, notice_id from told join watch_notice using (carer_id);
insert into application_token
  (token_hash, organisation_id, carer_id, resident_id, name, recipient, scopes, made_at, ends_at)
  select sha256(home_id::bytea), organisation_id, 1, resident_id, 'N', 'N', '{patient/*.rs}', now(),
    now() + interval '1 day' from home join resident using (home_id);
insert into fhir_export (carer_id, home_id, asked_at, ends_at, request, kinds)
  select carer_id, home_id, now(), now() + interval '1 day', 'r', '{Patient}'
  from (values (1, 'a1'), (2, 'a2'), (3, 'b1')) as x(carer_id, home_id);
insert into share_outbox (home_id, resident_id, connector, recipient, kind, day, made_at, next_try_at)
  select home_id, resident_id, 'folder', 'r', 'day', current_date, now(), now() from resident;
insert into phone_answer (delivery_id, alert_id, carer_id, channel, at)
  select delivery_id, alert_id, carer_id, 'sms', now() from delivery where kind = 'alert';
"""

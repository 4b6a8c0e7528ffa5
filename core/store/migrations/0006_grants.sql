-- One writer per table, a role per service; the dashboard sees one organisation at a time.

grant usage on schema public to
    wayhome_gateway, wayhome_analytics, wayhome_alerts, wayhome_dashboard, wayhome_registrar, wayhome_operator;

grant select, insert, update, delete on
    organisation, home, room, resident, device, carer, care, contact_point to wayhome_registrar;
grant select on organisation, home, room, resident, device to
    wayhome_gateway, wayhome_analytics, wayhome_alerts, wayhome_dashboard, wayhome_operator;
grant select on carer, care, contact_point to wayhome_alerts;
grant select on care to wayhome_dashboard;
grant select (carer_id, organisation_id, name, role, disabled_at) on carer to wayhome_dashboard;

grant select, insert on observation, position to wayhome_gateway;
grant usage on sequence log_sequence to wayhome_gateway;
grant select, insert, update, delete on receipt, quarantine, refusal, discovered, presence, gateway_heartbeat
    to wayhome_gateway;
grant select on observation, position, presence, gateway_heartbeat to
    wayhome_analytics, wayhome_dashboard, wayhome_operator;
grant select on quarantine, refusal, discovered to wayhome_dashboard, wayhome_operator, wayhome_registrar;
grant select on observation, position to wayhome_registrar;

grant select, insert on finding to wayhome_analytics;
grant select, insert, update, delete on engine_step, engine_snapshot, detector_error to wayhome_analytics;
grant select on finding to wayhome_alerts, wayhome_dashboard, wayhome_operator;
grant select on engine_step, engine_snapshot, detector_error to wayhome_dashboard, wayhome_operator;

grant select, insert, update on alert, alert_finding, alert_cursor, delivery, delivery_attempt to wayhome_alerts;
grant select on alert, alert_finding, delivery, delivery_attempt to wayhome_dashboard, wayhome_operator;

grant select, insert on response, access_record to wayhome_dashboard;
grant select, insert, update, delete on login_session, login_attempt to wayhome_dashboard;
grant select on response to wayhome_alerts, wayhome_operator;

-- The wall between organisations. A transaction of the dashboard names the carer it acts for
-- (wayhome.carer, wayhome.organisation) and whether the role sees all homes of the organisation.
alter table home enable row level security;
alter table home force row level security;
create policy dashboard_home on home for select to wayhome_dashboard using (
    organisation_id = current_setting('wayhome.organisation', true)
    and (
        current_setting('wayhome.scope', true) = 'organisation'
        or home_id in (
            select c.home_id from care c
            where c.carer_id = nullif(current_setting('wayhome.carer', true), '')::bigint
        )
    )
);
create policy service_home on home for select to
    wayhome_gateway, wayhome_analytics, wayhome_alerts, wayhome_operator using (true);
create policy registrar_home on home for all to wayhome_registrar using (true) with check (true);

create function carer_for_login(wanted text)
returns table (carer_id bigint, organisation_id text, name text, role text, password_hash text)
language sql stable security definer set search_path = public
as 'select carer_id, organisation_id, name, role, password_hash from carer
    where login = wanted and disabled_at is null';
revoke all on function carer_for_login(text) from public;
grant execute on function carer_for_login(text) to wayhome_dashboard;

grant select on _yoyo_migration to wayhome_operator;

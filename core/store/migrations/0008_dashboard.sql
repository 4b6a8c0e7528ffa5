-- What the pages need beyond their own tables, and the last gaps in the wall between organisations.

-- Who is behind a cookie: asked before the organisation is known, so it can not pass the wall.
create function carer_for_session(wanted bytea, moment timestamptz)
returns table (
    carer_id bigint, organisation_id text, organisation text, name text, role text,
    csrf text, created_at timestamptz, expires_at timestamptz
)
language sql stable security definer set search_path = public
as 'select c.carer_id, c.organisation_id, o.name, c.name, c.role, s.csrf, s.created_at, s.expires_at
    from login_session s join carer c using (carer_id) join organisation o using (organisation_id)
    where s.token_hash = wanted and s.expires_at > moment and c.disabled_at is null';
revoke all on function carer_for_session(bytea, timestamptz) from public;
grant execute on function carer_for_session(bytea, timestamptz) to wayhome_dashboard;

create index login_attempt_at on login_attempt (at);
create index access_record_home on access_record (home_id, carer_id, at);

-- An answer stands on the page from its commit, also while the alerting service has not read it yet.
grant select on alert_cursor to wayhome_dashboard;

alter table organisation enable row level security;
alter table organisation force row level security;
create policy dashboard_organisation on organisation for select to wayhome_dashboard
    using (organisation_id = current_setting('wayhome.organisation', true));
create policy service_organisation on organisation for select to
    wayhome_gateway, wayhome_analytics, wayhome_alerts, wayhome_operator using (true);
create policy registrar_organisation on organisation for all to wayhome_registrar
    using (true) with check (true);

alter table care enable row level security;
alter table care force row level security;
create policy dashboard_care on care for select to wayhome_dashboard
    using (carer_id in (select carer_id from carer));
create policy service_care on care for select to wayhome_alerts using (true);
create policy registrar_care on care for all to wayhome_registrar using (true) with check (true);

alter table alert_finding enable row level security;
alter table alert_finding force row level security;
create policy dashboard_alert_finding on alert_finding for select to wayhome_dashboard
    using (alert_id in (select alert_id from alert));
create policy service_alert_finding on alert_finding for all to wayhome_alerts, wayhome_operator
    using (true) with check (true);

alter table delivery_attempt enable row level security;
alter table delivery_attempt force row level security;
create policy dashboard_delivery_attempt on delivery_attempt for select to wayhome_dashboard
    using (delivery_id in (select delivery_id from delivery));
create policy service_delivery_attempt on delivery_attempt for all to wayhome_alerts, wayhome_operator
    using (true) with check (true);

alter table engine_snapshot enable row level security;
alter table engine_snapshot force row level security;
create policy dashboard_engine_snapshot on engine_snapshot for select to wayhome_dashboard
    using (home_id in (select home_id from home));
create policy service_engine_snapshot on engine_snapshot for all to wayhome_analytics, wayhome_operator
    using (true) with check (true);

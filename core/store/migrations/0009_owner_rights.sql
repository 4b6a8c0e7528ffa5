-- What runs with the owner's rights, and the last gaps in the walls.

-- A temporary table of the caller is found before a table of ours unless pg_temp is named last: without
-- this a role that may call these functions could make the owner run its code.
alter function carer_for_login(text) set search_path = pg_catalog, public, pg_temp;
alter function carer_for_session(bytea, timestamptz) set search_path = pg_catalog, public, pg_temp;

-- They also have to work where the owner is not a superuser, e.g. on a managed server.
alter table carer no force row level security;
alter table organisation no force row level security;
alter table care no force row level security;

create function homes_of_circle()
returns setof text
language sql stable security definer set search_path = pg_catalog, public, pg_temp
as 'select home_id from care
    where carer_id = nullif(current_setting(''wayhome.carer'', true), '''')::bigint';
comment on function homes_of_circle() is 'Homes that the acting carer cares for, whatever the walls.';
revoke all on function homes_of_circle() from public;
grant execute on function homes_of_circle() to wayhome_dashboard;

-- A circle shows who cares for its own homes only.
drop policy dashboard_care on care;
create policy dashboard_care on care for select to wayhome_dashboard using (
    carer_id in (select carer_id from carer)
    and (
        current_setting('wayhome.scope', true) = 'organisation'
        or home_id in (select homes_of_circle())
    )
);

-- Nobody writes a view of a home down to somebody else.
create policy dashboard_access_record_own on access_record as restrictive for insert to wayhome_dashboard
    with check (carer_id = nullif(current_setting('wayhome.carer', true), '')::bigint);

-- Who alerts people needs their names and addresses, not what opens their log-in.
revoke select on carer from wayhome_alerts;
grant select (carer_id, organisation_id, name, role, disabled_at) on carer to wayhome_alerts;

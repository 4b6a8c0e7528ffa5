-- Who is told when: policies, rotas and quiet hours. Written by people on the pages, read by the alerting service.

create table escalation_policy (
    policy_id bigint generated always as identity primary key,
    organisation_id text not null references organisation,
    home_id text references home on delete cascade,
    severity text not null check (severity in ('notice', 'check', 'urgent')),
    policy jsonb not null,
    changed_by bigint not null references carer,
    changed_at timestamptz not null,
    unique nulls not distinct (organisation_id, home_id, severity)
);
comment on table escalation_policy is
    'Whom to tell of what, when and how often: of one home, or of the organisation where home_id is null.';
create index escalation_policy_home on escalation_policy (home_id);

create table rota (
    rota_id bigint generated always as identity primary key,
    organisation_id text not null references organisation,
    home_id text references home on delete cascade,
    zone text not null,
    unique nulls not distinct (organisation_id, home_id)
);
comment on table rota is 'Who is on call: for one home, or for the organisation where home_id is null.';

create table rota_shift (
    shift_id bigint generated always as identity primary key,
    rota_id bigint not null references rota on delete cascade,
    carer_id bigint not null references carer,
    days smallint[] not null check (cardinality(days) between 1 and 7),
    start_min smallint not null check (start_min between 0 and 1439),
    end_min smallint not null check (end_min between 0 and 1439)
);
comment on table rota_shift is
    'Hours of every week (days 0 = Monday, minutes of the rota''s clock) for which one carer is on call.';
create index rota_shift_rota on rota_shift (rota_id);

create table rota_cover (
    cover_id bigint generated always as identity primary key,
    rota_id bigint not null references rota on delete cascade,
    starts_at timestamptz not null,
    ends_at timestamptz not null check (ends_at > starts_at),
    carer_id bigint not null references carer,
    asked_by bigint not null references carer,
    asked_at timestamptz not null,
    state text not null check (state in ('asked', 'agreed', 'declined', 'withdrawn')),
    decided_at timestamptz
);
comment on table rota_cover is
    'One carer stands in for whoever is on call, for once: decided, or asked of them and agreed; the latest counts.';
create index rota_cover_rota on rota_cover (rota_id, ends_at);

create table quiet_hours (
    carer_id bigint primary key references carer on delete cascade,
    zone text not null,
    windows jsonb not null,
    changed_at timestamptz not null
);
comment on table quiet_hours is 'When a carer is woken by urgent alerts only; the rest is held until the end.';

create table rota_feed (
    token_hash bytea primary key,
    carer_id bigint not null references carer on delete cascade,
    created_at timestamptz not null,
    revoked_at timestamptz
);
comment on table rota_feed is
    'Secret addresses of carers'' calendars; only a hash of each is kept, and one that is revoked shows nothing.';
create index rota_feed_carer on rota_feed (carer_id);

alter table response drop constraint response_kind_check;
alter table response add constraint response_kind_check
    check (kind in ('acknowledge', 'resolve', 'comment', 'reopen', 'take_over', 'hand_back'));

grant select, insert, update, delete on
    escalation_policy, rota, rota_shift, rota_cover, quiet_hours, rota_feed to wayhome_dashboard;
grant select on escalation_policy, rota, rota_shift, rota_cover, quiet_hours to wayhome_alerts;

do $walls$
declare
    walled text;
begin
    foreach walled in array array[
        'escalation_policy', 'rota', 'rota_shift', 'rota_cover', 'quiet_hours', 'rota_feed'
    ] loop
        execute format('alter table %I enable row level security', walled);
        execute format('alter table %I force row level security', walled);
    end loop;
    foreach walled in array array['escalation_policy', 'rota', 'rota_shift', 'rota_cover', 'quiet_hours'] loop
        execute format(
            'create policy service_%s on %I for select to wayhome_alerts using (true)', walled, walled);
    end loop;
    -- What holds for the organisation is seen by all of it, and changed by those who see all of it.
    foreach walled in array array['escalation_policy', 'rota'] loop
        execute format(
            'create policy dashboard_%1$s on %1$I for select to wayhome_dashboard using (
                organisation_id = current_setting(''wayhome.organisation'', true)
                and (home_id is null or home_id in (select home_id from home)))', walled);
        execute format(
            'create policy dashboard_%1$s_write on %1$I for all to wayhome_dashboard using (
                organisation_id = current_setting(''wayhome.organisation'', true)
                and (home_id in (select home_id from home)
                    or home_id is null and current_setting(''wayhome.scope'', true) = ''organisation''))',
            walled);
    end loop;
    foreach walled in array array['rota_shift', 'rota_cover'] loop
        execute format(
            'create policy dashboard_%1$s on %1$I for all to wayhome_dashboard
             using (rota_id in (select rota_id from rota))
             with check (rota_id in (select rota_id from rota))', walled);
    end loop;
end
$walls$;

-- A circle reads the shifts of its organisation and writes those of its own homes.
create policy dashboard_rota_shift_new on rota_shift as restrictive for insert to wayhome_dashboard
    with check (rota_id in (select r.rota_id from rota r
        where r.home_id is not null or current_setting('wayhome.scope', true) = 'organisation'));
create policy dashboard_rota_shift_gone on rota_shift as restrictive for delete to wayhome_dashboard
    using (rota_id in (select r.rota_id from rota r
        where r.home_id is not null or current_setting('wayhome.scope', true) = 'organisation'));
create policy dashboard_rota_cover_own on rota_cover as restrictive for insert to wayhome_dashboard
    with check (
        asked_by = nullif(current_setting('wayhome.carer', true), '')::bigint
        and carer_id in (select c.carer_id from carer c)
    );

create policy dashboard_quiet_hours on quiet_hours for select to wayhome_dashboard
    using (carer_id in (select c.carer_id from carer c));
create policy dashboard_quiet_hours_own on quiet_hours for all to wayhome_dashboard
    using (carer_id = nullif(current_setting('wayhome.carer', true), '')::bigint
        and carer_id in (select c.carer_id from carer c));
create policy dashboard_rota_feed on rota_feed for all to wayhome_dashboard
    using (carer_id = nullif(current_setting('wayhome.carer', true), '')::bigint
        and carer_id in (select c.carer_id from carer c));

-- Who is behind the secret address of a calendar: asked before the organisation is known.
alter table rota_feed no force row level security;
create function carer_for_feed(wanted bytea)
returns table (carer_id bigint, organisation_id text, organisation text, name text, role text)
language sql stable security definer set search_path = pg_catalog, public, pg_temp
as 'select c.carer_id, c.organisation_id, o.name, c.name, c.role
    from rota_feed f join carer c using (carer_id) join organisation o using (organisation_id)
    where f.token_hash = wanted and f.revoked_at is null and c.disabled_at is null';
revoke all on function carer_for_feed(bytea) from public;
grant execute on function carer_for_feed(bytea) to wayhome_dashboard;

-- By which channels people can be reached, not where: whether a policy reaches anybody.
create function channels_of_carers()
returns table (carer_id bigint, channel text)
language sql stable security definer set search_path = pg_catalog, public, pg_temp
as 'select p.carer_id, p.channel from contact_point p join carer c using (carer_id)
    where c.organisation_id = current_setting(''wayhome.organisation'', true)';
revoke all on function channels_of_carers() from public;
grant execute on function channels_of_carers() to wayhome_dashboard;

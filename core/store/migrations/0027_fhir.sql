-- Reading by programs: keys of applications, bulk exports they asked for, which version of a detector spoke;
-- and what goes out to the records of others.

alter table finding add column detector_version text not null default '';
comment on column finding.detector_version is 'Release and state version of the detector; empty before it was kept.';

create table application_token (
    token_id bigint generated always as identity primary key,
    token_hash bytea not null unique check (length(token_hash) = 32),
    organisation_id text not null references organisation,
    carer_id bigint not null references carer on delete cascade,
    resident_id bigint references resident on delete cascade,
    name text not null check (length(name) between 1 and 60),
    scopes text[] not null check (cardinality(scopes) between 1 and 20),
    made_at timestamptz not null,
    ends_at timestamptz not null,
    revoked_at timestamptz,
    check (ends_at > made_at)
);
comment on table application_token is
    'Keys of programs that read over FHIR: whom each acts as, what it may read, until when; only a hash of each is kept.';
create index application_token_carer on application_token (carer_id);
create index application_token_resident on application_token (resident_id);

-- Who is behind a bearer token: asked before the organisation is known, so it can not pass the wall.
create function carer_for_token(wanted bytea, moment timestamptz)
returns table (
    token_id bigint, carer_id bigint, organisation_id text, organisation text, name text, role text,
    scopes text[], resident_id bigint, made_at timestamptz, ends_at timestamptz
)
language sql stable security definer set search_path = pg_catalog, public, pg_temp
as 'select t.token_id, c.carer_id, c.organisation_id, o.name, c.name, c.role, t.scopes, t.resident_id,
    t.made_at, t.ends_at
    from application_token t join carer c using (carer_id)
    join organisation o on o.organisation_id = c.organisation_id
    where t.token_hash = wanted and t.ends_at > moment and t.revoked_at is null
    and c.organisation_id = t.organisation_id and c.disabled_at is null';
revoke all on function carer_for_token(bytea, timestamptz) from public;
grant execute on function carer_for_token(bytea, timestamptz) to wayhome_dashboard;

create table fhir_export (
    export_id bigint generated always as identity primary key,
    carer_id bigint not null references carer on delete cascade,
    home_id text references home on delete cascade,
    asked_at timestamptz not null,
    ends_at timestamptz not null,
    request text not null,
    kinds text[] not null check (cardinality(kinds) between 1 and 20),
    since timestamptz,
    counts jsonb not null default '{}'
);
comment on table fhir_export is
    'Bulk exports that somebody asked for: of which kinds, of one home or all, and how many resources each has.';
create index fhir_export_carer on fhir_export (carer_id);
create index fhir_export_home on fhir_export (home_id);

create table share_outbox (
    share_id bigint generated always as identity primary key,
    home_id text not null references home on delete cascade,
    resident_id bigint not null references resident on delete cascade,
    connector text not null,
    recipient text not null,
    kind text not null check (kind in ('day', 'finding')),
    day date,
    finding_id bigint references finding on delete cascade,
    made_at timestamptz not null,
    state text not null default 'pending' check (state in ('pending', 'sent', 'refused', 'withheld')),
    attempts integer not null default 0,
    next_try_at timestamptz not null,
    lease_until timestamptz,
    sent_at timestamptz,
    reference text not null default '',
    error text not null default '',
    unique nulls not distinct (connector, recipient, resident_id, kind, day, finding_id),
    check ((kind = 'day') = (day is not null) and (kind = 'finding') = (finding_id is not null))
);
comment on table share_outbox is
    'What goes out to the record of somebody else, each once per recipient; composed from the tables when it is sent.';
create index share_outbox_due on share_outbox (next_try_at) where state = 'pending';
create index share_outbox_resident on share_outbox (resident_id);
create index share_outbox_finding on share_outbox (finding_id);

grant usage on schema public to wayhome_sharing;
grant select on organisation, home, resident, device, finding, day_count, alert, alert_finding to wayhome_sharing;
grant select, insert, update, delete on share_outbox to wayhome_sharing;
grant select, insert, update, delete on application_token to wayhome_registrar;
grant select, insert, update, delete on fhir_export to wayhome_dashboard;
grant select on application_token, fhir_export, share_outbox to wayhome_operator;

do $walls$
declare
    walled text;
begin
    foreach walled in array array['application_token', 'fhir_export', 'share_outbox'] loop
        execute format('alter table %I enable row level security', walled);
        execute format('alter table %I force row level security', walled);
        execute format(
            'create policy owner_%s on %I for all to current_user using (true) with check (true)', walled, walled);
        execute format(
            'create policy operator_%s on %I for select to wayhome_operator using (true)', walled, walled);
    end loop;
    foreach walled in array array[
        'organisation', 'home', 'resident', 'device', 'finding', 'day_count', 'alert', 'alert_finding'
    ] loop
        execute format(
            'create policy sharing_%s on %I for select to wayhome_sharing using (true)', walled, walled);
    end loop;
end
$walls$;
create policy registrar_application_token on application_token for all to wayhome_registrar
    using (true) with check (true);
create policy own_fhir_export on fhir_export for all to wayhome_dashboard
    using (carer_id = nullif(current_setting('wayhome.carer', true), '')::bigint)
    with check (
        carer_id = nullif(current_setting('wayhome.carer', true), '')::bigint
        and (home_id is null or home_id in (select home_id from home))
    );
create policy sharing_share_outbox on share_outbox for all to wayhome_sharing using (true) with check (true);

-- Data protection: on what basis what is done with what is known about a person, and for how long it is kept.

create table purpose_basis (
    basis_id bigint generated always as identity primary key,
    home_id text not null references home on delete cascade,
    resident_id bigint not null references resident on delete cascade,
    kind text not null check (kind in ('given', 'withdrawn')),
    purpose text not null check (purpose in ('care_monitoring', 'location', 'record_sharing', 'research',
        'open_data', 'assessment', 'police_photo')),
    recipient text not null default '' check (length(recipient) <= 100),
    article6 text not null default '' check (article6 in ('', 'consent', 'contract', 'legal_obligation',
        'vital_interests', 'public_task', 'legitimate_interests')),
    article9 text not null default '' check (article9 in ('', 'none', 'explicit_consent', 'vital_interests',
        'substantial_public_interest', 'health_or_social_care', 'public_health', 'research')),
    decided text not null check (decided in ('person', 'attorney', 'deputy', 'best_interests', 'not_asked')),
    said_by text not null check (length(said_by) between 1 and 100),
    note text not null default '' check (length(note) <= 500),
    valid_from timestamptz not null,
    valid_until timestamptz,
    carer_id bigint not null references carer,
    at timestamptz not null,
    check ((kind = 'given') = (article6 <> '' and article9 <> '')),
    check (valid_until is null or (kind = 'given' and valid_until > valid_from)),
    check (kind = 'withdrawn' or purpose in ('care_monitoring', 'location', 'assessment', 'police_photo',
        'open_data') or recipient <> '')
);
comment on table purpose_basis is
    'On what basis something is done with what is known about a person, for whom and until when; append-only.';
create index purpose_basis_resident on purpose_basis (resident_id, purpose, basis_id);
create index purpose_basis_home on purpose_basis (home_id);

grant select on purpose_basis to wayhome_gateway, wayhome_analytics, wayhome_alerts, wayhome_operator,
    wayhome_registrar, wayhome_sharing;
grant select, insert on purpose_basis to wayhome_dashboard;
alter table purpose_basis enable row level security;
alter table purpose_basis force row level security;
create policy dashboard_purpose_basis on purpose_basis for select to wayhome_dashboard
    using (home_id in (select home_id from home));
create policy dashboard_purpose_basis_new on purpose_basis for insert to wayhome_dashboard with check (
    home_id in (select home_id from home)
    and resident_id in (select r.resident_id from resident r where r.home_id = purpose_basis.home_id)
    and carer_id = nullif(current_setting('wayhome.carer', true), '')::bigint
    and carer_id in (select c.carer_id from carer c where c.role in ('clinician', 'organisation_admin')));
create policy service_purpose_basis on purpose_basis for select to
    wayhome_gateway, wayhome_analytics, wayhome_alerts, wayhome_operator, wayhome_registrar, wayhome_sharing
    using (true);

-- For how long what is kept. Periods of an organisation that differ from the built-in ones (core/model/retention.py),
-- people whose records must stay, and a ledger of what was removed.

create table retention_rule (
    rule_id bigint generated always as identity primary key,
    organisation_id text not null references organisation,
    class text not null check (length(class) <= 40),
    days integer not null check (days > 0),
    reason text not null check (length(reason) between 1 and 500),
    at timestamptz not null
);
comment on table retention_rule is
    'For how many days an organisation keeps a class of records, and why; append-only, the latest counts.';

create table legal_hold (
    hold_id bigint generated always as identity primary key,
    home_id text not null references home on delete cascade,
    resident_id bigint not null references resident on delete cascade,
    kind text not null check (kind in ('set', 'released')),
    reason text not null check (length(reason) between 1 and 500),
    at timestamptz not null
);
comment on table legal_hold is
    'Whose records must stay whatever their age, e.g. for an inquest; append-only, the latest row counts.';
create index legal_hold_resident on legal_hold (resident_id, hold_id);
create index legal_hold_home on legal_hold (home_id);

create table retention_run (
    run_id bigint generated always as identity primary key,
    at timestamptz not null,
    class text not null,
    organisation_id text,
    before timestamptz,
    removed bigint not null default 0,
    chunks integer not null default 0,
    error text not null default ''
);
comment on table retention_run is
    'What retention removed, by class and organisation (none: whole chunks, or of no home that exists), or why not.';
create index retention_run_at on retention_run (at);

grant select, insert on retention_rule, legal_hold to wayhome_registrar;
grant select on retention_rule, legal_hold to wayhome_analytics, wayhome_operator;
grant select on legal_hold, retention_rule to wayhome_dashboard;
grant select, insert on retention_run to wayhome_analytics;
grant select on retention_run to wayhome_dashboard, wayhome_operator;

create function homes_held() returns setof text
language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $held$
    select h.home_id from legal_hold h where h.kind = 'set' and not exists (
        select 1 from legal_hold l where l.resident_id = h.resident_id and l.hold_id > h.hold_id)
$held$;

-- The rows of a class older than a moment: counted, or deleted up to so many. An organisation of null stands for
-- rows of no home that exists. Whatever is asked, what is younger than the floor of its class stays.
create function retention_rows(wanted text, organisation text, before timestamptz, most integer) returns bigint
language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $rows$
declare
    floors constant jsonb := '{"observations": 100, "positions": 7, "day_counts": 400, "alerts": 365,
        "quarantine": 7, "packs": 30, "accounts": 30, "assessments": 365}';
    mine constant text := '(($2 is null and (t.home_id is null or t.home_id not in (select h.home_id from home h)))'
        ' or t.home_id in (select h.home_id from home h where h.organisation_id = $2))'
        ' and coalesce(t.home_id, '''') not in (select homes_held())';
    theirs constant text := 't.carer_id in (select c.carer_id from carer c where c.organisation_id = $2)';
    -- by the devices of the organisation: their rows are found by the primary key, without reading the whole log
    worn constant text := 'd.home_id in (select h.home_id from home h where h.organisation_id = $2)'
        ' and d.home_id not in (select homes_held())';
    log constant text := 'device d cross join lateral (select x.* from %I x where x.device_id = d.device_id
        and x.observed_at < $1 and x.received_at < $1 order by x.observed_at limit %s) t';
    total bigint := 0;
    done bigint;
    bound text := coalesce(nullif(most, 0)::text, 'null');
    one record;
begin
    if before is null or floors -> wanted is null
        or before > now() - make_interval(days => (floors ->> wanted)::integer) then
        raise exception 'too young to go' using errcode = '22023';
    end if;
    for one in select * from (values
        (1, 'observations', 'observation', '(device_id, observed_at, quantity, discriminator)', 'true', worn),
        (1, 'positions', 'position', '(device_id, observed_at, discriminator)', 'true', worn),
        (1, 'day_counts', 'day_count', '(home_id, day)', 't.day < $1::date', mine),
        (1, 'alerts', 'alert', '(alert_id)',
            't.state = ''resolved'' and coalesce(t.resolved_at, t.opened_at) < $1', mine),
        (2, 'alerts', 'finding', '(finding_id)', 't.noticed_at < $1 and not exists (
            select 1 from alert_finding j where j.finding_id = t.finding_id)', mine),
        (1, 'quarantine', 'quarantine', '(quarantine_id)', 't.received_at < $1', mine),
        (2, 'quarantine', 'discovered', '(home_id, family, external_id)', 't.last_seen < $1', mine),
        (3, 'quarantine', 'refusal', '(day, home_id, source, reason)', 't.day < $1::date', mine),
        (4, 'quarantine', 'detector_error', '(home_id, detector, error)', 't.last_at < $1', mine),
        (1, 'packs', 'missing_pack', '(pack_id)', 't.at < $1', mine),
        (1, 'accounts', 'invitation', '(invitation_id)', 't.expires_at < $1 and t.organisation_id = $2', 'true'),
        (2, 'accounts', 'login_session', '(token_hash)', 't.expires_at < $1', theirs),
        (3, 'accounts', 'self_test', '(self_test_id)', 't.asked_at < $1', theirs),
        (4, 'accounts', 'delivery', '(delivery_id)', 't.kind <> ''alert'' and t.created_at < $1', theirs),
        (1, 'assessments', 'assessment', '(assessment_id)', 't.at < $1 and coalesce((select max(s.last_day)
            from assessment_step s where s.assessment_id = t.assessment_id), t.last_day) < $1::date', mine),
        (2, 'assessments', 'annotation', '(annotation_id)', 't.last_day < $1::date and not exists (select 1
            from annotation v where v.resident_id = t.resident_id and v.number = t.number and v.at >= $1)', mine)
    ) as v(place, class, kept, key, old, whose) where v.class = wanted order by v.place loop
        declare
            source text := case when one.kept in ('observation', 'position')
                then format(log, one.kept, bound) else format('%I t', one.kept) end;
            named text := regexp_replace(one.key, '([a-z_]+)', 't.\1', 'g');
        begin
            if most = 0 then
                execute format('select count(*) from %s where (%s) and (%s)', source, one.old, one.whose)
                    into done using before, organisation;
            else
                execute format('delete from %I where %s in (select %s from %s where (%s) and (%s) limit %s)',
                    one.kept, one.key, trim(both '()' from named), source, one.old, one.whose, bound)
                    using before, organisation;
                get diagnostics done = row_count;
            end if;
            total := total + done;
        end;
    end loop;
    return total;
end
$rows$;

create function retain_rows(wanted text, organisation text, before timestamptz, most integer) returns bigint
language sql volatile security definer set search_path = pg_catalog, public, pg_temp
as $retain$ select retention_rows(wanted, organisation, before, greatest(most, 1)) $retain$;

create function retention_due(wanted text, organisation text, before timestamptz) returns bigint
language sql volatile security definer set search_path = pg_catalog, public, pg_temp
as $due$ select retention_rows(wanted, organisation, before, 0) $due$;

-- Drop the chunks of a log that hold nothing but what is older than a moment and of nobody who is held.
create function retain_chunks(wanted text, before timestamptz) returns table (chunks integer, removed bigint)
language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $chunks$
declare
    log text := case wanted when 'observations' then 'observation' when 'positions' then 'position' end;
    least integer := case wanted when 'observations' then 100 else 7 end;
    held text[] := array(select homes_held());
    one record;
    rows bigint;
    keeps boolean;
begin
    if log is null or before is null or before > now() - make_interval(days => least) then
        raise exception 'too young to go' using errcode = '22023';
    end if;
    chunks := 0;
    removed := 0;
    if exists (select 1 from pg_extension where extname = 'timescaledb') then
        for one in execute format('select c.chunk_schema, c.chunk_name, c.range_start, c.range_end
            from timescaledb_information.chunks c where c.hypertable_schema = ''public''
                and c.hypertable_name = %L and c.range_end <= $1 order by c.range_start', log) using before
        loop
            execute format('select count(*), coalesce(bool_or(x.received_at >= $1 or x.home_id = any($2)), false)
                from %I.%I x', one.chunk_schema, one.chunk_name) into rows, keeps using before, held;
            continue when keeps;
            execute format('select drop_chunks(%L::regclass, older_than => $1, newer_than => $2)', log)
                using one.range_end, one.range_start;
            chunks := chunks + 1;
            removed := removed + rows;
        end loop;
    end if;
    return next;
end
$chunks$;

do $rights$
declare
    entry text;
begin
    foreach entry in array array['homes_held()', 'retention_rows(text, text, timestamptz, integer)',
        'retain_rows(text, text, timestamptz, integer)', 'retention_due(text, text, timestamptz)',
        'retain_chunks(text, timestamptz)'] loop
        execute format('revoke all on function %s from public', entry);
    end loop;
    grant execute on function retain_rows(text, text, timestamptz, integer) to wayhome_analytics;
    grant execute on function retain_chunks(text, timestamptz) to wayhome_analytics;
    grant execute on function retention_due(text, text, timestamptz) to wayhome_operator;
    foreach entry in array array['retention_rule', 'legal_hold', 'retention_run'] loop
        execute format('alter table %I enable row level security', entry);
        execute format('alter table %I force row level security', entry);
    end loop;
    -- where the owner is no superuser its functions are held by the walls as well
    foreach entry in array array['legal_hold', 'observation', 'position', 'day_count', 'alert', 'finding',
        'alert_finding', 'quarantine', 'discovered', 'refusal', 'detector_error', 'missing_pack', 'invitation',
        'login_session', 'self_test', 'delivery', 'carer', 'device', 'home',
        'assessment', 'assessment_step', 'annotation'] loop
        execute format(
            'create policy retention_%s on %I for all to current_user using (true) with check (true)', entry, entry);
    end loop;
end
$rights$;
create policy dashboard_legal_hold on legal_hold for select to wayhome_dashboard
    using (home_id in (select home_id from home));
create policy service_legal_hold on legal_hold for all to wayhome_registrar, wayhome_analytics, wayhome_operator
    using (true) with check (true);
create policy dashboard_retention_rule on retention_rule for select to wayhome_dashboard
    using (organisation_id = current_setting('wayhome.organisation', true));
create policy service_retention_rule on retention_rule for all to
    wayhome_registrar, wayhome_analytics, wayhome_operator using (true) with check (true);
create policy dashboard_retention_run on retention_run for select to wayhome_dashboard using (
    (organisation_id is null or organisation_id = current_setting('wayhome.organisation', true))
    and current_setting('wayhome.scope', true) = 'organisation');
create policy service_retention_run on retention_run for all to wayhome_analytics, wayhome_operator
    using (true) with check (true);

-- Open data: where a home lies, whether an organisation publishes, and what it has published.

create table home_area (
    home_id text primary key references home on delete cascade,
    area text not null check (area ~ '^[A-Z][0-9]{8}$'),
    at timestamptz not null
);
comment on table home_area is 'In which area (ONS code of a ward or LSOA) a home lies, for counts by area; none, nowhere.';

create table open_data_choice (
    choice_id bigint generated always as identity primary key,
    organisation_id text not null references organisation,
    publishes boolean not null,
    said_by text not null check (length(said_by) between 1 and 100),
    at timestamptz not null
);
comment on table open_data_choice is
    'Whether an organisation publishes open data, and who decided; append-only, the latest counts, none means no.';

create table open_data_publication (
    organisation_id text not null references organisation,
    month date not null check (extract(day from month) = 1),
    digest bytea not null check (length(digest) = 32),
    at timestamptz not null,
    primary key (organisation_id, month)
);
comment on table open_data_publication is
    'What was published of a month, by its digest: another version of it would tell who came or went.';

grant select, insert, update, delete on home_area to wayhome_registrar;
grant select, insert on open_data_choice, open_data_publication to wayhome_registrar;
grant select on home_area, open_data_choice, open_data_publication to wayhome_operator;
grant select on day_count to wayhome_registrar;
do $rights$
declare
    entry text;
begin
    foreach entry in array array['home_area', 'open_data_choice', 'open_data_publication'] loop
        execute format('alter table %I enable row level security', entry);
        execute format('alter table %I force row level security', entry);
        execute format('create policy service_%s on %I for all to wayhome_registrar, wayhome_operator
            using (true) with check (true)', entry, entry);
    end loop;
end
$rights$;
create policy registrar_day_count on day_count for select to wayhome_registrar using (true);

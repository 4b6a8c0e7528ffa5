-- Visits that are expected: who comes, on which days, between what times of the home's clock. Detection goes by them
-- (docs/decisions/0309); who said what, and who took it back, stays (docs/decisions/0310).

create table expected_visit (
    visit_id bigint generated always as identity primary key,
    home_id text not null references home on delete cascade,
    visitor text not null check (visitor in ('care', 'nurse', 'family', 'other')),
    days smallint[] not null check (cardinality(days) > 0 and days = array_remove(array[
        case when 0 = any (days) then 0 end, case when 1 = any (days) then 1 end,
        case when 2 = any (days) then 2 end, case when 3 = any (days) then 3 end,
        case when 4 = any (days) then 4 end, case when 5 = any (days) then 5 end,
        case when 6 = any (days) then 6 end]::smallint[], null)),
    start_min smallint not null check (start_min between 0 and 1439),
    end_min smallint not null check (end_min between 0 and 1439),
    first_day date,
    last_day date,
    carer_id bigint references carer,
    at timestamptz not null,
    ended_at timestamptz,
    ended_by bigint references carer,
    check ((end_min - start_min + 1439) % 1440 + 1 between 10 and 240),
    check (last_day >= first_day),
    check (ended_by is null or ended_at is not null)
);
comment on table expected_visit is
    'Who is expected in a home on which days (0 = Monday) between what minutes of its clock, who said so, and when it ended.';
comment on column expected_visit.carer_id is 'Who said so; null where it stood in a list of homes that was registered.';
comment on column expected_visit.ended_by is
    'Who took it back; null where its last day was over, or the home ended.';
create index expected_visit_standing on expected_visit (home_id, visit_id) where ended_at is null;
create index expected_visit_home on expected_visit (home_id, ended_at);

-- Who may say that nobody is at home, and who sets up the home.
create function says_visits(home text, ending boolean) returns boolean
language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $says$
    select says_away(home, ending) or sets_up(home)
$says$;

-- Write down a visit once: the number of one that stands as it is said, else of a new one. At most 24 are to come.
create function put_visit(home text, terms expected_visit, moment timestamptz) returns bigint
language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $put$
declare
    today date;
    found_id bigint;
begin
    select (moment at time zone h.zone)::date into today from home h where h.home_id = home for no key update;
    -- what is over ends a day later: what sensors said then may still be on its way
    update expected_visit v set ended_at = moment
        where v.home_id = home and v.ended_at is null and v.last_day < today - 1;
    select v.visit_id into found_id from expected_visit v
        where v.home_id = home and v.ended_at is null
        and (v.visitor, v.days, v.start_min, v.end_min, v.first_day, v.last_day)
            is not distinct from (terms.visitor, terms.days, terms.start_min, terms.end_min, terms.first_day, terms.last_day)
        limit 1;
    if found_id is not null then
        return found_id;
    end if;
    if (select count(*) from expected_visit v where v.home_id = home and v.ended_at is null and (v.last_day is null
            or v.last_day + (v.end_min <= v.start_min)::integer >= today)) >= 24 then
        raise exception 'too many visits' using errcode = '54000';
    end if;
    insert into expected_visit
        (home_id, visitor, days, start_min, end_min, first_day, last_day, carer_id, at)
        values (home, terms.visitor, terms.days, terms.start_min, terms.end_min, terms.first_day, terms.last_day,
            terms.carer_id, moment)
        returning visit_id into found_id;
    perform pg_notify('registry', home);
    return found_id;
end
$put$;

-- Say it on the page of a home; null where who is acting may not, or nothing is watched there any more.
create function expect_visit(home text, terms jsonb, moment timestamptz) returns bigint
language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $expect$
declare
    wanted expected_visit;
begin
    if not says_visits(home, false)
        or exists (select 1 from home h where h.home_id = home and h.mode = 'archive') then
        return null;
    end if;
    wanted := jsonb_populate_record(null::expected_visit, terms);
    wanted.carer_id := current_setting('wayhome.carer')::bigint;
    return put_visit(home, wanted, moment);
end
$expect$;

-- Take one back; null where who is acting may not, or it does not stand.
create function end_visit(home text, wanted bigint, moment timestamptz) returns bigint
language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $end$
declare
    ended bigint;
begin
    if not says_visits(home, true) then
        return null;
    end if;
    update expected_visit v set ended_at = moment, ended_by = current_setting('wayhome.carer')::bigint
        where v.visit_id = wanted and v.home_id = home and v.ended_at is null returning v.visit_id into ended;
    if ended is not null then
        perform pg_notify('registry', home);
    end if;
    return ended;
end
$end$;

-- What stands in a list of homes, once: what was taken back on the pages does not come back with an old list.
create function register_visit(home text, terms jsonb) returns bigint
language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $register$
declare
    wanted expected_visit;
    known bigint;
begin
    wanted := jsonb_populate_record(null::expected_visit, terms);
    wanted.carer_id := null;
    select v.visit_id into known from expected_visit v
        where v.home_id = home
        and (v.visitor, v.days, v.start_min, v.end_min, v.first_day, v.last_day)
            is not distinct from (wanted.visitor, wanted.days, wanted.start_min, wanted.end_min, wanted.first_day, wanted.last_day)
        order by v.visit_id desc limit 1;
    return coalesce(known, put_visit(home, wanted, now()));
end
$register$;

-- With a home its visits end: if somebody is watched there again one day, they are said anew.
create function end_visits_of_home() returns trigger
language plpgsql volatile security definer set search_path = pg_catalog, public, pg_temp
as $visits$
begin
    update expected_visit v set ended_at = new.at where v.home_id = new.home_id and v.ended_at is null;
    return null;
end
$visits$;
create trigger home_step_ends_visits after insert on home_step for each row when (new.stage = 'ended')
    execute function end_visits_of_home();

alter table expected_visit enable row level security;
alter table expected_visit force row level security;
grant select on expected_visit to wayhome_dashboard, wayhome_analytics, wayhome_registrar, wayhome_operator;
create policy dashboard_expected_visit on expected_visit for select to wayhome_dashboard
    using (exists (select 1 from home h where h.home_id = expected_visit.home_id));
create policy service_expected_visit on expected_visit for select
    to wayhome_analytics, wayhome_registrar, wayhome_operator using (true);

do $rights$
declare
    entry text;
begin
    execute 'create policy owner_expected_visit on expected_visit for all to current_user using (true) with check (true)';
    foreach entry in array array['says_visits(text, boolean)', 'put_visit(text, expected_visit, timestamptz)',
        'expect_visit(text, jsonb, timestamptz)', 'end_visit(text, bigint, timestamptz)',
        'register_visit(text, jsonb)', 'end_visits_of_home()'] loop
        execute format('revoke all on function %s from public', entry);
    end loop;
    foreach entry in array array['says_visits(text, boolean)', 'expect_visit(text, jsonb, timestamptz)',
        'end_visit(text, bigint, timestamptz)'] loop
        execute format('grant execute on function %s to wayhome_dashboard', entry);
    end loop;
end
$rights$;
grant execute on function register_visit(text, jsonb) to wayhome_registrar;

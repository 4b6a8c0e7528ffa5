-- Where a device was in truth: a step may say since when it holds. What was recorded and learned in between by a wrong
-- place is counted and learned anew (docs/decisions/0297).

alter table device_change
    add column holds_since timestamptz,
    add column learned_at timestamptz,
    drop constraint device_change_kind_check,
    add constraint device_change_kind_check
        check (kind in ('registered', 'changed', 'replaced', 'retired', 'restored', 'undone', 'corrected'));
comment on column device_change.holds_since is
    'Of a correction and what takes it back: since when it holds; -infinity for ever. Null: from that moment on.';
comment on column device_change.learned_at is 'When detection took a correction in.';
create index device_change_to_learn on device_change (home_id) where holds_since is not null and learned_at is null;

do $owner$
begin
    execute 'create policy owner_day_count on day_count for all to current_user using (true) with check (true)';
end
$owner$;

-- Have the days of a home from a moment on counted anew, as far back as what they are counted from is kept.
create function count_again(home text, since timestamptz) returns void
language sql volatile security definer set search_path = pg_catalog, public, pg_temp
as $again$
    update day_count c set settled = false from home h
    where h.home_id = home and c.home_id = home and c.settled
        and (c.day + 1)::timestamp at time zone h.zone > since
        and c.day > (select (min(f.first) at time zone h.zone)::date from device d cross join lateral (
            select o.observed_at as first from observation o where o.device_id = d.device_id
            order by o.observed_at limit 1) f where d.home_id = home)
$again$;

-- Put a device where it was in truth since a moment: null for ever. Null where it is not there, or who is acting may not.
-- From a day on only its place can be put right: what it told of who wore it goes from one to the other as a whole.
create function correct_device(target bigint, terms jsonb, since timestamptz, moment timestamptz) returns bigint
language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $correct$
declare
    standing device%rowtype;
    wanted device%rowtype;
    noted bigint;
    earlier jsonb := device_terms(target);
    given jsonb := terms - 'family' - 'external_id' - 'retired_at' - 'home_id' - 'device_id';
begin
    select * into standing from device d where d.device_id = target for update;
    if not found or not sets_up(standing.home_id) or standing.retired_at is not null or since > moment then
        return null;
    end if;
    wanted := jsonb_populate_record(standing, given);
    if since is not null and wanted.resident_id is distinct from standing.resident_id then
        return null;
    end if;
    perform put_device(target, given);
    noted := note_device(target, 'corrected', earlier, moment, null);
    update device_change c set holds_since = coalesce(since, '-infinity') where c.change_id = noted;
    perform count_again(standing.home_id, coalesce(since, '-infinity'));
    return noted;
end
$correct$;

create or replace function undo_device_change(wanted bigint, moment timestamptz) returns bigint
language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $undo$
declare
    done device_change%rowtype;
    noted bigint;
    since timestamptz;
begin
    select * into done from device_change c where c.change_id = wanted;
    if not found or not sets_up(done.home_id) or done.kind = 'undone' then
        return null;
    end if;
    perform 1 from device d where d.device_id = done.device_id for update;
    if not stands_last(wanted) then
        return null;
    end if;
    perform put_device(done.device_id, coalesce(done.before, jsonb_build_object('retired_at', moment)));
    noted := note_device(done.device_id, 'undone', done.after, moment, wanted);
    -- a move that is taken back was none: the days since are those of the place before it
    since := coalesce(done.holds_since, case when done.kind = 'changed' then done.at end);
    if since is not null and (done.before ->> 'placement', done.before ->> 'room_id')
        is distinct from (done.after ->> 'placement', done.after ->> 'room_id') then
        update device_change c set holds_since = since where c.change_id = noted;
        perform count_again(done.home_id, since);
    end if;
    return noted;
end
$undo$;

-- Detection takes in what was put right in homes of its shard, each once: since when what it learned there was wrong.
create function take_corrections(homes text[], moment timestamptz) returns table (home_id text, since timestamptz)
language sql volatile security definer set search_path = pg_catalog, public, pg_temp
as $take$
    with taken as (
        update device_change c set learned_at = moment
        where c.home_id = any(homes) and c.holds_since is not null and c.learned_at is null
        returning c.home_id, c.device_id, c.holds_since, c.before, c.after)
    select t.home_id, min(greatest(t.holds_since, f.first)) from taken t cross join lateral (
        select o.observed_at as first from observation o where o.device_id = t.device_id
        order by o.observed_at limit 1) f
    where (t.before ->> 'placement', t.before ->> 'room_id')
        is distinct from (t.after ->> 'placement', t.after ->> 'room_id')
    group by t.home_id
$take$;

-- What somebody has put in its place on the pages stays there, also when an old list is registered again.
create function placed_on_pages(of_home text, of_family text, address text) returns boolean
language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $placed$
    select exists (select 1 from device d join device_change c using (device_id)
        where d.home_id = of_home and d.family = of_family and d.external_id = address)
$placed$;

do $rights$
declare
    entry text;
begin
    foreach entry in array array[
        'count_again(text, timestamptz)', 'correct_device(bigint, jsonb, timestamptz, timestamptz)',
        'take_corrections(text[], timestamptz)', 'placed_on_pages(text, text, text)'
    ] loop
        execute format('revoke all on function %s from public', entry);
    end loop;
end
$rights$;
grant execute on function correct_device(bigint, jsonb, timestamptz, timestamptz) to wayhome_dashboard;
grant execute on function take_corrections(text[], timestamptz) to wayhome_analytics;
grant execute on function placed_on_pages(text, text, text) to wayhome_registrar;
grant execute on function homes_over() to wayhome_registrar;

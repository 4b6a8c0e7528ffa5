-- Who cares for a home says that nobody is there for a time: a pause like that of a technician, with a reason out
-- of few, that ends by itself and silences less (docs/decisions/0295).

alter table home_step add column away text not null default ''
        check (away in ('', 'with_us', 'hospital', 'holiday')),
    add column by_itself boolean not null default false,
    add check (away = '' or stage = 'live' or stage = 'paused' and until is not null),
    add check (not by_itself or stage = 'live' and away <> '');
comment on column home_step.away is
    'Of a pause that a carer began, and of the step that ended it: where the person is; empty for all other steps.';
comment on column home_step.by_itself is 'True where a pause ended at its planned end, and carer_id is who planned it.';

-- What detection and the pages ask of each home; the functions below keep it.
alter table home add column away boolean not null default false, add check (not away or mode = 'test');
comment on column home.away is
    'True while watching rests because a carer said that nobody is there; then calls and hazards are of the carers.';

-- Where the people of a home are, as long as its watching rests because a carer said so; empty else.
create function away_of(home text) returns text
language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $away$
    select coalesce((select case when s.stage = 'paused' then s.away else '' end from home_step s
        where s.home_id = home order by s.step_id desc limit 1), '')
$away$;

-- Whether watching rested at a moment because a carer said so.
create function away_at(home text, moment timestamptz) returns boolean
language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $away$
    select coalesce((select s.stage = 'paused' and s.away <> '' from home_step s
        where s.home_id = home and s.at <= moment order by s.step_id desc limit 1), false)
$away$;

-- Those of the circle who answer alerts, and the organisation's administrators. Who answers alerts there without
-- being of the circle, on call for instance, may end it: to watch is never the worse mistake.
create function says_away(home text, ending boolean) returns boolean
language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $says$
    select exists (
        select 1 from carer c join home h on h.organisation_id = c.organisation_id
        where c.carer_id = nullif(current_setting('wayhome.carer', true), '')::bigint
            and c.organisation_id = current_setting('wayhome.organisation', true)
            and c.disabled_at is null and h.home_id = home
            and (c.role = 'organisation_admin' or ending and c.role = 'care_worker'
                or c.role in ('family_carer', 'care_worker') and exists (
                    select 1 from care k where k.home_id = h.home_id and k.carer_id = c.carer_id)))
$says$;

-- Let watching rest, or rest for longer or shorter; null where who is acting may not, or a technician has paused
-- the home or tests it.
create function rest_watch(home text, place text, ends timestamptz, moment timestamptz) returns bigint
language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $rest$
declare
    standing text;
    taken bigint;
begin
    if not says_away(home, false) then
        return null;
    end if;
    if ends is null or ends <= moment or ends > moment + interval '14 days' then
        raise exception 'until when' using errcode = '22023';
    end if;
    perform 1 from home h where h.home_id = home for update;
    standing := stage_of(home);
    if standing <> 'live' and away_of(home) = '' then
        return null;
    end if;
    if standing = 'live' and exists (
        select 1 from alert a where a.home_id = home and not a.silent and a.audience = 'carers'
            and a.state <> 'resolved' and a.severity <> 'notice') then
        raise exception 'open alert' using errcode = '55000';
    end if;
    insert into home_step (home_id, carer_id, at, stage, reason, until, away)
        values (home, current_setting('wayhome.carer')::bigint, moment, 'paused', place, ends, place)
        returning step_id into taken;
    update home h set mode = 'test', away = true where h.home_id = home;
    perform pg_notify('registry', home);
    return taken;
end
$rest$;

-- Watch again: the home was live before, so nothing is tested anew.
create function end_rest(home text, who bigint, due boolean, moment timestamptz) returns bigint
language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $end$
declare
    place text := away_of(home);
    taken bigint;
begin
    if place = '' then
        return null;
    end if;
    insert into home_step (home_id, carer_id, at, stage, reason, away, by_itself)
        values (home, who, moment, 'live', place, place, due) returning step_id into taken;
    update home h set mode = 'live', away = false, live_since = moment where h.home_id = home;
    perform pg_notify('registry', home);
    return taken;
end
$end$;

-- A carer says that somebody is back; null where who is acting may not, or it has ended meanwhile.
create function watch_again(home text, moment timestamptz) returns bigint
language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $again$
begin
    if not says_away(home, true) then
        return null;
    end if;
    perform 1 from home h where h.home_id = home for update;
    return end_rest(home, current_setting('wayhome.carer')::bigint, false, moment);
end
$again$;

-- End what has reached its end; the homes that are watched again. A row that somebody holds is left for the next look.
create function end_rests(moment timestamptz) returns setof text
language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $due$
declare
    one text;
    planner bigint;
begin
    for one in
        select h.home_id from home h cross join lateral (select s.away, s.stage, s.until from home_step s
            where s.home_id = h.home_id order by s.step_id desc limit 1) l
        where h.mode = 'test' and l.stage = 'paused' and l.away <> '' and l.until <= moment
        order by h.home_id for update of h skip locked
    loop
        select s.carer_id into planner from home_step s
            where s.home_id = one and s.until <= moment and s.away <> '' and s.step_id = (
                select max(x.step_id) from home_step x where x.home_id = one);
        if found and end_rest(one, planner, true, moment) is not null then
            return next one;
        end if;
    end loop;
end
$due$;

-- As in 0026; and a home whose watching rested is watched again without a new walk, for it was live before.
create or replace function take_home_step(home text, wanted text, why jsonb, moment timestamptz) returns bigint
language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $step$
declare
    standing text;
    place text;
    taken bigint;
    one bigint;
begin
    if not sets_up(home) then
        return null;
    end if;
    perform 1 from home h where h.home_id = home for update;
    standing := stage_of(home);
    place := away_of(home);
    if not (standing || '>' || wanted) = any (array[
        'referred>consented', 'referred>ended', 'consented>installed', 'consented>ended',
        'installed>commissioning', 'installed>ended', 'commissioning>commissioning', 'commissioning>live',
        'commissioning>paused', 'commissioning>ended', 'live>commissioning', 'live>paused', 'live>ended',
        'paused>live', 'paused>commissioning', 'paused>ended', 'paused>paused', 'ended>referred'
    ]) then
        return null;
    end if;
    if wanted = 'live' and place <> '' then
        return end_rest(home, current_setting('wayhome.carer')::bigint, false, moment);
    end if;
    if wanted = 'live' and exists (
        select 1 from walk_missing(home) m where not exists (
            select 1 from walk_waiver w where w.home_id = home and w.piece = m.piece
                and w.at >= coalesce(walk_since(home), '-infinity'))) then
        raise exception 'unfinished' using errcode = '55000';
    end if;
    if (standing = 'live' or place <> '') and exists (
        select 1 from alert a where a.home_id = home and not a.silent and a.audience = 'carers'
            and a.state <> 'resolved' and a.severity <> 'notice' and a.detector <> 'unwatched') then
        raise exception 'open alert' using errcode = '55000';
    end if;
    insert into home_step (home_id, carer_id, at, stage, basis, said_by, reason, until)
        values (home, current_setting('wayhome.carer')::bigint, moment, wanted,
            coalesce(why ->> 'basis', ''), coalesce(why ->> 'said_by', ''), coalesce(why ->> 'reason', ''),
            case when wanted in ('paused', 'commissioning') then (why ->> 'until')::timestamptz end)
        returning step_id into taken;
    update home h set mode = mode_of(wanted), away = false,
        live_since = case when wanted = 'live' then moment else h.live_since end
        where h.home_id = home;
    if wanted = 'ended' then
        for one in select d.device_id from device d where d.home_id = home and d.retired_at is null loop
            perform change_device(one, 'retired', '{}', moment);
        end loop;
    end if;
    perform pg_notify('registry', home);
    return taken;
end
$step$;

-- As `used_unwatched` in 0046, which the release before asks, and whether a carer can end it: calls are told to carers
-- there, and are not told of here.
create function seen_unwatched(moment timestamptz)
returns table (home_id text, step_id bigint, stage text, since timestamptz, hours bigint, called boolean, away boolean)
language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $used$
    select h.home_id, s.step_id, s.stage, s.at, case when o.hours >= 4 then o.hours else 0 end,
        o.called and s.away = '', s.away <> ''
    from home h
    cross join lateral (
        select x.step_id, x.stage, x.at, x.until, x.away from home_step x where x.home_id = h.home_id
        order by x.step_id desc limit 1
    ) s
    cross join lateral (
        select count(distinct date_trunc('hour', b.observed_at)) filter (where b.quantity not in ('sos', 'fall')) as hours,
            coalesce(bool_or(b.quantity in ('sos', 'fall')), false) as called
        from device d join observation b using (device_id)
        where d.home_id = h.home_id and d.retired_at is null and b.value > 0
            and b.quantity in ('motion', 'presence', 'bed', 'chair', 'sos', 'fall')
            and b.observed_at > greatest(s.at, moment - interval '12 hours') and b.observed_at <= moment
    ) o
    where h.mode = 'test' and (o.hours >= 4 or o.called and s.away = '') and (s.stage = 'paused'
        or s.stage = 'commissioning' and s.until < moment and exists (
            select 1 from home_step l where l.home_id = h.home_id and l.stage = 'live'))
$used$;
comment on function seen_unwatched(timestamptz) is
    'Homes that are paused, or in a test for longer than was planned, and in which somebody shows in 4 hours of the last 12 (else 0) or calls; away: its carers can end it, and are told of calls.';

-- Word of it: watching rests, and which step said so; said anew, each is told anew.
alter table watch_change drop constraint watch_change_state_check, drop constraint watch_change_why_check;
alter table watch_change
    add constraint watch_change_state_check check (state in ('watched', 'unlocated', 'unwatched', 'resting')),
    add constraint watch_change_why_check
        check (why in ('', 'withdrawn', 'lapsed', 'later', 'paused', 'tested', 'ended', 'away')),
    add column step_id bigint,
    add constraint watch_change_step_check check ((state = 'resting') = (step_id is not null));
comment on column watch_change.step_id is 'Of a rest: the step that said so; what is said anew is a change.';
alter table watch_notice drop constraint watch_notice_kind_check;
alter table watch_notice add constraint watch_notice_kind_check check (kind in (
    'watch_ended', 'watch_places', 'watch_again', 'watch_rests', 'watch_ends', 'watch_renew'));
alter table delivery drop constraint delivery_kind_check;
alter table delivery add constraint delivery_kind_check check (kind in (
    'alert', 'test', 'lost', 'watch_ended', 'watch_places', 'watch_again', 'watch_rests', 'watch_ends',
    'watch_renew'));
comment on column delivery.kind is
    'alert; test: somebody wants to know whether it arrives; lost: another way to this carer has ended; watch_…: '
    'a home is not watched any more, is watched without its places, is watched again, rests, or a basis ends soon.';

-- A day of which a carer said that nobody is there tells nothing of anybody's days.
grant select on home_step to wayhome_analytics;
create policy analytics_home_step on home_step for select to wayhome_analytics using (true);

do $rights$
declare
    entry text;
begin
    foreach entry in array array['away_of(text)', 'away_at(text, timestamptz)', 'says_away(text, boolean)',
        'rest_watch(text, text, timestamptz, timestamptz)', 'watch_again(text, timestamptz)',
        'end_rest(text, bigint, boolean, timestamptz)', 'end_rests(timestamptz)', 'seen_unwatched(timestamptz)'] loop
        execute format('revoke all on function %s from public', entry);
    end loop;
    foreach entry in array array['away_of(text)', 'says_away(text, boolean)', 'watch_again(text, timestamptz)',
        'rest_watch(text, text, timestamptz, timestamptz)'] loop
        execute format('grant execute on function %s to wayhome_dashboard', entry);
    end loop;
    foreach entry in array array['away_at(text, timestamptz)', 'end_rests(timestamptz)',
        'seen_unwatched(timestamptz)'] loop
        execute format('grant execute on function %s to wayhome_alerts', entry);
    end loop;
end
$rights$;

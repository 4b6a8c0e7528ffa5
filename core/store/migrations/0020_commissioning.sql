-- From referral to live: consent, walk test, labels, doors between rooms, and what somebody needs. Each step is
-- a row with who, when and why. A home that has such steps is live by the last of them, and by nothing else.

alter table home add column live_since timestamptz;
comment on column home.live_since is
    'When it last became live by a step; what was noticed before is of the test and pages nobody.';

create table home_step (
    step_id bigint generated always as identity primary key,
    home_id text not null references home on delete cascade,
    carer_id bigint not null references carer,
    at timestamptz not null,
    stage text not null check (stage in
        ('referred', 'consented', 'installed', 'commissioning', 'live', 'paused', 'ended')),
    basis text not null default '' check (basis in ('', 'person', 'attorney', 'best_interests')),
    said_by text not null default '' check (length(said_by) <= 100),
    reason text not null default '' check (length(reason) <= 500),
    check ((stage = 'consented') = (basis <> '' and said_by <> '')),
    check (stage not in ('paused', 'ended') or reason <> '')
);
comment on table home_step is
    'Each step of a home from referral to live and to its end: who, when and why; append-only.';
create index home_step_home on home_step (home_id, step_id);

create table walk_waiver (
    waiver_id bigint generated always as identity primary key,
    home_id text not null references home on delete cascade,
    carer_id bigint not null references carer,
    at timestamptz not null,
    piece text not null check (length(piece) between 1 and 40),
    reason text not null check (length(reason) between 1 and 500)
);
comment on table walk_waiver is
    'A piece of a walk test that is missing with a reason; counts for the test under way; append-only.';
create index walk_waiver_home on walk_waiver (home_id, at);

create table need_step (
    need_step_id bigint generated always as identity primary key,
    home_id text not null references home on delete cascade,
    resident_id bigint references resident on delete cascade,
    carer_id bigint not null references carer,
    at timestamptz not null,
    need text not null check (length(need) between 1 and 100),
    stage text not null check (stage in ('need', 'recommended', 'installed', 'used', 'dropped')),
    note text not null default '' check (length(note) <= 500)
);
comment on table need_step is
    'What somebody needs, what was recommended, installed and used for it; append-only, the last row of a need counts.';
create index need_step_home on need_step (home_id, need_step_id);

create table device_label (
    token text primary key check (token ~ '^[2-9A-HJ-NP-TV-Z]{12}$'),
    organisation_id text not null references organisation,
    carer_id bigint not null references carer,
    at timestamptz not null
);
comment on table device_label is
    'A printed square code to stick on a device; it opens nothing without a log-in of its organisation.';

create table label_use (
    use_id bigint generated always as identity primary key,
    token text not null references device_label,
    home_id text not null references home on delete cascade,
    device_id bigint not null references device on delete cascade,
    carer_id bigint not null references carer,
    at timestamptz not null
);
comment on table label_use is 'On which device a label sticks; append-only, the last row counts.';
create index label_use_token on label_use (token, use_id);
create index label_use_device on label_use (device_id);

create table label_refusal (
    refusal_id bigint generated always as identity primary key,
    at timestamptz not null,
    token text not null references device_label,
    organisation_id text not null references organisation,
    carer_id bigint not null references carer,
    of_organisation_id text not null references organisation
);
comment on table label_refusal is
    'Somebody (carer_id, of of_organisation_id) opened a label of another organisation (organisation_id); append-only.';

create table room_door (
    home_id text not null references home on delete cascade,
    room_id bigint not null references room on delete cascade,
    other_id bigint not null references room on delete cascade,
    primary key (room_id, other_id),
    check (room_id < other_id)
);
comment on table room_door is 'Which rooms of a home lie next to each other with a way between; each pair once.';
create index room_door_home on room_door (home_id);
create index room_door_other on room_door (other_id);

-- Where a home without steps stands is told by its mode: what was live before there were steps stays live.
create function stage_of(home text) returns text
language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $stage$
    select coalesce(
        (select s.stage from home_step s where s.home_id = home order by s.step_id desc limit 1),
        (select case h.mode when 'live' then 'live' when 'archive' then 'ended' else 'referred' end
            from home h where h.home_id = home))
$stage$;

create function mode_of(stage text) returns text
language sql immutable security definer set search_path = pg_catalog, public, pg_temp
as $mode$ select case stage when 'live' then 'live' when 'ended' then 'archive' else 'test' end $mode$;

create function home_mode_by_steps() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $guard$
begin
    if exists (select 1 from home_step s where s.home_id = new.home_id)
        and new.mode <> mode_of(stage_of(new.home_id)) then
        raise exception 'the mode of a home with steps follows its last step' using errcode = '55000';
    end if;
    return new;
end
$guard$;
create trigger home_mode_by_steps before update of mode on home
    for each row when (old.mode <> new.mode) execute function home_mode_by_steps();

-- Since when the walk test runs that counts: the one under way, or the one before the home was live.
create function walk_since(home text) returns timestamptz
language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $since$
    select max(s.at) from home_step s where s.home_id = home and s.stage = 'commissioning'
$since$;

-- When a device first showed that it works: a motion sensor saw somebody, a door opened, a button was pressed.
-- What never says such a thing counts by anything that it measures; a hub by being heard.
create function walk_seen(target bigint, since timestamptz) returns timestamptz
language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $seen$
    with said as (
        select o.observed_at, o.value, o.quantity in ('motion', 'presence', 'contact', 'vibration', 'button',
            'sos', 'bed', 'chair', 'fall', 'impact') as event
        from observation o
        where o.device_id = target and o.observed_at >= since
            and o.quantity not in ('tamper', 'battery', 'battery_low', 'voltage', 'link_quality', 'signal',
                'device_temperature')
        union all
        select p.observed_at, 1, false from position p
        where p.device_id = target and p.observed_at >= since
    )
    select case
        when (select d.placement from device d where d.device_id = target) = 'hub'
            then (select p.last_seen from presence p where p.device_id = target and p.last_seen >= since)
        when exists (select 1 from said where event)
            then (select min(observed_at) from said where event and value > 0)
        else (select min(observed_at) from said)
    end
$seen$;

-- What a walk test still lacks, waived or not.
create function walk_missing(home text) returns table (piece text)
language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $missing$
    select 'exit' where not exists (select 1 from room r where r.home_id = home and r.exit)
    union all
    select 'entrance' where not exists (select 1 from device d where d.home_id = home
        and d.placement = 'entrance' and d.retired_at is null)
    union all
    select 'resident' where not exists (select 1 from resident p where p.home_id = home)
    union all
    select 'carer' where not exists (select 1 from care c join carer p using (carer_id)
        where c.home_id = home and p.disabled_at is null)
    union all
    select 'room:' || r.room_id from room r where r.home_id = home and r.kind <> 'outside'
        and not exists (select 1 from device d where d.room_id = r.room_id and d.retired_at is null)
    union all
    select 'device:' || d.device_id from device d where d.home_id = home and d.retired_at is null
        and walk_seen(d.device_id, coalesce(walk_since(home), 'infinity')) is null
    union all
    select 'alert:' || a.alert_id from alert a where a.home_id = home and a.silent
        and a.state <> 'resolved' and a.cleared_at is null and a.severity <> 'notice'
        and a.detector not in ('sos', 'liveness', 'reachability')
$missing$;

-- Take a step; null where who is acting may not, or the step does not follow on the last one.
create function take_home_step(home text, wanted text, why jsonb, moment timestamptz) returns bigint
language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $step$
declare
    standing text;
    taken bigint;
    one bigint;
begin
    if not sets_up(home) then
        return null;
    end if;
    perform 1 from home h where h.home_id = home for update;
    standing := stage_of(home);
    if not (standing || '>' || wanted) = any (array[
        'referred>consented', 'referred>ended', 'consented>installed', 'consented>ended',
        'installed>commissioning', 'installed>ended', 'commissioning>commissioning', 'commissioning>live',
        'commissioning>paused', 'commissioning>ended', 'live>commissioning', 'live>paused', 'live>ended',
        'paused>live', 'paused>commissioning', 'paused>ended', 'ended>referred'
    ]) then
        return null;
    end if;
    if wanted = 'live' and exists (
        select 1 from walk_missing(home) m where not exists (
            select 1 from walk_waiver w where w.home_id = home and w.piece = m.piece
                and w.at >= coalesce(walk_since(home), '-infinity'))) then
        raise exception 'unfinished' using errcode = '55000';
    end if;
    if standing = 'live' and exists (
        select 1 from alert a where a.home_id = home and not a.silent and a.audience = 'carers'
            and a.state <> 'resolved' and a.severity <> 'notice') then
        raise exception 'open alert' using errcode = '55000';
    end if;
    insert into home_step (home_id, carer_id, at, stage, basis, said_by, reason)
        values (home, current_setting('wayhome.carer')::bigint, moment, wanted,
            coalesce(why ->> 'basis', ''), coalesce(why ->> 'said_by', ''), coalesce(why ->> 'reason', ''))
        returning step_id into taken;
    update home h set mode = mode_of(wanted),
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

-- Say why a piece of the test under way may be missing; null where it is not missing, or no test is under way.
create function waive_piece(home text, lacking text, why text, moment timestamptz) returns bigint
language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $waive$
declare
    noted bigint;
begin
    if not sets_up(home) or stage_of(home) not in ('commissioning', 'paused')
        or not exists (select 1 from walk_missing(home) m where m.piece = lacking) then
        return null;
    end if;
    insert into walk_waiver (home_id, carer_id, at, piece, reason)
        values (home, current_setting('wayhome.carer')::bigint, moment, lacking, why)
        returning waiver_id into noted;
    return noted;
end
$waive$;

-- A label of the acting organisation; one of another is written down there, and does not exist here.
create function label_for(wanted text, moment timestamptz)
returns table (token text, home_id text, device_id bigint)
language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $label$
#variable_conflict use_column
declare
    owner text;
    ours text := current_setting('wayhome.organisation', true);
begin
    select l.organisation_id into owner from device_label l where l.token = wanted;
    if owner is not null and owner <> ours then
        insert into label_refusal (at, token, organisation_id, carer_id, of_organisation_id)
            values (moment, wanted, owner, current_setting('wayhome.carer')::bigint, ours);
        return;
    end if;
    return query
        select l.token, d.home_id, d.device_id from device_label l
        left join lateral (select u.device_id from label_use u where u.token = l.token
            order by u.use_id desc limit 1) last on true
        left join device d on d.device_id = last.device_id and d.retired_at is null
        where l.token = wanted;
end
$label$;

-- Put a label on a device of one's own organisation.
create function put_label(wanted text, target bigint, moment timestamptz) returns bigint
language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $put$
declare
    home text;
    used bigint;
begin
    select d.home_id into home from device d where d.device_id = target and d.retired_at is null;
    if not coalesce(sets_up(home), false) or not exists (select 1 from device_label l where l.token = wanted
        and l.organisation_id = current_setting('wayhome.organisation', true)) then
        return null;
    end if;
    insert into label_use (token, home_id, device_id, carer_id, at)
        values (wanted, home, target, current_setting('wayhome.carer')::bigint, moment)
        returning use_id into used;
    return used;
end
$put$;

-- Say whether a door of a room leads out; null where the room is of another organisation.
create function mark_exit(target bigint, leads_out boolean) returns text
language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $exit$
declare
    home text;
begin
    select r.home_id into home from room r where r.room_id = target;
    if not coalesce(sets_up(home), false) then
        return null;
    end if;
    update room r set exit = leads_out where r.room_id = target;
    perform pg_notify('registry', home);
    return home;
end
$exit$;

-- Say which rooms lie next to one.
create function join_rooms(target bigint, others bigint[]) returns text
language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $join$
declare
    home text;
begin
    select r.home_id into home from room r where r.room_id = target;
    if not coalesce(sets_up(home), false) or exists (
        select 1 from unnest(others) as o(room_id) where o.room_id = target or not exists (
            select 1 from room r where r.room_id = o.room_id and r.home_id = home)) then
        return null;
    end if;
    delete from room_door d where target in (d.room_id, d.other_id);
    insert into room_door (home_id, room_id, other_id)
        select home, least(target, o.room_id), greatest(target, o.room_id)
        from unnest(others) as o(room_id) on conflict do nothing;
    return home;
end
$join$;

-- Before consent is on record nothing is registered on the pages.
create or replace function register_device(home text, terms jsonb, moment timestamptz) returns bigint
language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $register$
declare
    made bigint;
    earlier jsonb;
    wanted device%rowtype := jsonb_populate_record(null::device, terms);
begin
    if not sets_up(home) then
        return null;
    end if;
    if stage_of(home) in ('referred', 'ended') then
        raise exception 'no consent' using errcode = '55000';
    end if;
    perform 1 from home h where h.home_id = home for no key update;
    select d.device_id, device_terms(d.device_id) into made, earlier from device d where d.home_id = home
        and d.family = wanted.family and d.external_id = wanted.external_id and d.retired_at is not null;
    if made is null then
        insert into device (home_id, family, external_id, name, placement, reporting_interval_s, heartbeat)
            values (home, wanted.family, wanted.external_id, wanted.name, wanted.placement,
                wanted.reporting_interval_s, wanted.heartbeat)
            on conflict do nothing returning device_id into made;
        if made is null then
            return null;
        end if;
    end if;
    perform put_device(made, terms || '{"retired_at": null}'::jsonb);
    return note_device(made, 'registered', earlier, moment, null);
end
$register$;

do $rights$
declare
    entry text;
begin
    foreach entry in array array[
        'stage_of(text)', 'walk_since(text)', 'walk_seen(bigint, timestamptz)', 'walk_missing(text)',
        'take_home_step(text, text, jsonb, timestamptz)', 'waive_piece(text, text, text, timestamptz)',
        'label_for(text, timestamptz)', 'put_label(text, bigint, timestamptz)', 'mark_exit(bigint, boolean)',
        'join_rooms(bigint, bigint[])'
    ] loop
        execute format('revoke all on function %s from public', entry);
        execute format('grant execute on function %s to wayhome_dashboard', entry);
    end loop;
    foreach entry in array array['mode_of(text)', 'home_mode_by_steps()'] loop
        execute format('revoke all on function %s from public', entry);
    end loop;
    foreach entry in array array['home_step', 'walk_waiver', 'need_step', 'label_use', 'room_door'] loop
        execute format('alter table %I enable row level security', entry);
        execute format('alter table %I force row level security', entry);
        execute format('grant select on %I to wayhome_dashboard, wayhome_operator, wayhome_registrar', entry);
        execute format(
            'create policy owner_%s on %I for all to current_user using (true) with check (true)', entry, entry);
        execute format('create policy dashboard_%s on %I for select to wayhome_dashboard
            using (home_id in (select home_id from home))', entry, entry);
        execute format('create policy service_%s on %I for select to wayhome_operator, wayhome_registrar
            using (true)', entry, entry);
    end loop;
    foreach entry in array array['device_label', 'label_refusal'] loop
        execute format('alter table %I enable row level security', entry);
        execute format('alter table %I force row level security', entry);
        execute format('grant select on %I to wayhome_dashboard, wayhome_operator', entry);
        execute format(
            'create policy owner_%s on %I for all to current_user using (true) with check (true)', entry, entry);
        execute format('create policy dashboard_%s on %I for select to wayhome_dashboard
            using (organisation_id = current_setting(''wayhome.organisation'', true)
                and current_setting(''wayhome.scope'', true) = ''organisation'')', entry, entry);
        execute format('create policy service_%s on %I for select to wayhome_operator using (true)', entry, entry);
    end loop;
    foreach entry in array array['observation', 'position', 'presence', 'alert'] loop
        execute format(
            'create policy owner_%s on %I for all to current_user using (true) with check (true)', entry, entry);
    end loop;
end
$rights$;

-- Needs are written on the pages, by who sets up the home; labels by who prints them.
grant insert on need_step, device_label to wayhome_dashboard;
create policy dashboard_need_step_new on need_step for insert to wayhome_dashboard with check (
    home_id in (select home_id from home) and sets_up(home_id)
    and carer_id = nullif(current_setting('wayhome.carer', true), '')::bigint
    and (resident_id is null or resident_id in (
        select r.resident_id from resident r where r.home_id = need_step.home_id)));
create policy dashboard_device_label_new on device_label for insert to wayhome_dashboard with check (
    organisation_id = current_setting('wayhome.organisation', true)
    and carer_id = nullif(current_setting('wayhome.carer', true), '')::bigint
    and carer_id in (select c.carer_id from carer c where c.role in ('technician', 'organisation_admin')));

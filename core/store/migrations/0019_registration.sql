-- Devices registered, moved, replaced and retired on the pages: by functions that write the registry with the
-- owner's rights, look at who is acting, and write down each step so that it can be taken back.

create table device_change (
    change_id bigint generated always as identity primary key,
    home_id text not null references home on delete cascade,
    device_id bigint not null references device on delete cascade,
    carer_id bigint not null references carer,
    at timestamptz not null,
    kind text not null check (kind in ('registered', 'changed', 'replaced', 'retired', 'restored', 'undone')),
    before jsonb,
    after jsonb not null,
    undoes bigint unique references device_change
);
comment on table device_change is
    'Each step of registration with the device before and after it; append-only, taken back by a further row.';
create index device_change_home on device_change (home_id, change_id);
create index device_change_device on device_change (device_id, change_id);

-- Technicians and administrators of the organisation look after devices.
create function sets_up(home text) returns boolean
language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $sets_up$
    select exists (
        select 1 from carer c join home h on h.organisation_id = c.organisation_id
        where c.carer_id = nullif(current_setting('wayhome.carer', true), '')::bigint
            and c.organisation_id = current_setting('wayhome.organisation', true)
            and c.role in ('technician', 'organisation_admin') and c.disabled_at is null
            and h.home_id = home)
$sets_up$;

-- What of a device a person decides.
create function device_terms(wanted bigint) returns jsonb
language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $terms$
    select to_jsonb(d) - 'device_id' - 'home_id' from device d where d.device_id = wanted
$terms$;

create function note_device(wanted bigint, kind text, earlier jsonb, moment timestamptz, of_change bigint)
returns bigint
language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $note$
declare
    noted bigint;
    home text;
begin
    select d.home_id into home from device d where d.device_id = wanted;
    insert into device_change (home_id, device_id, carer_id, at, kind, before, after, undoes)
        values (home, wanted, current_setting('wayhome.carer')::bigint, moment, kind, earlier,
            device_terms(wanted), of_change)
        returning change_id into noted;
    perform pg_notify('registry', home);
    return noted;
end
$note$;

-- Register a device that is not registered, or one that was retired; null where somebody was quicker.
create function register_device(home text, terms jsonb, moment timestamptz) returns bigint
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

-- A room and a wearer must be of the device's own home.
create function put_device(target bigint, terms jsonb) returns void
language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $put$
declare
    wanted device%rowtype;
begin
    select * into wanted from device d where d.device_id = target for update;
    wanted := jsonb_populate_record(wanted, terms);
    if wanted.room_id is not null and not exists (
        select 1 from room r where r.room_id = wanted.room_id and r.home_id = wanted.home_id)
        or wanted.resident_id is not null and not exists (
        select 1 from resident p where p.resident_id = wanted.resident_id and p.home_id = wanted.home_id) then
        raise exception 'a room or wearer of another home' using errcode = 'foreign_key_violation';
    end if;
    update device d set family = wanted.family, external_id = wanted.external_id, name = wanted.name,
        placement = wanted.placement, room_id = wanted.room_id, resident_id = wanted.resident_id,
        reporting_interval_s = wanted.reporting_interval_s, heartbeat = wanted.heartbeat,
        retired_at = wanted.retired_at
        where d.device_id = target;
end
$put$;

-- Change, replace, retire or restore a device; null where it is not there or the step makes no sense.
create function change_device(target bigint, step text, terms jsonb, moment timestamptz) returns bigint
language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $change$
declare
    standing device%rowtype;
    earlier jsonb := device_terms(target);
begin
    select * into standing from device d where d.device_id = target for update;
    if not found or not sets_up(standing.home_id)
        or (step = 'restored') <> (standing.retired_at is not null)
        or step not in ('changed', 'replaced', 'retired', 'restored') then
        return null;
    end if;
    perform put_device(target, case step
        when 'retired' then jsonb_build_object('retired_at', moment)
        when 'restored' then '{"retired_at": null}'::jsonb
        when 'replaced' then jsonb_build_object(
            'family', terms -> 'family', 'external_id', terms -> 'external_id',
            'reporting_interval_s', terms -> 'reporting_interval_s', 'heartbeat', terms -> 'heartbeat')
        else terms - 'family' - 'external_id' - 'retired_at' - 'home_id' - 'device_id' end);
    if step = 'replaced' then
        delete from battery_forecast f where f.device_id = target;
    end if;
    return note_device(target, step, earlier, moment, null);
end
$change$;

-- Whether a step has not been taken back, and all that came after it has been.
create function stands_last(wanted bigint) returns boolean
language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $stands$
    select c.kind <> 'undone' and not exists (
        select 1 from device_change l where l.device_id = c.device_id and l.change_id >= c.change_id
            and l.kind <> 'undone'
            and (l.change_id > c.change_id) <> exists (
                select 1 from device_change u where u.undoes = l.change_id))
    from device_change c where c.change_id = wanted
$stands$;

-- Take the last step of a device back that stands.
create function undo_device_change(wanted bigint, moment timestamptz) returns bigint
language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $undo$
declare
    done device_change%rowtype;
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
    return note_device(done.device_id, 'undone', done.after, moment, wanted);
end
$undo$;

create function add_room(home text, called text, used_as text, leads_out boolean) returns bigint
language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $room$
declare
    made bigint;
begin
    if not sets_up(home) then
        return null;
    end if;
    insert into room (home_id, name, kind, exit) values (home, called, used_as, leads_out)
        on conflict do nothing returning room_id into made;
    perform pg_notify('registry', home);
    return made;
end
$room$;

do $rights$
declare
    entry text;
begin
    foreach entry in array array[
        'sets_up(text)', 'register_device(text, jsonb, timestamptz)',
        'change_device(bigint, text, jsonb, timestamptz)', 'undo_device_change(bigint, timestamptz)',
        'add_room(text, text, text, boolean)', 'stands_last(bigint)'
    ] loop
        execute format('revoke all on function %s from public', entry);
        execute format('grant execute on function %s to wayhome_dashboard', entry);
    end loop;
    foreach entry in array array[
        'device_terms(bigint)', 'put_device(bigint, jsonb)',
        'note_device(bigint, text, jsonb, timestamptz, bigint)'
    ] loop
        execute format('revoke all on function %s from public', entry);
    end loop;
    foreach entry in array array['device', 'room', 'battery_forecast', 'device_change'] loop
        execute format('alter table %I enable row level security', entry);
        execute format('alter table %I force row level security', entry);
        execute format(
            'create policy owner_%s on %I for all to current_user using (true) with check (true)', entry, entry);
    end loop;
end
$rights$;

grant select on device_change to wayhome_dashboard, wayhome_operator;
create policy dashboard_device_change on device_change for select to wayhome_dashboard
    using (home_id in (select home_id from home));
create policy operator_device_change on device_change for select to wayhome_operator using (true);

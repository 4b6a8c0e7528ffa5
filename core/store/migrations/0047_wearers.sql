-- What is worn tells of who wears it. Given to somebody else, it is another device from then on: what it has said
-- stays with who wore it, in archives, erasures, packs and what programs read (docs/decisions/0292).

create function device_spoke(target bigint) returns boolean
language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $spoke$
    select exists (select 1 from observation o where o.device_id = target)
        or exists (select 1 from position p where p.device_id = target)
$spoke$;

-- Set the device of an address aside, retired, where it has told of somebody else than who wears it now; its number,
-- or null where nothing had to be done. Another row may take the address then.
create function part_from_wearer(home text, kind text, address text, wearer bigint, moment timestamptz)
returns bigint
language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $part$
declare
    old device%rowtype;
begin
    select * into old from device d
        where d.home_id = home and d.family = kind and d.external_id = address for update;
    if not found or old.resident_id is null or old.resident_id is not distinct from wearer
        or not device_spoke(old.device_id) then
        return null;
    end if;
    update device d set external_id = old.external_id || '~' || old.device_id,
        retired_at = coalesce(old.retired_at, moment) where d.device_id = old.device_id;
    return old.device_id;
end
$part$;

-- What sticks on a device sticks on the one that takes its address.
create function hand_labels_on(old bigint, made bigint, moment timestamptz) returns void
language sql volatile security definer set search_path = pg_catalog, public, pg_temp
as $labels$
    insert into label_use (token, home_id, device_id, carer_id, at)
        select u.token, u.home_id, made, current_setting('wayhome.carer')::bigint, moment
        from label_use u where u.device_id = old
            and u.use_id = (select max(l.use_id) from label_use l where l.token = u.token)
$labels$;

create or replace function register_device(home text, terms jsonb, moment timestamptz) returns bigint
language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $register$
declare
    made bigint;
    earlier jsonb;
    parted bigint;
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
    if made is not null then
        parted := part_from_wearer(home, wanted.family, wanted.external_id, wanted.resident_id, moment);
        if parted is not null then
            made := null;
            earlier := null;
        end if;
    end if;
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
    if parted is not null then
        perform hand_labels_on(parted, made, moment);
    end if;
    return note_device(made, 'registered', earlier, moment, null);
end
$register$;

create or replace function change_device(target bigint, step text, terms jsonb, moment timestamptz) returns bigint
language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $change$
declare
    standing device%rowtype;
    wanted device%rowtype;
    made bigint;
    earlier jsonb := device_terms(target);
    given jsonb := terms - 'family' - 'external_id' - 'retired_at' - 'home_id' - 'device_id';
begin
    select * into standing from device d where d.device_id = target for update;
    if not found or not sets_up(standing.home_id)
        or (step = 'restored') <> (standing.retired_at is not null)
        or step not in ('changed', 'replaced', 'retired', 'restored')
        or step = 'restored' and standing.external_id like '%~' || target then
        return null;
    end if;
    wanted := jsonb_populate_record(standing, given);
    if step = 'changed' and part_from_wearer(
        standing.home_id, standing.family, standing.external_id, wanted.resident_id, moment) is not null then
        insert into device (home_id, family, external_id, name, placement, reporting_interval_s, heartbeat)
            values (standing.home_id, standing.family, standing.external_id, wanted.name, wanted.placement,
                wanted.reporting_interval_s, wanted.heartbeat)
            returning device_id into made;
        perform put_device(made, given);
        perform note_device(target, 'retired', earlier, moment, null);
        perform hand_labels_on(target, made, moment);
        return note_device(made, 'registered', null, moment, null);
    end if;
    perform put_device(target, case step
        when 'retired' then jsonb_build_object('retired_at', moment)
        when 'restored' then '{"retired_at": null}'::jsonb
        when 'replaced' then jsonb_build_object(
            'family', terms -> 'family', 'external_id', terms -> 'external_id',
            'reporting_interval_s', terms -> 'reporting_interval_s', 'heartbeat', terms -> 'heartbeat')
        else given end);
    if step = 'replaced' then
        delete from battery_forecast f where f.device_id = target;
    end if;
    return note_device(target, step, earlier, moment, null);
end
$change$;

revoke all on function device_spoke(bigint) from public;
revoke all on function part_from_wearer(text, text, text, bigint, timestamptz) from public;
revoke all on function hand_labels_on(bigint, bigint, timestamptz) from public;
grant execute on function part_from_wearer(text, text, text, bigint, timestamptz) to wayhome_registrar;

-- Devices and hubs over the years: certificates that hubs renew themselves, pauses with an end.

-- A renewal has a request of its own instead of a code; what is made for it is public and stays to be fetched.
alter table hub_credential
    alter column code_hash drop not null,
    alter column code_key drop not null,
    alter column code_ends_at drop not null,
    add column renews bigint references hub_credential on delete cascade,
    add column request text check (length(request) <= 8192),
    add column request_hash bytea check (length(request_hash) = 32),
    add column parcel text,
    add column authority bytea check (length(authority) = 32),
    add column overlap interval,
    add check ((request is null) = (renews is null) and (request is null) = (request_hash is null)
        and (request is null) = (code_hash is not null) and (code_hash is null) = (code_key is null)
        and (code_hash is null) = (code_ends_at is null));
comment on column hub_credential.renews is 'The certificate whose key asked for this one.';
comment on column hub_credential.parcel is
    'Of a renewal: the certificate and the authorities to trust (PEM); no secret. The key is the hub''s own.';
comment on column hub_credential.authority is 'SHA-256 of the certificate of the authority that signed it.';
comment on column hub_credential.overlap is 'How long those before it go on working once it is taken.';
create unique index hub_credential_request on hub_credential (renews, request_hash) where renews is not null;
create index hub_credential_fingerprint on hub_credential (fingerprint) where dead_at is null;

alter table credential_door add column authority bytea check (length(authority) = 32);
comment on column credential_door.authority is 'SHA-256 of the certificate of the authority that signs now.';

-- A hub asks for its next certificate, or fetches it. The key of the present one has signed the request (the
-- pages have looked at that); here the present one must still count. No row: it does not. No parcel: wait.
create function renew_hub_credential(present bytea, word text, asked text, asked_hash bytea, moment timestamptz)
returns table (client text, parcel text)
language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $renew$
#variable_conflict use_column
declare
    mine hub_credential%rowtype;
    next_one hub_credential%rowtype;
begin
    select * into mine from hub_credential c where c.fingerprint = present and c.dead_at is null
        and c.revoked_at is null and c.ends_at > moment for update;
    if not found then
        return;
    end if;
    select * into next_one from hub_credential c where c.renews = mine.credential_id
        and c.request_hash = asked_hash and c.revoked_at is null;
    if not found then
        -- what was replaced once has no heirs: a copied key does not outlive the next renewal, or the next bundle
        if mine.replaced_at is not null or (select count(*) from hub_credential c
            where c.renews = mine.credential_id and c.asked_at > moment - interval '1 day') >= 3 then
            return;
        end if;
        insert into hub_credential (home_id, client, about, topics, asked_at, renews, request, request_hash)
            values (mine.home_id, regexp_replace(mine.client, '-[^-]*$', '-' || word), mine.about, mine.topics, moment, mine.credential_id, asked, asked_hash)
            returning * into next_one;
        perform pg_notify('identity', mine.home_id);
    elsif next_one.parcel is not null and next_one.taken_at is null then
        update hub_credential c set taken_at = moment where c.credential_id = next_one.credential_id;
    end if;
    return query select next_one.client, next_one.parcel;
end
$renew$;
-- What was made and never taken ends nothing: the hub still lives by the one before.
create function end_replaced_credentials() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $replaced$
begin
    update hub_credential c set ends_at = new.taken_at + new.overlap
        where c.home_id = new.home_id and c.about = new.about and c.credential_id < new.credential_id
            and c.ends_at > new.taken_at + new.overlap;
    update hub_credential c set replaced_at = new.taken_at
        where c.home_id = new.home_id and c.about = new.about and c.credential_id < new.credential_id
            and c.replaced_at is null;
    return null;
end
$replaced$;
create trigger end_replaced_credentials after update of taken_at on hub_credential
    for each row when (old.taken_at is null and new.taken_at is not null and new.overlap is not null)
    execute function end_replaced_credentials();

revoke all on function end_replaced_credentials() from public;
revoke all on function renew_hub_credential(bytea, text, text, bytea, timestamptz) from public;
grant execute on function renew_hub_credential(bytea, text, text, bytea, timestamptz) to wayhome_dashboard;

alter table hub_credential add column replaced_at timestamptz;
comment on column hub_credential.replaced_at is 'When a later one for the same was taken; then it is missed by nobody.';
update hub_credential o set replaced_at = coalesce(n.taken_at, n.issued_at) from hub_credential n
    where n.home_id = o.home_id and n.about = o.about and n.credential_id > o.credential_id and n.issued_at is not null;
create index hub_credential_ending on hub_credential (ends_at)
    where revoked_at is null and replaced_at is null and taken_at is not null;

-- A home that is paused or in test without end is a home that nobody watches and nobody misses.
alter table home_step add column until timestamptz,
    add check (until is null or stage in ('paused', 'commissioning') and until > at);
comment on column home_step.until is 'Until when it is planned; what lasts longer stands on the work list.';
create index home_in_test on home (home_id) where mode = 'test';

-- As in 0020, with the end that is planned; and a pause may be made longer.
create or replace function take_home_step(home text, wanted text, why jsonb, moment timestamptz) returns bigint
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
        'paused>live', 'paused>commissioning', 'paused>ended', 'paused>paused', 'ended>referred'
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
    insert into home_step (home_id, carer_id, at, stage, basis, said_by, reason, until)
        values (home, current_setting('wayhome.carer')::bigint, moment, wanted,
            coalesce(why ->> 'basis', ''), coalesce(why ->> 'said_by', ''), coalesce(why ->> 'reason', ''),
            case when wanted in ('paused', 'commissioning') then (why ->> 'until')::timestamptz end)
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

-- What a device says of itself and of its way to us.
alter table presence add column firmware text check (length(firmware) <= 60),
    add column firmware_at timestamptz,
    add column late bigint not null default 0,
    add column late_at timestamptz,
    add column late_s real;
comment on column presence.firmware_at is 'When this version was heard first.';
comment on column presence.late is 'Messages that came more than a minute after what they tell of.';
comment on column presence.late_s is 'How long the slowest of the last late ones had waited, in seconds.';

create table link_record (
    device_id bigint not null references device on delete cascade,
    home_id text not null references home on delete cascade,
    day date not null,
    quality real not null check (quality between 0 and 255),
    primary key (device_id, day)
);
comment on table link_record is 'The lowest link quality (0 to 255) of a device on a day (UTC); kept for two months.';

create table link_trend (
    device_id bigint primary key references device on delete cascade,
    home_id text not null references home on delete cascade,
    earlier real,
    lately real,
    falling boolean not null,
    day date not null
);
comment on table link_trend is 'The link of a device a month ago and lately, and whether it falls; worked out once a day.';
create index link_trend_falling on link_trend (device_id) where falling;

grant select, insert, update, delete on link_record, link_trend to wayhome_gateway;
grant select on link_record, link_trend to wayhome_dashboard, wayhome_operator;

do $walls$
declare
    walled text;
begin
    foreach walled in array array['link_record', 'link_trend'] loop
        execute format('alter table %I enable row level security', walled);
        execute format('alter table %I force row level security', walled);
        execute format(
            'create policy dashboard_%s on %I for select to wayhome_dashboard
             using (home_id in (select home_id from home))', walled, walled);
        execute format(
            'create policy service_%s on %I for all to wayhome_gateway, wayhome_operator
             using (true) with check (true)', walled, walled);
    end loop;
end
$walls$;

-- What a home is told of itself, for a Home Assistant that runs there. Off unless somebody switches it on. A row
-- outlives its home until the broker has been told that nothing is told any more: hence no reference.
create table home_output (
    home_id text primary key,
    wanted boolean not null,
    carer_id bigint references carer on delete set null,
    changed_at timestamptz not null,
    told_at timestamptz
);
comment on table home_output is
    'Homes whose own Home Assistant is told how they stand, and when it last was; null: nothing stands at the broker.';

create function set_home_output(home text, on_or_off boolean, moment timestamptz) returns boolean
language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $output$
begin
    if not sets_up(home) then
        return false;
    end if;
    insert into home_output (home_id, wanted, carer_id, changed_at)
        values (home, on_or_off, current_setting('wayhome.carer')::bigint, moment)
        on conflict (home_id) do update set wanted = excluded.wanted, carer_id = excluded.carer_id,
            changed_at = excluded.changed_at;
    return true;
end
$output$;

-- How those homes stand: no name of anybody, and of a device only where it is and what for.
create function home_states(moment timestamptz, person text[])
returns table (home_id text, wanted boolean, told_at timestamptz, state jsonb)
language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $states$
    select o.home_id, o.wanted and h.home_id is not null, o.told_at, case when o.wanted and h.home_id is not null
        then jsonb_build_object(
            'last_movement', (select max(s.at) from device d cross join lateral (
                select b.observed_at as at from observation b where b.device_id = d.device_id
                    and b.observed_at between moment - interval '30 days' and moment
                    and b.quantity = any(person) and (b.value > 0 or b.quantity = 'contact')
                order by b.observed_at desc limit 1) s where d.home_id = h.home_id),
            'alert', exists (select 1 from alert a where a.home_id = h.home_id and a.state <> 'resolved'
                and not a.silent and a.audience = 'carers' and a.severity <> 'notice'),
            'watched', h.mode = 'live' and not exists (select 1 from alert a where a.home_id = h.home_id
                and a.state <> 'resolved' and a.detector = 'liveness' and a.subject = 'home'
                and a.cleared_at is null),
            'devices', (select coalesce(jsonb_agg(jsonb_build_object('id', d.device_id,
                    'room', coalesce(r.kind, ''), 'placement', d.placement, 'battery', p.battery_percent,
                    'heard', p.last_seen is not null and p.online is not false and not (d.heartbeat
                        and p.last_seen < moment - make_interval(secs => 3 * d.reporting_interval_s)))
                    order by d.device_id), '[]')
                from device d left join room r using (room_id) left join presence p using (device_id)
                where d.home_id = h.home_id and d.retired_at is null))
        end
    from home_output o left join home h on h.home_id = o.home_id and h.mode <> 'archive'
    where o.wanted or o.told_at is not null
    order by o.home_id
$states$;

revoke all on function set_home_output(text, boolean, timestamptz) from public;
revoke all on function home_states(timestamptz, text[]) from public;
grant execute on function set_home_output(text, boolean, timestamptz) to wayhome_dashboard;
grant execute on function home_states(timestamptz, text[]) to wayhome_identity;
grant select, insert, update, delete on home_output to wayhome_identity;
grant select on home_output to wayhome_dashboard, wayhome_operator;
alter table home_output enable row level security;
alter table home_output force row level security;
do $owner$
begin
    execute 'create policy owner_home_output on home_output for all to current_user using (true) with check (true)';
end
$owner$;
create policy identity_home_output on home_output for all to wayhome_identity using (true) with check (true);
create policy operator_home_output on home_output for select to wayhome_operator using (true);
create policy dashboard_home_output on home_output for select to wayhome_dashboard
    using (home_id in (select home_id from home));

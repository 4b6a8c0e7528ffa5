-- Somebody dies or moves away and another one lives on in the home; a home ends and its sensors go on talking.

alter table resident add column left_at timestamptz;
comment on column resident.left_at is
    'Since when somebody does not live there any more, while another one does; null for who lives there.';
alter table home add column parted_at timestamptz;
comment on column home.parted_at is
    'Until when somebody lived there who is erased, while another one lives on: what rooms told before was of both.';

-- What is left after an erasure knows of nobody who lived there: the home keeps when that was.
create function note_parting() returns trigger
language plpgsql volatile security definer set search_path = pg_catalog, public, pg_temp
as $part$
begin
    update home h set parted_at = greatest(h.parted_at, coalesce(old.left_at, now()))
        where h.home_id = old.home_id
        and exists (select 1 from resident r where r.home_id = old.home_id and r.left_at is null);
    return null;
end
$part$;
-- Before resident_periods by its name, which reads what it writes.
create trigger resident_parting after delete on resident for each row execute function note_parting();

-- Who lives in a home, and since when nobody left it: what its rooms told before is not of these people alone.
create function parted(home text) returns timestamptz
language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $parted$
    select greatest(h.parted_at, (select max(r.left_at) from resident r where r.home_id = h.home_id))
    from home h where h.home_id = home
$parted$;

alter table home_sharing_period add column since timestamptz;
comment on column home_sharing_period.since is
    'What the home told until then was also of somebody who has left, and is not shared; null for none.';

-- As in 0031, but by those who live there now, and of the time since they do so alone.
create or replace function write_sharing_periods(of_resident bigint, of_home text) returns void
language plpgsql volatile security definer set search_path = pg_catalog, public, pg_temp
as $write$
declare
    entry record;
begin
    perform 1 from home where home_id = of_home for no key update;
    delete from sharing_period where resident_id = of_resident;
    for entry in
        select b.kind, b.home_id, h.organisation_id, b.valid_from, b.valid_until,
            coalesce(b.recipient_key, lower(btrim(regexp_replace(b.recipient, '\s+', ' ', 'g')))) as who
        from purpose_basis b join home h using (home_id)
        where b.resident_id = of_resident and b.purpose = 'record_sharing' order by b.basis_id
    loop
        if entry.kind = 'given' then
            insert into sharing_period as s (resident_id, home_id, organisation_id, recipient_key, periods)
            values (of_resident, entry.home_id, entry.organisation_id, entry.who,
                tstzmultirange(tstzrange(entry.valid_from, entry.valid_until)))
            on conflict (resident_id, recipient_key) do update set periods = s.periods + excluded.periods;
        else
            update sharing_period set periods = periods - tstzmultirange(tstzrange(entry.valid_from, null))
            where resident_id = of_resident and (entry.who = '' or recipient_key = entry.who);
        end if;
    end loop;
    delete from home_sharing_period where home_id = of_home;
    insert into home_sharing_period (home_id, organisation_id, recipient_key, periods, since)
    select s.home_id, s.organisation_id, s.recipient_key, range_intersect_agg(s.periods), parted(of_home)
    from sharing_period s join resident l using (resident_id)
    where s.home_id = of_home and l.left_at is null group by s.home_id, s.organisation_id, s.recipient_key
    having count(*) = (select count(*) from resident r where r.home_id = of_home and r.left_at is null);
end
$write$;
drop trigger resident_periods on resident;
create trigger resident_periods after insert or update of home_id, left_at or delete on resident
    for each row execute function keep_sharing_periods();

do $walls$
declare
    whole constant text := 'exists (select 1 from home_sharing_period s where s.home_id = %1$I.home_id'
        ' and (s.since is null or %2$s))';
    one constant text := 'exists (select 1 from sharing_period s where s.resident_id = %1$I.resident_id)';
    walled record;
begin
    for walled in select * from (values
        ('finding', 'finding.onset > s.since', true),
        ('alert', 'alert.onset > s.since', true),
        ('day_count', 'day_count.day > s.since::date', false),
        ('observation', 'observation.observed_at > s.since', false)
    ) as v(name, later, named) loop
        execute format('alter policy program_%1$s on %1$I using (', walled.name)
            || case when walled.named
                then format('case when resident_id is null then ' || whole || ' else ' || one || ' end',
                    walled.name, walled.later)
                else format(whole, walled.name, walled.later) end
            || ')';
    end loop;
end
$walls$;

-- As in 0014, but of who lives there.
create or replace function homes_of_circle()
returns setof text
language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $circle$
    select k.home_id from care k
    where k.carer_id = nullif(current_setting('wayhome.carer', true), '')::bigint
        and current_setting('wayhome.scope', true) is distinct from 'audit'
    union
    select r.home_id from carer c join resident r using (resident_id)
    where c.carer_id = nullif(current_setting('wayhome.carer', true), '')::bigint and c.role = 'resident'
        and r.left_at is null
        and current_setting('wayhome.scope', true) is distinct from 'audit'
$circle$;
create or replace function invitation_for(wanted bytea)
returns table (
    invitation_id bigint, organisation text, name text, role text, inviter text, residents text[],
    expires_at timestamptz, used_at timestamptz, revoked_at timestamptz
)
language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $invitation$
    select i.invitation_id, o.name, i.name, i.role, c.name,
        array(select r.name from resident r where r.home_id = i.home_id and r.left_at is null
            and (i.resident_id is null or r.resident_id = i.resident_id) order by r.resident_id),
        i.expires_at, i.used_at, i.revoked_at
    from invitation i join organisation o using (organisation_id) join carer c on c.carer_id = i.invited_by
    where i.token_hash = wanted
$invitation$;

-- Homes that have ended and are not agreed to anew: of what sensors go on saying there the gateway keeps nothing.
create function homes_over() returns setof text
language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $over$
    select l.home_id from (select distinct on (s.home_id) s.home_id, s.stage from home_step s
        order by s.home_id, s.step_id desc) l where l.stage in ('ended', 'referred')
$over$;

-- With its end a home's hubs are let in no more: whoever finds one on the shelf is somebody else.
create function end_hubs_of_home() returns trigger
language plpgsql volatile security definer set search_path = pg_catalog, public, pg_temp
as $hubs$
begin
    update hub_credential c set revoked_at = new.at, sealed = null
        where c.home_id = new.home_id and c.revoked_at is null;
    perform pg_notify('identity', new.home_id);
    return null;
end
$hubs$;
create trigger home_step_ends_hubs after insert on home_step for each row when (new.stage = 'ended')
    execute function end_hubs_of_home();

do $rights$
declare
    entry text;
begin
    foreach entry in array array['note_parting()', 'parted(text)', 'homes_over()', 'end_hubs_of_home()'] loop
        execute format('revoke all on function %s from public', entry);
    end loop;
    grant execute on function homes_over() to wayhome_gateway;
end
$rights$;

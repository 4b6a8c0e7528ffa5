-- Who is told that something is amiss must themselves be told; and a way that has ended is none.

-- As before, but a phone whose service said that it is gone is no way to be reached any more.
create or replace function channels_of_carers()
returns table (carer_id bigint, channel text)
language sql stable security definer set search_path = pg_catalog, public, pg_temp
as 'select distinct p.carer_id, p.channel from live_contact p join carer c using (carer_id)
    where c.organisation_id = current_setting(''wayhome.organisation'', true)';

-- Organisations that watch over a home, and have nobody in charge of its repair or of its people who can be woken.
-- A visitor of the pages hears of their own organisation only.
create function unheard_organisations()
returns table (organisation_id text)
language sql stable security definer set search_path = pg_catalog, public, pg_temp
as 'select distinct h.organisation_id from home h where h.mode = ''live''
    and h.organisation_id = coalesce(nullif(current_setting(''wayhome.organisation'', true), ''''), h.organisation_id)
    and not exists (select 1 from carer c join live_contact p using (carer_id)
        where c.organisation_id = h.organisation_id and c.disabled_at is null
        and c.role in (''technician'', ''organisation_admin'')
        and not exists (select 1 from channel_offer o where o.channel = p.channel
            and (not o.wakes or o.lacks <> '''')))';
revoke all on function unheard_organisations() from public;
grant execute on function unheard_organisations() to wayhome_alerts, wayhome_dashboard, wayhome_operator;

-- Where the owner is no superuser these functions are held by the walls as well.
do $owner$
declare
    walled text;
begin
    foreach walled in array array['contact_point', 'own_contact', 'lost_contact'] loop
        execute format('create policy unheard_%s on %I for select to current_user using (true)', walled, walled);
    end loop;
end
$owner$;

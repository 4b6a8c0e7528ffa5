-- What pages of an organisation with ten thousand homes ask costs what they show (docs/decisions/0296).

-- As in 0039: a wall that says `in (select …)` lists all homes, all rotas or all people of the organisation for each
-- statement; `exists` asks for the row at hand, or lists them all where that is cheaper. What may be seen is the same.
do $walls$
declare
    mine constant text := 'carer_id = nullif(current_setting(''wayhome.carer'', true), '''')::bigint';
    here constant text := 'organisation_id = current_setting(''wayhome.organisation'', true)';
    whole constant text := 'current_setting(''wayhome.scope'', true) = ''organisation''';
    of_home text;
    of_rota text;
    of_carer text;
    walled text;
begin
    foreach walled in array array['escalation_policy', 'rota'] loop
        of_home := format('exists (select 1 from home h where h.home_id = %I.home_id)', walled);
        execute format('alter policy dashboard_%1$s on %1$I using (%2$s and (home_id is null or %3$s))',
            walled, here, of_home);
        execute format('alter policy dashboard_%1$s_write on %1$I using (%2$s and (%3$s or home_id is null and %4$s))',
            walled, here, of_home, whole);
    end loop;
    foreach walled in array array['rota_shift', 'rota_cover'] loop
        of_rota := format('exists (select 1 from rota r where r.rota_id = %I.rota_id)', walled);
        execute format('alter policy dashboard_%1$s on %1$I using (%2$s) with check (%2$s)', walled, of_rota);
    end loop;
    foreach walled in array array[
        'own_contact', 'telling_choice', 'contact_test', 'delivery_seen', 'contact_point'
    ] loop
        of_carer := format('exists (select 1 from carer c where c.carer_id = %I.carer_id)', walled);
        execute format('alter policy dashboard_%1$s on %1$I using (%2$s and %3$s) with check (%2$s and %3$s)',
            walled, mine, of_carer);
    end loop;
    of_carer := 'exists (select 1 from carer c where c.carer_id = %I.carer_id)';
    execute 'alter policy dashboard_quiet_hours on quiet_hours using (' || format(of_carer, 'quiet_hours') || ')';
    execute 'alter policy dashboard_quiet_hours_own on quiet_hours using ('
        || mine || ' and ' || format(of_carer, 'quiet_hours') || ')';
    execute 'alter policy dashboard_rota_feed on rota_feed using ('
        || mine || ' and ' || format(of_carer, 'rota_feed') || ')';
end
$walls$;
alter policy dashboard_lost_contact on lost_contact
    using (exists (select 1 from own_contact o where o.contact_id = lost_contact.contact_id));

-- In which rotas somebody stands: their calendar asks for it every hour.
create index rota_shift_carer on rota_shift (carer_id);
create index rota_cover_carer on rota_cover (carer_id);

-- As channels_of_carers(), of these people of the organisation: the page of one alert needs a dozen of twenty thousand.
create function channels_of(people bigint[])
returns table (carer_id bigint, channel text)
language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $channels$
    select distinct p.carer_id, p.channel from live_contact p join carer c using (carer_id)
    where c.organisation_id = current_setting('wayhome.organisation', true) and p.carer_id = any(people)
$channels$;
revoke all on function channels_of(bigint[]) from public;
grant execute on function channels_of(bigint[]) to wayhome_dashboard;

-- Who of these people has to do with the home of an alert: of hundreds with an open page a few, who are asked about
-- behind their own walls then.
create function of_circle(alert bigint, people bigint[]) returns setof bigint
language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $near$
    select k.carer_id from alert a join care k using (home_id) where a.alert_id = $1 and k.carer_id = any(people)
    union
    select c.carer_id from alert a join resident r using (home_id) join carer c on c.resident_id = r.resident_id
    where a.alert_id = $1 and c.carer_id = any(people)
$near$;
revoke all on function of_circle(bigint, bigint[]) from public;
grant execute on function of_circle(bigint, bigint[]) to wayhome_dashboard;

-- Which detectors have spoken: a dozen names among the findings of all years. The condition always holds and is one that
-- no other query names: of a table without statistics the trigger of a finding took this index for its own.
create index finding_detector on finding (detector, detector_version) where finding_id > 0;

-- As in 0039 in another order: to who sees the organisation one look at a person says it, without one at circles before.
alter policy dashboard_self_test on self_test using (
    (current_setting('wayhome.scope', true) = 'organisation'
        or carer_id = nullif(current_setting('wayhome.carer', true), '')::bigint)
    and exists (select 1 from carer c where c.carer_id = self_test.carer_id)
    or exists (select 1 from care k where k.carer_id = self_test.carer_id)
);

-- What changes over days is found among what was noticed of late, not in the whole index of what was ever noticed.
create index finding_slow_noticed on finding (noticed_at)
    where detector in ('day_change', 'rhythm', 'mobility') and phase = 'opened';

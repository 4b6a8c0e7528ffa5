-- Every table with a home in it is behind the wall of its home; services see all rows of what they
-- are granted, the dashboard only those of the homes that its carer may see.

do $walls$
declare
    walled text;
begin
    foreach walled in array array[
        'room', 'resident', 'device', 'observation', 'position', 'quarantine', 'refusal', 'discovered',
        'presence', 'finding', 'detector_error', 'alert', 'access_record'
    ] loop
        execute format('alter table %I enable row level security', walled);
        execute format('alter table %I force row level security', walled);
        execute format(
            'create policy dashboard_%s on %I for all to wayhome_dashboard
             using (home_id in (select home_id from home))
             with check (home_id in (select home_id from home))', walled, walled);
        execute format(
            'create policy service_%s on %I for all to wayhome_gateway, wayhome_analytics, wayhome_alerts,
             wayhome_registrar, wayhome_operator using (true) with check (true)', walled, walled);
    end loop;
end
$walls$;

alter table response enable row level security;
alter table response force row level security;
create policy dashboard_response on response for all to wayhome_dashboard
    using (alert_id in (select alert_id from alert))
    with check (
        alert_id in (select alert_id from alert)
        and carer_id = nullif(current_setting('wayhome.carer', true), '')::bigint
    );
create policy service_response on response for select to wayhome_alerts, wayhome_operator using (true);

alter table delivery enable row level security;
alter table delivery force row level security;
create policy dashboard_delivery on delivery for select to wayhome_dashboard
    using (alert_id in (select alert_id from alert));
create policy service_delivery on delivery for all to wayhome_alerts, wayhome_operator
    using (true) with check (true);

alter table carer enable row level security;
alter table carer force row level security;
create policy dashboard_carer on carer for select to wayhome_dashboard
    using (organisation_id = current_setting('wayhome.organisation', true));
create policy service_carer on carer for select to wayhome_alerts using (true);
create policy registrar_carer on carer for all to wayhome_registrar using (true) with check (true);

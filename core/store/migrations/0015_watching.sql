-- What proves the promises of alerting, and who can be reached.

create table alert_run (
    alert_id bigint not null references alert on delete cascade,
    first_step integer not null,
    since timestamptz not null,
    began_at timestamptz not null,
    asked bigint,
    policy jsonb not null,
    primary key (alert_id, first_step, since)
);
comment on table alert_run is
    'Each run of an alert''s escalation with the policy it began by: the alert itself holds the last one only.';
insert into alert_run (alert_id, first_step, since, began_at, asked, policy)
select alert_id, (policy->>'first_step')::integer, (policy->>'since')::timestamptz,
    (policy->>'since')::timestamptz, (policy->>'asked')::bigint, policy
from alert where policy ? 'since';

create table self_test (
    self_test_id bigint generated always as identity primary key,
    carer_id bigint not null references carer on delete cascade,
    asked_at timestamptz not null
);
comment on table self_test is 'The weekly question to a carer, sent by the way that alerts take.';
create index self_test_carer on self_test (carer_id, asked_at);

create table self_test_message (
    delivery_id bigint primary key references delivery on delete cascade,
    self_test_id bigint not null references self_test on delete cascade
);
comment on table self_test_message is 'The deliveries of a weekly question: one by each channel of the carer.';
create index self_test_message_test on self_test_message (self_test_id);

create table self_test_answer (
    self_test_id bigint primary key references self_test on delete cascade,
    at timestamptz not null
);
comment on table self_test_answer is 'A carer tapped on the page of who can be reached that the weekly question came.';

grant select, insert on alert_run to wayhome_alerts;
grant select on alert_run to wayhome_operator;
grant select, insert on self_test, self_test_message to wayhome_alerts;
grant select on self_test, self_test_message to wayhome_dashboard, wayhome_operator;
grant select, insert on self_test_answer to wayhome_dashboard;
grant select on self_test_answer to wayhome_alerts, wayhome_operator;
-- The auditor looks at the signs of life of the other services.
grant select on gateway_heartbeat, engine_step, presence to wayhome_alerts;
-- Who proves reads what happened; addresses and names are not needed for that.
grant select on alert_cursor to wayhome_operator;

alter table alert_run enable row level security;
alter table alert_run force row level security;
create policy service_alert_run on alert_run for all to wayhome_alerts, wayhome_operator
    using (true) with check (true);

do $walls$
declare
    walled text;
begin
    foreach walled in array array['self_test', 'self_test_message', 'self_test_answer'] loop
        execute format('alter table %I enable row level security', walled);
        execute format('alter table %I force row level security', walled);
        execute format(
            'create policy service_%s on %I for all to wayhome_alerts, wayhome_operator
             using (true) with check (true)', walled, walled);
    end loop;
end
$walls$;
-- A carer sees their own; a circle sees those who care for its homes; an organisation its people.
create policy dashboard_self_test on self_test for select to wayhome_dashboard using (
    carer_id = nullif(current_setting('wayhome.carer', true), '')::bigint
        and carer_id in (select carer_id from carer)
    or carer_id in (select carer_id from care)
    or current_setting('wayhome.scope', true) = 'organisation'
        and carer_id in (select carer_id from carer)
);
create policy dashboard_self_test_message on self_test_message for select to wayhome_dashboard
    using (self_test_id in (select self_test_id from self_test));
-- Whoever sees a weekly question sees what became of its messages; other tests stay their owner's alone.
create policy dashboard_delivery_self_test on delivery for select to wayhome_dashboard
    using (kind = 'test' and delivery_id in (select delivery_id from self_test_message));
create policy dashboard_delivery_seen_self_test on delivery_seen for select to wayhome_dashboard
    using (delivery_id in (select delivery_id from self_test_message));
create policy dashboard_self_test_answer on self_test_answer for all to wayhome_dashboard
    using (self_test_id in (select self_test_id from self_test))
    with check (self_test_id in (
        select self_test_id from self_test
        where carer_id = nullif(current_setting('wayhome.carer', true), '')::bigint
    ));

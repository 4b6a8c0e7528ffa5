-- Pages over many residents: walls that ask for one home, and indexes for what a review reads.

-- "home_id in (select home_id from home)" lists all homes that somebody may see, once a statement and table:
-- 10 ms for 10,000 homes. "exists" lets the planner look up the one home that is asked for, or list them
-- all where a statement reads many. What may be seen is the same.
do $walls$
declare
    walled text;
    wall text;
begin
    foreach walled in array array[
        'room', 'resident', 'device', 'observation', 'position', 'presence', 'finding', 'alert',
        'access_record'
    ] loop
        wall := format('exists (select 1 from home h where h.home_id = %I.home_id)', walled);
        execute format(
            'alter policy dashboard_%s on %I using (%s) with check (%s)', walled, walled, wall, wall);
    end loop;
    foreach walled in array array['day_count', 'engine_snapshot'] loop
        wall := format('exists (select 1 from home h where h.home_id = %I.home_id)', walled);
        execute format('alter policy dashboard_%s on %I using (%s)', walled, walled, wall);
    end loop;
end
$walls$;

-- The planner takes a thousand homes a circle for granted, and so thinks each look at a home to be dear.
alter function homes_of_circle() rows 10;

create index alert_home on alert (home_id, onset);
-- Changes over days and weeks (D9, D10, D12): few among all findings, and what the caseload is sorted by.
create index finding_slow on finding (home_id, onset)
    where detector in ('day_change', 'rhythm', 'mobility');

-- Where somebody goes is shown to who says what for; that is kept, and holds for a quarter of an hour of one session.
create table stated_purpose (
    purpose_id bigint generated always as identity primary key,
    home_id text not null references home on delete cascade,
    carer_id bigint not null references carer,
    session_id bigint not null,
    kind text not null check (kind in ('review', 'safety', 'missing', 'asked')),
    words text not null check (length(words) between 5 and 300),
    stated_at timestamptz not null,
    until timestamptz not null check (until > stated_at)
);
comment on table stated_purpose is 'What for somebody looked at the places of a resident; only ever added to.';
create index stated_purpose_home on stated_purpose (home_id, carer_id, until);

grant select, insert on stated_purpose to wayhome_dashboard;
grant select on stated_purpose to wayhome_operator;
alter table stated_purpose enable row level security;
alter table stated_purpose force row level security;
create policy dashboard_stated_purpose on stated_purpose for all to wayhome_dashboard
    using (exists (select 1 from home h where h.home_id = stated_purpose.home_id))
    with check (exists (select 1 from home h where h.home_id = stated_purpose.home_id));
create policy dashboard_stated_purpose_own on stated_purpose as restrictive for insert to wayhome_dashboard
    with check (carer_id = nullif(current_setting('wayhome.carer', true), '')::bigint);
create policy service_stated_purpose on stated_purpose for select to wayhome_operator using (true);

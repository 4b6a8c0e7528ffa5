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

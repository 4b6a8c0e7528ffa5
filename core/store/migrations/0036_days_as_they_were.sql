-- A day is counted by where each device stood on it, also after it was moved.

grant select on device_change to wayhome_analytics;
create policy analytics_device_change on device_change for select to wayhome_analytics using (true);

-- Days that were counted before rooms in which nothing senses were left out hold 0 min of movement and no visit for them, as if
-- nobody went there any more. What was never sensed is not known.
alter table day_count no force row level security;

create temporary table unsensed on commit drop as
    select r.home_id, r.name, r.kind from room r
    where not exists (
            select 1 from device d
            where d.room_id = r.room_id and d.placement in ('room', 'bed', 'chair', 'object'))
        and not exists (
            select 1 from device_change c cross join lateral (values (c.before), (c.after)) v (terms)
            where c.home_id = r.home_id and (v.terms ->> 'room_id')::bigint = r.room_id
                and v.terms ->> 'placement' in ('room', 'bed', 'chair', 'object'));
-- each day of each home asks for the rooms of its home: of ten thousand homes that would be hours without it
create index on unsensed (home_id);
analyze unsensed;

update day_count c set facts = jsonb_set(c.facts, '{rooms}', (
        select coalesce(jsonb_object_agg(e.key, e.value), '{}') from jsonb_each(c.facts -> 'rooms') e
        where not exists (select 1 from unsensed u where u.home_id = c.home_id and u.name = e.key)
            or exists (select 1 from jsonb_array_elements(e.value) m (minutes) where m.minutes <> '0')))
    where exists (select 1 from unsensed u where u.home_id = c.home_id and c.facts -> 'rooms' ? u.name);

update day_count c set facts = jsonb_set(c.facts, '{visits}', (
        select coalesce(jsonb_object_agg(e.key, e.value), '{}') from jsonb_each(c.facts -> 'visits') e
        where e.value <> '[0, 0, null]' or exists (
            select 1 from room r where r.home_id = c.home_id and r.kind = e.key and not exists (
                select 1 from unsensed u where u.home_id = r.home_id and u.name = r.name))))
    where exists (
        select 1 from unsensed u where u.home_id = c.home_id and c.facts -> 'visits' -> u.kind = '[0, 0, null]');

alter table day_count force row level security;

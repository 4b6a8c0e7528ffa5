-- What each day of a home comes to, for pages that look back over weeks and years.

create table day_count (
    home_id text not null references home on delete cascade,
    day date not null,
    counted_at timestamptz not null,
    settled boolean not null default false,
    seen smallint[] not null check (cardinality(seen) = 96),
    active smallint[] not null check (cardinality(active) = 96),
    seen_min integer not null,
    active_min integer not null,
    facts jsonb not null,
    primary key (home_id, day)
);
comment on table day_count is
    'A day of a home in numbers: what was seen and moved each quarter hour, rooms, night, outings, visits.';

-- The caseload asks for the last days of many homes.
create index day_count_day on day_count (day, home_id) include (seen_min, active_min);

grant select, insert, update, delete on day_count to wayhome_analytics;
grant select on day_count to wayhome_dashboard, wayhome_operator;

alter table day_count enable row level security;
alter table day_count force row level security;
create policy dashboard_day_count on day_count for select to wayhome_dashboard
    using (home_id in (select home_id from home));
create policy service_day_count on day_count for all to wayhome_analytics, wayhome_operator
    using (true) with check (true);

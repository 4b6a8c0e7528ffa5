-- How devices fare: the charge of each day, and when it will be low.

create table battery_record (
    device_id bigint not null references device on delete cascade,
    home_id text not null references home on delete cascade,
    day date not null,
    percent real not null check (percent between 0 and 100),
    recorded_at timestamptz not null default now(),
    primary key (device_id, day)
);
comment on table battery_record is 'The lowest charge that a device told on a day (UTC); kept for a year.';
create index battery_record_recorded on battery_record (recorded_at);

create table battery_forecast (
    device_id bigint primary key references device on delete cascade,
    home_id text not null references home on delete cascade,
    low_on date,
    earliest date,
    latest date,
    computed_at timestamptz not null,
    check ((low_on is null) = (earliest is null) and (low_on is null) = (latest is null)),
    check (earliest <= low_on and low_on <= latest)
);
comment on table battery_forecast is 'When the charge of a device will be low; no day while that can not be told.';

create index battery_forecast_earliest on battery_forecast (earliest);

-- The work list looks for the few that ail among many that are well.
create index presence_gone on presence (device_id) where online is false;
create index presence_never on presence (device_id) where last_seen is null;
create index presence_clock on presence (device_id) where clock_trusted is false;
create index presence_low on presence (device_id) where battery_percent < 15;
create index device_heartbeat on device (device_id) where heartbeat and retired_at is null;

grant select, insert, update, delete on battery_record to wayhome_gateway;
grant select on battery_record to wayhome_analytics;
grant select, insert, update, delete on battery_forecast to wayhome_analytics;
grant select on battery_record, battery_forecast to wayhome_dashboard, wayhome_operator;

do $walls$
declare
    walled text;
begin
    foreach walled in array array['battery_record', 'battery_forecast'] loop
        execute format('alter table %I enable row level security', walled);
        execute format('alter table %I force row level security', walled);
        execute format(
            'create policy dashboard_%s on %I for select to wayhome_dashboard
             using (home_id in (select home_id from home))', walled, walled);
        execute format(
            'create policy service_%s on %I for all to wayhome_gateway, wayhome_analytics, wayhome_operator
             using (true) with check (true)', walled, walled);
    end loop;
end
$walls$;

-- What people mark in the days of a resident. Written by the dashboard only, only ever added to: a change and a
-- withdrawal are versions of their own, so that nothing that was once said disappears.

create table annotation (
    annotation_id bigint generated always as identity primary key,
    home_id text not null references home on delete cascade,
    resident_id bigint not null references resident on delete cascade,
    number integer not null check (number >= 1),
    version integer not null check (version >= 1),
    kind text not null check (kind in
        ('medication', 'visitors', 'hospital', 'away', 'illness', 'kit', 'other')),
    first_day date not null,
    last_day date not null check (last_day >= first_day and last_day <= first_day + 366),
    excludes boolean not null,
    note text not null default '' check (length(note) <= 200),
    withdrawn boolean not null default false,
    reason text not null default '' check (length(reason) <= 200),
    carer_id bigint not null references carer,
    at timestamptz not null,
    unique (resident_id, number, version),
    check (not withdrawn or reason <> '')
);
comment on table annotation is
    'What somebody marked in the days of a resident: each change is a version, the last one counts; append-only.';
create index annotation_home on annotation (home_id);

grant select, insert on annotation to wayhome_dashboard;

do $walls$
declare
    walled text;
begin
    foreach walled in array array['annotation'] loop
        execute format('alter table %I enable row level security', walled);
        execute format('alter table %I force row level security', walled);
        execute format(
            'create policy dashboard_%s on %I for all to wayhome_dashboard
             using (home_id in (select home_id from home))
             with check (home_id in (select home_id from home))', walled, walled);
        -- Nobody writes in another's name.
        execute format(
            'create policy dashboard_%s_own on %I as restrictive for insert to wayhome_dashboard
             with check (carer_id = nullif(current_setting(''wayhome.carer'', true), '''')::bigint)',
            walled, walled);
    end loop;
    -- Nor about a resident of another home.
    foreach walled in array array['annotation'] loop
        execute format(
            'create policy dashboard_%s_resident on %I as restrictive for insert to wayhome_dashboard
             with check (resident_id in (
                 select r.resident_id from resident r where r.home_id = %I.home_id))',
            walled, walled, walled);
    end loop;
end
$walls$;

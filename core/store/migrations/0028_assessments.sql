-- What people mark in the days of a resident, and assessments: a question, some weeks, kit on loan, a report.
-- Written by the dashboard only, only ever added to: a change and a withdrawal are rows of their own, so that
-- nothing that was once said disappears.

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

create table assessment (
    assessment_id bigint generated always as identity primary key,
    home_id text not null references home on delete cascade,
    resident_id bigint not null references resident on delete cascade,
    question text not null check (length(question) between 1 and 500),
    asked_by text not null check (length(asked_by) between 1 and 120),
    named_as text not null check (named_as in ('name', 'initials', 'reference')),
    reference text not null default '' check (length(reference) <= 60),
    first_day date not null,
    last_day date not null check (last_day - first_day between 20 and 41),
    carer_id bigint not null references carer,
    at timestamptz not null,
    check (named_as <> 'reference' or reference <> '')
);
comment on table assessment is
    'A question about a resident that some weeks shall answer: who asked, from when to when as planned at first; append-only.';
create index assessment_resident on assessment (resident_id, assessment_id);
create index assessment_home on assessment (home_id);

create table assessment_step (
    assessment_step_id bigint generated always as identity primary key,
    home_id text not null references home on delete cascade,
    assessment_id bigint not null references assessment on delete cascade,
    kind text not null check (kind in ('extended', 'ended')),
    last_day date not null,
    reason text not null default '' check (length(reason) <= 300),
    carer_id bigint not null references carer,
    at timestamptz not null
);
comment on table assessment_step is 'An assessment lasts longer, or ended, and why; append-only.';
create index assessment_step_assessment on assessment_step (assessment_id, assessment_step_id);
create unique index assessment_step_ended on assessment_step (assessment_id) where kind = 'ended';
create index assessment_step_home on assessment_step (home_id);

create table kit_step (
    kit_step_id bigint generated always as identity primary key,
    home_id text not null references home on delete cascade,
    assessment_id bigint not null references assessment on delete cascade,
    device_id bigint not null references device on delete cascade,
    kind text not null check (kind in ('lent', 'due', 'returned', 'lost', 'not_lent')),
    due_on date,
    note text not null default '' check (length(note) <= 200),
    carer_id bigint not null references carer,
    at timestamptz not null,
    check ((kind in ('lent', 'due')) = (due_on is not null))
);
comment on table kit_step is
    'A device is lent for an assessment, due back, returned or lost, and who said so; append-only, the last row counts.';
create index kit_step_device on kit_step (assessment_id, device_id, kit_step_id);
create index kit_step_home on kit_step (home_id);

create table report_version (
    home_id text not null references home on delete cascade,
    assessment_id bigint not null references assessment on delete cascade,
    version integer not null check (version >= 1),
    digest text not null check (digest ~ '^[0-9a-f]{64}$'),
    carer_id bigint not null references carer,
    at timestamptz not null,
    primary key (assessment_id, version)
);
comment on table report_version is
    'Each time the numbers of a report had changed when it was opened: which version, and the SHA-256 of them; append-only.';
create index report_version_home on report_version (home_id);

grant select, insert on annotation, assessment, assessment_step, kit_step, report_version to wayhome_dashboard;

do $walls$
declare
    walled text;
begin
    foreach walled in array array[
        'annotation', 'assessment', 'assessment_step', 'kit_step', 'report_version'
    ] loop
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
    foreach walled in array array['annotation', 'assessment'] loop
        execute format(
            'create policy dashboard_%s_resident on %I as restrictive for insert to wayhome_dashboard
             with check (resident_id in (
                 select r.resident_id from resident r where r.home_id = %I.home_id))',
            walled, walled, walled);
    end loop;
    -- Nor to an assessment of another home.
    foreach walled in array array['assessment_step', 'kit_step', 'report_version'] loop
        execute format(
            'create policy dashboard_%s_assessment on %I as restrictive for insert to wayhome_dashboard
             with check (assessment_id in (
                 select a.assessment_id from assessment a where a.home_id = %I.home_id))',
            walled, walled, walled);
    end loop;
end
$walls$;
create policy dashboard_kit_step_device on kit_step as restrictive for insert to wayhome_dashboard
    with check (device_id in (select d.device_id from device d where d.home_id = kit_step.home_id));

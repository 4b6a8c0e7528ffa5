-- What carers' answers teach detection, each step of it written down; and what silence would bring next.

create table missed_event (
    missed_id bigint generated always as identity primary key,
    home_id text not null references home on delete cascade,
    carer_id bigint not null references carer,
    at timestamptz not null,
    happened_at timestamptz not null,
    kind text not null
        check (kind in ('did_not_move', 'did_not_get_up', 'bathroom', 'night', 'not_back', 'other')),
    what text not null default '' check (length(what) <= 2000),
    txid xid8 not null default pg_current_xact_id()
);
comment on table missed_event is 'A carer''s word that something happened and nobody was told; append-only.';
create index missed_event_log on missed_event (txid, missed_id);
create index missed_event_home on missed_event (home_id, at);

create table margin_change (
    change_id bigint generated always as identity primary key,
    home_id text not null references home on delete cascade,
    detector text not null,
    hour_bin smallint not null check (hour_bin between 0 and 7),
    at timestamptz not null,
    why text not null check (why in ('false', 'true', 'missed', 'confirmed', 'undone')),
    factor double precision not null,
    before double precision not null,
    after double precision not null check (after between 0.8 and 1.6),
    waiting boolean not null,
    carer_id bigint not null,
    alert_id bigint,
    of_change bigint unique references margin_change,
    recorded_at timestamptz not null default now()
);
comment on table margin_change is
    'What each answer did to one detector in one three-hour bin of the day; append-only, undone by a further row.';
create index margin_change_log on margin_change (home_id, detector, change_id);

create table margin_decision (
    decision_id bigint generated always as identity primary key,
    home_id text not null references home on delete cascade,
    change_id bigint not null references margin_change on delete cascade,
    carer_id bigint not null references carer,
    verdict text not null check (verdict in ('confirm', 'undo')),
    at timestamptz not null,
    txid xid8 not null default pg_current_xact_id()
);
comment on table margin_decision is 'A named person confirms or undoes a change of a limit; append-only.';
create index margin_decision_log on margin_decision (txid, decision_id);
create index margin_decision_change on margin_decision (change_id);

create table learning_cursor (
    shard integer not null,
    reader text not null,
    txid xid8 not null,
    sequence bigint not null,
    primary key (shard, reader)
);
comment on table learning_cursor is 'How far detection has read answers, reports and decisions.';

create table forecast (
    home_id text not null references home on delete cascade,
    detector text not null,
    resident_id bigint,
    speaks_at timestamptz not null,
    severity text not null check (severity in ('notice', 'check', 'urgent')),
    what text not null,
    made_at timestamptz not null,
    primary key (home_id, detector)
);
comment on table forecast is 'When a detector would speak if nothing happened from then on; replaced every few minutes.';

grant select, insert on missed_event, margin_decision to wayhome_dashboard;
grant select, insert on margin_change to wayhome_analytics;
grant select, insert, update, delete on learning_cursor, forecast to wayhome_analytics;
grant select on missed_event, margin_decision to wayhome_analytics, wayhome_operator;
grant select on margin_change, forecast to wayhome_dashboard, wayhome_operator;
grant select on learning_cursor to wayhome_operator;
grant select on response, alert_finding to wayhome_analytics;

create policy analytics_response on response for select to wayhome_analytics using (true);
create policy analytics_alert_finding on alert_finding for select to wayhome_analytics using (true);

do $walls$
declare
    walled text;
begin
    foreach walled in array array['missed_event', 'margin_change', 'margin_decision', 'forecast'] loop
        execute format('alter table %I enable row level security', walled);
        execute format('alter table %I force row level security', walled);
        execute format(
            'create policy dashboard_%s on %I for all to wayhome_dashboard
             using (home_id in (select home_id from home))
             with check (home_id in (select home_id from home))', walled, walled);
        execute format(
            'create policy service_%s on %I for all to wayhome_analytics, wayhome_operator
             using (true) with check (true)', walled, walled);
    end loop;
end
$walls$;

-- Nobody reports or decides in another's name, nor about another home's change.
create policy dashboard_missed_event_own on missed_event as restrictive for insert to wayhome_dashboard
    with check (carer_id = nullif(current_setting('wayhome.carer', true), '')::bigint);
create policy dashboard_margin_decision_own on margin_decision as restrictive for insert to wayhome_dashboard
    with check (
        carer_id = nullif(current_setting('wayhome.carer', true), '')::bigint
        and change_id in (select c.change_id from margin_change c where c.home_id = margin_decision.home_id)
    );

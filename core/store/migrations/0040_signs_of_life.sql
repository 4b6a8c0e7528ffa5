-- What nobody noticed: that the pages are dead, and that there is no backup, or an old one only.

create table dashboard_heartbeat (
    instance text primary key check (length(instance) between 1 and 200),
    at timestamptz not null
);
comment on table dashboard_heartbeat is 'Proof that the pages are served, per process, twice a minute.';

create table backup_note (
    note_id bigint generated always as identity primary key,
    at timestamptz not null
);
comment on table backup_note is
    'When somebody said that a backup was made (wayhome backed-up): none is made by Wayhome itself; append-only.';

grant select, insert, update on dashboard_heartbeat to wayhome_dashboard;
grant select on dashboard_heartbeat to wayhome_alerts, wayhome_operator;
grant select, insert on backup_note to wayhome_registrar;
grant select on backup_note to wayhome_operator;

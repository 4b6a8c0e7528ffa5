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

-- What 0015, 0026 and 0032 made of rows that were there: an owner that is no superuser saw none of them behind the walls,
-- so that nothing was made. Done again for such an owner; for others nothing is locked and nothing is read.
do $again$
begin
    if (select rolsuper or rolbypassrls from pg_roles where rolname = current_user) then
        return;
    end if;
    alter table alert no force row level security;
    alter table alert_run no force row level security;
    alter table finding no force row level security;
    alter table hub_credential no force row level security;

    insert into alert_run (alert_id, first_step, since, began_at, asked, policy)
    select a.alert_id, (a.policy ->> 'first_step')::integer, (a.policy ->> 'since')::timestamptz,
        (a.policy ->> 'since')::timestamptz, (a.policy ->> 'asked')::bigint, a.policy
    from alert a where a.policy ? 'since' and not a.silent
        and not exists (select 1 from alert_run r where r.alert_id = a.alert_id);

    -- What was made and never taken replaces nothing.
    update hub_credential o set replaced_at = n.first from (
            select o.credential_id, min(n.taken_at) as first from hub_credential o join hub_credential n
                on n.home_id = o.home_id and n.about = o.about and n.credential_id > o.credential_id
            where o.replaced_at is null and n.taken_at is not null group by o.credential_id) n
        where n.credential_id = o.credential_id;

    update finding f set goes_on = false
        where f.goes_on and exists (select 1 from finding e where e.home_id = f.home_id
            and e.resident_id is not distinct from f.resident_id and e.detector = f.detector
            and e.subject = f.subject and e.onset = f.onset and e.finding_id > f.finding_id);

    alter table hub_credential force row level security;
    alter table finding force row level security;
    alter table alert_run force row level security;
    alter table alert force row level security;
end
$again$;

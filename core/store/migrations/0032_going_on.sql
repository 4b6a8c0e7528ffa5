-- Which findings go on, for an index: programs that ask for all active Flags of an organisation read no others.

alter table finding add column goes_on boolean not null default true;
comment on column finding.goes_on is
    'False once a later finding of the same episode was written; a trigger keeps it, for an index, and nobody else.';

create function end_former_findings() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $former$
begin
    -- two statements, for "is not distinct from" goes by no index
    if new.resident_id is null then
        update finding f set goes_on = false
            where f.home_id = new.home_id and f.resident_id is null and f.detector = new.detector
                and f.subject = new.subject and f.onset = new.onset and f.finding_id < new.finding_id and f.goes_on;
    else
        update finding f set goes_on = false
            where f.home_id = new.home_id and f.resident_id = new.resident_id and f.detector = new.detector
                and f.subject = new.subject and f.onset = new.onset and f.finding_id < new.finding_id and f.goes_on;
    end if;
    return null;
end
$former$;
revoke all on function end_former_findings() from public;
create trigger end_former_findings after insert on finding for each row execute function end_former_findings();

update finding f set goes_on = false
    where exists (select 1 from finding e where e.home_id = f.home_id
        and e.resident_id is not distinct from f.resident_id and e.detector = f.detector
        and e.subject = f.subject and e.onset = f.onset and e.finding_id > f.finding_id);

create index finding_going on finding (finding_id) where goes_on and phase <> 'cleared';

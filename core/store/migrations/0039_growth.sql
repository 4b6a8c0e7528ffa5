-- What loops and pages ask is found by an index, however long the past has become (docs/decisions/0264).

-- An alert is looked at for days and kept for eight years: a loop must not walk past the old to find the open.
create index alert_going on alert (alert_id) where state <> 'resolved';
create index alert_opened on alert (opened_at);
create index alert_resolved on alert (resolved_at);
create index finding_recorded on finding (recorded_at);
create index care_carer on care (carer_id);
create index carer_role on carer (organisation_id, role);
create index access_record_at on access_record (organisation_id, at, access_id);

-- A wall that says `in (select …)` lists all that somebody may see, once a statement and table: every alert of every
-- year for one answer. `exists` asks for the row at hand, or lists them all where that is cheaper (0200).
alter policy dashboard_alert_finding on alert_finding
    using (exists (select 1 from alert a where a.alert_id = alert_finding.alert_id));
alter policy dashboard_phone_answer on phone_answer
    using (exists (select 1 from alert a where a.alert_id = phone_answer.alert_id));
alter policy dashboard_response on response
    using (exists (select 1 from alert a where a.alert_id = response.alert_id))
    with check (
        exists (select 1 from alert a where a.alert_id = response.alert_id)
        and carer_id = nullif(current_setting('wayhome.carer', true), '')::bigint
    );
alter policy dashboard_delivery on delivery using (
    case when kind = 'alert' then exists (select 1 from alert a where a.alert_id = delivery.alert_id)
    else carer_id = nullif(current_setting('wayhome.carer', true), '')::bigint
        and exists (select 1 from carer c where c.carer_id = delivery.carer_id) end
);
alter policy dashboard_delivery_watch on delivery using (left(kind, 5) = 'watch'
    and exists (select 1 from watch_message m where m.delivery_id = delivery.delivery_id));
alter policy dashboard_delivery_self_test on delivery using (kind = 'test'
    and exists (select 1 from self_test_message m where m.delivery_id = delivery.delivery_id));
alter policy dashboard_delivery_attempt on delivery_attempt
    using (exists (select 1 from delivery d where d.delivery_id = delivery_attempt.delivery_id));
alter policy dashboard_delivery_seen_self_test on delivery_seen
    using (exists (select 1 from self_test_message m where m.delivery_id = delivery_seen.delivery_id));
alter policy dashboard_care on care using (
    exists (select 1 from carer c where c.carer_id = care.carer_id)
    and (current_setting('wayhome.scope', true) = 'organisation' or home_id in (select homes_of_circle()))
);
alter policy dashboard_self_test on self_test using (
    exists (select 1 from care k where k.carer_id = self_test.carer_id)
    or (current_setting('wayhome.scope', true) = 'organisation'
        or carer_id = nullif(current_setting('wayhome.carer', true), '')::bigint)
    and exists (select 1 from carer c where c.carer_id = self_test.carer_id)
);
alter policy dashboard_self_test_message on self_test_message
    using (exists (select 1 from self_test t where t.self_test_id = self_test_message.self_test_id));
alter policy dashboard_self_test_answer on self_test_answer
    using (exists (select 1 from self_test t where t.self_test_id = self_test_answer.self_test_id))
    with check (exists (
        select 1 from self_test t where t.self_test_id = self_test_answer.self_test_id
            and t.carer_id = nullif(current_setting('wayhome.carer', true), '')::bigint
    ));
alter policy dashboard_watch_message on watch_message
    using (exists (select 1 from watch_notice n where n.notice_id = watch_message.notice_id));

-- The walls of homes that 0200 had left as they were: ten thousand homes a statement and table.
do $walls$
declare
    listing constant text := '(home_id IN ( SELECT home.home_id FROM home))';
    wall record;
    rule text;
begin
    for wall in select tablename, policyname, with_check from pg_policies
        where schemaname = current_schema() and regexp_replace(qual, '\s+', ' ', 'g') = listing
            and (with_check is null or regexp_replace(with_check, '\s+', ' ', 'g') = listing)
    loop
        rule := format('exists (select 1 from home h where h.home_id = %I.home_id)', wall.tablename);
        execute format('alter policy %I on %I using (%s)', wall.policyname, wall.tablename, rule)
            || case when wall.with_check is null then '' else format(' with check (%s)', rule) end;
    end loop;
end
$walls$;

-- As in 0030, but for the time that is said of what is deleted from a log as well: else two thousand rows of the
-- oldest chunk were looked for in each chunk of the year that stays.
create or replace function retention_rows(wanted text, organisation text, before timestamptz, most integer) returns bigint
language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $rows$
declare
    floors constant jsonb := '{"observations": 100, "positions": 7, "day_counts": 400, "alerts": 365,
        "quarantine": 7, "packs": 30, "accounts": 30, "assessments": 365}';
    mine constant text := '(($2 is null and (t.home_id is null or t.home_id not in (select h.home_id from home h)))'
        ' or t.home_id in (select h.home_id from home h where h.organisation_id = $2))'
        ' and coalesce(t.home_id, '''') not in (select homes_held())';
    theirs constant text := 't.carer_id in (select c.carer_id from carer c where c.organisation_id = $2)';
    -- by the devices of the organisation: their rows are found by the primary key, without reading the whole log
    worn constant text := 'd.home_id in (select h.home_id from home h where h.organisation_id = $2)'
        ' and d.home_id not in (select homes_held())';
    log constant text := 'device d cross join lateral (select x.* from %I x where x.device_id = d.device_id
        and x.observed_at < $1 and x.received_at < $1 order by x.observed_at limit %s) t';
    total bigint := 0;
    done bigint;
    bound text := coalesce(nullif(most, 0)::text, 'null');
    one record;
begin
    if before is null or floors -> wanted is null
        or before > now() - make_interval(days => (floors ->> wanted)::integer) then
        raise exception 'too young to go' using errcode = '22023';
    end if;
    for one in select * from (values
        (1, 'observations', 'observation', '(device_id, observed_at, quantity, discriminator)', 'true', worn),
        (1, 'positions', 'position', '(device_id, observed_at, discriminator)', 'true', worn),
        (1, 'day_counts', 'day_count', '(home_id, day)', 't.day < $1::date', mine),
        (1, 'alerts', 'alert', '(alert_id)',
            't.state = ''resolved'' and coalesce(t.resolved_at, t.opened_at) < $1', mine),
        (2, 'alerts', 'finding', '(finding_id)', 't.noticed_at < $1 and not exists (
            select 1 from alert_finding j where j.finding_id = t.finding_id)', mine),
        (1, 'quarantine', 'quarantine', '(quarantine_id)', 't.received_at < $1', mine),
        (2, 'quarantine', 'discovered', '(home_id, family, external_id)', 't.last_seen < $1', mine),
        (3, 'quarantine', 'refusal', '(day, home_id, source, reason)', 't.day < $1::date', mine),
        (4, 'quarantine', 'detector_error', '(home_id, detector, error)', 't.last_at < $1', mine),
        (1, 'packs', 'missing_pack', '(pack_id)', 't.at < $1', mine),
        (1, 'accounts', 'invitation', '(invitation_id)', 't.expires_at < $1 and t.organisation_id = $2', 'true'),
        (2, 'accounts', 'login_session', '(token_hash)', 't.expires_at < $1', theirs),
        (3, 'accounts', 'self_test', '(self_test_id)', 't.asked_at < $1', theirs),
        (4, 'accounts', 'delivery', '(delivery_id)', 't.kind <> ''alert'' and t.created_at < $1', theirs),
        (1, 'assessments', 'assessment', '(assessment_id)', 't.at < $1 and coalesce((select max(s.last_day)
            from assessment_step s where s.assessment_id = t.assessment_id), t.last_day) < $1::date', mine),
        (2, 'assessments', 'annotation', '(annotation_id)', 't.last_day < $1::date and not exists (select 1
            from annotation v where v.resident_id = t.resident_id and v.number = t.number and v.at >= $1)', mine)
    ) as v(place, class, kept, key, old, whose) where v.class = wanted order by v.place loop
        declare
            source text := case when one.kept in ('observation', 'position')
                then format(log, one.kept, bound) else format('%I t', one.kept) end;
            named text := regexp_replace(one.key, '([a-z_]+)', 't.\1', 'g');
        begin
            if most = 0 then
                execute format('select count(*) from %s where (%s) and (%s)', source, one.old, one.whose)
                    into done using before, organisation;
            else
                execute format('delete from %I where %s %s in (select %s from %s where (%s) and (%s) limit %s)',
                    one.kept, case when one.kept in ('observation', 'position') then 'observed_at < $1 and' end,
                    one.key, trim(both '()' from named), source, one.old, one.whose, bound)
                    using before, organisation;
                get diagnostics done = row_count;
            end if;
            total := total + done;
        end;
    end loop;
    return total;
end
$rows$;

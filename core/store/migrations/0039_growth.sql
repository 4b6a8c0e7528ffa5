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

-- How carers are told: addresses of their own, tests of them, what providers call back, answers by phone.

create table own_contact (
    contact_id bigint generated always as identity primary key,
    carer_id bigint not null references carer on delete cascade,
    channel text not null,
    address text not null,
    label text not null default '',
    created_at timestamptz not null,
    removed_at timestamptz
);
comment on table own_contact is
    'An address that a carer added: a phone, a mailbox, a browser that takes push messages.';
create unique index own_contact_once on own_contact (carer_id, channel, address) where removed_at is null;

create table lost_contact (
    contact_id bigint primary key references own_contact on delete cascade,
    lost_at timestamptz not null,
    reason text not null
);
comment on table lost_contact is 'An address whose service says that it is gone for good; it is a way no more.';

create table telling_choice (
    carer_id bigint primary key references carer on delete cascade,
    detail text not null check (detail in ('nothing', 'name', 'sentence')),
    changed_at timestamptz not null
);
comment on table telling_choice is 'How much a message may say about a person, as its reader chose; else nothing.';

create table contact_test (
    test_id bigint generated always as identity primary key,
    carer_id bigint not null references carer on delete cascade,
    channel text not null,
    contact_id bigint references own_contact on delete cascade,
    asked_at timestamptz not null
);
comment on table contact_test is
    'A carer asked for a test message; without contact_id to the address that the organisation registered.';

create table channel_offer (
    channel text primary key,
    title text not null,
    takes text not null,
    wakes boolean not null,
    lacks text not null default '',
    public_key text not null default '',
    at timestamptz not null
);
comment on table channel_offer is
    'The channels of the running alerting service; lacks names the settings that one of them still needs.';

alter table delivery
    alter column alert_id drop not null,
    add column kind text not null default 'alert' check (kind in ('alert', 'test', 'lost')),
    add column test_id bigint unique references contact_test on delete cascade,
    add column provider_state text check (provider_state in ('sent', 'failed', 'delivered', 'answered')),
    add column provider_sequence integer not null default 0,
    add column delivered_at timestamptz,
    add column answered_at timestamptz,
    add constraint delivery_of_alert check ((kind = 'alert') = (alert_id is not null));
comment on column delivery.kind is
    'alert; test: somebody wants to know whether it arrives; lost: another way to this carer has ended.';
comment on column delivery.provider_sequence is 'Grows only: a late callback of the provider changes nothing.';
create index delivery_sent on delivery (carer_id, channel, sent_at) where sent_at is not null;
create index delivery_waiting on delivery (channel, next_try_at) where state in ('pending', 'sending');
create index delivery_sending on delivery (carer_id, channel) where state = 'sending';
create index delivery_test on delivery (carer_id, created_at) where kind <> 'alert';

create table provider_event (
    event_id bigint generated always as identity primary key,
    delivery_id bigint not null references delivery on delete cascade,
    at timestamptz not null,
    state text not null,
    sequence integer not null,
    reference text not null default '',
    detail text not null default ''
);
comment on table provider_event is 'What a provider called back about a message, as it came, also when late.';
create index provider_event_delivery on provider_event (delivery_id);

create table phone_answer (
    answer_id bigint generated always as identity primary key,
    delivery_id bigint not null references delivery on delete cascade,
    alert_id bigint not null references alert on delete cascade,
    carer_id bigint not null references carer on delete cascade,
    channel text not null,
    at timestamptz not null
);
comment on table phone_answer is
    'A carer acknowledged an alert by a key on the phone or a reply to a text; took effect with its commit.';

create table delivery_seen (
    delivery_id bigint primary key references delivery on delete cascade,
    carer_id bigint not null references carer on delete cascade,
    at timestamptz not null
);
comment on table delivery_seen is 'A carer confirmed that a test message arrived.';

-- Where each carer can be reached now; who has left has no address.
create view live_contact with (security_invoker = true) as
    select p.carer_id, p.channel, null::bigint as contact_id, p.address
    from contact_point p join carer c using (carer_id) where c.disabled_at is null
    union all
    select o.carer_id, o.channel, o.contact_id, o.address
    from own_contact o join carer c using (carer_id)
    where c.disabled_at is null and o.removed_at is null
    and not exists (select 1 from lost_contact l where l.contact_id = o.contact_id);

grant select, insert, update on own_contact, telling_choice to wayhome_dashboard;
grant select, insert on contact_test, delivery_seen to wayhome_dashboard;
grant select on contact_point, lost_contact, channel_offer, phone_answer, live_contact to wayhome_dashboard;
grant select on own_contact, telling_choice, contact_test, delivery_seen, live_contact to wayhome_alerts;
grant select, insert, update, delete on channel_offer to wayhome_alerts;
grant select, insert on lost_contact, provider_event, phone_answer to wayhome_alerts;
grant select on channel_offer, contact_test, delivery_seen, provider_event, phone_answer, lost_contact
    to wayhome_operator;

do $walls$
declare
    walled text;
begin
    foreach walled in array array['own_contact', 'telling_choice', 'contact_test', 'delivery_seen', 'contact_point'] loop
        execute format('alter table %I enable row level security', walled);
        execute format('alter table %I force row level security', walled);
        -- one's own only, also for an administrator: an address is nobody else's business
        execute format(
            'create policy dashboard_%s on %I for all to wayhome_dashboard
             using (carer_id = nullif(current_setting(''wayhome.carer'', true), '''')::bigint
                    and carer_id in (select carer_id from carer))
             with check (carer_id = nullif(current_setting(''wayhome.carer'', true), '''')::bigint
                    and carer_id in (select carer_id from carer))', walled, walled);
        execute format(
            'create policy service_%s on %I for select to wayhome_alerts, wayhome_operator using (true)',
            walled, walled);
    end loop;
    foreach walled in array array['lost_contact', 'provider_event', 'phone_answer'] loop
        execute format('alter table %I enable row level security', walled);
        execute format('alter table %I force row level security', walled);
        execute format(
            'create policy service_%s on %I for all to wayhome_alerts, wayhome_operator
             using (true) with check (true)', walled, walled);
    end loop;
end
$walls$;
create policy registrar_contact_point on contact_point for all to wayhome_registrar
    using (true) with check (true);
create policy dashboard_lost_contact on lost_contact for select to wayhome_dashboard
    using (contact_id in (select contact_id from own_contact));
create policy dashboard_phone_answer on phone_answer for select to wayhome_dashboard
    using (alert_id in (select alert_id from alert));
-- Nobody tests the address, or confirms the message, of somebody else.
create policy dashboard_contact_test_own on contact_test as restrictive for insert to wayhome_dashboard
    with check (contact_id is null or contact_id in (select contact_id from own_contact));
create policy dashboard_delivery_seen_own on delivery_seen as restrictive for insert to wayhome_dashboard
    with check (delivery_id in (
        select d.delivery_id from delivery d where d.kind <> 'alert' and d.carer_id = delivery_seen.carer_id
    ));

drop policy dashboard_delivery on delivery;
create policy dashboard_delivery on delivery for select to wayhome_dashboard using (
    case when kind = 'alert' then alert_id in (select alert_id from alert)
    else carer_id = nullif(current_setting('wayhome.carer', true), '')::bigint
        and carer_id in (select carer_id from carer) end
);

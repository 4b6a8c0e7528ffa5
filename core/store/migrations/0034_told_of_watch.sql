-- When a home stops being watched, or is watched again, each of its circle is told, once.

create table watch_change (
    home_id text not null references home on delete cascade,
    number integer not null check (number > 0),
    state text not null check (state in ('watched', 'unlocated', 'unwatched')),
    why text not null default ''
        check (why in ('', 'withdrawn', 'lapsed', 'later', 'paused', 'tested', 'ended')),
    at timestamptz not null,
    primary key (home_id, number)
);
comment on table watch_change is
    'Each time that a home stopped being watched, or was again; append-only, the highest number is how it stands.';

create table watch_notice (
    notice_id bigint generated always as identity primary key,
    home_id text not null references home on delete cascade,
    carer_id bigint not null references carer on delete cascade,
    kind text not null
        check (kind in ('watch_ended', 'watch_places', 'watch_again', 'watch_ends', 'watch_renew')),
    about bigint not null,
    at timestamptz not null,
    due_at timestamptz not null,
    asked_at timestamptz,
    dropped_at timestamptz,
    unique (home_id, carer_id, kind, about)
);
comment on table watch_notice is
    'That somebody is to be told of a change of watching, or that a basis ends soon: once each, by its number.';
comment on column watch_notice.about is
    'Number of the change; for watch_ends and watch_renew of the basis (purpose_basis) that ends.';
comment on column watch_notice.due_at is 'Later than at where the person is not to be woken for it.';
comment on column watch_notice.asked_at is 'When its messages went into the outbox; none while it waits.';
comment on column watch_notice.dropped_at is
    'When it was found that it need not be said: it has changed again before it was, or the person has left.';
create index watch_notice_waiting on watch_notice (due_at) where asked_at is null and dropped_at is null;
create index watch_notice_asked on watch_notice (asked_at);
create index watch_notice_carer on watch_notice (carer_id);

create table watch_message (
    delivery_id bigint not null references delivery on delete cascade,
    notice_id bigint not null references watch_notice on delete cascade,
    primary key (delivery_id, notice_id)
);
comment on table watch_message is 'The deliveries of a notice of watching: one by each channel of the person.';
create index watch_message_notice on watch_message (notice_id);

alter table delivery drop constraint delivery_kind_check;
alter table delivery add constraint delivery_kind_check check (kind in (
    'alert', 'test', 'lost', 'watch_ended', 'watch_places', 'watch_again', 'watch_ends', 'watch_renew'));
comment on column delivery.kind is
    'alert; test: somebody wants to know whether it arrives; lost: another way to this carer has ended; watch_…: '
    'a home is not watched any more, is watched without its places, is watched again, or a basis ends soon.';

grant select, insert on watch_change, watch_message to wayhome_alerts;
grant select, insert, update on watch_notice to wayhome_alerts;
grant select on watch_change, watch_notice, watch_message to wayhome_dashboard, wayhome_operator;
-- A pause is an end of watching too, and a walk test is one that lasts.
grant select on home_step to wayhome_alerts;
create policy alerts_home_step on home_step for select to wayhome_alerts using (true);

do $walls$
declare
    walled text;
begin
    foreach walled in array array['watch_change', 'watch_notice', 'watch_message'] loop
        execute format('alter table %I enable row level security', walled);
        execute format('alter table %I force row level security', walled);
        execute format(
            'create policy service_%s on %I for all to wayhome_alerts, wayhome_operator
             using (true) with check (true)', walled, walled);
    end loop;
end
$walls$;
create policy dashboard_watch_change on watch_change for select to wayhome_dashboard
    using (home_id in (select home_id from home));
create policy dashboard_watch_notice on watch_notice for select to wayhome_dashboard
    using (home_id in (select home_id from home));
create policy dashboard_watch_message on watch_message for select to wayhome_dashboard
    using (notice_id in (select notice_id from watch_notice));
-- Who sees the home sees who was told that it is not watched, and whether that arrived.
create policy dashboard_delivery_watch on delivery for select to wayhome_dashboard
    using (left(kind, 5) = 'watch' and delivery_id in (select delivery_id from watch_message));

-- Alerts and their deliveries. Written by the alerting service only.

create table alert (
    alert_id bigint generated always as identity primary key,
    home_id text not null references home on delete cascade,
    resident_id bigint,
    detector text not null,
    subject text not null default '',
    severity text not null check (severity in ('notice', 'check', 'urgent')),
    audience text not null check (audience in ('carers', 'operators')),
    state text not null default 'open' check (state in ('open', 'acknowledged', 'resolved')),
    onset timestamptz not null,
    opened_at timestamptz not null,
    what text not null,
    unusual text not null default '',
    ruled_out jsonb not null default '[]',
    advice text not null default '',
    evidence jsonb not null default '[]',
    policy jsonb not null default '{}',
    acknowledged_by bigint references carer,
    acknowledged_at timestamptz,
    resolved_by bigint references carer,
    resolved_at timestamptz,
    outcome text check (outcome in ('helped', 'true', 'false', 'other', 'cleared')),
    cleared_at timestamptz,
    silent boolean not null default false,
    unique nulls not distinct (home_id, resident_id, detector, subject, onset)
);
comment on table alert is 'A finding that needs a human, one per episode; policy is the snapshot taken when it opened.';
create index alert_open on alert (home_id) where state <> 'resolved';

create table alert_finding (
    alert_id bigint not null references alert on delete cascade,
    finding_id bigint not null references finding on delete cascade,
    primary key (alert_id, finding_id)
);
comment on table alert_finding is 'Which findings stand behind an alert; later evidence joins the open alert.';

create table alert_cursor (
    reader text primary key,
    txid xid8 not null,
    sequence bigint not null
);
comment on table alert_cursor is 'How far the alerting service has read the findings and the responses.';

create table delivery (
    delivery_id bigint generated always as identity primary key,
    alert_id bigint not null references alert on delete cascade,
    carer_id bigint not null references carer,
    channel text not null,
    step integer not null,
    state text not null default 'pending'
        check (state in ('pending', 'sending', 'sent', 'failed', 'cancelled')),
    attempts integer not null default 0,
    next_try_at timestamptz not null,
    lease_until timestamptz,
    lease_holder text,
    sent_at timestamptz,
    provider_reference text,
    error text not null default '',
    created_at timestamptz not null default now(),
    unique (alert_id, carer_id, channel, step)
);
comment on table delivery is 'One message to one carer by one channel; claimed by lease, tried again until it is out.';
create index delivery_due on delivery (next_try_at) where state in ('pending', 'sending');

create table delivery_attempt (
    delivery_id bigint not null references delivery on delete cascade,
    attempt integer not null,
    started_at timestamptz not null,
    ended_at timestamptz,
    result text not null default 'started',
    error text not null default '',
    primary key (delivery_id, attempt)
);
comment on table delivery_attempt is 'The ledger: each attempt of each delivery and how it ended.';

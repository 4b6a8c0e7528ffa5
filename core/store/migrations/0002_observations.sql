-- What devices said. Written by the gateway only. The observation table is the log that detection
-- reads: (txid, sequence) orders rows by transaction, so that a reader who stops at the oldest
-- running transaction can never skip one that commits late (docs/decisions/0002).

create sequence log_sequence;

create table observation (
    observed_at timestamptz not null,
    device_id bigint not null,
    quantity text not null,
    discriminator text not null default '',
    value double precision not null,
    home_id text not null,
    received_at timestamptz not null,
    claimed_at timestamptz,
    txid xid8 not null default pg_current_xact_id(),
    sequence bigint not null default nextval('log_sequence'),
    primary key (device_id, observed_at, quantity, discriminator)
);
comment on table observation is
    'One quantity, one value, one time; the primary key is the natural key, so a redelivery changes nothing.';
create index observation_log on observation (txid, sequence);

create table position (
    observed_at timestamptz not null,
    device_id bigint not null,
    discriminator text not null default '',
    latitude double precision not null check (latitude between -90 and 90),
    longitude double precision not null check (longitude between -180 and 180),
    accuracy_m double precision,
    altitude_m double precision,
    speed_m_s double precision,
    course_deg double precision,
    home_id text not null,
    received_at timestamptz not null,
    claimed_at timestamptz,
    txid xid8 not null default pg_current_xact_id(),
    sequence bigint not null default nextval('log_sequence'),
    primary key (device_id, observed_at, discriminator)
);
comment on table position is 'Positions on the map, apart from the narrow scalar rows; part of the same log.';
create index position_log on position (txid, sequence);

create table receipt (
    gateway text not null,
    slot integer not null,
    receipts bytea not null,
    committed_at timestamptz not null,
    primary key (gateway, slot)
);
comment on table receipt is
    'Ring of the last committed packet ids with their digests: tells a redelivery from a new, equal message.';

create table quarantine (
    quarantine_id bigint generated always as identity primary key,
    received_at timestamptz not null,
    gateway text not null,
    topic text not null,
    payload bytea not null,
    payload_bytes integer not null,
    home_id text,
    reason text not null,
    field text not null default '',
    expected text not null default '',
    retained boolean not null default false,
    replayed_at timestamptz,
    replay_outcome text
);
comment on table quarantine is 'Messages that could not be admitted, whole, with the reason; replayed after a fix.';
create index quarantine_open on quarantine (quarantine_id) where replayed_at is null;
create index quarantine_home on quarantine (home_id, received_at);

create table refusal (
    day date not null,
    home_id text not null,
    source text not null,
    reason text not null,
    messages bigint not null,
    last_at timestamptz not null,
    primary key (day, home_id, source, reason)
);
comment on table refusal is 'Counts, per day and source, of messages that were not stored as observations, with the reason.';

create table discovered (
    home_id text not null,
    family text not null,
    external_id text not null,
    first_seen timestamptz not null,
    last_seen timestamptz not null,
    messages bigint not null,
    last_topic text not null,
    last_payload bytea not null,
    primary key (home_id, family, external_id)
);
comment on table discovered is 'Devices that speak and are not registered, with their last payload; nothing they say counts.';

create table presence (
    device_id bigint primary key,
    home_id text not null,
    last_seen timestamptz,
    online boolean,
    battery_percent double precision,
    link_quality double precision,
    skew_s double precision,
    clock_trusted boolean not null default true,
    boot text not null default '',
    last_number bigint,
    missed bigint not null default 0
);
comment on table presence is 'Whether a device is there: last seen, last will, battery, clock skew, gaps in numbered messages.';

create table gateway_heartbeat (
    gateway text primary key,
    at timestamptz not null,
    broker_connected boolean not null,
    counters jsonb not null default '{}'
);
comment on table gateway_heartbeat is
    'Proof every few seconds that a gateway lives and hears the broker; without it a silent home is blind, not still.';

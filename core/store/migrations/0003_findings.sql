-- What detection noticed. Written by analytics only.

create table finding (
    finding_id bigint generated always as identity primary key,
    home_id text not null,
    resident_id bigint,
    detector text not null,
    subject text not null default '',
    severity text not null check (severity in ('notice', 'check', 'urgent')),
    audience text not null check (audience in ('carers', 'operators')),
    phase text not null check (phase in ('opened', 'raised', 'cleared')),
    onset timestamptz not null,
    noticed_at timestamptz not null,
    what text not null,
    unusual text not null default '',
    once_in_days double precision,
    ruled_out jsonb not null default '[]',
    advice text not null default '',
    evidence jsonb not null default '[]',
    shard integer not null default 0,
    step bigint not null,
    txid xid8 not null default pg_current_xact_id(),
    recorded_at timestamptz not null default now(),
    unique nulls not distinct (home_id, resident_id, detector, subject, onset, phase, severity)
);
comment on table finding is 'What a detector noticed, once per episode and phase, with its explanation.';
create index finding_log on finding (txid, finding_id);
create index finding_home on finding (home_id, noticed_at);

create table engine_step (
    shard integer not null,
    step bigint not null,
    txid xid8 not null,
    sequence bigint not null,
    tick_at timestamptz,
    inputs jsonb not null default '{}',
    recorded_at timestamptz not null default now(),
    primary key (shard, step)
);
comment on table engine_step is
    'Journal of the engine: how far each step read the log and to which moment it ticked; makes a restart bit-identical.';

create table engine_snapshot (
    home_id text primary key,
    shard integer not null,
    step bigint not null,
    state bytea not null,
    taken_at timestamptz not null default now()
);
comment on table engine_snapshot is 'State of one home''s detectors after a step of the journal.';

create table detector_error (
    home_id text not null,
    detector text not null,
    error text not null,
    first_at timestamptz not null,
    last_at timestamptz not null,
    times bigint not null,
    trace text not null,
    primary key (home_id, detector, error)
);
comment on table detector_error is 'A detector that raised and was fenced; each is an operator alert.';

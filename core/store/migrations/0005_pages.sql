-- What people do on the pages. Written by the dashboard only.

create table response (
    response_id bigint generated always as identity primary key,
    alert_id bigint not null references alert on delete cascade,
    carer_id bigint not null references carer,
    kind text not null check (kind in ('acknowledge', 'resolve', 'comment', 'reopen')),
    at timestamptz not null,
    outcome text check (outcome in ('helped', 'true', 'false', 'other')),
    comment text not null default '' check (length(comment) <= 2000),
    txid xid8 not null default pg_current_xact_id()
);
comment on table response is 'A carer''s answer to an alert; escalation stops with the first acknowledgement.';
create index response_log on response (txid, response_id);
create index response_alert on response (alert_id);

create table login_session (
    token_hash bytea primary key,
    carer_id bigint not null references carer on delete cascade,
    csrf text not null,
    created_at timestamptz not null,
    expires_at timestamptz not null
);
comment on table login_session is 'Who is logged in; only a hash of the cookie is kept.';

create table login_attempt (
    login text not null,
    at timestamptz not null,
    succeeded boolean not null
);
comment on table login_attempt is 'Log-in attempts, to slow down guessing; kept for a day.';
create index login_attempt_recent on login_attempt (login, at);

create table access_record (
    access_id bigint generated always as identity primary key,
    at timestamptz not null,
    carer_id bigint not null,
    home_id text not null,
    page text not null
);
comment on table access_record is 'Who looked at whose home, when and on which page; append-only.';

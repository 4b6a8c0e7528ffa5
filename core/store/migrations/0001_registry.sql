-- Organisations, homes, people and devices. Written by the registrar only.

create table organisation (
    organisation_id text primary key check (organisation_id ~ '^[a-z0-9-]{1,40}$'),
    name text not null,
    created_at timestamptz not null default now()
);
comment on table organisation is 'A council or care provider; the wall between tenants.';

create table home (
    home_id text primary key check (home_id ~ '^[A-Za-z0-9_-]{1,64}$'),
    organisation_id text not null references organisation,
    name text not null,
    zone text not null default 'Europe/London',
    mode text not null default 'live' check (mode in ('live', 'test', 'archive')),
    created_at timestamptz not null default now()
);
comment on table home is 'A household: the unit of detection; its id stands in every topic.';

create table room (
    room_id bigint generated always as identity primary key,
    home_id text not null references home on delete cascade,
    name text not null,
    kind text not null check (kind in ('bedroom', 'bathroom', 'kitchen', 'living', 'hall', 'other', 'outside')),
    exit boolean not null default false,
    unique (home_id, name)
);
comment on table room is 'A room of a home; exit marks the rooms with a door that leads out.';

create table resident (
    resident_id bigint generated always as identity primary key,
    home_id text not null references home on delete cascade,
    name text not null,
    pronoun text not null default 'they' check (pronoun in ('she', 'he', 'they'))
);
comment on table resident is 'A person who is watched over.';
create index resident_home on resident (home_id);

create table device (
    device_id bigint generated always as identity primary key,
    home_id text not null references home on delete cascade,
    family text not null,
    external_id text not null,
    name text not null,
    placement text not null
        check (placement in ('room', 'entrance', 'bed', 'chair', 'worn', 'hub', 'object')),
    room_id bigint references room,
    resident_id bigint references resident,
    reporting_interval_s double precision not null default 3600 check (reporting_interval_s > 0),
    heartbeat boolean not null default false,
    retired_at timestamptz,
    unique (home_id, family, external_id)
);
comment on table device is 'A registered sensor, button, wearable or hub; what is not here does not count.';

create table carer (
    carer_id bigint generated always as identity primary key,
    organisation_id text not null references organisation,
    login text not null unique,
    name text not null,
    role text not null check (role in
        ('family_carer', 'care_worker', 'clinician', 'technician', 'organisation_admin')),
    password_hash text not null,
    disabled_at timestamptz
);
comment on table carer is 'A person with a login; passwords are argon2id hashes.';

create table care (
    home_id text not null references home on delete cascade,
    carer_id bigint not null references carer on delete cascade,
    telling_order integer not null default 1 check (telling_order between 1 and 99),
    primary key (home_id, carer_id)
);
comment on table care is 'Who cares for which home, and in which order they are told.';

create table contact_point (
    carer_id bigint not null references carer on delete cascade,
    channel text not null,
    address text not null,
    primary key (carer_id, channel)
);
comment on table contact_point is 'Where a channel reaches a carer, e.g. the address of a push topic.';

-- Who may speak at the broker: the desired state. A reconciler (wayhome/identity) brings each broker to it.
-- No secret is here: a client proves itself by a certificate, of which only the fingerprint is kept, and what
-- is to be downloaded once is sealed to a code that nobody but its receiver has.

create table hub_credential (
    credential_id bigint generated always as identity primary key,
    home_id text not null references home on delete cascade,
    client text not null unique check (client ~ '^(hub|thing)-[A-Za-z0-9][A-Za-z0-9_.-]{0,58}$'),
    about text not null,
    topics text[] not null check (cardinality(topics) between 1 and 8),
    asked_by bigint references carer on delete set null,
    asked_at timestamptz not null,
    code_hash bytea not null unique check (length(code_hash) = 32),
    code_key bytea not null check (length(code_key) = 32),
    code_ends_at timestamptz not null,
    sealed bytea,
    taken_at timestamptz,
    serial text,
    fingerprint bytea check (length(fingerprint) = 32),
    issued_at timestamptz,
    ends_at timestamptz,
    live_at timestamptz,
    revoked_at timestamptz,
    dead_at timestamptz,
    check ((issued_at is null) = (ends_at is null) and (issued_at is null) = (fingerprint is null)
        and (issued_at is null) = (serial is null))
);
comment on table hub_credential is
    'Certificates of hubs and devices: what each may publish, until when, and since when the broker knows.';
create index hub_credential_home on hub_credential (home_id, credential_id);
create index hub_credential_todo on hub_credential (credential_id) where dead_at is null;

create table credential_door (
    door text primary key,
    looked_at timestamptz not null,
    fault text not null default '',
    fault_since timestamptz,
    clients integer not null default 0,
    check ((fault = '') = (fault_since is null))
);
comment on table credential_door is 'When the broker was last brought to the desired state, and what hinders it.';

-- Technicians and administrators ask for a credential on the pages; null where they may not, or too much waits.
create function ask_hub_credential(
    home text, called text, meant_for text, below text[], hash bytea, key bytea, moment timestamptz, code_ends timestamptz
) returns bigint
language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $ask$
declare
    made bigint;
begin
    if not sets_up(home)
        or exists (select 1 from unnest(below) t where not starts_with(t, 'homes/' || home || '/'))
        or (select count(*) from hub_credential c where c.home_id = home and c.revoked_at is null
            and c.asked_at > moment - interval '1 hour') >= 20 then
        return null;
    end if;
    insert into hub_credential (home_id, client, about, topics, asked_by, asked_at, code_hash, code_key, code_ends_at)
        values (home, called, meant_for, below, current_setting('wayhome.carer')::bigint, moment, hash, key, code_ends)
        returning credential_id into made;
    perform pg_notify('identity', home);
    return made;
end
$ask$;

create function end_hub_credential(wanted bigint, moment timestamptz) returns boolean
language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $end$
declare
    home text;
    done boolean;
begin
    select c.home_id into home from hub_credential c where c.credential_id = wanted;
    if home is null or not sets_up(home) then
        return false;
    end if;
    update hub_credential c set revoked_at = moment, sealed = null
        where c.credential_id = wanted and c.revoked_at is null;
    done := found;
    perform pg_notify('identity', home);
    return done;
end
$end$;

-- Who has the code takes the bundle, once; it is gone afterwards.
create function take_hub_bundle(hash bytea, moment timestamptz) returns table (client text, sealed bytea)
language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $take$
declare
    found_one hub_credential%rowtype;
begin
    select * into found_one from hub_credential c where c.code_hash = hash and c.taken_at is null
        and c.sealed is not null and c.revoked_at is null and c.code_ends_at > moment for update;
    if not found then
        return;
    end if;
    update hub_credential c set taken_at = moment, sealed = null where c.credential_id = found_one.credential_id;
    return query select found_one.client, found_one.sealed;
end
$take$;

do $rights$
declare
    entry text;
begin
    foreach entry in array array[
        'ask_hub_credential(text, text, text, text[], bytea, bytea, timestamptz, timestamptz)',
        'end_hub_credential(bigint, timestamptz)', 'take_hub_bundle(bytea, timestamptz)'
    ] loop
        execute format('revoke all on function %s from public', entry);
        execute format('grant execute on function %s to wayhome_dashboard', entry);
    end loop;
end
$rights$;

alter table hub_credential enable row level security;
alter table hub_credential force row level security;
do $owner$
begin
    execute 'create policy owner_hub_credential on hub_credential for all to current_user using (true) with check (true)';
end
$owner$;
create policy identity_hub_credential on hub_credential for all to wayhome_identity using (true) with check (true);
create policy operator_hub_credential on hub_credential for select to wayhome_operator using (true);
create policy dashboard_hub_credential on hub_credential for select to wayhome_dashboard
    using (home_id in (select home_id from home));
create policy identity_home on home for select to wayhome_identity using (true);

grant select on home to wayhome_identity;
grant select, insert, update on hub_credential, credential_door to wayhome_identity;
grant select on hub_credential, credential_door to wayhome_dashboard, wayhome_operator;

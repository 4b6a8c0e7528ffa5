-- Devices and hubs over the years: certificates that hubs renew themselves, pauses with an end.

-- A renewal has a request of its own instead of a code; what is made for it is public and stays to be fetched.
alter table hub_credential
    alter column code_hash drop not null,
    alter column code_key drop not null,
    alter column code_ends_at drop not null,
    add column renews bigint references hub_credential on delete cascade,
    add column request text check (length(request) <= 8192),
    add column request_hash bytea check (length(request_hash) = 32),
    add column parcel text,
    add column authority bytea check (length(authority) = 32),
    add column overlap interval,
    add check ((request is null) = (renews is null) and (request is null) = (request_hash is null)
        and (request is null) = (code_hash is not null) and (code_hash is null) = (code_key is null)
        and (code_hash is null) = (code_ends_at is null));
comment on column hub_credential.renews is 'The certificate whose key asked for this one.';
comment on column hub_credential.parcel is
    'Of a renewal: the certificate and the authorities to trust (PEM); no secret. The key is the hub''s own.';
comment on column hub_credential.authority is 'SHA-256 of the certificate of the authority that signed it.';
comment on column hub_credential.overlap is 'How long those before it go on working once it is taken.';
create unique index hub_credential_request on hub_credential (renews, request_hash) where renews is not null;
create index hub_credential_fingerprint on hub_credential (fingerprint) where dead_at is null;

alter table credential_door add column authority bytea check (length(authority) = 32);
comment on column credential_door.authority is 'SHA-256 of the certificate of the authority that signs now.';

-- A hub asks for its next certificate, or fetches it. The key of the present one has signed the request (the
-- pages have looked at that); here the present one must still count. No row: it does not. A null parcel: wait.
create function renew_hub_credential(present bytea, word text, asked text, asked_hash bytea, moment timestamptz)
returns table (client text, parcel text)
language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $renew$
#variable_conflict use_column
declare
    mine hub_credential%rowtype;
    next_one hub_credential%rowtype;
begin
    select * into mine from hub_credential c where c.fingerprint = present and c.dead_at is null
        and c.revoked_at is null and c.ends_at > moment for update;
    if not found then
        return;
    end if;
    select * into next_one from hub_credential c where c.renews = mine.credential_id
        and c.request_hash = asked_hash and c.revoked_at is null;
    if not found then
        if (select count(*) from hub_credential c where c.renews = mine.credential_id
            and c.asked_at > moment - interval '1 day') >= 3 then
            return;
        end if;
        insert into hub_credential (home_id, client, about, topics, asked_at, renews, request, request_hash)
            values (mine.home_id, regexp_replace(mine.client, '-[^-]*$', '-' || word), mine.about, mine.topics, moment, mine.credential_id, asked, asked_hash)
            returning * into next_one;
        perform pg_notify('identity', mine.home_id);
    elsif next_one.parcel is not null and next_one.taken_at is null then
        update hub_credential c set taken_at = moment where c.credential_id = next_one.credential_id;
    end if;
    return query select next_one.client, next_one.parcel;
end
$renew$;
-- What was made and never taken ends nothing: the hub still lives by the one before.
create function end_replaced_credentials() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $replaced$
begin
    update hub_credential c set ends_at = new.taken_at + new.overlap
        where c.home_id = new.home_id and c.about = new.about and c.credential_id < new.credential_id
            and c.ends_at > new.taken_at + new.overlap;
    return null;
end
$replaced$;
create trigger end_replaced_credentials after update of taken_at on hub_credential
    for each row when (old.taken_at is null and new.taken_at is not null and new.overlap is not null)
    execute function end_replaced_credentials();

revoke all on function end_replaced_credentials() from public;
revoke all on function renew_hub_credential(bytea, text, text, bytea, timestamptz) from public;
grant execute on function renew_hub_credential(bytea, text, text, bytea, timestamptz) to wayhome_dashboard;

-- People: roles, invitations, passkeys and second factors; and a record of looks that shows when it was changed.

alter table carer drop constraint carer_role_check;
alter table carer add constraint carer_role_check check (role in (
    'resident', 'family_carer', 'care_worker', 'clinician', 'technician', 'organisation_admin', 'auditor'));
alter table carer add column resident_id bigint references resident on delete set null;
comment on column carer.resident_id is 'Whom a log-in of the role resident belongs to.';
grant select (resident_id) on carer to wayhome_dashboard;
alter table organisation add column second_factor boolean not null default false;
comment on column organisation.second_factor is 'Nobody gets in with a password alone.';

alter table login_session add column session_id bigint generated always as identity unique;
alter table login_session add column strong boolean not null default false;
alter table login_session add column device text not null default '';
alter table login_session add column seen_at timestamptz;
alter table login_attempt add column address bytea not null default '';
comment on column login_attempt.address is 'Keyed hash of the network address that the attempt came from.';
create index login_attempt_address on login_attempt (address, at);

create table invitation (
    invitation_id bigint generated always as identity primary key,
    organisation_id text not null references organisation,
    token_hash bytea not null unique,
    name text not null check (length(name) between 1 and 100),
    role text not null check (role in (
        'resident', 'family_carer', 'care_worker', 'clinician', 'technician', 'organisation_admin', 'auditor')),
    home_id text references home on delete cascade,
    resident_id bigint references resident on delete cascade,
    invited_by bigint not null references carer,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    used_at timestamptz,
    used_by bigint references carer,
    revoked_at timestamptz,
    check ((role in ('resident', 'family_carer')) <= (home_id is not null)),
    check ((role = 'resident') = (resident_id is not null))
);
comment on table invitation is
    'Who was asked to join, by whom and for which home; used once, and only a hash of its code is kept.';

create table passkey (
    credential_id bytea primary key check (length(credential_id) <= 1023),
    carer_id bigint not null references carer on delete cascade,
    user_handle bytea not null,
    public_key bytea not null,
    sign_count bigint not null default 0,
    name text not null check (length(name) between 1 and 60),
    created_at timestamptz not null,
    last_used_at timestamptz
);
comment on table passkey is 'Public keys of the devices that somebody may log in with.';
create index passkey_carer on passkey (carer_id);

create table authenticator (
    carer_id bigint primary key references carer on delete cascade,
    sealed_secret bytea not null,
    created_at timestamptz not null,
    confirmed_at timestamptz,
    last_step bigint not null default 0
);
comment on table authenticator is
    'The authenticator app of a log-in: its secret, encrypted, and the last code''s time step: no code counts twice.';

create table recovery_code (
    carer_id bigint not null references carer on delete cascade,
    code_hash bytea not null,
    used_at timestamptz,
    primary key (carer_id, code_hash)
);
comment on table recovery_code is 'Keyed hashes of codes that replace a lost authenticator app, each once.';

create table login_challenge (
    challenge_hash bytea primary key,
    kind text not null check (kind in ('login', 'passkey', 'join', 'code')),
    bound_to bytea not null,
    address bytea not null default '',
    carer_id bigint references carer on delete cascade,
    user_handle bytea,
    created_at timestamptz not null,
    expires_at timestamptz not null
);
comment on table login_challenge is
    'Random numbers that a log-in under way must answer, each once and within minutes, bound to one browser.';
create index login_challenge_address on login_challenge (address, created_at);

create table audit_head (
    organisation_id text primary key,
    sequence bigint not null,
    hash bytea not null
);
comment on table audit_head is 'The last link of each organisation''s chain of access records; moved by a trigger.';

grant select, insert, update, delete on invitation, passkey, authenticator, recovery_code, login_challenge
    to wayhome_dashboard;
grant select on access_record, audit_head to wayhome_operator;

-- The walls are forced for the owner too; what runs with the owner's rights is let through by name.
do $walls$
declare
    walled text;
begin
    foreach walled in array array[
        'organisation', 'home', 'resident', 'carer', 'care', 'contact_point', 'own_contact', 'login_session', 'access_record',
        'rota_feed', 'quiet_hours',
        'invitation', 'passkey', 'authenticator', 'recovery_code', 'audit_head'
    ] loop
        execute format('alter table %I enable row level security', walled);
        execute format('alter table %I force row level security', walled);
        execute format(
            'create policy owner_%s on %I for all to current_user using (true) with check (true)', walled, walled);
    end loop;
    foreach walled in array array['passkey', 'authenticator', 'recovery_code'] loop
        execute format(
            'create policy own_%s on %I for all to wayhome_dashboard
             using (carer_id = nullif(current_setting(''wayhome.carer'', true), '''')::bigint)
             with check (carer_id = nullif(current_setting(''wayhome.carer'', true), '''')::bigint)', walled, walled);
    end loop;
end
$walls$;

-- The chain: each record of a look holds a SHA-256 over the one before it and itself.
alter table access_record add column role text not null default '';
alter table access_record add column organisation_id text;
alter table access_record add column sequence bigint;
alter table access_record add column previous_hash bytea;
alter table access_record add column hash bytea;

create function chain_access_record() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $chain$
declare
    head audit_head%rowtype;
    part text;
    text_of_row text := '';
begin
    new.organisation_id := coalesce(
        (select h.organisation_id from home h where h.home_id = new.home_id),
        (select c.organisation_id from carer c where c.carer_id = new.carer_id), '');
    insert into audit_head values (new.organisation_id, 0, decode(repeat('00', 32), 'hex'))
        on conflict do nothing;
    -- Whoever writes next for this organisation waits here for our commit: the chain has no forks.
    select * into head from audit_head a where a.organisation_id = new.organisation_id for update;
    new.sequence := head.sequence + 1;
    new.previous_hash := head.hash;
    foreach part in array array[
        new.organisation_id, new.sequence::text,
        to_char(new.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'),
        new.carer_id::text, new.role, new.home_id, new.page
    ] loop
        text_of_row := text_of_row || octet_length(convert_to(part, 'UTF8')) || ':' || part;
    end loop;
    new.hash := sha256(new.previous_hash || convert_to(text_of_row, 'UTF8'));
    update audit_head a set sequence = new.sequence, hash = new.hash
        where a.organisation_id = new.organisation_id;
    return new;
end
$chain$;
revoke all on function chain_access_record() from public;
create trigger chain before insert on access_record for each row execute function chain_access_record();

-- What was recorded before there was a chain becomes its beginning, in the order in which it came. The
-- owner's rights are no longer enough afterwards.
create temporary table earlier on commit drop as select * from access_record;
delete from access_record;
insert into access_record (access_id, at, carer_id, home_id, page) overriding system value
    select access_id, at, carer_id, home_id, page from earlier order by access_id;
alter table access_record alter column organisation_id set not null;
alter table access_record alter column sequence set not null;
alter table access_record alter column previous_hash set not null;
alter table access_record alter column hash set not null;
alter table access_record add constraint access_record_chain unique (organisation_id, sequence);

create function refuse_change_of_audit() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as 'begin raise exception ''the record of looks is only ever added to'' using errcode = ''restrict_violation''; end';
revoke all on function refuse_change_of_audit() from public;
create trigger append_only before update or delete on access_record
    for each row execute function refuse_change_of_audit();
create trigger append_only_whole before truncate on access_record
    for each statement execute function refuse_change_of_audit();
create trigger append_only_whole before truncate on audit_head
    for each statement execute function refuse_change_of_audit();

-- Who may arrange a circle: the organisation's administrators, and the family carer who is told first.
create function arranges(home text) returns boolean
language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $arranges$
    select exists (
        select 1 from carer c
        where c.carer_id = nullif(current_setting('wayhome.carer', true), '')::bigint
            and c.organisation_id = current_setting('wayhome.organisation', true)
            and c.disabled_at is null
            and case c.role
                when 'organisation_admin' then home is null or exists (
                    select 1 from home h where h.home_id = home and h.organisation_id = c.organisation_id)
                when 'family_carer' then c.carer_id = (
                    select k.carer_id from care k join carer o using (carer_id)
                    where k.home_id = home and o.role = 'family_carer' and o.disabled_at is null
                    order by k.telling_order, k.carer_id limit 1)
                else false end)
$arranges$;

create or replace function homes_of_circle()
returns setof text
language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $circle$
    select k.home_id from care k
    where k.carer_id = nullif(current_setting('wayhome.carer', true), '')::bigint
        and current_setting('wayhome.scope', true) is distinct from 'audit'
    union
    select r.home_id from carer c join resident r using (resident_id)
    where c.carer_id = nullif(current_setting('wayhome.carer', true), '')::bigint and c.role = 'resident'
        and current_setting('wayhome.scope', true) is distinct from 'audit'
$circle$;

create function arrange_order(home text, wanted bigint[]) returns boolean
language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $order$
begin
    perform 1 from care where home_id = home order by carer_id for update;
    if not arranges(home) or cardinality(wanted) > 99 or (
        select array_agg(k.carer_id order by k.carer_id) from care k join carer c using (carer_id)
        where k.home_id = home and c.disabled_at is null
    ) is distinct from (select array_agg(w order by w) from unnest(wanted) w) then
        return false;
    end if;
    update care set telling_order = array_position(wanted, carer_id)
        where home_id = home and carer_id = any(wanted);
    return true;
end
$order$;

create function shut_out(leaver bigint, moment timestamptz) returns void
language sql volatile security definer set search_path = pg_catalog, public, pg_temp
as $shut$
    update carer set disabled_at = coalesce(disabled_at, moment) where carer_id = leaver;
    delete from login_session where carer_id = leaver;
    delete from login_challenge where carer_id = leaver;
    delete from contact_point where carer_id = leaver;
    update own_contact set removed_at = moment where carer_id = leaver and removed_at is null;
    delete from quiet_hours where carer_id = leaver;
    update rota_feed set revoked_at = moment where carer_id = leaver and revoked_at is null;
    delete from care where carer_id = leaver;
    delete from passkey where carer_id = leaver;
    delete from authenticator where carer_id = leaver;
    delete from recovery_code where carer_id = leaver;
    update invitation set revoked_at = moment
        where invited_by = leaver and used_at is null and revoked_at is null;
$shut$;

create function end_carer(leaver bigint, moment timestamptz) returns boolean
language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $end$
begin
    if not arranges(null) or leaver = nullif(current_setting('wayhome.carer', true), '')::bigint
        or not exists (select 1 from carer c where c.carer_id = leaver
            and c.organisation_id = current_setting('wayhome.organisation', true)) then
        return false;
    end if;
    perform shut_out(leaver, moment);
    return true;
end
$end$;

create function end_care(home text, leaver bigint, moment timestamptz) returns boolean
language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $end$
begin
    if not arranges(home) or (
        leaver = nullif(current_setting('wayhome.carer', true), '')::bigint and not arranges(null)
    ) or not exists (
        select 1 from care k where k.home_id = home and k.carer_id = leaver) then
        return false;
    end if;
    delete from care k where k.home_id = home and k.carer_id = leaver;
    -- A family carer without anybody to care for has nothing left to see here.
    if exists (select 1 from carer c where c.carer_id = leaver and c.role = 'family_carer')
        and not exists (select 1 from care k where k.carer_id = leaver) then
        perform shut_out(leaver, moment);
    end if;
    return true;
end
$end$;

create function demand_second_factor(wanted boolean) returns boolean
language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $demand$
begin
    if not arranges(null) then
        return false;
    end if;
    update organisation set second_factor = wanted
        where organisation_id = current_setting('wayhome.organisation', true);
    return true;
end
$demand$;

create function change_password(hash text) returns void
language sql volatile security definer set search_path = pg_catalog, public, pg_temp
as $password$
    update carer set password_hash = hash
        where carer_id = nullif(current_setting('wayhome.carer', true), '')::bigint
            and organisation_id = current_setting('wayhome.organisation', true)
            and disabled_at is null
$password$;

create function own_login()
returns table (login text, has_password boolean)
language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $own$
    select c.login, c.password_hash like '$argon2%' from carer c
    where c.carer_id = nullif(current_setting('wayhome.carer', true), '')::bigint
        and c.organisation_id = current_setting('wayhome.organisation', true)
$own$;

-- Asked before anybody is known, by who holds the code of an invitation.
create function invitation_for(wanted bytea)
returns table (
    invitation_id bigint, organisation text, name text, role text, inviter text, residents text[],
    expires_at timestamptz, used_at timestamptz, revoked_at timestamptz
)
language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $invitation$
    select i.invitation_id, o.name, i.name, i.role, c.name,
        array(select r.name from resident r where r.home_id = i.home_id
            and (i.resident_id is null or r.resident_id = i.resident_id) order by r.resident_id),
        i.expires_at, i.used_at, i.revoked_at
    from invitation i join organisation o using (organisation_id) join carer c on c.carer_id = i.invited_by
    where i.token_hash = wanted
$invitation$;

create function accept_invitation(wanted bytea, moment timestamptz, person text, chosen text, hash text)
returns bigint
language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $accept$
declare
    offered invitation%rowtype;
    made bigint;
begin
    select * into offered from invitation i
        where i.token_hash = wanted and i.used_at is null and i.revoked_at is null and i.expires_at > moment
        for update;
    if not found then
        return null;
    end if;
    insert into carer (organisation_id, login, name, role, password_hash, resident_id)
        values (offered.organisation_id, chosen, person, offered.role, hash, offered.resident_id)
        returning carer_id into made;
    if offered.home_id is not null and offered.role <> 'resident' then
        insert into care (home_id, carer_id, telling_order) values (offered.home_id, made, least(99, 1 + (
            select coalesce(max(k.telling_order), 0) from care k where k.home_id = offered.home_id)));
    end if;
    update invitation i set used_at = moment, used_by = made where i.invitation_id = offered.invitation_id;
    return made;
end
$accept$;

create function passkey_for(wanted bytea)
returns table (carer_id bigint, user_handle bytea, public_key bytea, sign_count bigint)
language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $passkey$
    select p.carer_id, p.user_handle, p.public_key, p.sign_count from passkey p join carer c using (carer_id)
    where p.credential_id = wanted and c.disabled_at is null
$passkey$;

create function forget_expired(moment timestamptz) returns integer
language sql volatile security definer set search_path = pg_catalog, public, pg_temp
as $forget$
    delete from login_challenge where expires_at <= moment;
    with gone as (delete from login_session where expires_at <= moment returning 1)
    select count(*)::integer from gone
$forget$;

drop function carer_for_session(bytea, timestamptz);
create function carer_for_session(wanted bytea, moment timestamptz)
returns table (
    carer_id bigint, organisation_id text, organisation text, name text, role text, csrf text,
    created_at timestamptz, expires_at timestamptz, session_id bigint, seen_at timestamptz,
    strong boolean, second_factor boolean
)
language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $session$
    select c.carer_id, c.organisation_id, o.name, c.name, c.role, s.csrf, s.created_at, s.expires_at,
        s.session_id, coalesce(s.seen_at, s.created_at), s.strong, o.second_factor
    from login_session s join carer c using (carer_id) join organisation o using (organisation_id)
    where s.token_hash = wanted and s.expires_at > moment and c.disabled_at is null
$session$;

do $functions$
declare
    entry text;
begin
    foreach entry in array array[
        'arranges(text)', 'homes_of_circle()', 'arrange_order(text, bigint[])', 'end_carer(bigint, timestamptz)',
        'end_care(text, bigint, timestamptz)', 'demand_second_factor(boolean)', 'change_password(text)',
        'own_login()', 'invitation_for(bytea)', 'accept_invitation(bytea, timestamptz, text, text, text)',
        'passkey_for(bytea)', 'forget_expired(timestamptz)', 'carer_for_session(bytea, timestamptz)'
    ] loop
        execute format('revoke all on function %s from public', entry);
        execute format('grant execute on function %s to wayhome_dashboard', entry);
    end loop;
    revoke all on function shut_out(bigint, timestamptz) from public;
end
$functions$;

create policy operator_audit_head on audit_head for select to wayhome_operator using (true);

-- A session is for its own person, and for who shows its cookie.
create policy own_login_session on login_session for all to wayhome_dashboard
    using (
        carer_id = nullif(current_setting('wayhome.carer', true), '')::bigint
        or token_hash = decode(nullif(current_setting('wayhome.session', true), ''), 'hex')
    )
    with check (
        carer_id = nullif(current_setting('wayhome.carer', true), '')::bigint
        or token_hash = decode(nullif(current_setting('wayhome.session', true), ''), 'hex')
    );

create policy dashboard_invitation on invitation for all to wayhome_dashboard
    using (organisation_id = current_setting('wayhome.organisation', true) and arranges(home_id))
    with check (organisation_id = current_setting('wayhome.organisation', true) and arranges(home_id));
-- A family carer asks family, and the residents themselves; anybody else would see more than the circle.
create policy dashboard_invitation_own on invitation as restrictive for insert to wayhome_dashboard
    with check (
        invited_by = nullif(current_setting('wayhome.carer', true), '')::bigint
        and (role in ('family_carer', 'resident') or arranges(null))
        and (resident_id is null or resident_id in (
            select r.resident_id from resident r where r.home_id = invitation.home_id))
    );

-- An auditor sees who looked, and no home, nor who lives there.
drop policy dashboard_home on home;
create policy dashboard_home on home for select to wayhome_dashboard using (
    organisation_id = current_setting('wayhome.organisation', true)
    and current_setting('wayhome.scope', true) is distinct from 'audit'
    and (
        current_setting('wayhome.scope', true) = 'organisation'
        or home_id in (select homes_of_circle())
    )
);
create policy auditor_access_record on access_record for select to wayhome_dashboard using (
    organisation_id = current_setting('wayhome.organisation', true)
    and current_setting('wayhome.scope', true) = 'audit'
);

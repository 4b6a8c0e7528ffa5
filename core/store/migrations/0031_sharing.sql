-- What a program may read follows from the ledger of bases: a key names its recipient, and whoever reads by it
-- finds only those of whom a basis for sharing with that recipient stands. Enforced by the walls of the tables.

-- The name of a recipient as two spellings of it are compared (core.model.basis.recipient_key).
alter table purpose_basis add column recipient_key text;
comment on column purpose_basis.recipient_key is
    'Name of the recipient without case and blanks, by which it is found; null in rows from before it was kept.';

create table sharing_period (
    resident_id bigint not null references resident on delete cascade,
    home_id text not null references home on delete cascade,
    organisation_id text not null references organisation,
    recipient_key text not null,
    periods tstzmultirange not null,
    primary key (resident_id, recipient_key)
);
comment on table sharing_period is
    'When what is known about a person may be shared with a recipient: made from each row of purpose_basis.';
create index sharing_period_home on sharing_period (home_id, recipient_key);
grant select on sharing_period to wayhome_dashboard, wayhome_operator;
alter table sharing_period enable row level security;
alter table sharing_period force row level security;
-- Only who reads as a recipient sees rows, only its own, and only while a basis stands.
create policy dashboard_sharing_period on sharing_period for select to wayhome_dashboard using (
    recipient_key = current_setting('wayhome.recipient', true)
    and organisation_id = current_setting('wayhome.organisation', true)
    and periods @> nullif(current_setting('wayhome.moment', true), '')::timestamptz
);
create policy operator_sharing_period on sharing_period for select to wayhome_operator using (true);
do $owner$
declare
    walled text;
begin
    foreach walled in array array['sharing_period', 'purpose_basis', 'resident'] loop
        execute format(
            'create policy sharing_owner_%s on %I for all to current_user using (true) with check (true)', walled, walled);
    end loop;
end
$owner$;

-- What core.model.basis.standing says for every moment at once: a basis adds its dates, a withdrawal takes all
-- from its date on. From the whole ledger and by number, so that two who write at a time change nothing.
create function write_sharing_periods(of_resident bigint) returns void
language plpgsql volatile security definer set search_path = pg_catalog, public, pg_temp
as $write$
declare
    entry record;
begin
    perform 1 from resident where resident_id = of_resident for no key update;
    delete from sharing_period where resident_id = of_resident;
    for entry in
        select b.kind, b.home_id, h.organisation_id, b.valid_from, b.valid_until,
            coalesce(b.recipient_key, lower(btrim(regexp_replace(b.recipient, '\s+', ' ', 'g')))) as who
        from purpose_basis b join home h using (home_id)
        where b.resident_id = of_resident and b.purpose = 'record_sharing' order by b.basis_id
    loop
        if entry.kind = 'given' then
            insert into sharing_period as s (resident_id, home_id, organisation_id, recipient_key, periods)
            values (of_resident, entry.home_id, entry.organisation_id, entry.who,
                tstzmultirange(tstzrange(entry.valid_from, entry.valid_until)))
            on conflict (resident_id, recipient_key) do update set periods = s.periods + excluded.periods;
        else
            update sharing_period set periods = periods - tstzmultirange(tstzrange(entry.valid_from, null))
            where resident_id = of_resident and (entry.who = '' or recipient_key = entry.who);
        end if;
    end loop;
end
$write$;

create function keep_sharing_periods() returns trigger
language plpgsql volatile security definer set search_path = pg_catalog, public, pg_temp
as $keep$
begin
    if tg_op <> 'DELETE' then
        perform write_sharing_periods(new.resident_id);
    else
        perform write_sharing_periods(old.resident_id);
    end if;
    return null;
end
$keep$;
create trigger purpose_basis_periods after insert or update or delete on purpose_basis
    for each row execute function keep_sharing_periods();
do $past$
begin
    perform write_sharing_periods(known.resident_id) from (select distinct resident_id from purpose_basis) known;
end
$past$;

-- Whether who reads may be told of a home as a whole: nobody lives there of whom no basis stands. What a room
-- saw of one who lives there it saw of the other too.
create function shared_whole(home text) returns boolean
language plpgsql stable security definer cost 1 set search_path = pg_catalog, public, pg_temp
as $whole$
begin
    return not exists (
        select 1 from resident r where r.home_id = home and not exists (
            select 1 from sharing_period s where s.resident_id = r.resident_id
                and s.recipient_key = current_setting('wayhome.recipient', true)
                and s.periods @> nullif(current_setting('wayhome.moment', true), '')::timestamptz));
end
$whole$;

-- The walls. A person reads as before: then the first part is true, asked once a statement. "exists" for the
-- reason of 0029. What names a resident goes by that resident, what does not by the whole home.
do $walls$
declare
    person constant text := $p$(select coalesce(current_setting('wayhome.recipient', true), '') = '')$p$;
    theirs constant text := 'exists (select 1 from sharing_period s where s.resident_id = %1$I.resident_id)';
    whole constant text :=
        '(%1$I.home_id is null or exists (select 1 from home w where w.home_id = %1$I.home_id and shared_whole(w.home_id)))';
    rule text;
    walled record;
begin
    for walled in
        select c.relname as name, bool_or(a.attname = 'home_id') as of_home, bool_or(a.attname = 'resident_id') as of_one
        from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
            and has_any_column_privilege('wayhome_dashboard', c.oid, 'select')
            -- the record of looks is added to by whoever reads; exports belong to who asked for them
            and c.relname not in ('access_record', 'fhir_export', 'sharing_period')
        group by c.relname having bool_or(a.attname in ('home_id', 'resident_id'))
    loop
        rule := case
            when walled.name = 'home' then 'exists (select 1 from sharing_period s where s.home_id = home.home_id)'
            when walled.name = 'carer' then '(carer.resident_id is null or ' || theirs || ')'
            when walled.name = 'resident' then theirs
            when walled.of_one then 'case when %1$I.resident_id is null then ' || whole || ' else ' || theirs || ' end'
            else whole end;
        execute format('create policy program_%s on %I as restrictive for select to wayhome_dashboard using (%s or %s)',
            walled.name, walled.name, person, format(rule, walled.name));
    end loop;
end
$walls$;

-- Each key says for whom it reads; keys of before are for whom they are called after.
alter table application_token add column recipient text;
update application_token set recipient = name;
alter table application_token alter column recipient set not null,
    add check (length(recipient) <= 100 and btrim(recipient) <> '');

drop function carer_for_token(bytea, timestamptz);
create function carer_for_token(wanted bytea, moment timestamptz)
returns table (
    token_id bigint, carer_id bigint, organisation_id text, organisation text, name text, role text,
    scopes text[], resident_id bigint, recipient text, made_at timestamptz, ends_at timestamptz
)
language sql stable security definer set search_path = pg_catalog, public, pg_temp
as 'select t.token_id, c.carer_id, c.organisation_id, o.name, c.name, c.role, t.scopes, t.resident_id,
    t.recipient, t.made_at, t.ends_at
    from application_token t join carer c using (carer_id)
    join organisation o on o.organisation_id = c.organisation_id
    where t.token_hash = wanted and t.ends_at > moment and t.revoked_at is null
    and c.organisation_id = t.organisation_id and c.disabled_at is null';

do $rights$
declare
    entry text;
begin
    foreach entry in array array['carer_for_token(bytea, timestamptz)', 'shared_whole(text)',
        'write_sharing_periods(bigint)', 'keep_sharing_periods()'] loop
        execute format('revoke all on function %s from public', entry);
    end loop;
    grant execute on function carer_for_token(bytea, timestamptz), shared_whole(text) to wayhome_dashboard;
end
$rights$;

-- What files of the servers still hold after an erasure, and what ends that.
alter table erasure add column disk jsonb;
comment on column erasure.disk is
    'What still holds the person, and until when: {} for nothing, null where nobody has looked.';

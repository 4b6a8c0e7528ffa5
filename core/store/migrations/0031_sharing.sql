-- What a program may read follows from the ledger of bases: a key names its recipient, and whoever reads by it
-- finds only those of whom a basis for sharing with that recipient stands. The pages read for a program as the role
-- wayhome_program, which sees the tables that are named here, behind walls of their own, and nothing else.

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
grant select on sharing_period to wayhome_program, wayhome_operator;
alter table sharing_period enable row level security;
alter table sharing_period force row level security;
-- Only who reads as a recipient sees rows, only its own, and only while a basis stands.
create policy program_sharing_period on sharing_period for select to wayhome_program using (
    current_setting('wayhome.scope', true) = 'organisation'
    and recipient_key = current_setting('wayhome.recipient', true)
    and organisation_id = current_setting('wayhome.organisation', true)
    and periods @> nullif(current_setting('wayhome.moment', true), '')::timestamptz
);
create policy operator_sharing_period on sharing_period for select to wayhome_operator using (true);

-- The same of a home as a whole: when of everybody who lives there a basis stands. What a room saw of one of them
-- it saw of the other too.
create table home_sharing_period (
    home_id text not null references home on delete cascade,
    organisation_id text not null references organisation,
    recipient_key text not null,
    periods tstzmultirange not null,
    primary key (home_id, recipient_key)
);
comment on table home_sharing_period is
    'When what a home tells of all who live there may be shared with a recipient: made from sharing_period.';
grant select on home_sharing_period to wayhome_program, wayhome_operator;
alter table home_sharing_period enable row level security;
alter table home_sharing_period force row level security;
create policy program_home_sharing_period on home_sharing_period for select to wayhome_program using (
    current_setting('wayhome.scope', true) = 'organisation'
    and recipient_key = current_setting('wayhome.recipient', true)
    and organisation_id = current_setting('wayhome.organisation', true)
    and periods @> nullif(current_setting('wayhome.moment', true), '')::timestamptz
);
create policy operator_home_sharing_period on home_sharing_period for select to wayhome_operator using (true);
do $owner$
declare
    walled text;
begin
    foreach walled in array array['sharing_period', 'home_sharing_period', 'purpose_basis', 'resident'] loop
        execute format(
            'create policy sharing_owner_%s on %I for all to current_user using (true) with check (true)', walled, walled);
    end loop;
end
$owner$;

-- What core.model.basis.standing says for every moment at once: a basis adds its dates, a withdrawal takes all
-- from its date on. From the whole ledger and by number, so that two who write at a time change nothing.
create function write_sharing_periods(of_resident bigint, of_home text) returns void
language plpgsql volatile security definer set search_path = pg_catalog, public, pg_temp
as $write$
declare
    entry record;
begin
    perform 1 from home where home_id = of_home for no key update;
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
    delete from home_sharing_period where home_id = of_home;
    insert into home_sharing_period (home_id, organisation_id, recipient_key, periods)
    select s.home_id, s.organisation_id, s.recipient_key, range_intersect_agg(s.periods) from sharing_period s
    where s.home_id = of_home group by s.home_id, s.organisation_id, s.recipient_key
    having count(*) = (select count(*) from resident r where r.home_id = of_home);
end
$write$;

-- Also when somebody moves in or leaves: then it is another whole.
create function keep_sharing_periods() returns trigger
language plpgsql volatile security definer set search_path = pg_catalog, public, pg_temp
as $keep$
begin
    if tg_op <> 'INSERT' then
        perform write_sharing_periods(old.resident_id, old.home_id);
    end if;
    if tg_op <> 'DELETE' then
        perform write_sharing_periods(new.resident_id, new.home_id);
    end if;
    return null;
end
$keep$;
create trigger purpose_basis_periods after insert or update or delete on purpose_basis
    for each row execute function keep_sharing_periods();
create trigger resident_periods after insert or update of home_id or delete on resident
    for each row execute function keep_sharing_periods();
do $past$
begin
    perform write_sharing_periods(known.resident_id, known.home_id)
    from (select distinct resident_id, home_id from purpose_basis) known;
end
$past$;

-- The walls of programs. What names a resident goes by that resident, what does not by the whole home.
grant usage on schema public to wayhome_program;
grant select on organisation, home, resident, room, device, observation, day_count, finding, alert, alert_finding,
    delivery, delivery_attempt, response, phone_answer to wayhome_program;
grant select (carer_id, organisation_id, name, role, disabled_at, resident_id) on carer to wayhome_program;
grant select, insert on access_record to wayhome_program;
grant select, insert, update, delete on fhir_export to wayhome_program;
do $walls$
declare
    one constant text := 'exists (select 1 from sharing_period s where s.resident_id = %1$I.resident_id)';
    whole constant text := 'exists (select 1 from home_sharing_period s where s.home_id = %1$I.home_id)';
    parent constant text := 'exists (select 1 from %2$I p where p.%2$I_id = %1$I.%2$I_id)';
    walled record;
begin
    for walled in select * from (values
        ('home', 'exists (select 1 from sharing_period s where s.home_id = home.home_id)', ''),
        ('resident', one, ''),
        ('finding', 'case when resident_id is null then ' || whole || ' else ' || one || ' end', ''),
        ('alert', 'case when resident_id is null then ' || whole || ' else ' || one || ' end', ''),
        ('device', 'case when resident_id is null then ' || whole || ' else ' || one || ' end', ''),
        ('day_count', whole, ''), ('observation', whole, ''), ('room', whole, ''),
        ('alert_finding', parent, 'alert'), ('response', parent, 'alert'), ('phone_answer', parent, 'alert'),
        ('delivery', 'kind = ''alert'' and ' || parent, 'alert'), ('delivery_attempt', parent, 'delivery'),
        ('organisation', 'organisation_id = current_setting(''wayhome.organisation'', true)', ''),
        ('carer', 'organisation_id = current_setting(''wayhome.organisation'', true)'
            ' and (resident_id is null or ' || one || ')', '')
    ) as v(name, rule, of) loop
        execute format('create policy program_%1$s on %1$I for select to wayhome_program using (', walled.name)
            || format(walled.rule, walled.name, walled.of) || ')';
    end loop;
end
$walls$;
-- Who looked is added to in the own name, and exports belong to who asked for them, as for a person.
create policy program_access_record on access_record for all to wayhome_program
    using (carer_id = nullif(current_setting('wayhome.carer', true), '')::bigint
        and exists (select 1 from home h where h.home_id = access_record.home_id))
    with check (carer_id = nullif(current_setting('wayhome.carer', true), '')::bigint
        and exists (select 1 from home h where h.home_id = access_record.home_id));
create policy program_fhir_export on fhir_export for all to wayhome_program
    using (carer_id = nullif(current_setting('wayhome.carer', true), '')::bigint)
    with check (carer_id = nullif(current_setting('wayhome.carer', true), '')::bigint
        and (home_id is null or home_id in (select home_id from home)));

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
    foreach entry in array array['carer_for_token(bytea, timestamptz)',
        'write_sharing_periods(bigint, text)', 'keep_sharing_periods()'] loop
        execute format('revoke all on function %s from public', entry);
    end loop;
    grant execute on function carer_for_token(bytea, timestamptz) to wayhome_dashboard;
end
$rights$;

-- What files of the servers still hold after an erasure, and what ends that.
alter table erasure add column disk jsonb;
comment on column erasure.disk is
    'What still holds the person, and until when: {} for nothing, null where nobody has looked.';

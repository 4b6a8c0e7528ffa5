-- The missing-person pack (Herbert Protocol): profile by versions, packs, links for the police. Written by the
-- dashboard only. Everything but what opens a link and counts attempts is only ever added to.

create table profile_photo (
    photo_id bigint generated always as identity primary key,
    home_id text not null references home on delete cascade,
    resident_id bigint not null references resident on delete cascade,
    carer_id bigint not null references carer,
    at timestamptz not null,
    taken_on date,
    width integer not null check (width between 1 and 4000),
    height integer not null check (height between 1 and 4000),
    content bytea not null check (octet_length(content) between 1 and 2000000)
);
comment on table profile_photo is 'Photos of residents for the police, drawn anew so that they hold no place or camera.';
create index profile_photo_resident on profile_photo (resident_id, photo_id);

create table missing_profile (
    profile_id bigint generated always as identity primary key,
    home_id text not null references home on delete cascade,
    resident_id bigint not null references resident on delete cascade,
    version integer not null check (version >= 1),
    form text not null,
    answers jsonb not null,
    section text not null,
    photo_id bigint references profile_photo,
    carer_id bigint not null references carer,
    at timestamptz not null,
    restored_from integer,
    unique (resident_id, version)
);
comment on table missing_profile is 'What the police will ask of a resident; every save is a version of its own.';
create index missing_profile_home on missing_profile (home_id);

create table missing_pack (
    pack_id bigint generated always as identity primary key,
    home_id text not null references home on delete cascade,
    resident_id bigint not null references resident on delete cascade,
    carer_id bigint not null references carer,
    at timestamptz not null,
    purpose text not null check (purpose = 'missing_person'),
    profile_version integer,
    photo_id bigint references profile_photo,
    form text not null,
    answers jsonb not null,
    facts jsonb not null
);
comment on table missing_pack is 'A missing-person pack as it was made: the profile and the last traces of that moment.';
create index missing_pack_resident on missing_pack (resident_id, pack_id);
create index missing_pack_home on missing_pack (home_id);

create table pack_answer (
    pack_answer_id bigint generated always as identity primary key,
    home_id text not null references home on delete cascade,
    pack_id bigint not null references missing_pack on delete cascade,
    carer_id bigint not null references carer,
    at timestamptz not null,
    answers jsonb not null
);
comment on table pack_answer is 'What only people know of a missing person, e.g. clothes; the newest row counts.';
create index pack_answer_pack on pack_answer (pack_id, pack_answer_id);

create table police_link (
    link_id bigint generated always as identity primary key,
    home_id text not null references home on delete cascade,
    resident_id bigint not null references resident on delete cascade,
    pack_id bigint not null references missing_pack on delete cascade,
    carer_id bigint not null references carer,
    made_at timestamptz not null,
    ends_at timestamptz not null check (ends_at > made_at and ends_at <= made_at + interval '30 days'),
    share_position boolean not null
);
comment on table police_link is 'A link that opens one pack without a log-in until it ends; never made to last longer.';
create index police_link_pack on police_link (pack_id, link_id);
create index police_link_home on police_link (home_id);

create table police_link_end (
    link_id bigint primary key references police_link on delete cascade,
    home_id text not null references home on delete cascade,
    carer_id bigint not null references carer,
    at timestamptz not null
);
comment on table police_link_end is 'Who ended a link before its time.';

create table link_opening (
    opening_id bigint generated always as identity primary key,
    link_id bigint not null references police_link on delete cascade,
    home_id text not null references home on delete cascade,
    at timestamptz not null,
    page text not null,
    place text not null
);
comment on table link_opening is 'Each page that was opened by a link, and from which network; append-only.';
create index link_opening_link on link_opening (link_id, at);

create table police_token (
    token_hash bytea primary key check (octet_length(token_hash) = 32),
    link_id bigint not null unique references police_link on delete cascade,
    carer_id bigint not null references carer on delete cascade,
    ends_at timestamptz not null
);
comment on table police_token is 'Hash of the code of each link that still opens; gone when it ends.';

create table link_attempt (
    place text not null,
    at timestamptz not null
);
comment on table link_attempt is 'Codes that opened nothing, by network, to slow down guessing; kept for a day.';
create index link_attempt_recent on link_attempt (at, place);

grant select, insert on
    profile_photo, missing_profile, missing_pack, pack_answer, police_link, police_link_end, link_opening
    to wayhome_dashboard;
grant select, insert, delete on police_token, link_attempt to wayhome_dashboard;

do $walls$
declare
    walled text;
begin
    foreach walled in array array[
        'profile_photo', 'missing_profile', 'missing_pack', 'pack_answer', 'police_link', 'police_link_end',
        'link_opening'
    ] loop
        execute format('alter table %I enable row level security', walled);
        execute format('alter table %I force row level security', walled);
        execute format(
            'create policy dashboard_%s on %I for all to wayhome_dashboard
             using (home_id in (select home_id from home))
             with check (home_id in (select home_id from home))', walled, walled);
    end loop;
    -- Nobody writes in another's name.
    foreach walled in array array[
        'profile_photo', 'missing_profile', 'missing_pack', 'pack_answer', 'police_link', 'police_link_end'
    ] loop
        execute format(
            'create policy dashboard_%s_own on %I as restrictive for insert to wayhome_dashboard
             with check (carer_id = nullif(current_setting(''wayhome.carer'', true), '''')::bigint)',
            walled, walled);
    end loop;
    -- Nor about a resident of another home.
    foreach walled in array array['profile_photo', 'missing_profile', 'missing_pack', 'police_link'] loop
        execute format(
            'create policy dashboard_%s_resident on %I as restrictive for insert to wayhome_dashboard
             with check (resident_id in (
                 select r.resident_id from resident r where r.home_id = %I.home_id))',
            walled, walled, walled);
    end loop;
    -- Nor to a photo of somebody else.
    foreach walled in array array['missing_profile', 'missing_pack'] loop
        execute format(
            'create policy dashboard_%s_photo on %I as restrictive for insert to wayhome_dashboard
             with check (photo_id is null or photo_id in (
                 select p.photo_id from profile_photo p where p.resident_id = %I.resident_id))',
            walled, walled, walled);
    end loop;
end
$walls$;

create policy dashboard_pack_answer_pack on pack_answer as restrictive for insert to wayhome_dashboard
    with check (pack_id in (select p.pack_id from missing_pack p where p.home_id = pack_answer.home_id));
create policy dashboard_police_link_pack on police_link as restrictive for insert to wayhome_dashboard
    with check (pack_id in (
        select p.pack_id from missing_pack p
        where p.home_id = police_link.home_id and p.resident_id = police_link.resident_id));
create policy dashboard_police_link_end_link on police_link_end as restrictive for insert to wayhome_dashboard
    with check (link_id in (select k.link_id from police_link k where k.home_id = police_link_end.home_id));
create policy dashboard_link_opening_link on link_opening as restrictive for insert to wayhome_dashboard
    with check (link_id in (select k.link_id from police_link k where k.home_id = link_opening.home_id));

-- Whoever opens a link sees what the person who made it may see, and no more: asked before the organisation is
-- known, so it can not pass the wall. Somebody who has left opens nothing.
create function carer_for_link(wanted bytea, moment timestamptz)
returns table (
    link_id bigint, carer_id bigint, organisation_id text, organisation text, name text, role text,
    ends_at timestamptz
)
language sql stable security definer set search_path = pg_catalog, public, pg_temp
as 'select t.link_id, c.carer_id, c.organisation_id, o.name, c.name, c.role, t.ends_at
    from police_token t join carer c using (carer_id) join organisation o using (organisation_id)
    where t.token_hash = wanted and t.ends_at > moment and c.disabled_at is null';
revoke all on function carer_for_link(bytea, timestamptz) from public;
grant execute on function carer_for_link(bytea, timestamptz) to wayhome_dashboard;

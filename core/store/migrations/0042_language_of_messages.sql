-- What a carer gets on the phone is in their language (docs/decisions/0279).

alter table telling_choice
    add column language text not null default '' check (language ~ '^[A-Za-z0-9-]{0,35}$'),
    add column heard text not null default '' check (length(heard) <= 100),
    alter column detail set default 'nothing';
comment on table telling_choice is
    'How much a message may say about a person, and in which language, as its reader chose; else nothing, in that of the browser.';
comment on column telling_choice.language is 'Tag of the language that messages come in; empty where nothing was chosen.';
comment on column telling_choice.heard is 'What the browser of this person asked for last (Accept-Language); personal.';

-- Who logs in is named before their organisation is: their own row, and nothing but what their browser asks for.
create function note_heard(wish text, at timestamptz) returns void
language sql volatile security definer set search_path = pg_catalog, public, pg_temp
as 'insert into telling_choice (carer_id, heard, changed_at)
    select c.carer_id, wish, at from carer c
    where c.carer_id = nullif(current_setting(''wayhome.carer'', true), '''')::bigint
    on conflict (carer_id) do update set heard = excluded.heard where telling_choice.heard <> excluded.heard';
revoke all on function note_heard(text, timestamptz) from public;
grant execute on function note_heard(text, timestamptz) to wayhome_dashboard;

-- Where the owner is no superuser the function is held by the walls as well.
do $owner$
begin
    execute 'create policy heard_telling_choice on telling_choice for all to current_user using (true) with check (true)';
end
$owner$;

-- Whether an animal lives in a home: movements that it could have made are no proof of a person.

alter table home add column animal text not null default 'unknown'
    check (animal in ('unknown', 'none', 'small', 'large'));
comment on column home.animal is
    'Whether an animal lives in the home, as who sets it up or arranges its circle was told: unknown until somebody says.';

-- Say it on the page of a home; null where who is acting may not. Who arranges the circle knows of an animal
-- before anybody who sets up a home does.
create function set_home_animal(home text, told text) returns text
language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $animal$
begin
    if not (sets_up(home) or arranges(home)) then
        return null;
    end if;
    update home h set animal = told where h.home_id = home;
    perform pg_notify('registry', home);
    return home;
end
$animal$;
revoke all on function set_home_animal(text, text) from public;
grant execute on function set_home_animal(text, text) to wayhome_dashboard;

-- Somebody of the organisation joins a further circle, without another invitation.

create function join_care(home text, joiner bigint) returns boolean
language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $join$
begin
    -- Administrators only: to them alone everybody of the organisation is shown.
    if not arranges(null) or not arranges(home) or not exists (
        select 1 from carer c
        where c.carer_id = joiner and c.disabled_at is null and c.role in ('family_carer', 'care_worker')
            and c.organisation_id = current_setting('wayhome.organisation', true)
    ) then
        return false;
    end if;
    perform 1 from care where home_id = home order by carer_id for update;
    insert into care (home_id, carer_id, telling_order) values (home, joiner, least(99, 1 + (
        select coalesce(max(k.telling_order), 0) from care k where k.home_id = home)))
    on conflict do nothing;
    return true;
end
$join$;
comment on function join_care(text, bigint) is
    'Adds somebody of the organisation to a circle, told last; the administrator of the organisation may.';
revoke all on function join_care(text, bigint) from public;
grant execute on function join_care(text, bigint) to wayhome_dashboard;

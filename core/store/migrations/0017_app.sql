-- What the carer's app needs: to call those who stand in the same circle.

-- Addresses stay out of the pages' reach; only numbers that ring leave, and only within a circle that the
-- acting carer stands in, or within the organisation for those who see all of it.
create function telephones_of_circle(wanted text)
returns table (carer_id bigint, telephone text)
language sql stable security definer set search_path = pg_catalog, public, pg_temp
as 'select p.carer_id, min(p.address)
    from (
        select carer_id, channel, address from contact_point
        union all select carer_id, channel, address from own_contact where removed_at is null
    ) p join care m using (carer_id) join carer c using (carer_id)
    where m.home_id = wanted and c.disabled_at is null
        and p.channel in (''sms'', ''voice'') and p.address ~ ''^[+][0-9]{6,15}$''
        and c.organisation_id = current_setting(''wayhome.organisation'', true)
        and (
            current_setting(''wayhome.scope'', true) = ''organisation''
            or exists (
                select 1 from care own where own.home_id = wanted
                and own.carer_id = nullif(current_setting(''wayhome.carer'', true), '''')::bigint
            )
        )
    group by p.carer_id';
comment on function telephones_of_circle(text) is 'Numbers that ring, of the circle of a home, for those in it.';
revoke all on function telephones_of_circle(text) from public;
grant execute on function telephones_of_circle(text) to wayhome_dashboard;

-- What a carer added counts as a way to be reached, beside what the organisation registered.
create or replace function channels_of_carers()
returns table (carer_id bigint, channel text)
language sql stable security definer set search_path = pg_catalog, public, pg_temp
as 'select p.carer_id, p.channel from (
        select carer_id, channel from contact_point
        union select carer_id, channel from own_contact where removed_at is null
    ) p join carer c using (carer_id)
    where c.organisation_id = current_setting(''wayhome.organisation'', true) and c.disabled_at is null';

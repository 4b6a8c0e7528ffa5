-- Whose hub was shut out while it was connected: the broker cuts it off without its last will, and to everybody it is
-- still there (docs/decisions/0305).

create index hub_credential_dead on hub_credential (dead_at) where dead_at is not null;

-- Hubs that are taken to be there although the broker lets them in no more: at once where the home has no other
-- certificate for the same; where it has one, after three hours in which nothing at all was heard of the home.
create function hubs_locked_out(moment timestamptz) returns table (home_id text, hub text)
language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $out$
    select distinct d.home_id, d.external_id from hub_credential c
    join device d on d.home_id = c.home_id and d.family = 'wayhome' and d.placement = 'hub' and d.retired_at is null
        and d.external_id = case c.about when 'hub' then 'hub' else 'hub-' || substr(c.about, 5) end
    join presence p on p.device_id = d.device_id
    where c.dead_at > moment - interval '1 day' and (c.about = 'hub' or c.about like 'hub/%')
        and p.online is not false and coalesce(p.last_seen, '-infinity') <= c.dead_at + interval '30 seconds'
        and (not exists (select 1 from hub_credential o where o.home_id = c.home_id and o.about = c.about
                and o.taken_at is not null and o.revoked_at is null and o.ends_at > moment)
            or c.dead_at < moment - interval '3 hours' and not exists (select 1 from device x
                join presence q on q.device_id = x.device_id
                where x.home_id = c.home_id and q.last_seen > c.dead_at + interval '30 seconds'))
$out$;
comment on function hubs_locked_out(timestamptz) is
    'Homes and hubs that count as there and were shut out of the broker; for the identity service, which says so.';

do $rights$
begin
    revoke all on function hubs_locked_out(timestamptz) from public;
    grant execute on function hubs_locked_out(timestamptz) to wayhome_identity;
end
$rights$;

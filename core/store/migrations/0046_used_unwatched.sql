-- Somebody is at home again where nobody is watched: the pause, or a test of a home that was live, goes on
-- (docs/decisions/0291). Alerting may not read what sensors say, and need not: it is told where, and since when.

create function used_unwatched(moment timestamptz)
returns table (home_id text, step_id bigint, stage text, since timestamptz, hours bigint, called boolean)
language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $used$
    select h.home_id, s.step_id, s.stage, s.at, case when o.hours >= 4 then o.hours else 0 end, o.called
    from home h
    cross join lateral (
        select x.step_id, x.stage, x.at, x.until from home_step x where x.home_id = h.home_id
        order by x.step_id desc limit 1
    ) s
    cross join lateral (
        select count(distinct date_trunc('hour', b.observed_at)) filter (where b.quantity not in ('sos', 'fall')) as hours,
            coalesce(bool_or(b.quantity in ('sos', 'fall')), false) as called
        from device d join observation b using (device_id)
        where d.home_id = h.home_id and d.retired_at is null and b.value > 0
            and b.quantity in ('motion', 'presence', 'bed', 'chair', 'sos', 'fall')
            and b.observed_at > greatest(s.at, moment - interval '12 hours') and b.observed_at <= moment
    ) o
    where h.mode = 'test' and (o.hours >= 4 or o.called) and (s.stage = 'paused'
        or s.stage = 'commissioning' and s.until < moment and exists (
            select 1 from home_step l where l.home_id = h.home_id and l.stage = 'live'))
$used$;
comment on function used_unwatched(timestamptz) is
    'Homes that are paused, or in a test for longer than was planned, and in which somebody shows in 4 hours of the last 12 (else 0) or calls.';
revoke all on function used_unwatched(timestamptz) from public;
grant execute on function used_unwatched(timestamptz) to wayhome_alerts;

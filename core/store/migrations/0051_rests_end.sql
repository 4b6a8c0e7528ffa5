-- Of a rest each is asked before it ends, and who slept through it hears that it has been (docs/decisions/0300).

alter table watch_notice drop constraint watch_notice_kind_check;
alter table watch_notice add constraint watch_notice_kind_check check (kind in (
    'watch_ended', 'watch_places', 'watch_again', 'watch_rests', 'watch_rested', 'watch_rest_ends', 'watch_ends',
    'watch_renew'));
comment on column watch_notice.about is
    'Number of the change; for watch_ends and watch_renew of the basis (purpose_basis) that ends.';
alter table delivery drop constraint delivery_kind_check;
alter table delivery add constraint delivery_kind_check check (kind in (
    'alert', 'test', 'lost', 'watch_ended', 'watch_places', 'watch_again', 'watch_rests', 'watch_rested',
    'watch_rest_ends', 'watch_ends', 'watch_renew'));
comment on column delivery.kind is
    'alert; test: somebody wants to know whether it arrives; lost: another way to this carer has ended; watch_…: '
    'a home is not watched any more, is watched without its places, is watched again, rests, rested, or a rest or '
    'a basis ends soon.';

-- As in 0026; and that a home rests, and until when: which is neither watched nor a fault. And one in which somebody
-- must not be watched is not.
create or replace function home_states(moment timestamptz, person text[])
returns table (home_id text, wanted boolean, told_at timestamptz, state jsonb)
language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $states$
    select o.home_id, o.wanted and h.home_id is not null, o.told_at, case when o.wanted and h.home_id is not null
        then jsonb_build_object(
            'last_movement', (select max(s.at) from device d cross join lateral (
                select b.observed_at as at from observation b where b.device_id = d.device_id
                    and b.observed_at between moment - interval '30 days' and moment
                    and b.quantity = any(person) and (b.value > 0 or b.quantity = 'contact')
                order by b.observed_at desc limit 1) s where d.home_id = h.home_id),
            'alert', exists (select 1 from alert a where a.home_id = h.home_id and a.state <> 'resolved'
                and not a.silent and a.audience = 'carers' and a.severity <> 'notice'),
            'watched', h.mode = 'live' and not b.blind,
            'blind', b.blind,
            'rests_until', case when h.away then (select s.until from home_step s where s.home_id = h.home_id
                order by s.step_id desc limit 1) end,
            'devices', (select coalesce(jsonb_agg(jsonb_build_object('id', d.device_id,
                    'room', coalesce(r.kind, ''), 'placement', d.placement, 'battery', p.battery_percent,
                    'heard', p.last_seen is not null and p.online is not false and not (d.heartbeat
                        and p.last_seen < moment - make_interval(secs => 3 * d.reporting_interval_s)))
                    order by d.device_id), '[]')
                from device d left join room r using (room_id) left join presence p using (device_id)
                where d.home_id = h.home_id and d.retired_at is null))
        end
    from home_output o left join home h on h.home_id = o.home_id and h.mode <> 'archive'
    cross join lateral (select exists (select 1 from alert a where a.home_id = h.home_id and a.state <> 'resolved'
        and a.detector = 'liveness' and a.subject = 'home' and a.cleared_at is null)
        or coalesce((select w.state = 'unwatched' from watch_change w where w.home_id = h.home_id
            order by w.number desc limit 1), false) as blind) b
    where o.wanted or o.told_at is not null
    order by o.home_id
$states$;

-- Days of homes that a technician had paused are counted again, as far back as what they are counted from is kept:
-- they looked like days without movement, and are not seen (docs/decisions/0302).
alter table day_count no force row level security;
update day_count c set settled = false from home h, (
    select s.home_id, s.at, s.stage, s.away, lead(s.at) over (partition by s.home_id order by s.step_id) as next
    from home_step s) p
where c.settled and h.home_id = c.home_id and p.home_id = c.home_id and p.stage = 'paused' and p.away = ''
    and (c.day + 1)::timestamp at time zone h.zone > p.at
    and c.day::timestamp at time zone h.zone < coalesce(p.next, 'infinity')
    and c.day > (select (min(f.first) at time zone h.zone)::date from device d cross join lateral (
        select o.observed_at as first from observation o where o.device_id = d.device_id
        order by o.observed_at limit 1) f where d.home_id = c.home_id);
alter table day_count force row level security;

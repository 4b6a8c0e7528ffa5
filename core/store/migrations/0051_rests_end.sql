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

-- Data protection: on what basis what is done with what is known about a person, and for how long it is kept.

create table purpose_basis (
    basis_id bigint generated always as identity primary key,
    home_id text not null references home on delete cascade,
    resident_id bigint not null references resident on delete cascade,
    kind text not null check (kind in ('given', 'withdrawn')),
    purpose text not null check (purpose in ('care_monitoring', 'location', 'record_sharing', 'research',
        'open_data', 'assessment', 'police_photo')),
    recipient text not null default '' check (length(recipient) <= 100),
    article6 text not null default '' check (article6 in ('', 'consent', 'contract', 'legal_obligation',
        'vital_interests', 'public_task', 'legitimate_interests')),
    article9 text not null default '' check (article9 in ('', 'none', 'explicit_consent', 'vital_interests',
        'substantial_public_interest', 'health_or_social_care', 'public_health', 'research')),
    decided text not null check (decided in ('person', 'attorney', 'deputy', 'best_interests', 'not_asked')),
    said_by text not null check (length(said_by) between 1 and 100),
    note text not null default '' check (length(note) <= 500),
    valid_from timestamptz not null,
    valid_until timestamptz,
    carer_id bigint not null references carer,
    at timestamptz not null,
    check ((kind = 'given') = (article6 <> '' and article9 <> '')),
    check (valid_until is null or (kind = 'given' and valid_until > valid_from)),
    check (kind = 'withdrawn' or purpose in ('care_monitoring', 'location', 'assessment', 'police_photo',
        'open_data') or recipient <> '')
);
comment on table purpose_basis is
    'On what basis something is done with what is known about a person, for whom and until when; append-only.';
create index purpose_basis_resident on purpose_basis (resident_id, purpose, basis_id);
create index purpose_basis_home on purpose_basis (home_id);

grant select on purpose_basis to wayhome_gateway, wayhome_analytics, wayhome_alerts, wayhome_operator,
    wayhome_registrar;
grant select, insert on purpose_basis to wayhome_dashboard;
alter table purpose_basis enable row level security;
alter table purpose_basis force row level security;
create policy dashboard_purpose_basis on purpose_basis for select to wayhome_dashboard
    using (home_id in (select home_id from home));
create policy dashboard_purpose_basis_new on purpose_basis for insert to wayhome_dashboard with check (
    home_id in (select home_id from home)
    and resident_id in (select r.resident_id from resident r where r.home_id = purpose_basis.home_id)
    and carer_id = nullif(current_setting('wayhome.carer', true), '')::bigint
    and carer_id in (select c.carer_id from carer c where c.role in ('clinician', 'organisation_admin')));
create policy service_purpose_basis on purpose_basis for select to
    wayhome_gateway, wayhome_analytics, wayhome_alerts, wayhome_operator, wayhome_registrar using (true);

-- What was erased, without a word of whom: the proof, and what has to be erased again after a backup is restored.

create table erasure (
    erasure_id bigint generated always as identity primary key,
    organisation_id text not null references organisation,
    home_id text not null,
    resident_id bigint not null,
    whole_home boolean not null,
    at timestamptz not null,
    reason text not null check (reason <> ''),
    rows jsonb not null
);
comment on table erasure is
    'Proof of each erasure: the numbers under which somebody was known, when and why, and how many rows of each table went.';

grant select on erasure to wayhome_operator;
alter table erasure enable row level security;
alter table erasure force row level security;
create policy service_erasure on erasure for select to wayhome_operator using (true);

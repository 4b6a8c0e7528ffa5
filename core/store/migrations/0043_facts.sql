-- What is told of is told in the language of its reader (docs/decisions/0283): texts keep what they were made of.
-- Null where a text is text alone: all that was written before, and what a service of before goes on writing.

alter table finding add column said jsonb;
alter table alert add column said jsonb;
alter table forecast add column said jsonb;
comment on column finding.said is
    'What its texts say, as facts: the English template and its values, by the name of the text; null for text alone.';
comment on column alert.said is
    'As in finding; what no longer says what the text says is of a service of before, and the text counts.';
comment on column forecast.said is 'What its sentence says, as facts; null for text alone.';

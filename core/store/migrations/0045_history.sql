-- The history of an organisation is read from its end: of all homes, the last alerts of a span (docs/decisions/0275).
create index alert_onset on alert (onset);

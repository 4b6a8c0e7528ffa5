-- Alerts that hold the episodes of one incident are looked up by their findings.

create index alert_finding_finding on alert_finding (finding_id);
comment on table alert is
    'A finding that needs a human, one per incident (docs/decisions/0105); policy is the snapshot taken when it opened.';

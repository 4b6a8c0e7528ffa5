"""Figures of the alerting service, for Prometheus."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900)

OPENED = Counter("wayhome_alerts_opened", "Alerts opened.", ("severity", "audience"))
JOINED = Counter(
    "wayhome_findings_joined", "Episodes that joined an alert of another.", ("severity",)
)
SET_ASIDE = Counter("wayhome_findings_set_aside", "Findings that could not be taken in.")
ANSWERS_SET_ASIDE = Counter("wayhome_answers_set_aside", "Answers that could not be taken in.")
BROKEN = Counter("wayhome_alerts_broken", "Looks at an alert that it broke.")
ANSWERS = Counter("wayhome_alert_answers", "What people did.", ("kind",))
OPEN = Gauge("wayhome_alerts_open", "Alerts that are not resolved.", ("state", "severity"))
ATTEMPTS = Counter("wayhome_delivery_attempts", "Attempts and their result.", ("channel", "result"))
DELIVERIES = Counter("wayhome_deliveries", "Deliveries that ended, by state.", ("channel", "state"))
WAITING = Gauge("wayhome_deliveries_waiting", "Deliveries that are not out yet.", ("channel",))
OVERDUE = Gauge("wayhome_delivery_overdue_seconds", "How long the oldest waits.", ("channel",))
FINDING_SECONDS = Histogram(
    "wayhome_finding_to_alert_seconds", "From finding to alert.", buckets=_SECONDS
)
SENT_SECONDS = Histogram(
    "wayhome_delivery_seconds",
    "From the moment a delivery is due to its hand-over to the channel.",
    ("channel",),
    buckets=_SECONDS,
)

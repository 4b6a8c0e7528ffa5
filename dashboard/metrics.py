"""Figures of the dashboard for Prometheus."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

PAGES = Gauge("wayhome_dashboard_live_pages", "Pages that are open and live.")
ANSWERS = Counter("wayhome_dashboard_answers", "Answers given on the pages, by kind.", ["kind"])

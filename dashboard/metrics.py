"""Figures of the dashboard for Prometheus."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

PAGES = Gauge("wayhome_dashboard_live_pages", "Pages that are open and live.")
ANSWERS = Counter("wayhome_dashboard_answers", "Answers given on the pages, by kind.", ["kind"])
PACKS = Counter("wayhome_dashboard_missing_packs", "Missing-person packs made.")
LINK_REFUSALS = Counter(
    "wayhome_dashboard_police_refusals",
    "Codes for the police that opened nothing, by reason.",
    ["why"],
)

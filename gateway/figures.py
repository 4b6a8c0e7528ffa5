"""Figures for ``/metrics``."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

RECEIVED = Counter("wayhome_gateway_received_messages", "Messages taken from the broker.")
MESSAGES = Counter(
    "wayhome_gateway_messages", "Messages committed, by outcome and reason.", ("outcome", "reason")
)
STORED = Counter("wayhome_gateway_stored_observations", "Observations written.")
DUPLICATES = Counter(
    "wayhome_gateway_duplicate_observations", "Observations that were there already."
)
BATCH = Histogram(
    "wayhome_gateway_batch_messages",
    "Messages of a commit.",
    buckets=(1, 3, 10, 30, 100, 300, 1000, 2000),
)
COMMIT = Histogram(
    "wayhome_gateway_commit_seconds",
    "Time from the first statement of a batch to its commit.",
    buckets=(0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10),
)
BUFFERED = Gauge("wayhome_gateway_buffered_messages", "Messages in memory, not acknowledged yet.")
RETRIES = Counter("wayhome_gateway_commit_retries", "Commits tried again, the database being away.")

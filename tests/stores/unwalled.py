"""Tables without row-level security, each with its reason."""

from __future__ import annotations

WITHOUT_WALL = {
    "alert_cursor": "how far a service has read; numbers only",
    "engine_step": "how far a service has read; numbers only",
    "learning_cursor": "how far a service has read; numbers only",
    "gateway_heartbeat": "signs of life of services",
    "dashboard_heartbeat": "signs of life of services",
    "backup_note": "when backups were made; nothing personal",
    "receipt": "fingerprints of messages for the gateway alone; no page reads it",
    "login_attempt": "counted before anybody is known; kept for a day, addresses as keyed hashes",
    "channel_offer": "which channels the alerting service has; nothing personal",
    "login_challenge": "random numbers, hashed, asked for before anybody is known",
    "link_attempt": "counted before anybody is known; addresses as keyed hashes",
    "police_token": "hashes of links, asked for before anybody is known",
    "credential_door": "how far the broker was brought to the desired state; nothing personal",
}
"""Every table that has no wall, and why."""

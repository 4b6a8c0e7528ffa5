"""Alerting: from findings to a human who answers."""

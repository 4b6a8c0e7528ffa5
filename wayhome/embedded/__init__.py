"""Servers from wheels: PostgreSQL and an MQTT broker as supervised children."""

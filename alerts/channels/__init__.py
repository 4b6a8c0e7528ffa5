"""Channels: one file each, found by ``alerts.channel.discover``."""

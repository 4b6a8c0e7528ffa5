"""Connectors: one file each, found by `wayhome.sharing.connector.discover`."""

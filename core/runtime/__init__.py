"""The ground every service stands on: settings, log, clock, broker, service, health."""

"""Measure detection on public records and on simulated homes, one module a command."""

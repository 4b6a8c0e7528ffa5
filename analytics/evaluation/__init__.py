"""How good the detectors are: on public records and on simulated homes."""

"""The demo: simulated homes, people for every role, and episodes that become alerts."""

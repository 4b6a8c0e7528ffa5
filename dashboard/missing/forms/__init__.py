"""Forms of police forces: one file each, found by their name."""

"""Detection: from observations and silence to findings."""

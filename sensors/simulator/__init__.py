"""A home's day, simulated: behaviour apart from sensing, seeded."""

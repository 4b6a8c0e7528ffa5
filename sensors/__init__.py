"""What speaks: the drivers that read devices, and a simulator of a home."""

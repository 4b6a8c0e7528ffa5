"""The frozen words of the domain. No I/O, no clock, no third-party import."""

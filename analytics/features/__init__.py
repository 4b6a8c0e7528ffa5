"""What detectors see of a home, computed once. Pure and bounded."""

"""The detectors: one file each; the contract is `analytics.detector`."""

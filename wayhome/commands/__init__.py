"""One file per command of ``wayhome``."""

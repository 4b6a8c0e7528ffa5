"""One file per family of devices; each offers ``DRIVER``."""

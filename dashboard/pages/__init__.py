"""Pages: one file each, found by ``dashboard.page.discover``."""

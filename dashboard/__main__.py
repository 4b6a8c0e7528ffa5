"""``python -m dashboard``: the dashboard service in this process."""

from __future__ import annotations

import sys

from core.runtime.service import run
from core.runtime.settings import DashboardSettings, load
from dashboard.service import main

if __name__ == "__main__":
    sys.exit(run("dashboard", load(DashboardSettings), main))

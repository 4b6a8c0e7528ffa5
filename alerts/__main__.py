"""``python -m alerts``: the alerting service in this process."""

from __future__ import annotations

import sys

from alerts.service import main
from core.runtime import settings
from core.runtime.service import run

if __name__ == "__main__":
    sys.exit(run("alerts", settings.load(settings.AlertsSettings), main))

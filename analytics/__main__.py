"""``python -m analytics``: detection as a process of its own."""

from __future__ import annotations

import sys

from analytics.service import main
from core.runtime.service import run
from core.runtime.settings import AnalyticsSettings, load

if __name__ == "__main__":
    sys.exit(run("analytics", load(AnalyticsSettings), main))

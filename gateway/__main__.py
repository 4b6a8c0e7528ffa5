"""``python -m gateway``: the gateway alone, set up by the environment."""

from __future__ import annotations

import sys

from core.runtime.service import run
from core.runtime.settings import GatewaySettings, load
from gateway.service import main

if __name__ == "__main__":
    sys.exit(run("gateway", load(GatewaySettings), main))

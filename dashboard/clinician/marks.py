"""What is marked in a picture of days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from core.model.finding import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """An alert at the moment at which its cause began."""

    at: datetime
    severity: Severity

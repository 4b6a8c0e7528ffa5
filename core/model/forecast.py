"""When a detector would speak if nothing happened from now on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from core.model.finding import Severity
from core.model.ids import HomeId, ResidentId


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """The next thing that silence would bring; replaced whenever something happens."""

    home_id: HomeId
    resident_id: ResidentId | None
    #: Name of the detector.
    detector: str
    #: When it would speak.
    speaks_at: datetime
    #: How severe that would be.
    severity: Severity
    #: One sentence, e.g. "If nothing moves by 09:40, the first carer is told".
    what: str

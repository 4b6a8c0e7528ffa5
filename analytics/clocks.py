"""What counts where a clock runs ahead, a gateway's or ours, so that it hides nothing. No I/O."""

from __future__ import annotations

from datetime import datetime, timedelta

from analytics.home_engine import CLOCK_AHEAD_S
from core.store.engine import PipelineReport

AHEAD = timedelta(seconds=CLOCK_AHEAD_S)


class Proofs:
    """Proofs of life of the pipeline, each believed no further than our own clock."""

    def __init__(self) -> None:
        self._last: datetime | None = None

    def take(self, report: PipelineReport, now: datetime) -> PipelineReport:
        """Return the proof; of a gateway whose clock runs ahead, only what it says anew is one.

        Examples
        --------
        >>> noon = datetime(2026, 3, 2, 12)
        >>> ahead = PipelineReport(heard_at=noon + timedelta(days=1), heard_since=None)
        >>> proofs = Proofs()
        >>> [proofs.take(ahead, noon).heard_at == noon, proofs.take(ahead, noon).heard_at]
        [True, None]
        """
        at = report.heard_at
        if at is None or at <= now + AHEAD:
            return report
        anew, self._last = at != self._last, at
        return PipelineReport(heard_at=now if anew else None, heard_since=None)


def fault_of(tick_at: datetime | None, now: datetime) -> str:
    """Say why no silence is noticed; empty where it is: no moment is passed twice.

    Parameters
    ----------
    tick_at
        Moment to which the logical clock has come; None before the first.
    """
    if tick_at is None or tick_at <= now + AHEAD:
        return ""
    return (
        f"the last tick is of {tick_at.isoformat()}, a time that has not come: a clock ran ahead,"
        " and no silence is noticed until then"
    )

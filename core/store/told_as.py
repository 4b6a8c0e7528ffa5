"""Whether a finding is told or kept in silence, as SQL: by how its home stands, and stood when it was."""

from __future__ import annotations

from typing import LiteralString

from core.model.away import KEPT
from core.store.basis import stopped

ALL_THE_SAME: list[str] = sorted(KEPT)
"""Value of ``%(kept)s``."""

# What is said in a home that must not be watched is refused: to detection it is silence. What it saw before,
# and takes a moment to notice, is told.
_REFUSED: LiteralString = (
    "exists (select 1 from ("
    + stopped("'care_monitoring'", at="(f.noticed_at - interval '1 minute')")
    + ") s where s.home_id = f.home_id)"
)

# Where a carer has said that nobody is at home, calls, falls and hazards are told all the same: also what is
# taken in a moment after that has ended.
_AWAY: LiteralString = (
    "f.detector = any(%(kept)s) and h.mode <> 'archive' and (away_at(f.home_id, 'infinity')"
    " or away_at(f.home_id, f.noticed_at)) and not " + _REFUSED
)

MODE: LiteralString = (
    "case when "
    + _AWAY
    + " then 'live' when h.mode = 'live' and (f.noticed_at < h.live_since or "
    + _REFUSED
    + ") then 'test' else h.mode end"
)
"""The mode by which a finding ``f`` of a home ``h`` is taken in; `HomeMode.TEST` is silence."""

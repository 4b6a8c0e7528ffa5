"""Count findings as people meet them: what belongs together is one incident. Pure.

The rule is the one that alerting goes by (`core.model.incident`); the evaluation counts with this how
often somebody is woken.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from core.model.finding import Phase
from core.model.incident import EpisodeKey, Incident, begun, belongs, joined, key_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from core.model.finding import Finding
    from core.model.ids import HomeId, ResidentId

__all__ = ["Incident", "incidents"]

_RECENT = 16
"""Incidents of one resident that a new episode may still join."""


def incidents(findings: Iterable[Finding]) -> list[Incident]:
    """Fuse findings into incidents, in the order in which they opened.

    What is for the operators is not fused: each episode stands alone. Nobody is taken to answer, so
    an incident is open until its causes are gone.

    Parameters
    ----------
    findings
        Of any homes and residents, in any order.

    Examples
    --------
    >>> len(incidents([]))
    0
    """
    found: list[Incident] = []
    place: dict[EpisodeKey, int] = {}
    recent: defaultdict[tuple[HomeId, ResidentId | None], list[int]] = defaultdict(list)
    for finding in sorted(findings, key=lambda one: one.noticed_at):
        key = key_of(finding)
        if key in place:
            found[place[key]] = joined(found[place[key]], finding)
            continue
        if finding.phase is Phase.CLEARED:
            continue
        lately = recent[finding.home_id, finding.resident_id]
        where = next((n for n in reversed(lately) if belongs(found[n], finding)), len(found))
        if where < len(found):
            found[where] = joined(found[where], finding)
        else:
            found.append(begun(finding))
            lately.append(where)
            del lately[:-_RECENT]
        place[key] = where
    return found

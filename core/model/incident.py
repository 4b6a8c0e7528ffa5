"""Which findings are one incident: what happened to one person at one time, whoever noticed it. Pure.

Alerting asks it before it opens an alert, the evaluation when it counts how often people are woken
(docs/decisions/0105).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from core.model.finding import Audience, Phase, Severity

if TYPE_CHECKING:
    from core.model.finding import Finding
    from core.model.ids import HomeId, ResidentId

TOGETHER = timedelta(minutes=30)
"""Evidence of one resident within so long is one incident (detection.md §9)."""
CONNECTED = timedelta(hours=12)
"""What is raised so long after the last evidence joins while an episode of the incident is not over."""
SAME_ONSET = timedelta(seconds=1)
ONE_SILENCE = frozenset({"inactivity", "late_rise", "overstay", "wrist_stillness"})
"""Detectors that watch the same silence: they never page side by side (detection.md (a) Fusion)."""


class EpisodeKey(NamedTuple):
    """What all findings of one episode of one detector have in common."""

    home_id: HomeId
    resident_id: ResidentId | None
    detector: str
    subject: str
    onset: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One episode within an incident."""

    key: EpisodeKey
    #: The highest so far.
    severity: Severity
    #: When it was last said or said to be worse.
    last_at: datetime
    #: When its cause went; None while it has not.
    cleared_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """Episodes that belong together, in the order in which they were first noticed; at least one."""

    audience: Audience
    opened_at: datetime
    parts: tuple[Part, ...]

    @property
    def home_id(self) -> HomeId:
        """Home in which it happened."""
        return self.parts[0].key.home_id

    @property
    def resident_id(self) -> ResidentId | None:
        """Whom it concerns; None for nobody in particular."""
        return self.parts[0].key.resident_id

    @property
    def onset(self) -> datetime:
        """When the earliest of its episodes began."""
        return min(part.key.onset for part in self.parts)

    @property
    def leading(self) -> Part:
        """The most severe episode, the first of equals."""
        return max(self.parts, key=lambda part: part.severity.rank)

    @property
    def severity(self) -> Severity:
        """Severity of the leading episode."""
        return self.leading.severity

    @property
    def last_at(self) -> datetime:
        """When something was last said, not counting that a cause went."""
        return max(part.last_at for part in self.parts)

    @property
    def cleared_at(self) -> datetime | None:
        """When the last cause went; None while one has not."""
        moments = [part.cleared_at for part in self.parts]
        known = [moment for moment in moments if moment is not None]
        return max(known) if len(known) == len(moments) else None

    def has(self, key: EpisodeKey) -> bool:
        """Tell whether an episode is part of it."""
        return any(part.key == key for part in self.parts)


def key_of(finding: Finding) -> EpisodeKey:
    """Return the episode that a finding is about."""
    return EpisodeKey(
        finding.home_id, finding.resident_id, finding.detector, finding.subject, finding.onset
    )


def begun(finding: Finding) -> Incident:
    """Return the incident that begins with a finding."""
    part = Part(key=key_of(finding), severity=finding.severity, last_at=finding.noticed_at)
    return Incident(audience=finding.audience, opened_at=finding.noticed_at, parts=(part,))


def belongs(incident: Incident, finding: Finding, *, ended: bool = False) -> bool:
    """Tell whether the first finding of an episode is further evidence of an incident.

    Parameters
    ----------
    ended
        A human has closed it: only what watches the same silence still belongs, and not for long.
    """
    if not (incident.audience is finding.audience is Audience.CARERS):
        return False
    first = incident.parts[0].key
    if (first.home_id, first.resident_id) != (finding.home_id, finding.resident_id):
        return False
    apart = abs(finding.noticed_at - incident.last_at)
    if ended:
        return apart <= TOGETHER and shares_silence(incident, finding)
    return apart <= TOGETHER or shares_silence(incident, finding) or _connected(incident, finding)


def shares_silence(incident: Incident, finding: Finding) -> bool:
    """Tell whether an episode of the incident that is not over watches the same silence.

    That is: both began at the same moment, or both detectors wait for the same movement.
    """
    watches = finding.detector in ONE_SILENCE
    return any(
        abs(part.key.onset - finding.onset) <= SAME_ONSET
        or (watches and part.key.detector in ONE_SILENCE)
        for part in incident.parts
        if part.cleared_at is None
    )


def _connected(incident: Incident, finding: Finding) -> bool:
    if finding.severity is Severity.NOTICE or finding.noticed_at - incident.last_at > CONNECTED:
        return False
    return any(
        part.cleared_at is None and part.severity is not Severity.NOTICE for part in incident.parts
    )


def joined(incident: Incident, finding: Finding) -> Incident:
    """Return the incident with one more finding: of an episode that it has, or of a further one."""
    key = key_of(finding)
    if not incident.has(key):
        more = begun(finding).parts
        return replace(incident, parts=incident.parts + more)
    return replace(
        incident,
        parts=tuple(_heard(part, finding) if part.key == key else part for part in incident.parts),
    )


def _heard(part: Part, finding: Finding) -> Part:
    if finding.phase is Phase.CLEARED:
        return replace(part, cleared_at=finding.noticed_at)
    worst = max(part.severity, finding.severity, key=lambda severity: severity.rank)
    last_at = max(part.last_at, finding.noticed_at)
    return replace(part, severity=worst, last_at=last_at, cleared_at=None)

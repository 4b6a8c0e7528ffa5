"""The contract of a detector: observations and silence in, findings out. Pure.

A detector is one module in ``analytics/detectors`` that offers ``DETECTOR``, a `DetectorSpec`. The
engine keeps one instance per home, gives it every observation and a tick every so often, and saves and
restores it. Its time is logical: what it does depends on its inputs alone, never on a clock.
`analytics.checks` is the contract in executable form.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol, cast, runtime_checkable

from analytics import detectors
from analytics.features.localtime import moment
from core.model import plugins
from core.model.errors import PluginBroken
from core.model.finding import Audience, Evidence, Finding, Phase, Severity
from core.model.forecast import Forecast
from core.model.ids import DeviceId, HomeId, ResidentId

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from analytics.features.plan import HomePlan
    from analytics.features.view import HomeView
    from core.model.observation import Observation
    from core.model.quantity import Quantity


EACH_TICK = -math.inf
"""``due`` of a detector that is to be ticked at each moment of the grid."""
NEVER = math.inf
"""``due`` of a detector that has nothing to do until something happens."""


class Signs(IntEnum):
    """Which words of quantities by which a person shows a detector is given.

    Sensors repeat what they said and tell when a motion ends: more than half of what a home says is no sign
    of a person. Who has nothing to do with it is not called. Each kind takes in the ones after it.
    """

    ALL = 0
    """Every word, also one that nobody made."""
    SHOWN = 1
    """A person made it (``view.shown``)."""
    FRESH = 2
    """It moved the last activity forward (``view.fresh``): not what comes late."""


class Detector(Protocol):
    """One detector watching one home."""

    @property
    def due(self) -> float:
        """Logical time in seconds from which silence may mean something to it, as things stand.

        The engine ticks it at the first moment of the grid from then on; and, whatever is due, when the
        day ends and when the view has changed by itself (somebody counts as away, the home can not be
        seen). It may be too early, never too late; `feed`, `tick` and `restore` bring it up to date.
        """
        ...

    def feed(self, observation: Observation, view: HomeView) -> Sequence[Finding]:
        """Take in one observation, already part of ``view``; return what is noticed now."""
        ...

    def tick(self, view: HomeView) -> Sequence[Finding]:
        """Let time pass to ``view.now``; return what silence means."""
        ...

    def snapshot(self) -> Any:
        """Return the whole state as numbers, texts, bytes, lists and dicts; no more than 32 kB."""
        ...

    def restore(self, state: Any) -> None:
        """Become what `snapshot` saw."""
        ...


@runtime_checkable
class Forecasting(Protocol):
    """A detector of silence that can say when it would speak; its spec says ``forecasts``."""

    def forecast(self, view: HomeView) -> Forecast | None:
        """Return when it speaks if nothing happens from now on; None for never, or not known."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A number that a detector depends on."""

    name: str
    value: float
    unit: str
    #: What it does and where it comes from.
    meaning: str
    #: Bounds that learning from carers may not cross; None where nothing learns it.
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectorSpec:
    """What people and the engine need to know of a detector."""

    #: Equals the module's name.
    name: str
    title: str
    #: One sentence: what it notices.
    notices: str
    #: What it can not see, a sentence each.
    blind_spots: tuple[str, ...]
    #: Papers, data sets and design notes behind it.
    references: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    create: Callable[[], Detector]
    #: Quantities it wants; None for all that a person or device can say.
    quantities: frozenset[Quantity] | None = None
    #: Of the quantities by which a person shows, which words it wants; of all others it gets each.
    signs: Signs = Signs.ALL
    #: True when it must speak up, by ticks alone, once everything in a home stops.
    notices_silence: bool = False
    #: True when it can say when it would speak.
    forecasts: bool = False
    #: True for a rule with fixed numbers that speaks from the first minute (detection.md §10).
    safety: bool = False
    #: Changes whenever an older snapshot can not be read any more.
    state_version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectorFailure:
    """A detector raised; the others went on."""

    home_id: HomeId
    detector: str
    #: Kind of the error and where it was raised; no values, they may be personal.
    error: str
    #: Logical time in seconds.
    at: float
    trace: str = ""


@dataclass(slots=True, kw_only=True)
class Episode:
    """An episode that a detector has told of and that is not over."""

    #: When it began, in seconds.
    onset: float
    #: When it was first told.
    noticed: float
    severity: Severity
    #: Whom it concerns since it was first told, 0 for nobody in particular; None before.
    person: int | None = None

    def snapshot(self) -> list[Any]:
        """Return it as plain values."""
        known = [] if self.person is None else [self.person]
        return [self.onset, self.noticed, self.severity.value, *known]

    @classmethod
    def restored(cls, state: list[Any] | None) -> Episode | None:
        """Return the episode as `snapshot` saw it; None for None."""
        if state is None:
            return None
        onset, noticed, severity, *person = state  # whom it concerns was not kept before 0253
        return cls(
            onset=onset,
            noticed=noticed,
            severity=Severity(severity),
            person=person[0] if person else None,
        )

    def concerns(self, plan: HomePlan) -> int | None:
        """Return whom it concerns: all that is said of it, also after somebody moved in; None for nobody.

        Its parts are known by that. It is forgotten with who does not live there any more.
        """
        if self.person and all(self.person != number for number, _ in plan.residents):
            self.person = None
        if self.person is None:
            self.person = plan.resident_id or 0
        return self.person or None


def fact(text: str, at: float | None = None, device_id: int | None = None) -> Evidence:
    """Return one piece of evidence; ``at`` in seconds."""
    return Evidence(
        at=None if at is None else moment(at),
        text=text,
        device_id=None if device_id is None else DeviceId(device_id),
    )


def finding(
    view: HomeView,
    detector: str,
    episode: Episode,
    what: str,
    phase: Phase = Phase.OPENED,
    **more: Any,
) -> Finding:
    """Return a finding about an episode in the home of ``view``, noticed now.

    ``more`` are further fields of `core.model.finding.Finding`. It concerns the resident where one
    lived alone when the episode was first told, unless it is for the operators.
    """
    audience = more.pop("audience", Audience.CARERS)
    person = episode.concerns(view.plan) if audience is Audience.CARERS else None
    return Finding(
        home_id=HomeId(view.plan.home_id),
        resident_id=None if person is None else ResidentId(person),
        detector=detector,
        severity=episode.severity,
        audience=audience,
        phase=phase,
        onset=moment(episode.onset),
        noticed_at=moment(view.now),
        what=what,
        **more,
    )


def forecast(view: HomeView, detector: str, at: float, severity: Severity, what: str) -> Forecast:
    """Return that a detector speaks at ``at``, in seconds, if nothing happens in the home of ``view``.

    It concerns the resident where one lives alone.
    """
    person = view.plan.resident_id
    return Forecast(
        home_id=HomeId(view.plan.home_id),
        resident_id=None if person is None else ResidentId(person),
        detector=detector,
        speaks_at=moment(at),
        severity=severity,
        what=what,
    )


@cache
def discover() -> Mapping[str, DetectorSpec]:
    """Return all detectors by name.

    Raises
    ------
    PluginBroken
        Naming the file, if one does not load or its name is not its module's.
    """
    found = cast("dict[str, DetectorSpec]", plugins.discover(detectors, "DETECTOR"))
    for module, spec in found.items():
        if spec.name != module:
            raise PluginBroken(f"analytics/detectors/{module}.py: its name must be {module!r}")
    return found

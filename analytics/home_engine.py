"""One home as a state machine over its observations and the ticks of a logical clock. Pure.

Logical time is ``received_at``, made monotone; ticks fall on a fixed grid, whether rows drive the
clock or the service does. So a replay makes the same decisions as the live run, wherever it is cut.
"""

from __future__ import annotations

import traceback
from collections import deque
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import msgspec

from analytics.detector import DetectorFailure, Episode, discover, fact, finding
from analytics.features.plan import HomePlan
from analytics.features.view import HomeView
from core.model.errors import Malformed
from core.model.finding import Audience, Finding, Severity
from core.model.home import HomeMode
from core.model.ids import HomeId
from core.model.quantity import Quantity

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from analytics.detector import Detector, DetectorSpec
    from core.model.observation import Observation

TICK_S = 30.0
REMEMBERED_KEYS = 512
"""Natural keys kept per home against redelivery (detection.md §0)."""
CLOCK_AHEAD_S = 60.0
"""A gateway's clock may run so far ahead of ours before its times are cut."""
FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What the engine is told beside observations; part of each journalled step."""

    #: Our own time when the step began; bounds the gateways' clocks. None: no bound.
    now: datetime | None = None
    #: Last moment at which a gateway was seen to hear the broker; None when nothing new is known.
    heard_at: datetime | None = None
    #: Since when it has heard it without a break; None when not known.
    heard_since: datetime | None = None
    #: Devices gone by their last will, by home; None when that has not changed.
    offline: Mapping[str, tuple[int, ...]] | None = None


@dataclass(slots=True, kw_only=True)
class Noticed:
    """What came out of a step."""

    findings: list[Finding] = field(default_factory=list)
    failures: list[DetectorFailure] = field(default_factory=list)

    def add(self, other: Noticed) -> None:
        """Append what came out of another one."""
        self.findings += other.findings
        self.failures += other.failures


class HomeEngine:
    """One home: its context and its detectors.

    Parameters
    ----------
    home
        The home as detection sees it.
    specs
        Detectors to run; all that are found when None.
    tick_s
        Grid of the logical clock, in seconds.
    """

    def __init__(
        self,
        home: HomePlan,
        specs: Mapping[str, DetectorSpec] | None = None,
        tick_s: float = TICK_S,
    ) -> None:
        self.plan = home
        #: Number of the last journalled step that it has taken in.
        self.step = 0
        self._specs = dict(sorted((discover() if specs is None else specs).items()))
        self._detectors: dict[str, Detector] = {
            name: spec.create() for name, spec in self._specs.items()
        }
        self._interested = {
            quantity: tuple(
                (name, self._detectors[name])
                for name, spec in self._specs.items()
                if spec.quantities is None or quantity in spec.quantities
            )
            for quantity in Quantity
        }
        self._tick_s = tick_s
        self._view: HomeView | None = None
        self._grid = 0
        self._keys: deque[tuple[object, ...]] = deque()
        self._known: set[tuple[object, ...]] = set()
        self._fenced: dict[str, int] = {}
        self._offline: tuple[int, ...] = ()
        self._ceiling = float("inf")

    @property
    def view(self) -> HomeView | None:
        """What the detectors see; None before the first observation or tick."""
        return self._view

    def look(self, inputs: Inputs) -> Noticed | None:
        """Take in what is known of the pipeline; to be followed by rows or a tick."""
        self._ceiling = float("inf")
        if inputs.now is not None:
            self._ceiling = inputs.now.timestamp() + CLOCK_AHEAD_S
        if inputs.offline is not None:
            self._offline = tuple(inputs.offline.get(self.plan.home_id, ()))
        if self._view is None:
            return None
        self._view.coverage.set_offline(self._offline)
        if inputs.heard_at is not None:
            since = inputs.heard_since
            self._view.coverage.look(
                inputs.heard_at.timestamp(), None if since is None else since.timestamp()
            )
        return None

    def feed(self, observation: Observation) -> Noticed | None:
        """Take in one observation of this home; return what is noticed, None for nothing."""
        received = min(observation.received_at.timestamp(), self._ceiling)
        noticed = self._advance(received)
        view = self._started(received)
        device = self.plan.by_id.get(observation.device_id)
        if device is None or self._seen_before(observation):
            return noticed
        view.now = max(view.now, received)
        view.observe(observation, device, observation.observed_at.timestamp())
        for name, detector in self._interested[observation.quantity]:
            try:
                said = detector.feed(observation, view)
            except Exception as error:  # noqa: BLE001 (the fence: the home's other detectors go on)
                noticed = self._fence(name, error, noticed)
                continue
            if said:
                noticed = self._take(said, noticed)
        return noticed

    def tick(self, now: datetime) -> Noticed | None:
        """Let time pass to ``now``: all moments of the grid up to it, each once."""
        seconds = now.timestamp()
        noticed = self._advance(seconds)
        self._started(seconds)
        return noticed

    def _started(self, now: float) -> HomeView:
        if self._view is None:
            self._view = HomeView(self.plan, now)
            self._view.coverage.set_offline(self._offline)
            self._grid = int(now // self._tick_s)
        return self._view

    def _advance(self, now: float) -> Noticed | None:
        noticed: Noticed | None = None
        last = int(now // self._tick_s)
        while self._view is not None and self._grid < last:
            self._grid += 1
            noticed = self._tick_once(self._view, self._grid * self._tick_s, noticed)
        return noticed

    def _tick_once(self, view: HomeView, now: float, noticed: Noticed | None) -> Noticed | None:
        view.advance(now)
        for name, detector in self._detectors.items():
            try:
                said = detector.tick(view)
            except Exception as error:  # noqa: BLE001 (the fence: the home's other detectors go on)
                noticed = self._fence(name, error, noticed)
                continue
            if said:
                noticed = self._take(said, noticed)
        return noticed

    def _seen_before(self, observation: Observation) -> bool:
        key = (
            observation.device_id,
            observation.observed_at.timestamp(),
            observation.quantity.value,
            observation.discriminator,
        )
        if key in self._known:
            return True
        self._known.add(key)
        self._keys.append(key)
        if len(self._keys) > REMEMBERED_KEYS:
            self._known.discard(self._keys.popleft())
        return False

    def _take(self, said: Sequence[Finding], noticed: Noticed | None) -> Noticed:
        noticed = noticed or Noticed()
        test = self.plan.mode is HomeMode.TEST
        noticed.findings += [_for_test(one) for one in said] if test else said
        return noticed

    def _fence(self, name: str, error: Exception, noticed: Noticed | None) -> Noticed:
        noticed, view = noticed or Noticed(), self._view
        at = view.now if view is not None else 0.0
        noticed.failures.append(failure(self.plan.home_id, name, error, at))
        if view is not None and self._fenced.get(name) != view.day:
            self._fenced[name] = view.day
            noticed.findings.append(_fenced_finding(view, name))
        return noticed

    def snapshot(self) -> bytes:
        """Return the whole state; equal states give equal bytes."""
        state = {
            "format": FORMAT,
            "step": self.step,
            "plan": self.plan,
            "tick_s": self._tick_s,
            "grid": self._grid,
            "view": self._view.snapshot() if self._view is not None else None,
            "keys": list(self._keys),
            "fenced": self._fenced,
            "offline": self._offline,
            "detectors": {
                name: [self._specs[name].state_version, detector.snapshot()]
                for name, detector in self._detectors.items()
            },
        }
        return _encoded(state)

    @classmethod
    def restored(cls, state: bytes, specs: Mapping[str, DetectorSpec] | None = None) -> HomeEngine:
        """Return the home as `snapshot` saw it.

        A detector that is new, or whose state is of another version, starts anew.

        Raises
        ------
        Malformed
            If the snapshot is of another format.
        """
        saved = _decoded(state)
        home = cls(msgspec.convert(saved["plan"], HomePlan), specs, saved["tick_s"])
        home.step, home._grid, home._fenced = saved["step"], saved["grid"], saved["fenced"]
        home._offline = tuple(saved["offline"])
        if saved["view"] is not None:
            home._view = HomeView.restored(home.plan, saved["view"])
        home._keys = deque(tuple(key) for key in saved["keys"])
        home._known = set(home._keys)
        for name, (version, detector_state) in saved["detectors"].items():
            if name in home._detectors and home._specs[name].state_version == version:
                home._detectors[name].restore(detector_state)
        return home

    def replan(self, home: HomePlan) -> HomeEngine:
        """Return this home with other rooms, residents or devices, and all that was learned."""
        saved = _decoded(self.snapshot())
        saved["plan"] = home
        if saved["view"] is not None:
            coverage = saved["view"]["coverage"]
            known = coverage["devices"].items()
            coverage["devices"] = {key: state for key, state in known if int(key) in home.by_id}
        return HomeEngine.restored(_encoded(saved), self._specs)


def _encoded(state: dict[str, Any]) -> bytes:
    return msgspec.msgpack.encode(state, order="deterministic")


def _decoded(state: bytes) -> dict[str, Any]:
    try:
        saved: dict[str, Any] = msgspec.msgpack.decode(state, strict=False)
    except msgspec.DecodeError as error:
        raise Malformed("snapshot", "MessagePack") from error
    if saved.get("format") != FORMAT:
        raise Malformed("snapshot", f"format {FORMAT}")
    return saved


def failure(home_id: str, detector: str, error: Exception, at: float) -> DetectorFailure:
    """Return the record of an error of a detector: its kind and its place, never its values."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {PurePath(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    lines = [f"{PurePath(one.filename).name}:{one.lineno} {one.name}" for one in frames]
    return DetectorFailure(
        home_id=HomeId(home_id),
        detector=detector,
        error=f"{type(error).__name__}{place}",
        at=at,
        trace="\n".join(lines),
    )


def _fenced_finding(view: HomeView, name: str) -> Finding:
    onset = view.now
    return finding(
        view,
        name,
        Episode(onset=onset, noticed=view.now, severity=Severity.CHECK),
        f"The detector “{name}” failed for this home and may miss something",
        audience=Audience.OPERATORS,
        subject="fenced",
        advice="Tell the developers; the trace is in the table detector_error.",
        evidence=(fact("The other detectors go on"),),
    )


def _for_test(said: Finding) -> Finding:
    mark = fact("This home is being set up (mode test): no carer is told")
    return replace(said, audience=Audience.OPERATORS, evidence=(*said.evidence, mark))

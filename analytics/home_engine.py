"""One home as a state machine over its observations and the ticks of a logical clock. Pure.

Logical time is ``received_at``, made monotone; ticks fall on a fixed grid, whether rows drive the
clock or the service does. So a replay makes the same decisions as the live run, wherever it is cut.

Moments of the grid at which nothing is due are passed over (docs/decisions/0100): the view says from
when on it may change by itself, each detector from when on silence may mean something to it.
"""

# ruff: noqa: PLR1730 (at each event, a comparison costs a third of min or max)
from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec
from mypy_extensions import mypyc_attr

from analytics.detector import DetectorFailure, Signs, discover
from analytics.features.plan import HomePlan
from analytics.features.view import HomeView
from analytics.fencing import CONTEXT, as_told, failure, fenced_finding
from analytics.former_states import FORMAT, lifted
from analytics.recent_keys import RecentKeys
from analytics.wants import who_wants
from core.model.errors import Malformed
from core.model.finding import Finding
from core.model.quantity import Quantity

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from analytics.detector import Detector, DetectorSpec
    from core.model.learning import Margin
    from core.model.observation import Observation

    Listener = tuple[str, Detector, Callable[[Observation, HomeView], Sequence[Finding]]]

TICK_S = 30.0
_ALL, _SHOWN, _FRESH = Signs
REMEMBERED_KEYS = 512
"""Natural keys kept per home against redelivery (detection.md §0)."""
CLOCK_AHEAD_S = 60.0
"""A gateway's clock may run so far ahead of ours before its times are cut."""


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
    #: Margins that carers' answers have moved, by home; None for none.
    margins: Mapping[str, tuple[Margin, ...]] | None = None


@dataclass(slots=True, kw_only=True)
class Noticed:
    """What came out of a step."""

    findings: list[Finding] = field(default_factory=list)
    failures: list[DetectorFailure] = field(default_factory=list)

    def add(self, other: Noticed) -> None:
        """Append what came out of another one."""
        self.findings += other.findings
        self.failures += other.failures


@mypyc_attr(allow_interpreted_subclasses=True)
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
        self._devices = home.by_id
        #: Who is given a word of a quantity: of one that nobody made, of one that comes late, of any other.
        self._interested: dict[Quantity, tuple[tuple[Listener, ...], ...]] = {}
        self._listen()
        self._tick_s = tick_s
        self._view: HomeView | None = None
        self._grid = 0
        #: Before it there is no moment of the grid that was not passed, in seconds.
        self._grid_ends = -math.inf
        #: No detector has anything to do before; perhaps too early, never too late.
        self._due = -math.inf
        self._keys = RecentKeys(REMEMBERED_KEYS)
        self._fenced: dict[str, int] = {}
        #: How often in a row each kind of input could not be taken in at all.
        self.stumbles: dict[str, int] = {}
        #: Detectors whose saved state could not be read: they start anew.
        self.unread: list[DetectorFailure] = []
        self._offline: tuple[int, ...] = ()
        self._ceiling = float("inf")

    @property
    def view(self) -> HomeView | None:
        """What the detectors see; None before the first observation or tick."""
        return self._view

    @property
    def detectors(self) -> Mapping[str, Detector]:
        """The detectors by name."""
        return self._detectors

    def look(self, inputs: Inputs) -> Noticed | None:
        """Take in what is known of the pipeline; to be followed by rows or a tick."""
        self._ceiling = float("inf")
        if inputs.now is not None:
            self._ceiling = inputs.now.timestamp() + CLOCK_AHEAD_S
        if inputs.offline is not None:
            self._offline = tuple(inputs.offline.get(self.plan.home_id, ()))
            if self._view is not None:
                self._view.set_offline(self._offline)
        if self._view is None:
            return None
        if inputs.heard_at is not None:
            since = inputs.heard_since
            self._view.look(
                inputs.heard_at.timestamp(), None if since is None else since.timestamp()
            )
        if inputs.margins is not None and (moved := inputs.margins.get(self.plan.home_id)):
            self._view.margins.take(moved)
            self._view.stir()
        return None

    def feed(self, observation: Observation) -> Noticed | None:
        """Take in one observation of this home; return what is noticed, None for nothing."""
        heard, observed = observation.received_at, observation.observed_at
        received = heard.timestamp()
        # most devices have no clock of their own
        happened = received if observed == heard else observed.timestamp()
        if received > self._ceiling:
            received = self._ceiling
        noticed: Noticed | None = None
        view = self._view
        if view is None:
            view = self._started(received)
        elif received >= self._grid_ends and (received >= self._due or received >= view.due):
            noticed = self._advance(received)
        quantity, device_id = observation.quantity, observation.device_id
        device = self._devices.get(device_id)
        if device is None or not self._keys.add(
            (device_id, happened, quantity, observation.discriminator)
        ):
            return noticed or self._advance(received)
        if received > view.now:
            view.now = received
        view.observe(observation, device, happened)
        noticed = self._vouch(observation, view, noticed) if view.vouched else noticed
        signs = _FRESH if view.fresh else _SHOWN if view.shown else _ALL
        listeners = self._interested[quantity][signs]
        return self._tell(listeners, observation, view, noticed) if listeners else noticed

    def _vouch(self, word: Observation, view: HomeView, noticed: Noticed | None) -> Noticed | None:
        """Take in what had to wait for this word; the word itself is taken in last, and not yet told."""
        (*waited, present), view.vouched = view.vouched, []
        for sign in waited:
            if (device := self._devices.get(sign.device_id)) is not None:
                earlier = sign.said(word)
                view.vouch(earlier, device, sign.at)
                listeners = self._interested[earlier.quantity][_FRESH if view.fresh else _SHOWN]
                noticed = self._tell(listeners, earlier, view, noticed)
        view.vouch(word, self._devices[word.device_id], present.at)
        return noticed

    def _listen(self) -> None:
        """Give the detectors, in order of their names, to the quantities of which they want a word."""
        detectors = self._detectors
        listeners = {name: (name, one, one.feed) for name, one in detectors.items()}
        wanted = who_wants(
            tuple((name, spec.quantities, spec.signs) for name, spec in self._specs.items())
        )
        # many quantities are of the same ones: of each group there is one tuple in a home
        groups = {
            names: tuple(listeners[name] for name in names)
            for by_signs in wanted.values()
            for names in by_signs
        }
        self._interested = {
            quantity: tuple(groups[names] for names in by_signs)
            for quantity, by_signs in wanted.items()
        }

    def _tell(
        self,
        listeners: tuple[Listener, ...],
        observation: Observation,
        view: HomeView,
        noticed: Noticed | None,
    ) -> Noticed | None:
        first = self._due
        for name, detector, feed in listeners:
            try:
                said = feed(observation, view)
                due = detector.due
            except Exception as error:  # noqa: BLE001 (the fence: the home's other detectors go on)
                noticed, first = self._fence(name, error, noticed), -math.inf
                continue
            if due < first:
                first = due
            if said:
                noticed = self._take(said, noticed)
        self._due = first
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
            self._view.set_offline(self._offline)
            self._grid = int(now // self._tick_s)
        return self._view

    def _advance(self, now: float) -> Noticed | None:
        """Visit the moments of the grid up to ``now`` at which something is due."""
        view, last = self._view, int(now // self._tick_s)
        if view is None:
            return None
        self._grid = self._passed(view)
        noticed: Noticed | None = None
        while (grid := self._next_due(min(self._due, view.due))) <= last:
            self._grid = int(grid)
            noticed = self._tick_once(view, self._grid * self._tick_s, noticed)
        self._grid = max(self._grid, last)
        self._grid_ends = (self._grid + 1) * self._tick_s
        view.now = max(view.now, self._grid * self._tick_s)
        return noticed

    def _passed(self, view: HomeView) -> int:
        """Return the last moment of the grid that has passed, visited or not."""
        return max(self._grid, int(view.now // self._tick_s))

    def _next_due(self, due: float) -> float:
        """Return the first moment of the grid, after the last visited one, at or after ``due``."""
        if not self._grid * self._tick_s < due < math.inf:
            return math.inf if due == math.inf else self._grid + 1
        grid = due // self._tick_s
        return max(grid if grid * self._tick_s >= due else grid + 1, self._grid + 1)

    def _tick_once(self, view: HomeView, now: float, noticed: Noticed | None) -> Noticed | None:
        view.advance(now)
        first, everybody = math.inf, view.changed
        for name, detector in self._detectors.items():
            try:
                due = detector.due
                if everybody or due <= now:
                    said = detector.tick(view)
                    due = detector.due
                    if said:
                        noticed = self._take(said, noticed)
            except Exception as error:  # noqa: BLE001 (the fence: the home's other detectors go on)
                noticed, first = self._fence(name, error, noticed), -math.inf
                continue
            if due < first:
                first = due
        self._due = first
        return noticed

    def _take(self, said: Sequence[Finding], noticed: Noticed | None) -> Noticed:
        noticed = noticed or Noticed()
        noticed.findings += as_told(said, self.plan)
        return noticed

    def _fence(self, name: str, error: Exception, noticed: Noticed | None) -> Noticed:
        noticed, view = noticed or Noticed(), self._view
        at = view.now if view is not None else 0.0
        noticed.failures.append(failure(self.plan.home_id, name, error, at))
        if view is not None and self._fenced.get(name) != view.day:
            self._fenced[name] = view.day
            noticed = self._take((fenced_finding(view, name),), noticed)
        return noticed

    def stumble(self, kind: str, error: Exception) -> Noticed:
        """Take note that an input could not be taken in at all: by nobody, not by one detector alone."""
        self.stumbles[kind] = self.stumbles.get(kind, 0) + 1
        return self._fence(CONTEXT, error, None)

    def snapshot(self) -> bytes:
        """Return the whole state; equal states give equal bytes."""
        state = {
            "format": FORMAT,
            "step": self.step,
            "plan": self.plan.saved(),
            "tick_s": self._tick_s,
            "grid": self._grid if self._view is None else self._passed(self._view),
            "view": self._view.snapshot() if self._view is not None else None,
            "keys": self._keys.snapshot(),
            "fenced": self._fenced,
            "offline": self._offline,
            "stumbles": self.stumbles,
            "detectors": {
                name: [self._specs[name].state_version, detector.snapshot()]
                for name, detector in self._detectors.items()
            },
        }
        return _encoded(state)

    @classmethod
    def restored(cls, state: bytes, specs: Mapping[str, DetectorSpec] | None = None) -> HomeEngine:
        """Return the home as `snapshot` saw it, of this format or a former one that can be lifted.

        A detector that is new, or whose state is of another version or can not be read, starts anew.

        Raises
        ------
        Malformed
            If the snapshot is of another format, or can not be read for any other reason.
        """
        try:
            return cls._restored(_decoded(state), specs)
        except Malformed:
            raise
        except Exception as error:
            raise Malformed("snapshot", f"a state of format {FORMAT}") from error

    @classmethod
    def _restored(
        cls, saved: dict[str, Any], specs: Mapping[str, DetectorSpec] | None
    ) -> HomeEngine:
        home = cls(HomePlan.restored(saved["plan"]), specs, saved["tick_s"])
        home.step, home._grid, home._fenced = saved["step"], saved["grid"], saved["fenced"]
        home._offline, home.stumbles = tuple(saved["offline"]), dict(saved.get("stumbles", {}))
        if saved["view"] is not None:
            home._view = HomeView.restored(home.plan, saved["view"])
        home._keys = RecentKeys.restored(REMEMBERED_KEYS, saved["keys"])
        for name, (version, detector_state) in saved["detectors"].items():
            if name in home._detectors and home._specs[name].state_version == version:
                home._become(name, detector_state)
        return home

    def _become(self, name: str, state: Any) -> None:
        """Let a detector become what was saved of it; if that can not be, it starts anew."""
        try:
            self._detectors[name].restore(state)
        except Exception as error:  # noqa: BLE001 (the fence: the home's other detectors know what they knew)
            at = 0.0 if self._view is None else self._view.now
            self.unread.append(failure(self.plan.home_id, name, error, at))
            self._detectors[name] = self._specs[name].create()
            self._listen()

    def replan(self, home: HomePlan) -> HomeEngine:
        """Return this home with other rooms, residents or devices, and all that was learned."""
        saved = _decoded(self.snapshot())
        saved["plan"] = home.saved()
        other = HomeEngine.restored(_encoded(saved), self._specs)
        if other.view is not None:
            other.view.refit(self.plan)
        return other


def _encoded(state: dict[str, Any]) -> bytes:
    return msgspec.msgpack.encode(state, order="deterministic")


def _decoded(state: bytes) -> dict[str, Any]:
    try:
        saved: dict[str, Any] = msgspec.msgpack.decode(state, strict=False)
    except msgspec.DecodeError as error:
        raise Malformed("snapshot", "MessagePack") from error
    present = lifted(saved)
    if present is None:
        raise Malformed("snapshot", f"format {FORMAT} or the one before it")
    return present

"""Whether we can see the home at all: a blind pipeline never makes a person still. Pure and bounded."""

from __future__ import annotations

import math
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from analytics.features.devices import DeviceState
from core.model.ids import WHOLE_HOME

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

    from analytics.features.plan import DevicePlan, HomePlan
    from core.model.observation import Observation

BLIND_AFTER_S = 180.0
"""Hub, broker or gateway silent for longer: the home is blind (detection.md (a) D0)."""
PERIODS = 3.0
"""Missed reports after which a device counts as down (detection.md (a) D0)."""
SILENT_HOME_S = 86400.0
"""Nothing at all from a home for a day: blind or away, not still (detection.md §1, TIHM)."""
LATE_S = 600.0
"""A message that comes later than this was kept somewhere (detection.md §0, late evidence)."""
QUEUE_OVER_S = 60.0
"""Without a further late message for so long, what was kept has been delivered."""
QUEUE_MOST_S = 600.0
"""Something that is always late makes nobody blind for longer than this."""
_MOST_SPANS = 16
_KEEP_SPANS_S = 2 * 86400.0


class Darkness(StrEnum):
    """Why a home can not be seen."""

    PIPELINE = "pipeline"
    """No proof of life of a gateway that hears the broker."""
    HUB = "hub"
    """The home's hub is gone."""
    SILENT = "silent"
    """No device has said anything for a day."""
    QUEUE = "queue"
    """A hub delivers what it kept: the latest that we know is hours old, and more is on its way."""
    REFUSED = "refused"
    """Somebody who lives there may not be watched: what sensors say is not kept (0204, 0297)."""


#: Read at each observation: see `Quantity`.
_PIPELINE, _HUB, _SILENT, _QUEUE, _REFUSED = Darkness


class Coverage:
    """Which devices live, and during which spans the home could not be seen."""

    __slots__ = (
        "cause",
        "dark_from",
        "devices",
        "heard",
        "offline",
        "proof",
        "queue",
        "spans",
        "started",
    )

    def __init__(self, now: float) -> None:
        #: Logical time at which this home was first watched.
        self.started = now
        #: Last proof that the pipeline works, in seconds.
        self.proof = now
        #: Last message of any device of this home; the start before the first.
        self.heard = now
        #: Start of the present blindness; None while we see.
        self.dark_from: float | None = None
        self.cause: Darkness | None = None
        #: Past blind spans, the latest last.
        self.spans: list[tuple[float, float]] = []
        #: Devices whose last will says that they are gone.
        self.offline: frozenset[int] = frozenset()
        self.devices: dict[int, DeviceState] = {}
        #: First and last late message since one came in time; None when none has come late.
        self.queue: tuple[float, float] | None = None

    @property
    def blind(self) -> bool:
        """Whether the home can not be seen now."""
        return self.dark_from is not None

    @property
    def forgets_at(self) -> float:
        """When the oldest blind span is forgotten: silences around it count as longer then."""
        return self.spans[0][1] + _KEEP_SPANS_S if self.spans else math.inf

    def look(self, heard_at: float | None, heard_since: float | None) -> None:
        """Take in a proof of life of the pipeline.

        Parameters
        ----------
        heard_at
            Last moment at which a gateway was seen to hear the broker; None for never.
        heard_since
            Since when that gateway has heard it without a break; None when not known.
        """
        if heard_at is not None:
            self._prove(heard_at, heard_since)

    def set_offline(self, gone: Iterable[int]) -> None:
        """Take in which devices are gone by their last will, or `WHOLE_HOME`."""
        self.offline = frozenset(gone)

    def keep(self, devices: Container[int]) -> None:
        """Forget all other devices."""
        self.devices = {key: state for key, state in self.devices.items() if key in devices}

    def hear(self, observation: Observation, at: float, now: float) -> bool:
        """Take in one observation; return whether a person made it."""
        if now > self.proof:
            self._prove(now, None)
        self.heard = now
        if self.cause is _SILENT:
            self._see(now)
        if now - at > LATE_S:
            self._queue(now)
        elif self.queue is not None:
            self.queue = None
            if self.cause is _QUEUE:
                self._see(now)
        state = self.devices.get(observation.device_id)
        if state is None:
            state = self.devices[observation.device_id] = DeviceState()
        return state.hear(observation, at, now)

    def _queue(self, now: float) -> None:
        """Conclude nothing from silence while old messages come in: the next may end it."""
        first = now if self.queue is None else self.queue[0]
        self.queue = (first, now)
        if self.dark_from is None and now < self._queue_over():
            self.dark_from, self.cause = now, _QUEUE

    def _queue_over(self) -> float:
        if self.queue is None:
            return -math.inf
        return min(self.queue[1] + QUEUE_OVER_S, self.queue[0] + QUEUE_MOST_S)

    def advance(self, now: float, plan: HomePlan) -> None:
        """Let time pass to ``now``; find out whether we are blind."""
        if self.cause is _REFUSED and WHOLE_HOME not in self.offline:
            self._listen_again(now)
        cause, since = self._darkness(now, plan)
        if WHOLE_HOME in self.offline:
            cause, since = _REFUSED, now
            self.cause = None if self.dark_from is None else cause
        if cause is not None and self.cause is _QUEUE is not cause:
            self._see(now)
        if cause is None:
            if self.dark_from is not None:
                self._see(now)
        elif self.dark_from is None:
            self.dark_from, self.cause = since, cause
        if self.spans and now - self.spans[0][1] >= _KEEP_SPANS_S:
            del self.spans[0]

    def _listen_again(self, now: float) -> None:
        """Hear again after all was refused: no device was silent, and no pause of theirs is learned."""
        self._see(now)
        self.heard = now
        for state in self.devices.values():
            state.seen = None if state.seen is None else max(state.seen, now)

    def next_due(self, now: float, plan: HomePlan) -> float:
        """Return from when on `advance` may change something, if nothing is heard; after it."""
        due = [self.forgets_at]
        if self.dark_from is None:
            due += [self.proof + BLIND_AFTER_S, self.heard + SILENT_HOME_S]
            for hub in plan.hubs:
                state = self.devices.get(hub.device_id)
                seen = state.seen if state is not None and state.seen is not None else now
                due.append(seen + max(BLIND_AFTER_S, PERIODS * hub.interval_s))
        elif self.cause is _QUEUE:
            due.append(self._queue_over())
        return min(due, default=float("inf"))

    def elapsed(self, since: float, now: float) -> float:
        """Seconds from ``since`` to ``now`` without the spans in which we were blind."""
        total = now - since
        for start, end in self.spans:
            total -= max(0.0, min(end, now) - max(start, since))
        if self.dark_from is not None:
            total -= max(0.0, now - max(self.dark_from, since))
        return total

    def first_blind(self, start: float, end: float) -> float | None:
        """Return where the first blindness within a span begins; None when we saw all of it."""
        spans = list(self.spans)
        if self.dark_from is not None:
            spans.append((self.dark_from, end))
        inside = [max(first, start) for first, last in spans if first < end and last > start]
        return min(inside, default=None)

    def silent_limit_s(self, device: DevicePlan) -> float:
        """Seconds of silence after which a device counts as down.

        Three times the promised interval for a device with a heartbeat; three times the longest
        usual pause otherwise, at least a day and at most a week: an unused room is silent too. A hub
        without a heartbeat speaks through its devices.
        """
        if device.heartbeat:
            return PERIODS * device.interval_s
        state = self.devices.get(device.device_id)
        if device.hub:
            return float("inf")
        if state is None:
            return 7 * SILENT_HOME_S
        return min(max(PERIODS * state.period_s, SILENT_HOME_S), 7 * SILENT_HOME_S)

    def silence_s(self, device: DevicePlan, now: float) -> float:
        """Seconds for which a device has been silent while we could see."""
        state = self.devices.get(device.device_id)
        seen = state.seen if state is not None and state.seen is not None else self.started
        return self.elapsed(seen, now)

    def _darkness(self, now: float, plan: HomePlan) -> tuple[Darkness | None, float]:
        if now - self.proof > BLIND_AFTER_S:
            return _PIPELINE, self.proof
        for hub in plan.hubs:
            state = self.devices.get(hub.device_id)
            seen = state.seen if state is not None and state.seen is not None else None
            if hub.device_id in self.offline:
                return _HUB, seen if seen is not None else now
            limit = max(BLIND_AFTER_S, PERIODS * hub.interval_s)
            if hub.heartbeat and seen is not None and now - seen > limit:
                return _HUB, seen
        if now - self.heard > SILENT_HOME_S:
            return _SILENT, self.heard
        if self.cause is _QUEUE and now < self._queue_over():
            return _QUEUE, now
        return None, now

    def _prove(self, at: float, since: float | None) -> None:
        if at <= self.proof:
            return
        first = self.proof
        seen_from = max(first, since) if since is not None else at
        self.proof = at
        if self.cause is _PIPELINE:
            self._see(max(seen_from, self.dark_from or first))
        elif seen_from - first > BLIND_AFTER_S and self.dark_from is None:
            self._add(first, seen_from)

    def _see(self, now: float) -> None:
        if self.dark_from is not None and self.cause is not _QUEUE:
            self._add(self.dark_from, now)  # of what a queue brings, nothing is missing
        self.dark_from, self.cause = None, None

    def _add(self, start: float, end: float) -> None:
        if end > start:
            self.spans = [*self.spans[-_MOST_SPANS + 1 :], (start, end)]

    def snapshot(self) -> dict[str, Any]:
        """Return all of it as plain values."""
        return {
            "started": self.started,
            "proof": self.proof,
            "heard": self.heard,
            "dark_from": self.dark_from,
            "cause": self.cause.value if self.cause else None,
            "spans": self.spans,
            "offline": sorted(self.offline),
            "queue": self.queue,
            "devices": {str(key): state.snapshot() for key, state in self.devices.items()},
        }

    @classmethod
    def restored(cls, state: dict[str, Any]) -> Coverage:
        """Return the coverage as `snapshot` saw it."""
        coverage = cls(state["started"])
        coverage.proof, coverage.heard = state["proof"], state["heard"]
        coverage.dark_from = state["dark_from"]
        coverage.cause = Darkness(state["cause"]) if state["cause"] else None
        coverage.spans = [(start, end) for start, end in state["spans"]]
        coverage.offline = frozenset(state["offline"])
        coverage.queue = tuple(state["queue"]) if state["queue"] else None
        coverage.devices = {
            int(key): DeviceState.restored(value) for key, value in state["devices"].items()
        }
        return coverage

"""One simulated home watched by the whole engine, as a service would watch it; and what came of it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import numpy as np

from analytics.detector import DetectorSpec, discover
from analytics.evaluation.injection import Pause, probe
from analytics.evaluation.injection import tried as limits_tried
from analytics.features.plan import plan
from analytics.home_engine import HomeEngine, Inputs, Noticed
from core.model.finding import Audience, Finding, Phase, Severity
from core.model.observation import Observation
from core.model.quantity import Quantity
from sensors.simulator import belongings
from sensors.simulator.behaviour import OUTSIDE, Activity, Clock, Stay
from sensors.simulator.episodes import Episode, Kind
from sensors.simulator.faults import hub, hub_gone
from sensors.simulator.recording import Recording
from sensors.simulator.rows import NUMBER, Floats, observations

SILENT_FOR = timedelta(hours=16)
MINUTE_S = 60.0
SPEAK_OF_SILENCE = ("inactivity", "late_rise", "overstay", "not_back", "wrist_stillness")
_SHOWS = [NUMBER[one] for one in (Quantity.MOTION, Quantity.CONTACT)]
_BED = NUMBER[Quantity.BED]

Flags = np.ndarray[tuple[int], np.dtype[np.bool_]]


@dataclass(slots=True, kw_only=True)
class Thread:
    """All that a detector said of one episode of its own."""

    detector: str
    subject: str
    audience: Audience
    onset: float
    #: When it was first said with each severity, in seconds.
    said: dict[Severity, float] = field(default_factory=dict)
    what: str = ""
    once_in_days: float | None = None
    #: When it was said to be over; None if it never was.
    over: float | None = None

    @property
    def noticed(self) -> float:
        """When it was first said."""
        return min(self.said.values())

    @property
    def severity(self) -> Severity:
        """The worst that was said."""
        return max(self.said, key=lambda one: one.rank)


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """An injected silence: from a moment on, nothing of a person is heard."""

    at: float
    #: Seconds until it was told; None within `SILENT_FOR`.
    delay_s: float | None
    by: str
    night: bool
    in_bed: bool
    #: Seconds since the last sign at that moment.
    still_s: float = 0.0
    #: Seconds until each of `PRICES_H` would have told it; empty unless that was asked for.
    tried_s: tuple[float, ...] = ()


@dataclass(slots=True, kw_only=True)
class Watched:
    """What came of one home."""

    seed: int
    start: float
    end: float
    episodes: tuple[Episode, ...]
    #: Names of the detectors that watched.
    detectors: tuple[str, ...] = ()
    threads: list[Thread] = field(default_factory=list)
    silences: list[Silence] = field(default_factory=list)
    #: (from, until) of the pauses of an hour and more between signs of a person.
    pauses: list[tuple[float, float]] = field(default_factory=list)
    #: Pauses at home with the limit of each of `PRICES_H`, infinite where all were taken to be out by then.
    tried: list[Pause] = field(default_factory=list)
    #: Minutes after the quiet days: truth and belief (out, out), (out, home), (home, out), (home, home).
    minutes: dict[str, int] = field(default_factory=dict)
    #: The same of somebody else being there.
    visits: dict[str, int] = field(default_factory=dict)
    outings: int = 0
    tracked: bool = False
    #: Whether she has a watch.
    worn: bool = False
    rows: int = 0
    #: Of the processor.
    seconds: float = 0.0
    state_bytes: int = 0
    failures: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """How to watch a home."""

    record: Recording
    #: Nothing is counted before.
    counted_from: datetime
    #: How many silences to inject.
    silences: int = 0
    #: Names of the detectors; all when None.
    detectors: tuple[str, ...] | None = None
    #: Whether other prices of a false alarm are tried beside the product's.
    tries: bool = False


def watch(asked: Watch) -> Watched:
    """Run the engine over a record."""
    return _Watching(asked).run()


class _Watching:
    def __init__(self, asked: Watch) -> None:
        self._asked = asked
        self._record = record = asked.record
        self._start, self._end = record.span
        self._specs = specs(asked.detectors)
        self._tried, spec = probe()
        more = {spec.name: spec} if asked.tries else {}
        self._engine = HomeEngine(plan(record.home.household), self._specs | more)
        self._threads: dict[tuple[str, str, float], Thread] = {}
        self._belief: list[tuple[float, bool]] = []
        self._guests: list[tuple[float, bool]] = []
        self._ids = [device.device_id for device in record.home.household.devices]
        self._clock = Clock(record.home.zone)
        self._out = Watched(
            seed=record.home.seed,
            start=self._asked.counted_from.timestamp(),
            end=self._end.timestamp(),
            episodes=record.episodes,
            detectors=tuple(self._specs),
            tracked=record.home.equipment.has("tracker"),
            worn=record.home.equipment.has("watch"),
        )

    def run(self) -> Watched:
        begun = time.process_time()
        self._engine.tick(self._start)
        self._look(())
        signs: list[Floats] = []
        moments = iter(self._moments())
        switches = iter(self._switches())
        moment, switch = next(moments, None), next(switches, None)
        for batch in self._record.stored():
            signs.append(_signs(batch.quantity, batch.value, batch.observed))
            self._out.rows += len(batch)
            for one in observations(self._record.home.home_id, batch, self._ids):
                at = one.received_at.timestamp()
                while switch is not None and at >= switch[0]:
                    self._take(self._engine.tick(datetime.fromtimestamp(switch[0], UTC)))
                    self._look(switch[1])
                    switch = next(switches, None)
                while moment is not None and at >= moment[0]:
                    self._inject(*moment)
                    moment = next(moments, None)
                self._feed(one, at)
        self._take(self._engine.tick(self._end))
        self._out.seconds = time.process_time() - begun
        self._finish(np.sort(np.concatenate(signs)))
        return self._out

    def _feed(self, one: Observation, at: float) -> None:
        noticed = self._engine.feed(one)
        if noticed is not None:
            self._take(noticed)
        view = self._engine.view
        if view is None:
            return
        home = view.occupancy.home
        if not self._belief or self._belief[-1][1] != home:
            self._belief.append((min(view.occupancy.since, at), home))
        guest = view.occupancy.visitor
        if not self._guests or self._guests[-1][1] != guest:
            self._guests.append((at, guest))

    def _take(self, noticed: Noticed | None) -> None:
        if noticed is None:
            return
        for one in noticed.findings:
            _thread(one, self._threads)
        self._out.failures += [f"{one.detector}: {one.error}" for one in noticed.failures]

    def _look(self, gone: tuple[int, ...]) -> None:
        self._engine.look(
            Inputs(
                heard_at=self._end + timedelta(days=2),
                heard_since=self._start - timedelta(hours=1),
                offline={self._engine.plan.home_id: gone},
            )
        )

    def _switches(self) -> list[tuple[float, tuple[int, ...]]]:
        number = self._ids[hub(self._record.home.equipment)]
        found: list[tuple[float, tuple[int, ...]]] = []
        for start, end in hub_gone(self._record.episodes):
            found += [(start, (number,)), (end, ())]
        return sorted(found)

    # Injected silence

    def _moments(self) -> list[tuple[float, Stay]]:
        """Choose moments at which she is at home and nothing goes wrong for a day before and after."""
        rng = np.random.default_rng((self._record.home.seed, 40))
        first = self._clock.day(self._out.start) + timedelta(days=1)
        days = (self._clock.day(self._out.end) - first).days - 2
        found: list[tuple[float, Stay]] = []
        for _ in range(4 * self._asked.silences):
            if len(found) == self._asked.silences or days < 1:
                break
            day = first + timedelta(days=int(rng.integers(days)))
            stays = self._record.stays(day)
            at = float(rng.uniform(stays[0].start, stays[-1].end))
            stay = next((one for one in stays if one.start <= at < one.end), None)
            disturbed = any(
                one.overlaps(at - 86400.0, at + 57600.0) and one.kind is not Kind.DECLINE
                for one in self._record.episodes
            )
            if stay is not None and stay.room != OUTSIDE and not disturbed:
                found.append((at, stay))
        return sorted(found)

    def _inject(self, at: float, stay: Stay) -> None:
        begin = datetime.fromtimestamp(at, UTC)
        self._take(self._engine.tick(begin))
        tried, still = self._limits()
        saved = self._engine.snapshot()
        self._out.state_bytes = max(self._out.state_bytes, len(saved))
        other = HomeEngine.restored(saved, self._specs)
        end = begin + SILENT_FOR
        other.look(Inputs(heard_at=end + SILENT_FOR, heard_since=self._start))
        delay, by = _told(self._silent(other, begin, end), at)
        hour = (at + self._clock.offset(at)) % 86400.0 / 3600.0
        self._out.silences.append(
            Silence(
                at=at,
                delay_s=delay,
                by=by,
                night=hour >= 22.0 or hour < 7.0,  # noqa: PLR2004
                in_bed=stay.activity is Activity.SLEEP,
                still_s=still,
                tried_s=tuple(max(limit - still, 0.0) for limit in tried),
            )
        )

    def _limits(self) -> tuple[tuple[float, ...], float]:
        """Return the limit of each price now, infinite where all are taken to be out; and the stillness."""
        view = self._engine.view
        if view is None or view.activity.last_at is None:
            return (), 0.0
        if not self._asked.tries:
            return (), view.still_s()
        home = view.occupancy.home
        return tuple(one if home else np.inf for one in limits_tried(view)), view.still_s()

    def _silent(self, engine: HomeEngine, begin: datetime, end: datetime) -> Iterator[Finding]:
        """Yield what is said while the devices report and nobody moves."""
        home = self._record.home
        said = belongings.reports(
            home.equipment, begin.timestamp(), end.timestamp(), home.seed
        ).in_order()
        for one in observations(home.home_id, said, self._ids):
            noticed = engine.feed(one)
            if noticed is not None:
                yield from noticed.findings
        last = engine.tick(end)
        if last is not None:
            yield from last.findings

    # Afterwards

    def _finish(self, signs: Floats) -> None:
        out = self._out
        out.threads = sorted(self._threads.values(), key=lambda one: one.noticed)
        gaps = np.diff(signs)
        long = gaps >= 3600.0  # noqa: PLR2004
        out.pauses = list(zip(signs[:-1][long].tolist(), signs[1:][long].tolist(), strict=True))
        grid = np.arange(out.start, out.end, MINUTE_S)
        truth, visited = self._truth(grid)
        belief = _stepped(self._belief, grid, before=True)
        out.minutes = _crossed(truth, belief, ("away", "home"))
        out.tried = [self._believed(one) for one in self._tried.pauses]
        guests = _stepped(self._guests, grid, before=False)
        out.visits = _crossed(visited, guests, ("alone", "visited"))
        out.outings = int((np.diff(truth.astype(int)) == -1).sum())

    def _believed(self, pause: Pause) -> Pause:
        """Leave out of a pause the limits at which all were taken to be out."""
        told = pause.onset + np.array(pause.limits_s)
        home = _stepped(self._belief, told, before=True)
        limits = np.where(home, pause.limits_s, np.inf)
        return replace(pause, limits_s=tuple(limits.tolist()))

    def _truth(self, grid: Floats) -> tuple[Flags, Flags]:
        """Return when she was at home, and when somebody else was there."""
        home, visited = np.ones(len(grid), bool), np.zeros(len(grid), bool)
        day, last = self._clock.day(grid[0]) - timedelta(days=1), self._clock.day(grid[-1])
        while day <= last:
            for stay in self._record.stays(day):
                if stay.room == OUTSIDE:
                    home[(grid >= stay.start) & (grid < stay.end)] = False
            for start, end in self._record.visits(day):
                visited[(grid >= start) & (grid < end)] = True
            day += timedelta(days=1)
        return home, visited


def specs(names: Sequence[str] | None) -> dict[str, DetectorSpec]:
    """Return the detectors to run."""
    found = discover()
    return {name: spec for name, spec in found.items() if names is None or name in names}


def _thread(one: Finding, threads: dict[tuple[str, str, float], Thread]) -> None:
    key = (one.detector, one.subject, one.onset.timestamp())
    thread = threads.get(key)
    if one.phase is Phase.CLEARED:
        if thread is not None:
            thread.over = one.noticed_at.timestamp()
        return
    if thread is None:
        thread = threads[key] = Thread(
            detector=one.detector,
            subject=one.subject,
            audience=one.audience,
            onset=one.onset.timestamp(),
            what=one.what,
            once_in_days=one.once_in_days,
        )
    thread.said.setdefault(one.severity, one.noticed_at.timestamp())


def _told(findings: Iterator[Finding], since: float) -> tuple[float | None, str]:
    for one in findings:
        if (
            one.phase is not Phase.CLEARED
            and one.audience is Audience.CARERS
            and one.severity is not Severity.NOTICE
            and one.detector in SPEAK_OF_SILENCE
        ):
            return one.noticed_at.timestamp() - since, one.detector
    return None, ""


def _signs(
    quantity: np.ndarray[tuple[int], np.dtype[np.int64]], value: Floats, observed: Floats
) -> Floats:
    shows = (np.isin(quantity, _SHOWS) & (value > 0)) | (quantity == _BED)
    found: Floats = observed[shows]
    return found


def _stepped(changes: Sequence[tuple[float, bool]], grid: Floats, *, before: bool) -> Flags:
    at = np.array([when for when, _ in changes])
    values = np.array([before, *(value for _, value in changes)])
    found: Flags = values[np.searchsorted(at, grid, "right")]
    return found


def _crossed(
    truth: Flags,
    belief: Flags,
    words: tuple[str, str],
) -> dict[str, int]:
    """Count minutes by truth and belief; ``words`` say what false and true mean."""
    no, yes = words
    return {
        f"{no}_as_{no}": int((~truth & ~belief).sum()),
        f"{no}_as_{yes}": int((~truth & belief).sum()),
        f"{yes}_as_{no}": int((truth & ~belief).sum()),
        f"{yes}_as_{yes}": int((truth & belief).sum()),
    }

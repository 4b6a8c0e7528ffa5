"""Silences made from a record: from a moment on nothing is heard; and limits tried side by side.

A silence is injected by stopping the stream at that moment and letting the clock run on: what the engine
sees then is the record with all later events removed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from analytics.detector import NEVER, DetectorSpec
from analytics.detectors.inactivity import DETECTOR as INACTIVITY
from analytics.evaluation.streams import BLIND_S, Floats, HomeRecord
from analytics.features.occupancy import Place
from analytics.features.pauses import SHORTEST_S
from analytics.features.stillness import PRICE_H, bearable_s
from analytics.home_engine import HomeEngine, Inputs
from core.model.finding import Audience, Phase, Severity

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from analytics.features.view import HomeView
    from core.model.finding import Finding
    from core.model.observation import Observation

OF_SILENCE = ("inactivity", "late_rise", "not_back", "overstay", "wrist_stillness")
"""Detectors that silence alone can make speak up."""
PRICES_H = (0.2, 0.4, 0.75, 1.5, 2.0, 3.0, 6.0, 12.0)
"""Hours of delay for one false alarm a week, along the curve; the product's is among them."""
DAY_H = (7.0, 22.0)
WINDOW_S = 14 * 3600.0
"""So long is waited for an alert; the published cap is 12 h."""

assert PRICE_H in PRICES_H  # noqa: S101 (the chosen point stands on the curve)


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """One injected silence."""

    at: float
    #: Local hour at which it began.
    hour: float
    #: Whether somebody had just left by a door and did not yet count as away.
    leaving: bool
    #: Seconds to the first alert to a carer; None for none within `WINDOW_S`.
    delay_s: float | None
    #: Detector that gave it.
    by: str
    #: The same under each of `PRICES_H`.
    tried_s: tuple[float, ...]
    #: Last sign of a person before it.
    last: float

    @property
    def by_day(self) -> bool:
        """Whether it began between 07:00 and 22:00."""
        return DAY_H[0] <= self.hour < DAY_H[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """A pause of the untouched record with somebody at home, and the limits tried on it."""

    onset: float
    length_s: float
    limits_s: tuple[float, ...]


class Probe:
    """A detector that never speaks: it notes what each price would have made of each pause."""

    def __init__(self) -> None:
        self.due: float = NEVER
        self.pauses: list[Pause] = []
        self._open: tuple[float, tuple[float, ...]] | None = None

    def feed(self, observation: Observation, view: HomeView) -> Sequence[Finding]:
        """Close a pause."""
        del observation
        if not view.fresh:
            return ()
        if self._open is not None:
            onset, limits = self._open
            self.pauses.append(Pause(onset=onset, length_s=view.at - onset, limits_s=limits))
        self._open, self.due = None, view.at + SHORTEST_S
        return ()

    def tick(self, view: HomeView) -> Sequence[Finding]:
        """Note the limits of a pause that may become long."""
        last = view.activity.last_at
        if self._open is not None or last is None or not view.occupancy.home:
            return ()
        if view.now >= last + SHORTEST_S:
            self._open, self.due = (last, tried(view)), NEVER
        return ()

    def snapshot(self) -> Any:
        """Return nothing: it is of no use after the run."""
        return None

    def restore(self, state: Any) -> None:
        """Begin anew."""
        del state


def tried(view: HomeView) -> tuple[float, ...]:
    """Return the limit of the present stillness under each of `PRICES_H`, in seconds."""
    return tuple(bearable_s(view, INACTIVITY.name, price / PRICE_H) for price in PRICES_H)


def probe() -> tuple[Probe, DetectorSpec]:
    """Return a probe and the spec that puts it into an engine."""
    one = Probe()
    spec = replace(
        INACTIVITY, name="probe", create=partial(_same, one), forecasts=False, notices_silence=False
    )
    return one, spec


def _same(one: Probe) -> Probe:
    return one


def moments(record: HomeRecord, per_day: float, seed: int) -> Floats:
    """Draw moments after the warm-up, uniformly, ascending; those in gaps of a day and more are none.

    Parameters
    ----------
    per_day
        Moments a day that counts.
    seed
        Beside the home's own order, which is drawn from its name.
    """
    own = int.from_bytes(record.plan.home_id.encode()[-6:], "big")
    rng = np.random.default_rng((seed, own))
    start, end = record.warm_until, float(record.at[-1])
    drawn = np.sort(rng.uniform(start, end, round(per_day * (end - start) / 86400.0)))
    place = np.searchsorted(record.at, drawn, side="right")
    inside = (place > 0) & (place < len(record.at))
    drawn, place = drawn[inside], place[inside]
    kept: Floats = drawn[record.at[place] - record.at[place - 1] < BLIND_S]
    return kept


def inject(
    engine: HomeEngine, specs: Mapping[str, DetectorSpec], at: float, *, told: bool
) -> Silence | None:
    """Let nothing happen from ``at`` on in a copy of a home; None where nobody is to be found at home.

    Parameters
    ----------
    told
        Whether an alert about the present silence is open: its moment is not drawn, it is found already.
    """
    view = engine.view
    if view is None or told or view.occupancy.place is Place.AWAY:
        return None
    last = view.activity.last_at
    if last is None:
        return None
    limits = tried(view)
    begin, end = datetime.fromtimestamp(at, UTC), datetime.fromtimestamp(at + WINDOW_S, UTC)
    leaving = view.occupancy.place is Place.LEAVING
    other = HomeEngine.restored(engine.snapshot(), specs)
    other.look(Inputs(heard_at=end + timedelta(days=2), heard_since=begin - timedelta(days=90)))
    noticed = other.tick(end)
    alert = next((one for one in noticed.findings if _alert(one)), None) if noticed else None
    delay = None if alert is None else alert.noticed_at.timestamp() - at
    by_door = delay if delay is not None else WINDOW_S
    return Silence(
        at=at,
        hour=view.local.hour(at),
        leaving=leaving,
        delay_s=delay,
        by=alert.detector if alert is not None else "",
        tried_s=tuple(by_door if leaving else max(last + limit - at, 0.0) for limit in limits),
        last=last,
    )


def _alert(one: Finding) -> bool:
    return (
        one.detector in OF_SILENCE
        and one.audience is Audience.CARERS
        and one.severity is not Severity.NOTICE
        and one.phase is not Phase.CLEARED
    )

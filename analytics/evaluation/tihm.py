"""The whole suite on homes of people with dementia, as they were and with silences put in. TIHM layout.

False alarms are counted on the untouched record after the warm-up: all of them, whatever they were about.
What is raised in a gap of a day or more is counted apart: nobody knows whether the home was blind or
empty. Detection runs with the settings it ships with; some of them were
chosen with TIHM in view, so its figures there are optimistic.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from analytics.detector import discover
from analytics.evaluation.agitation import agitation
from analytics.evaluation.injection import (
    OF_SILENCE,
    PRICES_H,
    Pause,
    Silence,
    inject,
    moments,
    probe,
)
from analytics.evaluation.saving import plain
from analytics.evaluation.scoring import poisson_interval
from analytics.evaluation.silence import controls, delay_interval, delays, rated
from analytics.evaluation.streams import BLIND_S, HomeRecord, read, seen_until
from analytics.features.stillness import PRICE_H
from analytics.home_engine import HomeEngine, Inputs, Noticed
from analytics.incidents import Incident, incidents
from core.model.errors import Misconfigured
from core.model.finding import Audience, Finding, Phase, Severity
from core.model.incident import TOGETHER

SEED = 20_260
SILENCES_PER_DAY = 2.0
WORKERS = 2


@dataclass(slots=True, kw_only=True)
class Watched:
    """What came of one home."""

    record: HomeRecord
    findings: list[Finding] = field(default_factory=list)
    silences: list[Silence] = field(default_factory=list)
    pauses: list[Pause] = field(default_factory=list)
    state_bytes: int = 0
    failures: list[str] = field(default_factory=list)

    @property
    def weeks(self) -> float:
        """Person-weeks that count."""
        return self.record.days / 7.0


def evaluate(folder: Path, told: Callable[[int, int], None] | None = None) -> dict[str, Any]:
    """Run the suite over all homes of a folder and return the figures as one JSON object.

    Parameters
    ----------
    told
        Called with how many homes are done, and of how many.

    Raises
    ------
    Misconfigured
        If the folder does not hold the record, or no home of it is long enough.
    """
    records = read(folder)
    counted = [one for one in records if one.counts and one.days > 0]
    if not counted:
        raise Misconfigured(f"{folder}: expected a home with more than 14 days of record")
    watched = []
    for one in watch_all(counted):
        watched.append(one)
        if told is not None:
            told(len(watched), len(counted))
    return plain(  # type: ignore[no-any-return]
        report(records, watched) | {"agitation": agitation(folder)}
    )


def watch_all(records: Sequence[HomeRecord]) -> Iterator[Watched]:
    """Yield each home as soon as it is watched, the longest records first."""
    ordered = sorted(records, key=lambda one: -len(one.at))
    with ProcessPoolExecutor(WORKERS) as pool:
        yield from pool.map(watch, ordered)


def watch(record: HomeRecord) -> Watched:
    """Run all detectors over one home, and over copies of it that fall silent."""
    specs = dict(discover())
    tried, spec = probe()
    engine = HomeEngine(record.plan, specs | {spec.name: spec})
    out = Watched(record=record)
    start = datetime.fromtimestamp(float(record.at[0]), UTC) - timedelta(minutes=1)
    engine.tick(start)
    engine.look(Inputs(heard_at=seen_until(record), heard_since=start))
    wanted = moments(record, SILENCES_PER_DAY, SEED).tolist()[::-1]
    for at, one in zip(record.at.tolist(), record.observations(), strict=True):
        while wanted and at > wanted[-1]:
            _take(out, engine.tick(datetime.fromtimestamp(wanted[-1], UTC)))
            found = inject(engine, specs, wanted[-1], told=_told_since(out, engine))
            out.silences += [] if found is None else [found]
            wanted.pop()
        _take(out, engine.feed(one))
    out.state_bytes = len(engine.snapshot())
    out.findings = [one for one in out.findings if _at(one) >= record.warm_until]
    out.pauses = [one for one in tried.pauses if one.onset >= record.warm_until]
    return out


def _take(out: Watched, noticed: Noticed | None) -> None:
    if noticed is not None:
        out.findings += noticed.findings
        out.failures += [f"{one.detector}: {one.error}" for one in noticed.failures]


def _told_since(out: Watched, engine: HomeEngine) -> bool:
    """Whether a carer was told of the silence that lasts at this moment."""
    last = engine.view.activity.last_at if engine.view is not None else None
    return last is not None and any(
        _at(one) > last and one.detector in OF_SILENCE and _wakes(one) for one in out.findings[-20:]
    )


# Figures


def report(records: Sequence[HomeRecord], watched: Sequence[Watched]) -> dict[str, Any]:
    """Return the figures, agitation apart."""
    weeks = [one.weeks for one in watched]
    told = [told_of(one) for one in watched]
    inactivity = of_silence(watched)
    counted = [one.record for one in watched]
    silences = [one.silences for one in watched]
    return {
        "people": len(records),
        "people_counted": len(watched),
        "person_days": sum(one.days for one in counted),
        "person_weeks": sum(weeks),
        **_rate("urgent_false", [one["urgent"] for one in told], weeks),
        **_rate("notices", [one["notice"] for one in told], weeks),
        **_rate("device_notices", [one["device"] for one in told], weeks),
        "about": _about(told, sum(weeks)),
        "blind_or_away": {
            "gaps": sum(_blind_gaps(one) for one in counted),
            "alerts_in_them": sum(one["apart"] for one in told),
        },
        "inactivity": inactivity,
        "night_exit": exits(watched),
        "curve": curve(watched),
        "halves": {name: of_silence(half) for name, half in _halves(watched)},
        "controls": controls(counted, silences, inactivity["false_per_week"], SEED),
        "seeds": {"silences": SEED},
        "settings": "as shipped; some shipped numbers were chosen with this record in view",
        "state_bytes_most": max(one.state_bytes for one in watched),
        "failures": sorted({text for one in watched for text in one.failures}),
    }


def of_silence(watched: Sequence[Watched]) -> dict[str, Any]:
    """Return false alarms and delays of all that silence alone makes speak, all-in."""
    drawn = [one for home in watched for one in home.silences]
    weeks = [one.weeks for one in watched]
    by = {name: [len(_alerts(one, (name,))) for one in watched] for name in OF_SILENCE}
    all_in = rated([len(_alerts(one, OF_SILENCE)) for one in watched], weeks)
    return (
        all_in
        | delays(drawn, [one.delay_s for one in drawn])
        | {
            "day_mean_interval_over_homes": delay_interval([one.silences for one in watched]),
            "by_detector": {name: sum(counts) / sum(weeks) for name, counts in by.items()},
            "first_to_speak": dict(Counter(one.by or "nobody" for one in drawn)),
            "injected_while_leaving": sum(one.leaving for one in drawn),
        }
    )


def exits(watched: Sequence[Watched]) -> dict[str, Any]:
    """Return how often carers were woken about doors; what follows within half an hour is the same."""
    return rated([_woken_by_doors(one) for one in watched], [one.weeks for one in watched])


def curve(watched: Sequence[Watched]) -> list[dict[str, Any]]:
    """Return what other prices of a false alarm would make of D2; with *not back yet* as shipped."""
    drawn = [one for home in watched for one in home.silences]
    weeks = [one.weeks for one in watched]
    late = [len(_alerts(one, ("not_back",))) for one in watched]
    found = []
    for place, price in enumerate(PRICES_H):
        own = [
            sum(pause.limits_s[place] < pause.length_s < BLIND_S for pause in home.pauses)
            for home in watched
        ]
        both = [one + more for one, more in zip(own, late, strict=True)]
        row = rated(both, weeks) | delays(drawn, [one.tried_s[place] for one in drawn])
        row |= {"price_h": price, "chosen": price == PRICE_H}
        found.append(row | {"inactivity_alone_per_week": sum(own) / sum(weeks)})
    return found


def told_of(home: Watched) -> dict[str, Any]:
    """Count what one home's carers and operators were told, in incidents, by severity and detector."""
    found: dict[str, Any] = {"urgent": 0, "notice": 0, "device": 0, "apart": 0}
    about: dict[str, Counter[str]] = defaultdict(Counter)
    for one in incidents(home.findings):
        kind = "device" if one.audience is not Audience.CARERS else "notice"
        if kind != "device" and one.severity is Severity.URGENT:
            kind = "urgent"
        if _apart(home, one):
            kind = "apart"
        found[kind] += 1
        about[kind][one.leading.key.detector] += 1
    return found | {"about": about}


def _apart(home: Watched, incident: Incident) -> bool:
    """Whether it is about a silence that turned out to last a day or more."""
    if incident.leading.key.detector not in (*OF_SILENCE, "liveness"):
        return False
    last, following = home.record.gap_around(incident.opened_at.timestamp())
    return following - last >= BLIND_S


def _alerts(home: Watched, detectors: Sequence[str]) -> set[float]:
    """Return the silences, by the last sign before them, that these detectors woke a carer for."""
    found = set()
    for one in home.findings:
        if one.detector in detectors and _wakes(one):
            last, following = home.record.gap_around(_at(one))
            if following - last < BLIND_S:
                found.add(last if one.detector in OF_SILENCE else one.onset.timestamp())
    return found


def _woken_by_doors(home: Watched) -> int:
    told = sorted(_at(one) for one in home.findings if one.detector == "exit" and _wakes(one))
    apart = TOGETHER.total_seconds()
    return sum(not place or at - told[place - 1] > apart for place, at in enumerate(told))


def _wakes(one: Finding) -> bool:
    return (
        one.audience is Audience.CARERS
        and one.severity is not Severity.NOTICE
        and one.phase is not Phase.CLEARED
    )


def _at(one: Finding) -> float:
    return one.noticed_at.timestamp()


def _rate(name: str, counts: Sequence[int], weeks: Sequence[float]) -> dict[str, Any]:
    per_week = sum(counts) / sum(weeks)
    interval = poisson_interval(sum(counts), sum(weeks))
    return {f"{name}_per_week": per_week, f"{name}_per_week_interval": interval}


def _about(told: Sequence[dict[str, Any]], weeks: float) -> dict[str, dict[str, float]]:
    total: dict[str, Counter[str]] = defaultdict(Counter)
    for one in told:
        for kind, counts in one["about"].items():
            total[kind].update(counts)
    return {
        kind: {name: count / weeks for name, count in counts.most_common()}
        for kind, counts in total.items()
    }


def _blind_gaps(record: HomeRecord) -> int:
    at = record.at[record.at >= record.warm_until]
    return int((at[1:] - at[:-1] >= BLIND_S).sum())


def _halves(watched: Sequence[Watched]) -> Iterator[tuple[str, list[Watched]]]:
    ordered = sorted(watched, key=lambda one: one.record.plan.home_id)
    for name, half in (("even", ordered[::2]), ("odd", ordered[1::2])):
        if half:
            yield name, half

"""What happens in one seed: people, channels, news, answers, outages and kills, all chosen by its number."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime

from core.model.finding import Severity

STARTS = (
    # London goes forward at 01:00 UTC on 29 March, back on 25 October
    datetime(2026, 3, 29, 0, 40, tzinfo=UTC),
    datetime(2026, 10, 25, 0, 40, tzinfo=UTC),
    datetime(2026, 3, 28, 23, 50, tzinfo=UTC),
    datetime(2026, 12, 31, 23, 55, tzinfo=UTC),
    datetime(2028, 2, 28, 23, 50, tzinfo=UTC),
    datetime(2026, 6, 15, 21, 57, tzinfo=UTC),  # midnight is not midnight in UTC
    datetime(2026, 5, 4, 9, 0, tzinfo=UTC),
)
STEPS_S = (5, 20, 60, 180, 360, 660, 1200, 5400, 21600)
CASES = (
    "dedup",
    "escalationgap",
    "dst",
    "manyalerts",
    "prioritization",
    "providerfailure",
    "policyreassignment",
    "heartbeat",
    "multiack",
    "databaserestart",
)
"""What a seed has most of, after the checklist of field.md §3."""
ORDINARY = {
    "open": 6,
    "again": 3,
    "raise": 2,
    "clear": 2,
    "join": 2,
    "answer": 4,
    "time": 8,
    "channel": 4,
    "heal": 2,
    "kill": 2,
    "stop": 1,
    "second": 1,
    "cut": 2,
    "restart": 0,
    "team": 1,
    "order": 1,
    "many": 0,
}
WEIGHTS: dict[str, dict[str, int]] = {
    "dedup": {"again": 12, "raise": 6, "clear": 6, "kill": 4},
    "escalationgap": {"time": 20, "stop": 4},
    "dst": {"time": 20},
    "manyalerts": {"many": 4, "open": 10},
    "prioritization": {"many": 2, "channel": 8, "time": 12},
    "providerfailure": {"channel": 16, "heal": 4},
    "policyreassignment": {"team": 8, "order": 8},
    "heartbeat": {"stop": 6, "kill": 8, "second": 3},
    "multiack": {"answer": 16},
    "databaserestart": {"cut": 8, "restart": 3},
}
FAULTS = ("busy", "error", "hang", "gone")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A seed, unfolded."""

    seed: int
    case: str
    start: datetime
    #: Channels of each carer, in the order of telling.
    carers: tuple[tuple[str, ...], ...]
    events: tuple[str, ...]
    #: Draws everything else, in the order in which it is asked.
    chance: random.Random = field(repr=False)

    def dies_at(self) -> int:
        """Choose the point at which the next process kills itself; 0 for never."""
        return self.chance.randint(1, 45) if self.chance.random() < 0.6 else 0

    def severity(self) -> Severity:
        """Choose how bad it is."""
        return self.chance.choice([Severity.URGENT, Severity.URGENT, Severity.CHECK])


def scenario(seed: int) -> Scenario:
    """Unfold a seed."""
    chance = random.Random(seed)
    case = CASES[seed % len(CASES)]
    weights = ORDINARY | WEIGHTS[case]
    start = STARTS[seed % 2] if case == "dst" else chance.choice(STARTS)
    ways: list[tuple[str, ...]] = [("webhook",), ("ntfy",), ("ntfy", "webhook"), ()]
    carers = tuple(chance.choice(ways) for _ in range(chance.randint(1, 3)))
    events = chance.choices(list(weights), list(weights.values()), k=chance.randint(14, 26))
    return Scenario(
        seed=seed,
        case=case,
        start=start,
        carers=carers,
        events=("open", *events),
        chance=chance,
    )

"""Directions in which days may change, each named by what is observed. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from analytics.features.day_features import NAMES
from core.model.words import marked


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A direction with a meaning (detection.md §5)."""

    name: str
    #: Begins the sentence that tells of it. `marked`, as is the advice.
    title: str
    #: Feature → sign.
    signs: Mapping[str, int]
    advice: str
    #: Share of the general limit from which it is told, and for how many days in a row it must be so.
    limit_share: float = 1.0
    in_a_row: int = 2
    #: The same share where the change is over in days: the last day counts for half then, and bounded.
    quick_share: float = math.inf

    @property
    def weights(self) -> dict[int, float]:
        """Place of a feature → weight."""
        return {NAMES.index(name): float(sign) for name, sign in self.signs.items()}

    @property
    def leads(self) -> frozenset[int]:
        """Places of the features that its title speaks of: what has grown, or else all."""
        grown = {place for place, weight in self.weights.items() if weight > 0.0}
        return frozenset(grown or self.weights)


_ASK = marked(
    "Ask how things are; a change of routine, a visit or feeling unwell can be behind it."
)
SOON_SHARE, QUICK_SHARE = 2.5 / 3.0, 1.75 / 3.0
"""A change that is over in a week is told before it is (docs/decisions/0138, 0299)."""
CHANNELS = (
    Channel(
        name="movement",
        title=marked("More movement about the home than usual"),
        signs={"hall": 1, "kitchen": 1, "bedroom": 1, "moves": 1},
        advice=marked(
            "Ask how the days have been; pain, worry or a change of routine can be behind it."
        ),
    ),
    Channel(
        name="bathroom",
        title=marked("More bathroom visits than usual"),
        signs={"bathroom_day": 1, "bathroom_night": 1, "kitchen": -1},
        advice=marked(
            "This can have many causes: ask about comfort and drinking, and tell the nurse or doctor."
        ),
        limit_share=SOON_SHARE,
        in_a_row=1,
        quick_share=QUICK_SHARE,
    ),
    Channel(
        name="quiet",
        title=marked("Less out and about than usual"),
        signs={"out": -1, "outings": -1, "kitchen": -1},
        advice=_ASK,
    ),
    Channel(
        name="night",
        title=marked("More movement at night than usual"),
        signs={"bed_exits": 1, "night": 1, "amplitude": -1},
        advice=marked(
            "Ask how the nights have been; pain, worry or a change of routine can be behind it."
        ),
    ),
    Channel(
        name="slower",
        title=marked("Slower and less active days than usual"),
        signs={"way": 1, "most": -1},
        advice=_ASK,
    ),
)
"""The signed channels."""
DISTANCE = Channel(
    name="distance",
    title=marked("The days differ from the usual ones in several ways"),
    signs={},
    advice=_ASK,
)
"""All features together, without a direction."""

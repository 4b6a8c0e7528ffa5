"""Which detectors want a word of a quantity: the same in every home, worked out once. Pure."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from analytics.detector import Signs
from analytics.features.devices import PERSON
from core.model.quantity import Quantity

if TYPE_CHECKING:
    from collections.abc import Mapping

Wants = tuple[tuple[str, frozenset[Quantity] | None, Signs], ...]
"""Of each detector its name, the quantities that it wants (None for all), and which words of a person."""


@cache
def who_wants(wants: Wants) -> Mapping[Quantity, tuple[tuple[str, ...], ...]]:
    """Return the names of those that want a word of each quantity, by what kind of sign it is.

    Examples
    --------
    >>> who_wants((("sos", frozenset({Quantity.SOS}), Signs.ALL),))[Quantity.SOS]
    (('sos',), ('sos',), ('sos',))
    >>> who_wants((("sos", frozenset({Quantity.SOS}), Signs.ALL),))[Quantity.MOTION]
    ((), (), ())
    """
    return {
        quantity: tuple(
            tuple(
                name
                for name, quantities, wanted in wants
                if (quantities is None or quantity in quantities)
                and (quantity not in PERSON or wanted <= signs)
            )
            for signs in Signs
        )
        for quantity in Quantity
    }

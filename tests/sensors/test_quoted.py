"""What the products' documentation lists is read, and nothing beside it."""

from __future__ import annotations

import pytest

from sensors.checks import yield_checks
from sensors.driver import discover
from tests.sensors.quoted import QUOTED, Quoted


def said(message: Quoted) -> dict[str, float]:
    """Return what a message says, in the words of `quoted`."""
    found = {}
    driver = discover()[message.family]
    for one in driver.decode(message.topic, message.payload.encode()).readings:
        name = one.quantity.value
        found[f"{name}/{one.discriminator}" if one.discriminator else name] = one.value
    return found


@pytest.mark.parametrize("message", QUOTED, ids=lambda one: f"{one.family}-{one.topic}")
def test_a_quoted_message_says_this(message: Quoted) -> None:
    assert said(message) == pytest.approx(message.says)
    for check in yield_checks(discover()[message.family]):
        check(message.payload.encode(), message.topic)

"""The contract of a driver as runnable checks; every driver passes them, and yours can too.

>>> from sensors.driver import discover
>>> for driver in discover().values():
...     for check in yield_checks(driver):
...         check(b'{"occupancy": true}', "some/topic")
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from core.model.errors import Malformed, Unsupported
from core.model.quantity import Quantity, definition
from sensors.decoding import NAME_LENGTH
from sensors.driver import Decoded, Driver

Check = Callable[[bytes, str], None]
"""Takes any payload and any topic; raises AssertionError when the driver breaks its contract."""

_NOTHING = Decoded(external_id="-")


def yield_checks(driver: Driver) -> Iterator[Check]:
    """Yield the checks of ``driver``."""
    for rule in RULES:
        check = partial(rule, driver)
        check.__name__ = rule.__name__  # type: ignore[attr-defined]
        yield check


def _decoded(driver: Driver, payload: bytes, topic: str) -> Decoded:
    """Decode; anything but a reading or a refusal in our words goes through."""
    try:
        return driver.decode(topic, payload)
    except (Malformed, Unsupported):
        return _NOTHING


def says_the_same_twice(driver: Driver, payload: bytes, topic: str) -> None:
    """Refuse only with Malformed and Unsupported, and read the same message the same way."""
    same = _decoded(driver, payload, topic) == _decoded(driver, payload, topic)
    _require(same, "the same message must give the same reading")


def names_its_device(driver: Driver, payload: bytes, topic: str) -> None:
    """Give every device a name that can be shown and stored."""
    name = _decoded(driver, payload, topic).external_id
    fits = 0 < len(name) <= NAME_LENGTH and name.isprintable()
    _require(fits, "external_id must be short, printable and not empty")


def reads_what_it_declares(driver: Driver, payload: bytes, topic: str) -> None:
    """Report declared quantities within their range, and a position with ``position`` only."""
    for reading in _decoded(driver, payload, topic).readings:
        _require(reading.quantity in driver.quantities, f"{reading.quantity} is not declared")
        definition(reading.quantity).check(reading.value)
        placed = (reading.position is not None) == (reading.quantity is Quantity.POSITION)
        _require(placed, "a position belongs to the quantity position, and to no other")


def tells_aware_times(driver: Driver, payload: bytes, topic: str) -> None:
    """Give times with a zone."""
    for reading in _decoded(driver, payload, topic).readings:
        at = reading.observed_at
        _require(at is None or at.tzinfo is not None, "a time needs a zone")


def numbers_from_zero(driver: Driver, payload: bytes, topic: str) -> None:
    """Count messages from 0, or not at all."""
    number = _decoded(driver, payload, topic).number
    _require(number is None or number >= 0, "numbers begin at 0")


def describes_itself(driver: Driver, payload: bytes, topic: str) -> None:
    """Say what it is, what it reads, what to set on the product and what its devices do by themselves."""
    del payload, topic
    _require(bool(driver.title and driver.setup and driver.quantities), "title, setup, quantities")
    told = driver.reporting
    _require(told.interval_s > 0 and bool(told.battery), "reporting: an interval and the battery")
    _require(bool(driver.protocols and driver.example_topic), "protocols and an example_topic")


RULES = (
    says_the_same_twice,
    names_its_device,
    reads_what_it_declares,
    tells_aware_times,
    numbers_from_zero,
    describes_itself,
)


def _require(kept: bool, rule: str) -> None:
    if not kept:
        raise AssertionError(rule)

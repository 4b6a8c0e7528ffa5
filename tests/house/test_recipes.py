"""The recipes of CONTRIBUTING work: one new file is found, and passes its contract."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import analytics.checks
import analytics.detector
import analytics.detectors
import dashboard.page
import dashboard.pages
import sensors.checks
import sensors.driver
import sensors.drivers
from alerts import channel, channels
from alerts import checks as channel_checks
from wayhome.sharing import connector, connectors

DRIVER = '''
"""A made-up family: one number, the temperature."""

from core.model.quantity import Quantity
from sensors import decoding
from sensors.driver import Decoded, Reporting, Supply


class _Recipe:
    family = "recipe"
    title = "Recipe"
    quantities = frozenset({Quantity.TEMPERATURE})
    setup = "publish to homes/HOME/recipe/DEVICE"
    reporting = Reporting(interval_s=600, heartbeat=True, supply=Supply.MAINS, battery="It has none.")
    protocols = frozenset({"recipe"})
    bases = ()
    example_topic = "thermometer"

    def decode(self, topic, payload):
        fields = decoding.decode_object(payload) or {}
        value = decoding.number(fields.get("celsius"), "celsius")
        reading = decoding.reading(Quantity.TEMPERATURE, value, "celsius")
        return Decoded(external_id=decoding.name(topic), readings=(reading,))


DRIVER = _Recipe()
'''
DETECTOR = '''
"""A made-up detector that never has anything to say."""

from analytics.detector import NEVER, DetectorSpec


class _Recipe:
    due = NEVER

    def feed(self, observation, view):
        return ()

    def tick(self, view):
        return ()

    def snapshot(self):
        return []

    def restore(self, state):
        return None


DETECTOR = DetectorSpec(
    name="recipe",
    title="Recipe",
    notices="Nothing, on purpose.",
    blind_spots=("Everything.",),
    references=("CONTRIBUTING.md",),
    parameters=(),
    create=_Recipe,
)
'''
CHANNEL = '''
"""A made-up channel that takes everything."""

from alerts.channel import Receipt
from core.model.address import AddressKind


class Recipe:
    name = "recipe"
    title = "Recipe"
    max_length = 100
    wakes = True
    takes = AddressKind.WEB

    def __init__(self, settings):
        self.settings = settings

    async def send(self, delivery):
        return Receipt(reference=delivery.idempotency_key)

    async def close(self):
        return None


CHANNEL = Recipe
'''
CONNECTOR = '''
"""A made-up connector that forgets everything."""


class Recipe:
    name = "recipe"
    title = "Recipe"

    def __init__(self, settings):
        self.settings = settings

    async def send(self, parcel):
        return parcel.key

    async def close(self):
        return None


CONNECTOR = Recipe
'''
PAGE = '''
"""A made-up page."""

from fastapi import APIRouter

from core.store.account import CarerRole
from dashboard.page import Page
from dashboard.visit import Visiting

router = APIRouter()
PAGE = Page(router=router, roles=frozenset({CarerRole.CLINICIAN}), title="Recipe", path="/recipe")


@router.get("/recipe")
async def recipe(visiting: Visiting) -> str:
    return "served"
'''


@contextmanager
def with_file(package: ModuleType, text: str, folder: Path) -> Iterator[None]:
    """Put one more file into a folder of plugins."""
    (folder / "recipe.py").write_text(text)
    package.__path__.append(str(folder))
    try:
        yield
    finally:
        package.__path__.remove(str(folder))
        sys.modules.pop(f"{package.__name__}.recipe", None)
        if hasattr(package, "recipe"):
            delattr(package, "recipe")


def test_a_driver_is_one_file(tmp_path: Path) -> None:
    with with_file(sensors.drivers, DRIVER, tmp_path):
        driver = sensors.driver.discover.__wrapped__()["recipe"]
        for check in sensors.checks.yield_checks(driver):
            check(b'{"celsius": 21}', "lounge")
            check(b"\xff", "lounge")
    assert "recipe" not in sensors.driver.discover.__wrapped__()


def test_a_detector_is_one_file(tmp_path: Path) -> None:
    with with_file(analytics.detectors, DETECTOR, tmp_path):
        spec = analytics.detector.discover.__wrapped__()["recipe"]
        quick = {"replay_is_deterministic", "restart_changes_nothing", "state_is_bounded"}
        ran = {
            name for name, check in analytics.checks.checks() if name in quick and not check(spec)
        }
    assert ran == quick


def test_a_channel_is_one_file(tmp_path: Path) -> None:
    with with_file(channels, CHANNEL, tmp_path):
        assert "recipe" in channel.discover.__wrapped__()
        kind = channel.discover.__wrapped__()["recipe"]
        assert channel_checks.checks(kind)


def test_a_connector_is_one_file(tmp_path: Path) -> None:
    with with_file(connectors, CONNECTOR, tmp_path):
        assert "recipe" in connector.discover.__wrapped__()
    assert "recipe" not in connector.discover.__wrapped__()


def test_a_page_is_one_file(tmp_path: Path) -> None:
    with with_file(dashboard.pages, PAGE, tmp_path):
        page = dashboard.page.discover.__wrapped__()["recipe"]
    assert page.path == "/recipe"
    assert len(page.router.routes) == 1

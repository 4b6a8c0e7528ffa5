"""A few seeds of the fault tests; `make faults` runs all 300 (docs/how-to/prove.md)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults import seeds
from tests.faults.scenario import CASES, STARTS, scenario
from tests.servers.databases import DatabaseServer
from wayhome.embedded.postgres import EmbeddedPostgres

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]
FEW = (*range(100, 100 + len(CASES)), 34, 186)


@pytest.fixture(scope="module")
def there() -> Iterator[tuple[DatabaseServer, EmbeddedPostgres]]:
    with seeds.server() as made:
        yield made


@pytest.mark.parametrize("number", FEW, ids=lambda number: f"{scenario(number).case}-{number}")
async def test_no_interleaving_loses_an_episode(
    there: tuple[DatabaseServer, EmbeddedPostgres], number: int
) -> None:
    verdict = await seeds.run(number, there)
    assert verdict.faults == (), f"again: python -m tests.faults.seeds --only {number}"
    assert verdict.episodes == verdict.told + verdict.fallback + verdict.over


def test_a_seed_is_the_same_every_time() -> None:
    for number in range(300):
        one, two = scenario(number), scenario(number)
        assert (one.case, one.start, one.carers, one.events) == (
            two.case,
            two.start,
            two.carers,
            two.events,
        )
        assert one.chance.getstate() == two.chance.getstate()


def test_300_seeds_hold_every_case_each_kind_of_day_and_every_event() -> None:
    all_of_them = [scenario(number) for number in range(300)]
    assert {one.case for one in all_of_them} == set(CASES)
    assert {one.start for one in all_of_them} == set(STARTS)
    events = {event for one in all_of_them for event in one.events}
    assert {"restart", "cut", "kill", "stop", "second", "many", "team", "order"} <= events

"""Who is told first, after whom, and together with whom, as the page of a circle says it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.dashboard.town import Town
    from tests.dashboard.visitors import Visitors


async def test_equal_places_are_said_to_be_told_together(visitors: Visitors, town: Town) -> None:
    ben = await visitors.of("ben")
    text = await ben.text("/people")
    assert "Told first, together with Mia Stone." in text
    assert "Told first, together with Ben Carter." in text
    town.execute("update care set telling_order = 2 where carer_id = %s", town.carers["mia"])
    text = await ben.text("/people")
    assert "Told first." in text
    assert "Told after Ben Carter." in text

"""A profile that is old or has gaps is said on *today*, to those who may mend it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from dashboard.missing import form as forms

if TYPE_CHECKING:
    from tests.dashboard.town import Town
    from tests.dashboard.visitors import Visitors

DUE = "Look through the profile of Ada for the police"


def filled_in(town: Town, days_ago: int) -> None:
    """Let all of Ada's profile and her photo have been saved so long ago."""
    at = town.now - timedelta(days=days_ago)
    town.execute(
        "insert into profile_photo (home_id, resident_id, carer_id, at, taken_on, width, height,"
        " content) select home_id, resident_id, %s, %s, %s, 1, 1, 'x' from resident"
        " where home_id = 'ada'",
        town.carers["ben"],
        at,
        at.date(),
    )
    for version, section in enumerate(forms.discover()["national"].sections, 1):
        town.execute(
            "insert into missing_profile (home_id, resident_id, version, form, answers, section,"
            " photo_id, carer_id, at) select home_id, resident_id, %s, 'national', '{}', %s,"
            " photo_id, %s, %s from profile_photo",
            version,
            section.name,
            town.carers["ben"],
            at,
        )


async def test_it_is_said_until_the_profile_is_whole_and_again_when_it_is_old(
    visitors: Visitors, town: Town
) -> None:
    ben = await visitors.of("ben")
    assert DUE in await ben.text("/today")
    filled_in(town, 1)
    assert DUE not in await ben.text("/today")
    town.execute("update missing_profile set at = at - interval '200 days'")
    assert DUE in await ben.text("/today")


async def test_who_may_not_mend_it_is_not_asked(visitors: Visitors, town: Town) -> None:
    assert town.carers["clinician"]
    assert DUE not in await (await visitors.of("clinician")).text("/today/ada")

"""What retention removed, and that it failed, stands on the page of system health."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from tests.dashboard.town import NOW
from tests.dashboard.visitors import plain

if TYPE_CHECKING:
    from tests.dashboard.town import Town
    from tests.dashboard.visitors import Visitors


async def test_what_was_removed_and_what_could_not_be_is_shown(
    visitors: Visitors, town: Town
) -> None:
    ledger = (
        (timedelta(days=3), "positions", "leeds", 40, ""),
        (timedelta(days=2), "positions", "leeds", 2, ""),
        (timedelta(days=2), "positions", "york", 7, ""),
        (timedelta(days=2), "observations", None, 1000, ""),
        (timedelta(days=1), "run", None, 0, ""),
    )
    for ago, name, organisation, removed, error in ledger:
        town.execute(
            "insert into retention_run (at, class, organisation_id, removed, error)"
            " values (%s, %s, %s, %s, %s)",
            NOW - ago, name, organisation, removed, error,
        )  # fmt: skip
    admin = await visitors.of("admin")
    text = plain(await admin.text("/system"))
    assert "Where somebody was outdoors. 42 rows" in text, "and nothing of York"
    assert "What the sensors said. 1000 rows" in text
    assert "Removal of what is too old" not in text
    town.execute(
        "insert into retention_run (at, class, error) values (%s, 'run', %s)",
        NOW - timedelta(hours=1), "could not remove: packs",
    )  # fmt: skip
    text = plain(await admin.text("/system"))
    assert "Removal of what is too old Last run 1 h ago: could not remove: packs." in text

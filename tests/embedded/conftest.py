"""What the tests of embedded servers share."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.servers.postgres_fixtures import server_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def folder() -> Iterator[Path]:
    """Give a folder that the server's user can reach; gone afterwards."""
    place = server_folder()
    yield place
    shutil.rmtree(place, ignore_errors=True)

"""The TIHM record as messages."""

from __future__ import annotations

import lzma
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.model.errors import Misconfigured
from core.model.home import HomeMode
from core.model.quantity import Quantity
from sensors import driver, tihm

ROWS = """patient_id,location_name,date
aaa,hallway,2019-04-01 00:05:46
aaa,hallway,2019-04-01 00:05:46
aaa,front-door,2019-04-01 08:00:00
bbb,kitchen,2019-06-01 09:00:00
aaa,kitchen,2019-04-03 09:00:00
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with lzma.open(tmp_path / tihm.FILE, "wt") as file:
        file.write(ROWS)
    return tmp_path


def test_rows_become_messages_of_one_observation(folder: Path) -> None:
    record = tihm.read(folder)
    assert record.source_duplicates == 1
    assert [one.place for one in record.activations] == [
        "hallway",
        "front-door",
        "kitchen",
        "kitchen",
    ]
    hall, door, *_ = record.activations
    assert hall.at == datetime(
        2019, 3, 31, 23, 5, 46, tzinfo=UTC
    )  # London is an hour ahead in April
    _, home, family, rest = door.topic.split("/", 3)
    (reading,) = driver.discover()[family].decode(rest, door.payload).readings
    assert (home, reading.quantity, reading.value) == ("tihm-aaa", Quantity.CONTACT, 1.0)
    assert reading.observed_at == door.at


def test_the_first_days_of_each_home(folder: Path) -> None:
    record = tihm.read(folder, days=2)
    assert [one.home_id for one in record.activations] == ["tihm-aaa", "tihm-aaa", "tihm-bbb"]


def test_homes_are_archives_with_their_devices(folder: Path) -> None:
    record = tihm.read(folder)
    assert {household.home.mode for household in record.households} == {HomeMode.ARCHIVE}
    assert all(len(household.devices) == 8 for household in record.households)


def test_a_folder_without_the_record_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"Activity\.csv\.xz"):
        tihm.read(tmp_path)


@pytest.mark.data
def test_the_real_record(data_folder: Path) -> None:
    record = tihm.read(data_folder / "tihm", days=7)
    assert len(record.households) == 23
    assert len({(one.topic, one.at) for one in record.activations}) == len(record.activations)

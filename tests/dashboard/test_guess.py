from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.model.home import Placement, Room, RoomKind
from core.model.ids import HomeId, RoomId
from dashboard.guess import LONGEST_NAME, guess

ROOMS = tuple(
    Room(room_id=RoomId(number), home_id=HomeId("ada"), name=name, kind=kind, exit=name == "Hall")
    for number, (name, kind) in enumerate(
        (
            ("Bedroom", RoomKind.BEDROOM),
            ("Wet room", RoomKind.BATHROOM),
            ("Kitchen", RoomKind.KITCHEN),
            ("Hall", RoomKind.HALL),
        ),
        1,
    )
)


@pytest.mark.parametrize(
    ("external_id", "payload", "placement", "room", "name"),
    [
        ("kitchen_motion", b'{"occupancy": true}', Placement.ROOM, "Kitchen", "Kitchen motion"),
        ("bath-pir", b'{"occupancy": false}', Placement.ROOM, "Wet room", "Bath pir"),
        ("door", b'{"contact": true}', Placement.ENTRANCE, "Hall", "Door"),
        ("fridge_door", b'{"contact": true}', Placement.OBJECT, "Kitchen", "Fridge door"),
        ("pendant", b'{"action": "emergency"}', Placement.WORN, None, "Pendant"),
        ("bridge", b'{"state": "online"}', Placement.HUB, None, "Bridge"),
        ("0x00158d", b'{"occupancy": true}', Placement.ROOM, None, "0x00158d"),
    ],
)
def test_what_it_is_and_where_it_may_hang(
    external_id: str, payload: bytes, placement: Placement, room: str | None, name: str
) -> None:
    found = guess(
        "zigbee2mqtt", external_id, f"homes/ada/zigbee2mqtt/{external_id}", payload, ROOMS
    )
    names = {one.room_id: one.name for one in ROOMS}
    assert (found.placement, found.name) == (placement, name)
    assert (names[found.room_id] if found.room_id else None) == room


def test_it_says_what_the_last_message_says() -> None:
    payload = b'{"occupancy": true, "battery": 90}'
    found = guess("zigbee2mqtt", "hall", "homes/ada/zigbee2mqtt/hall", payload, ROOMS)
    assert found.says == ("motion 1", "battery 90")


@given(st.text(max_size=200), st.text(max_size=50), st.binary(max_size=80))
def test_anything_may_stand_in_the_list(name: str, topic: str, payload: bytes) -> None:
    for family in ("zigbee2mqtt", "wayhome", "no such family"):
        found = guess(family, name, topic, payload, ROOMS)
        assert 0 < len(found.name) <= LONGEST_NAME

"""What a device that nobody registered probably is: its driver reads its last message. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.model.errors import Malformed, Unsupported
from core.model.home import Placement, Room, RoomKind
from core.model.quantity import Quantity
from sensors import driver

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.model.ids import RoomId

LONGEST_NAME = 60
_BY_QUANTITY: tuple[tuple[frozenset[Quantity], Placement], ...] = (
    (frozenset({Quantity.BED}), Placement.BED),
    (frozenset({Quantity.CHAIR}), Placement.CHAIR),
    (
        frozenset({Quantity.POSITION, Quantity.SOS, Quantity.FALL, Quantity.STEPS, Quantity.WORN}),
        Placement.WORN,
    ),
    (frozenset({Quantity.CONTACT}), Placement.ENTRANCE),
    (frozenset({Quantity.MOTION, Quantity.PRESENCE}), Placement.ROOM),
    (frozenset({Quantity.VIBRATION, Quantity.POWER, Quantity.SWITCH}), Placement.OBJECT),
)
_INNER_DOOR = frozenset({"fridge", "cupboard", "window", "wardrobe", "drawer", "cabinet"})
_KINDS = {
    "bed": RoomKind.BEDROOM,
    "bath": RoomKind.BATHROOM,
    "toilet": RoomKind.BATHROOM,
    "kitchen": RoomKind.KITCHEN,
    "fridge": RoomKind.KITCHEN,
    "lounge": RoomKind.LIVING,
    "living": RoomKind.LIVING,
    "sitting": RoomKind.LIVING,
    "hall": RoomKind.HALL,
    "front": RoomKind.HALL,
    "entrance": RoomKind.HALL,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """A first answer to what a technician is asked; every part of it can be changed."""

    name: str
    placement: Placement
    room_id: RoomId | None
    #: What its last message says, for a person; empty when its driver can not read it.
    says: tuple[str, ...]


def guess(
    family: str, external_id: str, topic: str, payload: bytes, rooms: Sequence[Room]
) -> Guess:
    """Guess from a device's own name and from its last message.

    Parameters
    ----------
    topic
        As it came, with its home and family.
    """
    words = [word for word in re.split(r"[^a-z]+", external_id.lower()) if word]
    quantities, says = _read(family, topic, payload)
    placement = _placement(words, quantities, external_id)
    room = None if placement in {Placement.HUB, Placement.WORN} else _room(words, placement, rooms)
    name = re.sub(r"[_\-/]+", " ", external_id).strip().capitalize()[:LONGEST_NAME]
    return Guess(
        name=name or "Device",
        placement=placement,
        room_id=room.room_id if room else None,
        says=says,
    )


def _read(family: str, topic: str, payload: bytes) -> tuple[frozenset[Quantity], tuple[str, ...]]:
    reader = driver.discover().get(family)
    if reader is None:
        return frozenset(), ()
    try:
        found = reader.decode(topic.split("/", 3)[-1], payload).readings
    except (Malformed, Unsupported):
        return frozenset(), ()
    says = tuple(f"{one.quantity.value.replace('_', ' ')} {one.value:g}" for one in found)
    return frozenset(one.quantity for one in found), says


def _placement(words: Sequence[str], quantities: frozenset[Quantity], name: str) -> Placement:
    if name == "bridge" or "hub" in words:
        return Placement.HUB
    for some, placement in _BY_QUANTITY:
        if some & quantities:
            inner = placement is Placement.ENTRANCE and _INNER_DOOR & set(words)
            return Placement.OBJECT if inner else placement
    if "door" in words:
        return Placement.ENTRANCE
    return Placement.ROOM


def _room(words: Sequence[str], placement: Placement, rooms: Sequence[Room]) -> Room | None:
    """Return the room whose name or kind stands in the device's own name."""
    for room in rooms:
        if set(re.split(r"[^a-z]+", room.name.lower())) & set(words):
            return room
    kinds = {kind for part, kind in _KINDS.items() if any(word.startswith(part) for word in words)}
    if placement is Placement.BED:
        kinds.add(RoomKind.BEDROOM)
    of_kind = [room for room in rooms if room.kind in kinds]
    exits = [room for room in rooms if room.exit]
    if placement is Placement.ENTRANCE and not of_kind:
        return exits[0] if len(exits) == 1 else None
    return of_kind[0] if len(of_kind) == 1 else None

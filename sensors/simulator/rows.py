"""What a home's devices say as columns of numbers: fast to make, to mix and to sort."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt

from core.model.ids import DeviceId, HomeId
from core.model.observation import Observation, Position
from core.model.quantity import Quantity

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
QUANTITIES = tuple(Quantity)
NUMBER = {quantity: number for number, quantity in enumerate(QUANTITIES)}
NOWHERE = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Reports of one home; all columns have the same length, ``places`` but for its rows."""

    #: Seconds since 1970: when it happened by the device's clock, when the gateway received it.
    observed: Floats
    received: Floats
    #: Index of the device in its household.
    device: Whole
    #: Index in `QUANTITIES`.
    quantity: Whole
    value: Floats
    #: Row of ``places``, or `NOWHERE`.
    place: Whole
    #: Latitude, longitude (degrees), 68 % radius (m), speed (m/s).
    places: Floats

    def __len__(self) -> int:
        return len(self.observed)

    def only(self, chosen: npt.NDArray[np.bool_] | Whole) -> Rows:
        """Return the chosen rows."""
        return Rows(**{name: getattr(self, name)[chosen] for name in _COLUMNS}, places=self.places)

    def in_order(self) -> Rows:
        """Return them as they are received."""
        return self.only(np.lexsort((self.quantity, self.device, self.observed, self.received)))

    def tidied(self) -> Rows:
        """Return them without places that none of them is at."""
        fixes = self.place >= 0
        place = np.full(len(self), NOWHERE)
        place[fixes] = np.arange(int(fixes.sum()))
        return replace(self, place=place, places=self.places[self.place[fixes]])

    def arriving(self, received: Floats) -> Rows:
        """Return them with other times of arrival."""
        return replace(self, received=received)


_COLUMNS = tuple(one.name for one in fields(Rows) if one.name != "places")
_NO_PLACES = np.empty((0, 4))


def rows(device: int, quantity: Quantity, at: Floats | Sequence[float], value: object) -> Rows:
    """Return reports of one quantity by one device, received as they happen."""
    observed = np.asarray(at, dtype=np.float64)
    count = len(observed)
    return Rows(
        observed=observed,
        received=observed,
        device=np.full(count, device),
        quantity=np.full(count, NUMBER[quantity]),
        value=np.full(count, value, dtype=np.float64),
        place=np.full(count, NOWHERE),
        places=_NO_PLACES,
    )


def positions(device: int, at: Floats, places: Floats) -> Rows:
    """Return fixes of a tracker; ``places`` as in `Rows`."""
    fixes = rows(device, Quantity.POSITION, at, places[:, 2])
    return replace(fixes, place=np.arange(len(at)), places=places)


def together(parts: Sequence[Rows]) -> Rows:
    """Return all rows of ``parts``."""
    if not parts:
        return rows(0, Quantity.MOTION, [], 0.0)
    shifts = np.cumsum([0, *(len(part.places) for part in parts[:-1])])
    columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in _COLUMNS}
    columns["place"] = np.concatenate(
        [
            np.where(part.place >= 0, part.place + shift, NOWHERE) if shift else part.place
            for part, shift in zip(parts, shifts.tolist(), strict=True)
        ]
    )
    return Rows(**columns, places=np.concatenate([part.places for part in parts]))


def observations(
    home_id: HomeId, found: Rows, devices: Sequence[DeviceId]
) -> Iterator[Observation]:
    """Yield them as the engine takes them, in their order; ``devices`` are the ids by index."""
    places = [_position(*row) for row in found.places.tolist()]
    moment = datetime.fromtimestamp
    for observed, received, device, quantity, value, place in zip(
        found.observed.round(3).tolist(),
        found.received.round(3).tolist(),
        found.device.tolist(),
        found.quantity.tolist(),
        found.value.tolist(),
        found.place.tolist(),
        strict=True,
    ):
        at = moment(observed, UTC)
        yield Observation(
            home_id=home_id,
            device_id=devices[device],
            quantity=QUANTITIES[quantity],
            value=value,
            observed_at=at,
            received_at=at if received == observed else moment(received, UTC),
            position=places[place] if place >= 0 else None,
        )


def _position(latitude: float, longitude: float, accuracy_m: float, speed_m_s: float) -> Position:
    return Position(
        latitude=latitude, longitude=longitude, accuracy_m=accuracy_m, speed_m_s=speed_m_s
    )

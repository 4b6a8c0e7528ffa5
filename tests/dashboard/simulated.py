"""Simulated homes written into the log as the gateway would, without the gateway."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sensors.simulator.rows import QUANTITIES

if TYPE_CHECKING:
    import psycopg

    from core.model.home import Household
    from sensors.simulator.recording import Recording
    from sensors.simulator.rows import Rows

Lines = tuple[list[str], list[str]]


def store(connection: psycopg.Connection[Any], household: Household, record: Recording) -> None:
    """Write all that a record says; what it says twice once, as the log does."""
    known: set[tuple[float, int, int]] = set()
    for batch in record.stored():
        scalars, places = _lines(batch, household, known)
        with connection.cursor() as cursor:
            with cursor.copy(
                "copy observation (observed_at, device_id, quantity, value, home_id, received_at)"
                " from stdin"
            ) as copy:
                copy.write("".join(scalars))
            with cursor.copy(
                "copy position (observed_at, device_id, latitude, longitude, accuracy_m, speed_m_s,"
                " home_id, received_at) from stdin"
            ) as copy:
                copy.write("".join(places))


def _lines(batch: Rows, household: Household, known: set[tuple[float, int, int]]) -> Lines:
    scalars, places = [], []
    devices, home = [one.device_id for one in household.devices], household.home.home_id
    for at, device, quantity, value, place in zip(
        batch.observed.round(3).tolist(), batch.device.tolist(), batch.quantity.tolist(),
        batch.value.tolist(), batch.place.tolist(), strict=True,
    ):  # fmt: skip
        if (at, device, quantity) in known:
            continue
        known.add((at, device, quantity))
        moment = datetime.fromtimestamp(at, UTC).isoformat()
        end = f"{home}\t{moment}\n"
        if place >= 0:
            fix = "\t".join(f"{one:.7f}" for one in batch.places[place].tolist())
            places.append(f"{moment}\t{devices[device]}\t{fix}\t{end}")
        else:
            name = QUANTITIES[quantity].value
            scalars.append(f"{moment}\t{devices[device]}\t{name}\t{value}\t{end}")
    return scalars, places

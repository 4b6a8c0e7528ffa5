"""A resident-year of observations, made up or real."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from analytics import sample_days
from core.model.ids import DeviceId
from core.model.observation import Observation
from core.model.quantity import Quantity
from sensors import tihm

if TYPE_CHECKING:
    from pathlib import Path

    from core.model.home import Household

YEAR = timedelta(days=364)
"""Whole weeks, so that a record that is told again and again keeps its weekdays."""


def made_up() -> tuple[Household, tuple[Observation, ...]]:
    """Return the sample home's eventful days: every kind of device, each day something is wrong."""
    return sample_days.HOUSEHOLD, sample_days.eventful(YEAR.days).observations


def real(folder: Path) -> tuple[Household, tuple[Observation, ...]]:
    """Return the home of the TIHM study with most activations, told again until the year is full."""
    record = tihm.read(folder)
    homes = [one.home_id for one in record.activations]
    busiest = max(sorted(set(homes)), key=homes.count)
    (home,) = (one for one in record.households if one.home.home_id == busiest)
    devices = tuple(
        replace(device, device_id=DeviceId(number)) for number, device in enumerate(home.devices, 1)
    )
    numbers = {device.external_id: device.device_id for device in devices}
    once = [
        Observation(
            home_id=one.home_id,
            device_id=numbers[one.place],
            quantity=Quantity.CONTACT
            if tihm.PLACES[one.place].senses == "contact"
            else Quantity.MOTION,
            value=1.0,
            observed_at=one.at,
            received_at=one.at,
        )
        for one in record.activations
        if one.home_id == busiest
    ]
    first = once[0].received_at
    weeks = -(-(once[-1].received_at - first) // timedelta(weeks=1))
    rows: list[Observation] = []
    while not rows or rows[-1].received_at - first < YEAR:
        by = timedelta(weeks=weeks) * (len(rows) // len(once))
        rows += [
            replace(row, observed_at=row.observed_at + by, received_at=row.received_at + by)
            for row in once
        ]
    year = tuple(row for row in rows if row.received_at - first < YEAR)
    return replace(home, devices=devices), year

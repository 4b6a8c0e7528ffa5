"""Devices: sensors and hubs of homes, the detectors that spoke, and the program that counts days."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING

from dashboard.fhir import terms
from dashboard.fhir.terms import coding, concept, extension, safe_id, said

if TYPE_CHECKING:
    from datetime import datetime

    from core.model.home import Device
    from dashboard.fhir.terms import Resource

COUNTING = "wayhome"
"""Id of the Device that stands for this program."""


@cache
def release() -> str:
    """Return the release of this program."""
    return version("wayhome")


def detector_id(detector: str, detector_version: str) -> str:
    """Return the id of a detector of one version.

    Examples
    --------
    >>> detector_id("late_rise", "0.1.0-2"), detector_id("impact", "")
    ('detector-late..rise-0.1.0-2', 'detector-impact')
    """
    told = f"-{safe_id(detector_version)}" if detector_version else ""
    return f"detector-{safe_id(detector)}{told}"[:64]


def program() -> Resource:
    """Return this program, which counts days."""
    return {
        "resourceType": "Device",
        "id": COUNTING,
        "status": "active",
        "manufacturer": "Wayhome",
        "deviceName": [{"name": "Wayhome", "type": "manufacturer-name"}],
        "type": {"text": "Software that counts the days of a home"},
        "version": [{"value": release()}],
    }


def detector(name: str, detector_version: str) -> Resource:
    """Return a detector as a software device."""
    found: Resource = {
        "resourceType": "Device",
        "id": detector_id(name, detector_version),
        "manufacturer": "Wayhome",
        "deviceName": [{"name": name, "type": "model-name"}],
        "type": concept("Detector (software)", coding(terms.DETECTOR, name)),
        "parent": {"reference": f"Device/{COUNTING}"},
    }
    if detector_version:
        found["version"] = [{"value": detector_version}]
    return found


def sensor(device: Device, retired_at: datetime | None) -> Resource:
    """Return a registered sensor, button, wearable or hub."""
    found: Resource = {
        "resourceType": "Device",
        "id": str(device.device_id),
        "identifier": [{"system": terms.DEVICE_ID, "value": str(device.device_id)}],
        "status": "inactive" if retired_at else "active",
        "deviceName": [{"name": said(device.name), "type": "user-friendly-name"}],
        "type": {"text": device.placement.value},
        "extension": [{"url": extension("driver"), "valueString": device.family}],
    }
    if retired_at is not None:
        found["extension"].append(
            {"url": extension("retired-at"), "valueInstant": terms.instant(retired_at)}
        )
    if device.resident_id is not None:
        found["patient"] = {"reference": f"Patient/{device.resident_id}"}
    if device.room is not None:
        found["location"] = {"display": said(device.room.name)}
    return found

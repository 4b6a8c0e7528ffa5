"""All types of resources that are served. Adding one is one class, and its line here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.fhir.records import Communications, Flags, Observations, Provenances
from dashboard.fhir.registers import Devices, Groups, Patients

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dashboard.fhir.kind import Kind

_ALL: tuple[Kind, ...] = (
    Communications(),
    Devices(),
    Flags(),
    Groups(),
    Observations(),
    Patients(),
    Provenances(),
)
KINDS: Mapping[str, Kind] = {one.name: one for one in _ALL}
"""By name."""
IN_EXPORT = ("Patient", "Group", "Device", "Observation", "Flag", "Provenance", "Communication")
"""The same in the order of a bulk export: first what the others point to."""
DATED = ("Observation", "Flag", "Provenance", "Communication")
"""Types that know when they last changed: a bulk export can leave out what is older."""

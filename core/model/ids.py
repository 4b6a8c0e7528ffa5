"""Identifiers. Distinct types, so that swapping two of them is a type error."""

from __future__ import annotations

from typing import NewType

OrganisationId = NewType("OrganisationId", str)
"""Short slug of an organisation, e.g. ``leeds``."""
HomeId = NewType("HomeId", str)
"""Slug of a home as it stands in topics (``homes/{home}/…``), e.g. ``7f3k``."""
RoomId = NewType("RoomId", int)
ResidentId = NewType("ResidentId", int)
DeviceId = NewType("DeviceId", int)
WHOLE_HOME = DeviceId(0)
"""Among the devices that are gone: somebody may not be watched, and nothing of what the home says is kept."""
CarerId = NewType("CarerId", int)
"""A user who can be told about alerts; the same number as in ``carer.carer_id``."""
FindingId = NewType("FindingId", int)
AlertId = NewType("AlertId", int)
DeliveryId = NewType("DeliveryId", int)

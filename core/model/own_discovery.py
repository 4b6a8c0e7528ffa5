"""By what we know our own entities when a Home Assistant tells of them: they are no devices. Pure."""

from __future__ import annotations

OWN, ORIGIN = "wayhome", "Wayhome"
"""How the identifiers of our entities begin, and what we call ourselves as their origin."""


def is_own_entity(entity_id: str) -> bool:
    """Tell whether an entity is one that we have described.

    Examples
    --------
    >>> is_own_entity("sensor.wayhome_7f3k_last_movement"), is_own_entity("binary_sensor.hall")
    (True, False)
    """
    return entity_id.partition(".")[2].startswith(f"{OWN}_")

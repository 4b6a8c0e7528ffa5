"""What a service says of one of its parts."""

from __future__ import annotations

from typing import Any

from core.runtime.service import Context


def well(context: Context[Any], part: str) -> bool | None:
    """Tell whether a part of a service is well; None before it has said anything."""
    said = context.health.report()["parts"].get(part)
    return None if said is None else bool(said["ok"])

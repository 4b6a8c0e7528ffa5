"""What signs of life of gateways prove: that what homes say is stored. Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

SHARE_KEPT = timedelta(days=1)
"""So long a broker keeps the share of a gateway that is away: what goes to it is heard by nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewaySign:
    """The last sign of life of one gateway."""

    #: Group whose gateways divide the messages; empty for one that is sent all of them.
    group: str = ""
    at: datetime
    #: Until when all that it was sent is stored; None where it hears no broker.
    heard_at: datetime | None
    #: Since when it has heard the broker without a break; None when not known.
    heard_since: datetime | None = None


def proof(
    signs: Iterable[GatewaySign], ceiling: datetime
) -> tuple[datetime | None, datetime | None]:
    """Return until when all that homes said is stored, and since when without a break.

    Gateways that divide the messages prove it together: what the slowest of them has stored. One that is away
    has a share at the broker still; each home says half to it.

    Parameters
    ----------
    ceiling
        A later moment is of a wrong clock: it counts only where there is no other.

    Examples
    --------
    >>> noon, hour = datetime(2026, 3, 2, 12), timedelta(hours=1)
    >>> dead = GatewaySign(group="g", at=noon - hour, heard_at=noon - hour)
    >>> alive = GatewaySign(group="g", at=noon, heard_at=noon, heard_since=noon - 9 * hour)
    >>> proof([dead, alive], noon)[0] == noon - hour, proof([alive], noon)[0] == noon
    (True, True)
    """
    groups: dict[tuple[str, int], list[GatewaySign]] = defaultdict(list)
    for number, sign in enumerate(signs):
        groups[sign.group, 0 if sign.group else number].append(sign)
    found = [of_group for members in groups.values() if (of_group := _of_group(members))]
    if not found:
        return None, None
    return min(found, key=lambda one: (one[0] > ceiling, (ceiling - one[0]).total_seconds()))


def _of_group(members: list[GatewaySign]) -> tuple[datetime, datetime | None] | None:
    newest = max(one.at for one in members)
    counted = [one for one in members if newest - one.at <= SHARE_KEPT]
    heard = [one.heard_at for one in counted if one.heard_at is not None]
    if not heard:
        return None
    begun = [one.heard_since for one in counted]
    since = None if None in begun else max(one for one in begun if one is not None)
    return min(heard), since

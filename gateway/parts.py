"""Stores part by part what the database refuses, or ends, as a whole; what is left over has its reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from core.model.errors import StoreUnavailable
from core.model.ids import DeviceId
from core.model.intake import Timing
from core.store import observation
from core.store.observation import RowsRefused, TooSlow
from gateway.batch import apart

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.model.intake import Arrival
    from core.store.pool import Connection
    from gateway.admission import Admitted

NOBODY = DeviceId(0)
"""Numbers of devices begin at 1."""


class Parts:
    """Stores the observations of a batch part by part, within one transaction.

    Parameters
    ----------
    part_s
        Seconds that a part may take; 0 for as long as any statement.
    """

    def __init__(self, connection: Connection, part_s: int) -> None:
        self._connection = connection
        self._part_s = part_s
        #: The messages that can not be stored, each with the reason.
        self.poison: list[tuple[Admitted, str]] = []

    async def store(self, admitted: Sequence[Admitted]) -> int:
        """Store observations; return how many are new.

        Raises
        ------
        StoreUnavailable
            If a message alone takes too long, and any other would as well: it is the database then.
        """
        if not admitted:
            return 0
        arrivals = [arrival for one in admitted for arrival in one.arrivals]
        try:
            async with self._connection.transaction():
                return await observation.stage(
                    self._connection, apart(arrivals), most_s=self._part_s
                )
        except RowsRefused as error:
            if len(admitted) > 1:
                half = len(admitted) // 2
                return await self.store(admitted[:half]) + await self.store(admitted[half:])
            reason = "store_refused"
            if isinstance(error, TooSlow):
                await self._try_another(arrivals[0])
                reason = "store_too_slow"
            self.poison.append((admitted[0], reason))
            return 0

    async def _try_another(self, like: Arrival) -> None:
        """Store a row of nobody and take it back: where that takes too long too, no message is to blame."""
        other = msgspec.structs.replace(
            like,
            device_id=NOBODY,
            observed_at=like.received_at,
            claimed_at=None,
            timing=Timing.DEVICE,
        )
        try:
            async with self._connection.transaction(force_rollback=True):
                await observation.stage(self._connection, [other], most_s=self._part_s)
        except RowsRefused as error:
            raise StoreUnavailable("the database ends whatever it is given") from error

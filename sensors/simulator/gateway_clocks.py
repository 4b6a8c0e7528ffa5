"""The times that the gateway stores: a device's own, corrected, or the gateway's (docs/decisions/0034)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from core.model.clock_skew import TRUSTED_S, Skew, Trust
from sensors.simulator.faults import Circumstances
from sensors.simulator.rows import Rows

_RIGHT_S = TRUSTED_S / 2
"""Clocks that err by less are believed as they are, delays included: nothing to work out."""


class GatewayClocks:
    """What the gateway knows of the clocks of one home's devices."""

    def __init__(self, circumstances: Circumstances) -> None:
        self._right = max(circumstances.skew_s, circumstances.drift_s) < _RIGHT_S
        self._skews: dict[int, Skew] = {}

    def stored(self, batch: Rows) -> Rows:
        """Return rows in the order of their arrival at the times that are stored for them."""
        if self._right:
            return batch
        moment = datetime.fromtimestamp
        found = batch.observed.copy()
        told = zip(
            batch.device.tolist(), batch.observed.tolist(), batch.received.tolist(), strict=True
        )
        for row, (device, claimed, received) in enumerate(told):
            skew = self._skews.get(device)
            if skew is None:
                skew = self._skews[device] = Skew()
            judged = skew.judge(moment(claimed, UTC), moment(received, UTC))
            if judged.trust is not Trust.TRUSTED:
                found[row] = judged.observed_at.timestamp()
        return replace(batch, observed=found)

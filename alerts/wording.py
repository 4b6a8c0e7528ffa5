"""What a push says: how soon, and to open Wayhome. It may stand on a locked screen. Pure.

No name, no place, no detail: those are on the page, behind the log-in (docs/decisions/0053).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.channel import Outgoing
from core.model.finding import Audience, Severity

if TYPE_CHECKING:
    from core.store.delivery import ClaimedDelivery

_TITLE = {
    Severity.URGENT: "Wayhome: act now",
    Severity.CHECK: "Wayhome: please check",
    Severity.NOTICE: "Wayhome: for your information",
}
_TEXT = {
    (Severity.URGENT, Audience.CARERS): "Someone may need help now. Open Wayhome.",
    (Severity.CHECK, Audience.CARERS): "Someone should look within minutes. Open Wayhome.",
    (Severity.NOTICE, Audience.CARERS): "There is something to read. Open Wayhome.",
    (Severity.URGENT, Audience.OPERATORS): "A home cannot be watched. Open Wayhome.",
    (Severity.CHECK, Audience.OPERATORS): "Something in a home needs repair. Open Wayhome.",
    (Severity.NOTICE, Audience.OPERATORS): "There is something to look after. Open Wayhome.",
}
_CLEARED = "The cause has gone since, and nobody has answered yet. Open Wayhome."
_ASKED = "It has become more serious since you answered. Open Wayhome and answer again."
_REPEATED = "Nobody has answered yet. "


def outgoing(claimed: ClaimedDelivery, public_url: str) -> Outgoing:
    """Put a claimed delivery into words."""
    text = _TEXT[claimed.severity, claimed.audience]
    if claimed.cleared:
        text = _CLEARED
    elif claimed.asked:
        text = _ASKED
    elif claimed.repeated:
        text = _REPEATED + text
    base = public_url.rstrip("/")
    return Outgoing(
        delivery_id=claimed.delivery_id,
        alert_id=claimed.alert_id,
        address=claimed.address or "",
        severity=claimed.severity,
        step=claimed.step,
        title=_TITLE[claimed.severity],
        text=text,
        link=f"{base}/alerts/{claimed.alert_id}" if base else "",
    )

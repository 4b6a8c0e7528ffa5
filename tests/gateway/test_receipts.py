from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.admission import Outcome
from gateway.receipts import REMEMBERED, Ring, receipt
from tests.gateway.builders import NOON, Desk, after, contact, message

if TYPE_CHECKING:
    from core.runtime.mqtt import IncomingMessage


def test_a_redelivery_is_known_in_the_next_process() -> None:
    first = Desk()
    taken = [contact(packet_id=5), message("homes/live/wayhome/door/contact", b"{", packet_id=6)]
    slot = first.intake.close(first.intake.admit(taken, NOON), NOON).slip.encode()
    second = Desk()
    second.ring.restore([slot])
    again = [_again(one.topic, one.payload, one.packet_id) for one in taken]
    new = _again(taken[0].topic, taken[0].payload, 7)
    outcomes = [
        one.outcome for one in second.intake.admit([*again, new, contact(packet_id=5)], NOON)
    ]
    assert outcomes == [Outcome.DUPLICATE, Outcome.DUPLICATE, Outcome.STORED, Outcome.STORED]
    assert second.ring.number == first.ring.number == 2


def _again(topic: str, payload: bytes, packet_id: int) -> IncomingMessage:
    return message(topic, payload, packet_id=packet_id, duplicate=True)


def test_messages_with_a_final_key_need_no_receipt() -> None:
    desk = Desk()
    timed = desk.intake.close(desk.intake.admit([contact(t=after(-1).isoformat())], NOON), NOON)
    assert timed.slip.receipts == b""
    numbered = desk.intake.admit([contact(t=after(-1).isoformat(), seq=1)], NOON)
    assert len(desk.intake.close(numbered, NOON).slip.receipts) == 10


def test_the_ring_forgets() -> None:
    ring, old = Ring(), contact(packet_id=1)
    ring.remember([receipt(old)])
    assert ring.holds(old)
    ring.remember(number.to_bytes(10, "big") for number in range(REMEMBERED))
    assert not ring.holds(old)


def test_no_two_messages_share_a_moment_and_a_clock_set_back_is_followed() -> None:
    desk = Desk()
    moments = [desk.intake.stamp(at) for at in (NOON, NOON, after(-0.5), after(1), after(-3600))]
    assert moments[:2] == [NOON, after(1e-6)]
    assert len(set(moments)) == 5
    assert moments[3:] == [after(1), after(-3600)]

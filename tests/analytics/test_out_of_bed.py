from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from analytics.features.out_of_bed import RISEN_S, STAY_S, OutOfBed, Risen
from analytics.features.plan import plan
from analytics.sample_days import BED, BED_MOTION, HALL_MOTION, HOUSEHOLD, said
from core.model.ids import DeviceId
from core.model.quantity import Quantity

DEVICES = plan(HOUSEHOLD).by_id


def _show(
    beds: OutOfBed, at: float, device: DeviceId, value: float = 1.0, *, fresh: bool = True
) -> None:
    when = datetime.fromtimestamp(at, UTC)
    quantity = Quantity.BED if device == BED else Quantity.MOTION
    beds.show(at, DEVICES[device], said(device, quantity, value, when, when), fresh=fresh)


def test_who_comes_out_of_the_bedroom_after_minutes_comes_from_bed_and_is_up_minutes_later() -> (
    None
):
    beds = OutOfBed()
    _show(beds, 0.0, HALL_MOTION)
    _show(beds, 60.0, BED_MOTION)
    assert beds.risen(60.0 + STAY_S - 1.0) is Risen.NO
    assert beds.risen(60.0 + STAY_S) is Risen.PERHAPS, (
        "nobody was seen outside: straight to the door"
    )
    _show(beds, 400.0, HALL_MOTION)
    assert beds.risen(400.0 + RISEN_S) is Risen.PERHAPS
    assert beds.risen(400.0 + RISEN_S + 1.0) is Risen.NO


def test_who_fetches_something_from_the_bedroom_does_not_come_from_bed() -> None:
    beds = OutOfBed()
    for at, device in ((0.0, HALL_MOTION), (500.0, BED_MOTION), (560.0, HALL_MOTION)):
        _show(beds, at, device)
    assert beds.risen(565.0) is Risen.NO


def test_only_a_bed_that_was_occupied_is_left_and_what_comes_late_changes_nothing() -> None:
    beds = OutOfBed()
    _show(beds, 0.0, BED, 0.0)
    assert beds.risen(1.0) is Risen.NO
    _show(beds, 10.0, BED, 1.0)
    _show(beds, 30.0, BED, 0.0)
    _show(beds, 20.0, BED, 1.0, fresh=False)
    _show(beds, 31.0, BED, 0.0)
    assert beds.risen(40.0) is Risen.SURE
    assert beds.risen(30.0 + RISEN_S + 1.0) is Risen.NO


signs = st.lists(
    st.tuples(
        st.floats(0.0, 900.0),
        st.sampled_from((HALL_MOTION, BED_MOTION, BED)),
        st.sampled_from((0.0, 1.0)),
        st.booleans(),
    ),
    max_size=30,
)


@given(signs=signs, asked=st.floats(0.0, 1000.0))
def test_a_restart_changes_nothing(
    signs: list[tuple[float, DeviceId, float, bool]], asked: float
) -> None:
    beds, now = OutOfBed(), 0.0
    for after, device, value, fresh in signs:
        now += after
        _show(beds, now, device, value, fresh=fresh)
        again = OutOfBed.restored(beds.snapshot())
        assert again.snapshot() == beds.snapshot()
        assert again.risen(now + asked) is beds.risen(now + asked)

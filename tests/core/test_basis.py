"""Whether a purpose stands follows from the ledger and the moment alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from core.model.basis import (
    BY_CONSENT_STEP,
    Article6,
    Article9,
    Basis,
    Decided,
    Kind,
    Purpose,
    reviews,
    standing,
)
from core.model.ids import ResidentId

START = datetime(2026, 1, 1, tzinfo=UTC)
SURGERY, UNIVERSITY = "Park Surgery", "University"


def day(number: int) -> datetime:
    return START + timedelta(days=number)


def entry(number: int, **fields: object) -> Basis:
    """Return an entry; by default consent to location from the first day on."""
    standard: dict[str, object] = {
        "basis_id": number,
        "resident_id": ResidentId(1),
        "kind": Kind.GIVEN,
        "purpose": Purpose.LOCATION,
        "recipient": "",
        "article6": Article6.CONSENT,
        "article9": Article9.EXPLICIT_CONSENT,
        "decided": Decided.PERSON,
        "said_by": "Ada",
        "note": "",
        "valid_from": START,
        "valid_until": None,
        "at": START,
    }
    return Basis(**(standard | fields))  # type: ignore[arg-type]


@st.composite
def ledgers(draw: st.DrawFn) -> tuple[Basis, ...]:
    made = []
    for number in range(1, draw(st.integers(0, 6)) + 1):
        kind = draw(st.sampled_from(Kind))
        since = draw(st.integers(0, 8))
        lasts = draw(st.none() | st.integers(1, 5)) if kind is Kind.GIVEN else None
        made.append(
            entry(
                number,
                kind=kind,
                purpose=draw(st.sampled_from([Purpose.LOCATION, Purpose.RECORD_SHARING])),
                recipient=draw(st.sampled_from(["", SURGERY, UNIVERSITY])),
                valid_from=day(since),
                valid_until=None if lasts is None else day(since + lasts),
            )
        )
    return tuple(made)


def simply(ledger: tuple[Basis, ...], purpose: Purpose, recipient: str, at: datetime) -> bool:
    """Say the same by looking at each entry alone."""
    about = [one for one in ledger if one.purpose is purpose]
    if purpose in BY_CONSENT_STEP and not recipient and all(one.recipient for one in about):
        return True
    return any(
        one.kind is Kind.GIVEN
        and one.recipient == recipient
        and one.covers(at)
        and not any(
            other.kind is Kind.WITHDRAWN
            and other.recipient in {"", recipient}
            and other.basis_id > one.basis_id
            and other.valid_from <= at
            for other in about
        )
        for one in about
    )


@given(ledgers(), st.sampled_from(["", SURGERY]), st.integers(-1, 14), st.randoms())
def test_the_order_of_reading_says_nothing_and_every_entry_counts_once(
    ledger: tuple[Basis, ...], recipient: str, number: int, chance: object
) -> None:
    shuffled = list(ledger)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    for purpose in (Purpose.LOCATION, Purpose.RECORD_SHARING):
        found = standing(shuffled, purpose, recipient, day(number))
        assert bool(found) == simply(ledger, purpose, recipient, day(number))
        assert found.reason
        assert found.allowed is bool(found)


@given(ledgers(), st.sampled_from(["", SURGERY, UNIVERSITY]), st.integers(0, 14))
def test_after_a_withdrawal_nothing_stands_before_it_is_given_anew(
    ledger: tuple[Basis, ...], recipient: str, number: int
) -> None:
    ended = entry(
        len(ledger) + 1, kind=Kind.WITHDRAWN, purpose=Purpose.LOCATION, valid_from=day(number)
    )
    for later in range(number, number + 20):
        assert not standing((*ledger, ended), Purpose.LOCATION, recipient, day(later))
    again = entry(len(ledger) + 2, recipient=recipient, valid_from=day(number))
    assert standing((*ledger, ended, again), Purpose.LOCATION, recipient, day(number))


@given(ledgers(), st.integers(0, 14))
def test_who_is_not_named_gets_nothing(ledger: tuple[Basis, ...], number: int) -> None:
    assert not standing(ledger, Purpose.RECORD_SHARING, "Somebody else", day(number))
    assert not standing((), Purpose.RECORD_SHARING, "", day(number))


def test_what_the_consent_of_the_home_covers_stands_until_something_is_written() -> None:
    for purpose in Purpose:
        assert bool(standing((), purpose, "", START)) is (purpose in BY_CONSENT_STEP)


def test_reasons_say_what_happened() -> None:
    lapsed = entry(1, valid_until=day(10))
    assert standing([lapsed], Purpose.LOCATION, "", day(11)).reason == "it has lapsed"
    later = entry(1, valid_from=day(10))
    assert standing([later], Purpose.LOCATION, "", day(1)).reason.startswith("it does not begin")
    ended = entry(2, kind=Kind.WITHDRAWN)
    found = standing([lapsed, ended], Purpose.LOCATION, "", day(1))
    assert (found.reason, found.basis) == ("it was withdrawn", ended)


def test_what_ends_soon_or_has_lapsed_is_to_be_looked_at_again() -> None:
    ahead = timedelta(days=42)
    ends = entry(1, valid_until=day(30))
    (due,) = reviews([ends], START, ahead)
    assert (due.purpose, due.ends_at) == (Purpose.LOCATION, day(30))
    assert reviews([ends], day(60), ahead), "it lapsed and nobody acted"
    assert reviews([replace(ends, valid_until=day(90))], START, ahead) == ()
    renewed = entry(2, valid_from=day(1), valid_until=day(400))
    assert reviews([ends, renewed], START, ahead) == ()
    assert reviews([ends, entry(2, kind=Kind.WITHDRAWN)], START, ahead) == (), "somebody acted"

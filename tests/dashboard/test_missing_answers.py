"""What a profile takes and what it refuses, and of what it reminds."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.model.errors import Malformed, Misconfigured
from core.model.ids import CarerId, HomeId, ResidentId
from core.model.missing import Photo, PhotoId, Profile
from core.runtime.settings import DashboardSettings
from dashboard.missing.checking import check_answers, checked, complaint, point, tidy
from dashboard.missing.form import Field, Kind, chosen
from dashboard.missing.refusing import CARD, CODE, luhn, refused
from dashboard.missing.reminders import reminders
from tests.dashboard.missing_words import FORM
from tests.dashboard.town import NOW

TODAY = date(2026, 1, 15)
DIGITS = st.text("0123456789", min_size=14, max_size=14)


def with_check_digit(digits: str) -> str:
    return next(f"{digits}{last}" for last in range(10) if luhn(f"{digits}{last}"))


@given(
    first=st.sampled_from(["4", "51", "55", "2221", "2720", "6011"]),
    digits=DIGITS,
    mark=st.sampled_from(["", " ", "-", " "]),
    before=st.sampled_from(["", "card ", "No. ", "Visa:"]),
    after=st.sampled_from(["", " exp 12/27", ".", "\nCall 0113 496 0000"]),
)
def test_a_card_number_is_refused_however_it_is_written(
    first: str, digits: str, mark: str, before: str, after: str
) -> None:
    number = with_check_digit((first + digits)[:15])
    written = mark.join(number[at : at + 4] for at in range(0, 16, 4))
    assert refused(before + written + after) == CARD


@given(digits=DIGITS, mark=st.sampled_from(["", " ", "-"]))
def test_an_american_express_number_is_refused(digits: str, mark: str) -> None:
    number = with_check_digit(("37" + digits)[:14])
    assert refused(mark.join((number[:4], number[4:10], number[10:]))) == CARD


@given(digits=DIGITS, wrong=st.integers(1, 9))
def test_a_number_whose_check_digit_is_wrong_is_no_card(digits: str, wrong: int) -> None:
    number = with_check_digit(("4" + digits)[:15])
    other = number[:-1] + str((int(number[-1]) + wrong) % 10)
    assert refused(other) is None


@given(
    numbers=st.lists(
        st.from_regex(r"(0\d{3} \d{3} \d{4}|0\d{4} \d{6}|\+44 7\d{3} \d{6})", fullmatch=True),
        min_size=1,
        max_size=4,
    )
)
def test_phone_numbers_are_welcome(numbers: list[str]) -> None:
    assert refused("; ".join(numbers)) is None


@pytest.mark.parametrize(
    "text",
    [
        "Password: rose", "her pass word is rose", "passcode 1234", "PIN is 1234", "pin: 1234",
        "pin number 12", "CVV 123", "Sort code 20-00-00, account 12345678", "GB29 NWBK 6016 1331 9268 19",
        "security code on the back",
    ],
)  # fmt: skip
def test_what_opens_an_account_is_refused(text: str) -> None:
    assert refused(text) is not None


@pytest.mark.parametrize(
    "text",
    [
        "wears a poppy pin", "Pinner Road 12", "passes the church", "Born 03-03-44 in LS28 7AB",
        "NHS number 943 476 5919", "IMEI 356938035643809", "Bus 4, 16 and 72", "",
    ],
)  # fmt: skip
def test_what_helps_a_search_is_kept(text: str) -> None:
    assert refused(text) is None


def test_an_answer_is_refused_beside_its_question_and_kept_as_typed() -> None:
    section = FORM.section("carried")
    assert section is not None
    answers, wrong = check_answers(
        section.fields, {"bank": "PIN 1234", "money": "Yes", "unknown": "x"}, TODAY
    )
    assert answers == {"bank": "PIN 1234", "money": "Yes"}
    assert wrong == {"bank": complaint(Malformed("bank", CODE))}
    assert wrong["bank"].startswith("No passwords or PINs: leave them out")


@pytest.mark.parametrize(
    ("kind", "text", "kept"),
    [
        (Kind.DATE, "1944-02-29", "1944-02-29"),
        (Kind.DATE, "1943-02-29", None),
        (Kind.DATE, "2026-01-16", None),
        (Kind.DATE, "1850-01-01", None),
        (Kind.DATE, "yesterday", None),
        (Kind.LINE, "x" * 201, None),
        (Kind.TEXT, "x" * 201, "x" * 201),
    ],
)
def test_answers_of_each_kind(kind: Kind, text: str, kept: str | None) -> None:
    field = Field(name="a", label="A", kind=kind)
    if kept is None:
        with pytest.raises(Malformed, match="a: expected"):
            checked(field, "a", text, TODAY)
    else:
        assert checked(field, "a", text, TODAY) == kept


@given(st.floats(-90, 90), st.floats(-180, 180))
def test_a_point_comes_back_as_it_was_typed(latitude: float, longitude: float) -> None:
    typed = f"{latitude:.5f}, {longitude:.5f}"
    assert point(typed) == pytest.approx((latitude, longitude), abs=1e-5)


@pytest.mark.parametrize("text", ["91, 0", "0, 181", "here", "1", "", "1,2,3", "nan, nan"])
def test_what_is_no_point_is_refused(text: str) -> None:
    with pytest.raises(Malformed, match="latitude and longitude"):
        point(text)


@given(st.text())
def test_tidying_twice_changes_nothing(text: str) -> None:
    once = tidy(text)
    assert tidy(once) == once
    assert "\0" not in once


def test_the_form_asks_for_no_secrets_and_for_all_that_the_police_ask() -> None:
    asked = " ".join(f"{one.label} {one.name}" for one in FORM.fields()).lower()
    for word in ("password", "pin", "card number", "account number"):
        assert f" {word}" not in asked
    for word in (
        "name", "birth", "gender", "ethnicity", "language", "height", "build", "hair", "eye", "glasses",
        "scars", "walk", "tracker", "previous address", "mobile", "email", "social", "money", "next of kin",
        "doctor", "medicine", "conditions", "found before", "like to go", "week", "care home", "landline",
    ):  # fmt: skip
        assert word in asked or word in " ".join(s.title for s in FORM.sections).lower(), word


def test_a_form_that_is_not_there_stops_the_start() -> None:
    with pytest.raises(Misconfigured, match="herbert_form: expected national"):
        chosen("atlantis")
    assert chosen(DashboardSettings(database_url="x").herbert_form) is FORM


def profile(at: datetime) -> Profile:
    return Profile(
        resident_id=ResidentId(1),
        home_id=HomeId("ada"),
        version=1,
        form="national",
        answers={},
        section="person",
        photo_id=None,
        carer_id=CarerId(1),
        at=at,
    )


def photo(at: datetime, taken: date | None) -> Photo:
    return Photo(
        photo_id=PhotoId(1), resident_id=ResidentId(1), at=at, taken_on=taken, width=9, height=9
    )


def everything(at: datetime) -> dict[str, datetime]:
    return {section.name: at for section in FORM.sections}


def test_a_fresh_profile_reminds_of_nothing() -> None:
    assert reminders(FORM, profile(NOW), photo(NOW, TODAY), everything(NOW), NOW) == ()


@given(days=st.integers(0, 900))
def test_a_photo_is_stale_after_a_year_medicine_after_three_months_all_after_six(days: int) -> None:
    then = NOW - timedelta(days=days)
    said = " ".join(reminders(FORM, profile(then), photo(NOW, then.date()), everything(then), NOW))
    assert ("The photo is from" in said) is (days > 365)
    assert ("Health and medicine" in said) is (days > 92)
    assert ("The whole profile" in said) is (days > 183)


def test_what_was_never_filled_in_is_said() -> None:
    (only,) = reminders(FORM, None, None, {}, NOW)
    assert "Nothing is written down yet" in only
    said = reminders(FORM, profile(NOW), None, {"person": NOW}, NOW)
    assert "There is no photo" in said[0]
    assert said[1].startswith("Not filled in yet: What they look like; How they")
    assert "Who they are" not in said[1]
    assert len(said) == 2
    unsure = reminders(FORM, profile(NOW), photo(NOW, None), everything(NOW), NOW)
    assert unsure == ("Nobody said when the photo was taken. Add that with the next one.",)

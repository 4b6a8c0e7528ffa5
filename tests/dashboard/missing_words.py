"""A filled-in profile, a photo and a pack for the tests of the missing-person pages."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from PIL import Image

from core.model.home import Home, Resident
from core.model.ids import CarerId, DeviceId, HomeId, OrganisationId, ResidentId
from core.model.missing import (
    DoorEvent,
    LastMovement,
    LastPosition,
    Pack,
    PackAnswer,
    PackId,
    Traces,
)
from core.store.missing import Person
from dashboard.missing.form import discover
from dashboard.missing.sheet import Origins
from tests.dashboard.town import NOW

if TYPE_CHECKING:
    from collections.abc import Mapping

FORM = discover()["national"]
PERSON = Person(
    resident=Resident(resident_id=ResidentId(1), home_id=HomeId("ada"), name="Ada"),
    home=Home(
        home_id=HomeId("ada"),
        organisation_id=OrganisationId("leeds"),
        name="3 Mill Lane",
        zone=ZoneInfo("Europe/London"),
    ),
)
ANSWERS = {
    "full_name": "Ada Wałęsa-Byrne",
    "known_as": "Addie",
    "born": "1944-03-03",
    "gender": "Woman",
    "height": "1.62 m (5 ft 4)",
    "build": "Slim",
    "hair": "White, short, curly",
    "eyes": "Brown",
    "glasses": "Gold frame, always on",
    "marks": "Scar on the left hand",
    "walking": "Two miles, slowly, with a stick",
    "approach": "Say that you know Ben. Do not take her arm.",
    "conditions": "Alzheimer’s, diabetes",
    "without_medicine": "Confused after 12 hours without insulin",
    "address": "3 Mill Lane, Leeds",
    "address_point": "53.81, -1.55",
    "previous_1": "14 Kirkgate, Otley",
    "previous_1_point": "53.905, -1.69",
    "found_1": "Bus station",
    "interest_1": "Roundhay Park, the lake",
    "interest_1_point": "53.836, -1.497",
    "next_of_kin": "Ben Carter, son, 07700 900123",
    "medicine": "Insulin twice a day",
    "walks": "To the mill pond and back",
}
TRACES = Traces(
    door=DoorEvent(at=NOW - timedelta(minutes=12), door="Front door", opened=True),
    movement=LastMovement(at=NOW - timedelta(minutes=14), place="Hall"),
    position=LastPosition(
        device_id=DeviceId(9),
        device="Pendant",
        at=NOW - timedelta(minutes=4),
        latitude=53.80712,
        longitude=-1.54981,
        accuracy_m=15.0,
        battery_percent=37.0,
        heard_at=NOW - timedelta(minutes=2),
    ),
)


def a_pack(answers: Mapping[str, str] = ANSWERS, traces: Traces = TRACES) -> Pack:
    """Make a pack; without answers there is no profile."""
    return Pack(
        pack_id=PackId(1),
        home_id=HomeId("ada"),
        resident_id=ResidentId(1),
        carer_id=CarerId(1),
        at=NOW,
        profile_version=3 if answers else None,
        photo_id=None,
        form="national",
        answers=answers,
        traces=traces,
    )


def about(told: Mapping[str, str] | None = None) -> Origins:
    """Say who and what a pack is about."""
    answer = PackAnswer(pack_id=PackId(1), carer_id=CarerId(1), at=NOW, answers=told or {})
    return Origins(
        person=PERSON,
        form=FORM,
        photo=None,
        told=answer if told else None,
        made_by="Ben Carter",
        organisation="Leeds",
    )


def a_photo(kind: str = "JPEG", size: tuple[int, int] = (900, 1200), **save: object) -> bytes:
    """Draw a picture of a face, more or less, as a file."""
    picture = Image.new("RGB", size, (190, 205, 215))
    wide, high = size
    picture.paste((224, 186, 160), (wide // 4, high // 6, 3 * wide // 4, 5 * high // 6))
    picture.paste((240, 240, 240), (wide // 4, high // 8, 3 * wide // 4, high // 4))
    for left in (0.36, 0.56):
        picture.paste(
            (60, 45, 40),
            (int(wide * left), int(high * 0.4), int(wide * (left + 0.08)), int(high * 0.44)),
        )
    picture.paste(
        (150, 70, 70), (int(wide * 0.4), int(high * 0.65), int(wide * 0.6), int(high * 0.68))
    )
    page = io.BytesIO()
    picture.save(page, kind, **save)
    return page.getvalue()

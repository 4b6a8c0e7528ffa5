"""Somebody is missing: a carer with a phone, and an officer without a login, in a real browser."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, expect
from psycopg.types.json import Jsonb

from tests.browser.conftest import Pages
from tests.browser.pictures import taken
from tests.dashboard.missing_words import ANSWERS, a_photo

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import FilePayload

pytestmark = pytest.mark.browser
PHONE = {"width": 360, "height": 740}
SCREENS = ((360, 740), (640, 400), (320, 256))


def photo() -> FilePayload:
    return {"name": "IMG_2.jpg", "mimeType": "image/jpeg", "buffer": a_photo()}


def furnish(pages: Pages) -> int:
    """Let the sensors see somebody leave; return the resident."""
    town = pages.town
    town.night("ada")
    number = town.device("ada", "Pendant", "worn", "")
    town.execute(
        "insert into position (observed_at, device_id, latitude, longitude, accuracy_m, home_id,"
        " received_at) values (%s, %s, 53.80712, -1.54981, 15, 'ada', %s)",
        town.now - timedelta(minutes=4),
        number,
        town.now,
    )
    return town.number("select resident_id from resident where home_id = 'ada'")


def fill_in(page: Page, pages: Pages, resident: int) -> None:
    """Fill in every step by its labels, as a person does."""
    page.goto(f"{pages.address}/missing/{resident}/profile/person")
    for step in range(1, 9):
        expect(page.get_by_text(f"step {step} of 8")).to_be_visible()
        for name, text in ANSWERS.items():
            field = page.locator(f"#{name}")
            if field.count():
                field.fill(text)
        page.locator("button[name=then]").first.click()
    page.wait_for_url(f"**/missing/{resident}")
    page.goto(f"{pages.address}/missing/{resident}/photo")
    page.get_by_label("Choose or take a photo").set_input_files(files=[photo()])
    page.get_by_role("button", name="Save the photo").click()
    expect(page.get_by_role("img", name="Ada")).to_be_visible()


def write_down(pages: Pages, resident: int) -> None:
    """Store two versions of a filled-in profile, with a photo."""
    town = pages.town
    photo_id = town.number(
        "insert into profile_photo (home_id, resident_id, carer_id, at, width, height, content)"
        " values ('ada', %s, %s, %s, 900, 1200, %s) returning photo_id",
        resident,
        town.carers["ben"],
        town.now - timedelta(days=400),
        a_photo(),
    )
    for version in (1, 2):
        town.execute(
            "insert into missing_profile (home_id, resident_id, version, form, answers, section,"
            " photo_id, carer_id, at) values ('ada', %s, %s, 'national', %s, 'looks', %s, %s, %s)",
            resident,
            version,
            Jsonb(ANSWERS | {"hair": f"White, {version}"}),
            photo_id,
            town.carers["ben"],
            town.now - timedelta(days=200 - version),
        )


def share(page: Page) -> str:
    """Make a link from a pack; return its address."""
    page.get_by_role("button", name="Make a link").click()
    return page.get_by_label("Copy all of it").input_value()


def open_pack(officer: Page, address: str, *, scripts: bool) -> None:
    """Open a link as an officer does; without scripts the code is typed."""
    officer.goto(address)
    if scripts:
        assert "#" not in officer.url, "a shared computer's history does not keep it"
    else:
        officer.get_by_label("Code").fill(address.partition("#")[2].lower())
    officer.get_by_role("button", name="Open the pack").click()
    expect(officer.get_by_role("heading", level=1)).to_have_text("Ada Wałęsa-Byrne")
    expect(officer.get_by_text("Blue coat")).to_be_visible()
    expect(officer.locator("img.portrait")).to_have_js_property("complete", value=True)
    assert officer.locator("img.portrait").evaluate("one => one.naturalWidth > 0")


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_from_the_alert_to_the_officer_s_phone(
    browser: Browser, pages: Pages, scripts: bool
) -> None:
    resident = furnish(pages)
    number = pages.town.alert()
    context = browser.new_context(java_script_enabled=scripts, viewport=PHONE)  # type: ignore[arg-type]
    page = context.new_page()
    pages.log_in(page, "ben")
    fill_in(page, pages, resident)
    page.goto(f"{pages.address}/alerts/{number}")
    page.get_by_role("button", name="Missing? Make the pack for the police").click()
    expect(page.get_by_text("53.80712, -1.54981")).to_be_visible()
    page.get_by_label("What are they wearing?").fill("Blue coat")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#told")).to_contain_text("Last saved by Ben Carter")
    address = share(page)
    other = browser.new_context(java_script_enabled=scripts, viewport=PHONE)  # type: ignore[arg-type]
    officer = other.new_page()
    open_pack(officer, address, scripts=scripts)
    page.get_by_role("link", name="Back to the pack").click()
    expect(page.locator("#links")).to_contain_text("page, from network 127.0.0.x")
    page.get_by_role("button", name="End this link now").click()
    expect(page.locator("#links")).to_contain_text("Ended by Ben Carter")
    officer.reload()
    expect(officer.get_by_role("heading", level=1)).to_have_text("This code opens nothing")
    context.close()
    other.close()


def paths(pages: Pages, resident: int) -> tuple[str, ...]:
    base = f"/missing/{resident}"
    pack = pages.town.number("select max(pack_id) from missing_pack")
    return (
        base, f"{base}/profile/home", f"{base}/profile/health", f"{base}/photo", f"{base}/versions",
        f"{base}/versions/1", f"{base}/packs/{pack}",
    )  # fmt: skip


def try_in_vain(officer: Page) -> None:
    """Type a code that opens nothing."""
    officer.get_by_label("Code").fill("22222-33333-44444-55555")
    officer.get_by_role("button", name="Open the pack").click()
    expect(officer.get_by_role("heading", level=1)).to_have_text("This code opens nothing")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    browser: Browser, pages: Pages, scheme: Literal["light", "dark"], tmp_path: Path
) -> None:
    resident = furnish(pages)
    context = browser.new_context(color_scheme=scheme, viewport=PHONE)  # type: ignore[arg-type]
    page = context.new_page()
    pages.log_in(page, "ben")
    write_down(pages, resident)
    page.goto(f"{pages.address}/missing/{resident}")
    page.get_by_role("button", name="Ada is missing: make the pack").click()
    address = share(page)
    found = {"code": look(page, tmp_path / "code.png")}
    expect(page.locator("#connection")).to_have_attribute("data-state", "still")
    page.goto(f"{pages.address}/police")
    found["ask"] = look(page, tmp_path / "ask.png")
    try_in_vain(page)
    found["nothing"] = look(page, tmp_path / "nothing.png")
    page.goto(address)
    page.reload()
    page.get_by_role("button", name="Open the pack").click()
    page.wait_for_url("**/police/pack")
    found["police"] = look(page, tmp_path / "police.png")
    page.goto(f"{pages.address}/missing/{resident}/profile/carried")
    page.locator("#bank").fill("PIN 1234")
    page.get_by_role("button", name="Save and stop here").click()
    expect(page.locator("div.mistake")).to_be_visible()
    found["refused"] = look(page, tmp_path / "refused.png")
    for path in paths(pages, resident):
        page.goto(f"{pages.address}{path}")
        name = path.strip("/").replace("/", "-")
        found[path] = look(page, tmp_path / f"{name}.png")
    context.close()
    assert {where: wrong for where, wrong in found.items() if wrong} == {}


def look(page: Page, picture: Path) -> list[str]:
    """Return what is wrong with a page as it is shown now."""
    taken(page, picture, whole=True)
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    wrong = [one["id"] for one in Axe().run(page).response["violations"]]
    wrong += page.evaluate(
        """() => [...document.querySelectorAll('button, summary, input, select, .button, .steps a')]
          .filter(one => one.offsetParent && !['hidden', 'checkbox'].includes(one.type)
            && one.offsetHeight < 44).map(one => `small: ${one.textContent}`)"""
    )
    wrong += page.evaluate(
        """() => [...document.querySelectorAll('body *')]
          .filter(one => one.textContent.trim() && parseFloat(getComputedStyle(one).fontSize) < 16)
          .map(one => `tiny: ${one.textContent}`)"""
    )
    for width, height in SCREENS:
        page.set_viewport_size({"width": width, "height": height})
        needed = page.evaluate("document.documentElement.scrollWidth")
        if needed > width:
            wrong.append(f"{needed} px wide on {width}")
    page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
    return wrong


def test_one_button_is_on_the_first_screen_of_a_phone(page: Page, pages: Pages) -> None:
    resident = furnish(pages)
    page.set_viewport_size({"width": 360, "height": 740})
    pages.log_in(page, "ben", f"/missing/{resident}")
    box = page.get_by_role("button", name="Ada is missing: make the pack").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] < 640
    assert box["height"] >= 64


def test_the_number_to_call_is_on_paper_too(page: Page, pages: Pages) -> None:
    resident = furnish(pages)
    pages.log_in(page, "ben", f"/missing/{resident}")
    number = page.get_by_role("link", name="Call 999 now")
    assert number.get_attribute("href") == "tel:999"
    page.emulate_media(media="print")
    expect(number).to_be_visible()

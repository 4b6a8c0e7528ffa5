"""Marks, two periods and an assessment: by keyboard without scripts, zoomed, for axe, and on paper."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser import scene
from tests.browser.conftest import Pages
from tests.browser.pictures import by_day, pictures_in
from tests.browser.test_review import AXE, DESK, DRAWN_MS, TABLET, all_drawn, open_pages
from tests.dashboard import counted_days

if TYPE_CHECKING:
    from datetime import date

    from playwright.sync_api import ViewportSize

    from tests.dashboard.town import Town

pytestmark = pytest.mark.browser
ZOOMED: ViewportSize = {"width": 640, "height": 450}
"""A desk at 200 %: half the width that there was."""
HOME = "/residents/1"


def fill(page: Page, label: str, value: str) -> None:
    """Type into a field by keyboard."""
    field = page.get_by_label(label, exact=True)
    field.focus()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.insert_text(value)
    expect(field).to_have_value(value)


def choose(page: Page, label: str, words: str) -> None:
    """Choose from a list by the keyboard: letters lead to what begins with them."""
    field = page.get_by_label(label, exact=True)
    field.focus()
    page.keyboard.type(words)
    expect(field.locator("option:checked")).to_contain_text(words)


def day_of(page: Page, label: str, day: date) -> None:
    page.get_by_label(label, exact=True).fill(day.isoformat())


def press(page: Page, target: Locator) -> None:
    target.focus()
    expect(target).to_be_focused()
    page.keyboard.press("Enter")


def fits(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= page.evaluate("innerWidth")


def test_by_keyboard_at_200_percent_and_without_scripts(pages: Pages, browser: Browser) -> None:
    page = open_pages(pages, browser, ZOOMED, java_script_enabled=False)
    today = pages.town.now.date()
    page.goto(f"{pages.address}{HOME}/annotations")
    press(page, page.get_by_role("button", name="Mark it"))
    expect(page.locator(".mistake")).to_contain_text("What happened: give what happened")
    choose(page, "What happened", "Hospital")
    day_of(page, "From", today - timedelta(days=9))
    day_of(page, "To", today - timedelta(days=8))
    fill(page, "A few words", "Ward 3")
    press(page, page.get_by_role("button", name="Mark it"))
    expect(page.get_by_role("heading", name="Hospital stay: Ward 3")).to_be_visible()
    expect(page.get_by_text("These days are left out.")).to_be_visible()
    press(page, page.get_by_role("link", name="Change it or take it back"))
    fill(page, "Why", "It was the other ward")
    press(page, page.get_by_role("button", name="Take it back"))
    expect(page.get_by_text("Taken back: it counts no more.")).to_be_visible()
    begin(page, pages, today)
    page.goto(f"{pages.address}{HOME}/compare")
    expect(page.get_by_role("table").filter(has_text="Times out of bed")).to_be_visible()
    page.context.close()


def begin(page: Page, pages: Pages, today: date) -> None:
    """Begin an assessment, see a device come back, and end it early."""
    page.goto(f"{pages.address}{HOME}/assessments")
    fill(page, "The question", "Is somebody needed at night?")
    fill(page, "Who asks", "Leeds adult social care")
    day_of(page, "Last day", today + timedelta(days=27))
    press(page, page.get_by_role("button", name="Begin"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Is somebody needed at night?")
    expect(page.get_by_role("heading", name="Kit")).to_be_visible()
    press(page, page.get_by_role("link", name="Note what happened (Bed mat)"))
    press(page, page.get_by_role("button", name="It is back"))
    expect(page.get_by_text("6 devices out.")).to_be_visible()
    press(page, page.get_by_role("link", name="Assessments"))
    press(page, page.get_by_role("link", name="Ada, 3 Mill Lane"))
    press(page, page.get_by_text("End it", exact=True).first)
    press(page, page.get_by_role("button", name="End it"))
    expect(page.locator(".mistake")).to_contain_text("Why it ends: give why it ends before")
    fill(page, "Why it ends", "She moved to her son")
    press(page, page.get_by_role("button", name="End it"))
    expect(page.get_by_text("Ended early.")).to_be_visible()


def written(town: Town) -> None:
    """Let somebody have marked days, and let an assessment run with overdue kit."""
    carer, today = town.carers["clinician"], town.now.date()
    for number, kind, first, last in ((1, "medication", 20, 20), (2, "hospital", 12, 10)):
        town.execute(
            "insert into annotation (home_id, resident_id, number, version, kind, first_day, last_day,"
            " excludes, note, carer_id, at) values ('ada', 1, %s, 1, %s, %s, %s, %s, 'as told', %s, now())",
            number,
            kind,
            today - timedelta(days=first),
            today - timedelta(days=last),
            kind == "hospital",
            carer,
        )
    town.execute(
        "insert into assessment (home_id, resident_id, question, asked_by, named_as, first_day, last_day,"
        " carer_id, at) values ('ada', 1, 'Is somebody needed at night?', 'Leeds adult social care',"
        " 'initials', %s, %s, %s, now())",
        today - timedelta(days=35),
        today - timedelta(days=1),
        carer,
    )
    town.execute(
        "insert into kit_step (home_id, assessment_id, device_id, kind, due_on, carer_id, at)"
        " select 'ada', 1, device_id, 'lent', %s, %s, now() from device where home_id = 'ada'",
        today - timedelta(days=1),
        carer,
    )


PLACES = {
    "days": f"{HOME}/days?days=28",
    "marks": f"{HOME}/annotations",
    "mark": f"{HOME}/annotations/2",
    "zoom": f"{HOME}/zoom?first=x",
    "compare": f"{HOME}/compare?around=2",
    "compare-mistake": f"{HOME}/compare?around=99",
    "assessments": "/assessments",
    "assessments-of": f"{HOME}/assessments",
    "assessment": f"{HOME}/assessments/1",
    "kit": "/kit",
    "kit-item": "/kit/1/1",
}


def test_every_page_is_for_everybody_who_may_and_for_nobody_else(
    pages: Pages, browser: Browser, tmp_path: Path
) -> None:
    counted_days.put(pages.town)
    scene.past_alerts(pages.town)
    written(pages.town)
    pictures = pictures_in(tmp_path)
    page = open_pages(pages, browser, DESK)
    for place, path in PLACES.items():
        page.goto(pages.address + path)
        by_day(page)
        if place == "compare":
            all_drawn(page)
        pictures.take(page, f"assess-{place}", whole=place not in {"days", "compare-mistake"})
        clean(page, place)
    page.context.close()
    page = open_pages(pages, browser, TABLET, color_scheme="dark")
    page.goto(pages.address + PLACES["assessment"])
    by_day(page)
    pictures.take(page, "assess-assessment-tablet", whole=True)
    clean(page, "assessment")
    page.set_viewport_size(ZOOMED)
    page.goto(pages.address + PLACES["compare"])
    all_drawn(page)
    page.emulate_media(media="print")
    expect(page.locator("nav").first).to_be_hidden()
    expect(page.locator("form").first).to_be_hidden()
    page.pdf(prefer_css_page_size=True, path=tmp_path / "compare.pdf")
    report = page.request.get(f"{pages.address}{PLACES['assessment']}/report.pdf", timeout=DRAWN_MS)
    assert report.ok
    (pictures.folder / "report.pdf").write_bytes(report.body())
    page.context.close()
    nobody_else(pages, browser)


PARTS = {"days": "section[aria-labelledby=marked]", "compare-mistake": ".mistake"}
"""Where the rest of the page has been looked at already; long tables take axe half a minute."""


def clean(page: Page, place: str) -> None:
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    found = Axe().run(page, context=PARTS.get(place), options=AXE)
    assert found.violations_count == 0, (place, found.generate_report())
    fits(page)
    page.set_viewport_size(ZOOMED)
    fits(page)
    page.set_viewport_size({"width": 1280, "height": 900})


def nobody_else(pages: Pages, browser: Browser) -> None:
    """A family carer gets 404, and a row says that they asked."""
    page = browser.new_context(service_workers="block").new_page()
    pages.log_in(page, "ben")
    for place in ("marks", "compare", "assessment"):
        answer = page.goto(pages.address + PLACES[place])
        assert answer is not None
        assert answer.status == 404
    page.context.close()
    found = pages.town.execute(
        "select distinct page from access_record where page like '%%refused' order by 1"
    )
    assert [name for (name,) in found] == [
        "annotations_refused",
        "assessments_refused",
        "compare_refused",
    ]

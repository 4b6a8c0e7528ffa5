"""A picture that Chromium refuses is asked for again; any other mistake is one at once.

A page two million pixels tall takes the process that draws along, as happens to it on a busy
machine: Chromium refuses that picture and starts another process. In a browser of its own,
since too many of those end all of it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error

from tests.browser.pictures import REFUSED, taken

pytestmark = pytest.mark.browser

TOO_TALL = "<body style='height: 2000000px'>too tall for any picture</body>"
SHRINKS_IN_A_FRAME = """
const drawn = window.requestAnimationFrame.bind(window)
window.requestAnimationFrame = next => drawn(() => {
  document.body.style.height = '100px'
  next()
})
"""


def test_a_picture_refused_once_is_taken_after_the_next_frames(
    launch_browser: Callable[[], Browser], tmp_path: Path
) -> None:
    own = launch_browser()
    page = own.new_page()
    page.add_init_script(SHRINKS_IN_A_FRAME)
    page.goto("about:blank")
    page.set_content(TOO_TALL)
    with pytest.raises(Error, match=REFUSED):
        page.screenshot(path=tmp_path / "refused.png", full_page=True)
    taken(page, tmp_path / "shrunk.png", whole=True)
    own.close()
    assert (tmp_path / "shrunk.png").stat().st_size


def test_any_other_mistake_is_one_at_once(browser: Browser, tmp_path: Path) -> None:
    page = browser.new_page()
    page.close()
    with pytest.raises(Error, match="closed"):
        taken(page, tmp_path / "never.png", whole=True)

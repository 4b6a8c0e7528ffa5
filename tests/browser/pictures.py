"""Pictures of pages, for people to look at: into $WAYHOME_SCREENSHOTS, or beside the test."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import Error

if TYPE_CHECKING:
    from playwright.sync_api import Page, ViewportSize

VARIABLE = "WAYHOME_SCREENSHOTS"
REFUSED = "Unable to capture screenshot"
REFUSALS = 2
TWO_FRAMES = "() => new Promise(on => requestAnimationFrame(() => requestAnimationFrame(on)))"
PHONE: ViewportSize = {"width": 360, "height": 740}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictures:
    """A folder of pictures."""

    folder: Path

    def take(self, page: Page, name: str, *, whole: bool = False) -> Path:
        """Take what a phone shows, or the whole page."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{name}.png"
        taken(page, path, whole=whole)
        return path


def taken(page: Page, path: Path, *, whole: bool) -> None:
    """Take a picture: asked for again, after two more frames, where Chromium refuses it.

    The process that draws for Chromium now and then ends on a busy machine: the picture is
    refused at once, and another process draws the next frames. Any other mistake is raised,
    and so is a third refusal.
    """
    for _ in range(REFUSALS):
        try:
            page.screenshot(path=path, full_page=whole)
        except Error as refused:
            if REFUSED not in refused.message:
                raise
            page.evaluate(TWO_FRAMES)
        else:
            return
    page.screenshot(path=path, full_page=whole)


def pictures_in(beside: Path) -> Pictures:
    """Return where pictures go."""
    wanted = os.environ.get(VARIABLE)  # noqa: TID251 (where a person wants to look)
    return Pictures(folder=Path(wanted or beside))


def by_day(page: Page) -> None:
    """Look at a page as it is by day: with the colours that the phone prefers."""
    page.evaluate("document.documentElement.removeAttribute('data-hour')")

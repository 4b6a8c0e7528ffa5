"""Pictures of pages, for people to look at: into $WAYHOME_SCREENSHOTS, or beside the test."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page, ViewportSize

VARIABLE = "WAYHOME_SCREENSHOTS"
PHONE: ViewportSize = {"width": 360, "height": 740}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictures:
    """A folder of pictures."""

    folder: Path

    def take(self, page: Page, name: str, *, whole: bool = False) -> Path:
        """Take what a phone shows, or the whole page."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{name}.png"
        page.screenshot(path=path, full_page=whole)
        return path


def pictures_in(beside: Path) -> Pictures:
    """Return where pictures go."""
    wanted = os.environ.get(VARIABLE)  # noqa: TID251 (where a person wants to look)
    return Pictures(folder=Path(wanted or beside))


def by_day(page: Page) -> None:
    """Look at a page as it is by day: with the colours that the phone prefers."""
    page.evaluate("document.documentElement.removeAttribute('data-hour')")

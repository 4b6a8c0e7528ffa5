"""People at a browser without scripts: they read pages and send the forms they find there."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import httpx

from dashboard.site import Site
from dashboard.typesetting import KEPT

FIELD = re.compile(r'<input type="hidden" name="(?P<name>\w+)" value="(?P<value>[^"]*)">')


def plain(text: str) -> str:
    """Return what a page says, without its tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))


class Browser:
    """One browser."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def get(self, path: str, **headers: str) -> httpx.Response:
        """Open a page and follow where it leads."""
        return await self.client.get(path, follow_redirects=True, headers=headers)

    async def text(self, path: str) -> str:
        """Open a page that is there and read it, with plain spaces before units."""
        answer = await self.get(path)
        assert answer.status_code == 200, answer.text
        return answer.text.replace(KEPT, " ")

    async def hidden(self, path: str) -> dict[str, str]:
        """Open a page and return its hidden fields."""
        return {m["name"]: m["value"] for m in FIELD.finditer((await self.get(path)).text)}

    async def log_in(self, login: str, password: str, next_path: str = "/") -> httpx.Response:
        """Send the log-in form."""
        fields = await self.hidden(f"/login?next={next_path}")
        fields |= {"login": login, "password": password}
        return await self.client.post("/login", data=fields)

    async def send(self, path: str, **fields: str) -> httpx.Response:
        """Send a form of a page, with the token of the session."""
        csrf = (await self.client.get("/api/session")).json()["csrf"]
        return await self.client.post(path, data={"csrf": csrf, **fields})


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitors:
    """Whoever comes to the pages."""

    site: Site
    open_browser: Callable[[], Awaitable[Browser]]
    password: str

    async def nobody(self) -> Browser:
        """Open a browser in which nobody is logged in."""
        return await self.open_browser()

    async def of(self, login: str) -> Browser:
        """Open a browser and log somebody in."""
        browser = await self.open_browser()
        answer = await browser.log_in(login, self.password)
        assert answer.status_code == 303, answer.text
        return browser

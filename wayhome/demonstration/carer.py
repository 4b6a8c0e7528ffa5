"""A carer who answers: logs in as people do and acknowledges every alert of the list."""

from __future__ import annotations

import logging
import re

import httpx

from core.model.errors import Permanent
from core.runtime.clock import Clock
from wayhome.demonstration.world import Login

log = logging.getLogger("wayhome.demo")

REACTION_S = 2.0
"""How long a carer takes to see and answer, in a demo that ends by itself."""
_HIDDEN = re.compile(r'type="hidden" name="(?P<name>\w+)" value="(?P<value>[^"]*)"')


class Answering:
    """One logged-in carer.

    Parameters
    ----------
    web_url
        Address of the pages.
    login
        Who it is.
    """

    def __init__(self, web_url: str, login: Login) -> None:
        self._client = httpx.AsyncClient(base_url=web_url, timeout=5.0, follow_redirects=True)
        self._login = login
        self._csrf = ""

    async def log_in(self) -> None:
        """Log in through the page.

        Raises
        ------
        Permanent
            If the page does not let the carer in.
        """
        page = await self._client.get("/login")
        fields = {match["name"]: match["value"] for match in _HIDDEN.finditer(page.text)}
        person = {"login": self._login.login, "password": self._login.password}
        await self._client.post("/login", data=fields | person)
        session = await self._client.get("/api/session")
        if session.is_error:
            raise Permanent(f"the demo's carer can not log in: {session.status_code}")
        self._csrf = session.json()["csrf"]

    async def answer(self) -> int:
        """Acknowledge what is open; return how many."""
        listed = (await self._client.get("/api/alerts")).json()
        waiting = [alert["alert_id"] for alert in listed["alerts"] if alert["state"] == "open"]
        for alert_id in waiting:
            reply = await self._client.post(
                f"/api/alerts/{alert_id}/acknowledge", headers={"X-CSRF-Token": self._csrf}
            )
            reply.raise_for_status()
        return len(waiting)

    async def keep_answering(self, clock: Clock) -> None:
        """Look at the list again and again; what fails is tried again."""
        while True:
            await clock.sleep(REACTION_S)
            try:
                if not self._csrf:
                    await self.log_in()
                await self.answer()
            except (httpx.HTTPError, Permanent) as error:
                log.warning("carer: %s", error, extra={"action": "carer_failed"})

"""A carer's phone whose pushes we bring, and the alerting service one turn at a time beside real pages."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from alerts.answers import take_answers
from alerts.channel import discover
from alerts.channel_settings import of as channel_settings_of
from alerts.intake import take_findings
from alerts.outbox import Desk, Outbox
from alerts.push_key import new_key
from alerts.service import Alerting
from core.runtime.clock import ManualClock
from core.runtime.health import Health
from core.runtime.service import Context
from core.runtime.settings import AlertsSettings
from core.store.pool import open_pool
from tests.alerts.stages import PushStage
from tests.browser.notifications import Pushes
from tests.browser.pictures import PHONE
from tests.servers.settling import settled

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from core.store.pool import Pool
    from tests.alerts.receiver import Received, Receiver

LOCK = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
SUBSCRIBE = """
PushManager.prototype.subscribe = async () => ({ toJSON: () => (%s) });
PushManager.prototype.getSubscription = async () => null;
"""
"""A test browser has no push service: the subscription leads to ours, with keys that we hold."""
CLICK = """async ([tag, action]) => {
  const shown = await self.registration.getNotifications();
  const notification = shown.find((one) => one.tag === tag);
  const event = new Event("notificationclick");
  let done;
  Object.assign(event, { notification, action, waitUntil: (promise) => (done = promise) });
  self.dispatchEvent(event);
  await done.catch(() => null); // to bring a window to the front needs a real finger
}"""


class Handset:
    """A phone with a lock that makes passkeys and a browser that shows pushes."""

    def __init__(self, browser: Browser, pages: str, service: Receiver, name: str) -> None:
        self._service, self._path = service, f"/{name}"
        self._stage = PushStage(service)
        self._read = 0
        self.context = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True)
        self.context.grant_permissions(["notifications"], origin=pages)
        self.context.add_init_script(SUBSCRIBE % self._stage.subscription(service.url(self._path)))
        self.page = self.context.new_page()
        self._pushes = Pushes(self.context, self.page, pages)
        devtools = self.context.new_cdp_session(self.page)
        devtools.send("WebAuthn.enable")
        devtools.send("WebAuthn.addVirtualAuthenticator", {"options": LOCK})

    def pushes(self) -> list[Received]:
        """Return all that the push service was given for this phone."""
        return [one for one in self._service.requests if one.path == self._path]

    def receive(self) -> dict[str, Any]:
        """Bring the one push that has come since; return what it says, once it is shown."""
        (request,) = self.pushes()[self._read :]
        self._read += 1
        said: dict[str, Any] = self._stage.shown(request)
        self._pushes.bring(json.dumps(said))
        return said

    def tap(self, said: dict[str, Any], action: str = "") -> None:
        """Tap the notification of a push, or one of its buttons."""
        self._pushes.worker().evaluate(CLICK, [said["tag"], action])


class Rounds:
    """The alerting service on a clock that is moved by hand, run whenever the test says so."""

    def __init__(self, url: str, pages: str) -> None:
        self._clock = ManualClock(datetime.now(UTC))
        self._settings = AlertsSettings(
            database_url=url,
            instance="alerts-1",
            public_url=pages,
            push_key=new_key(),
            push_contact="mailto:care@example.org",
            local_network=True,
        )
        self._thread = ThreadPoolExecutor(1)

    def turn(self, ahead: timedelta = timedelta(0)) -> None:
        """Do all that is due now, or would be due so much later."""
        wanted = datetime.now(UTC) + ahead
        self._clock.advance((wanted - self._clock.now()).total_seconds())
        self._thread.submit(asyncio.run, self._turn()).result(60)

    async def _turn(self) -> None:
        async with open_pool(self._settings.database_url) as pool:
            channels = [make(channel_settings_of(self._settings)) for make in discover().values()]
            context = self._context()
            outboxes = [Outbox(self._desk(pool, context.health), one) for one in channels]
            alerting = Alerting(context, pool, outboxes)
            async with pool.connection() as connection:
                await settled(connection)
            await alerting.offer()
            while await take_findings(pool, self._clock):
                pass
            while await take_answers(pool, self._clock):
                pass
            await alerting.tests_once()
            await alerting.escalate_once()
            for outbox in outboxes:
                await outbox.drain()
            for channel in channels:
                await channel.close()

    def _context(self) -> Context[AlertsSettings]:
        health = Health("alerts", self._clock)
        return Context(
            settings=self._settings, clock=self._clock, health=health, instance="alerts-1"
        )

    def _desk(self, pool: Pool, health: Health) -> Desk:
        return Desk(
            pool=pool,
            clock=self._clock,
            health=health,
            holder="alerts-1",
            lease_s=30,
            send_timeout_s=10,
            poll_s=0.1,
            public_url=self._settings.public_url,
        )

"""The dashboard service: serves the pages and keeps them live."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import TYPE_CHECKING

from core.model.errors import StoreUnavailable
from core.model.security_txt import contacts
from core.runtime import schema
from core.runtime.fence import fenced
from core.runtime.health import serve_app
from core.store import life, police_link
from core.store.pool import open_pool, transaction
from dashboard import metrics
from dashboard.app import build
from dashboard.entrance import KEEP_ATTEMPTS, Entrance
from dashboard.layout import Layout
from dashboard.live import Live
from dashboard.missing.form import chosen
from dashboard.site import Site

if TYPE_CHECKING:
    from core.runtime.clock import Clock
    from core.runtime.health import Health
    from core.runtime.service import Context
    from core.runtime.settings import DashboardSettings
    from core.store.pool import Pool

log = logging.getLogger("wayhome.dashboard")

CONNECTIONS = 8
SWEEP_S = 600.0
BEAT_S = 30.0
"""Between two signs of life; `wayhome doctor` and the auditor miss them after three minutes."""


def make_site(pool: Pool, clock: Clock, settings: DashboardSettings) -> Site:
    """Put the parts of a dashboard together.

    Raises
    ------
    Misconfigured
        Naming the setting, if there is no such form of a profile, or nobody can be written to there.
    """
    chosen(settings.herbert_form)
    contacts(settings.security_contact)
    return Site(
        pool=pool,
        clock=clock,
        settings=settings,
        entrance=Entrance(pool, clock, settings),
        live=Live(pool, clock),
        layout=Layout(),
    )


async def main(context: Context[DashboardSettings]) -> None:
    """Run until cancelled."""
    settings = context.settings
    async with open_pool(settings.database_url, most=CONNECTIONS, name="wayhome dashboard") as pool:
        site = make_site(pool, context.clock, settings)
        await schema.reached(pool, context.clock, context.health)
        metrics.PAGES.set_function(lambda: site.live.pages)
        app = build(site)
        async with asyncio.TaskGroup() as group:
            group.create_task(site.live.run(settings.database_url, context.health), name="live")
            group.create_task(_sweep(site), name="sweep")
            async with serve_app(app, settings.web_host, settings.web_port):
                beat = partial(_beat, site, context.instance, context.health)
                beating = fenced("beat", beat, context.clock, context.health)
                group.create_task(beating, name="beat")
                log.info("pages are served", extra={"action": "serving", "port": settings.web_port})
                context.health.set("web", ok=True)
                try:
                    await asyncio.Event().wait()
                finally:
                    site.live.close()


async def _beat(site: Site, instance: str, health: Health) -> None:
    """Say that the pages are served, and that an answer can be written down."""
    while True:
        try:
            async with transaction(site.pool) as connection:
                await life.beat(connection, instance, site.clock.now())
            health.set("answers", ok=True)
        except StoreUnavailable as error:
            health.set("answers", ok=False, text=f"no answer can be written down: {error}")
            log.warning("no sign of life: %s", error, extra={"action": "store_unavailable"})
        await site.clock.sleep(BEAT_S)


async def _sweep_codes(site: Site) -> None:
    now = site.clock.now()
    async with transaction(site.pool) as connection:
        await police_link.sweep(connection, now, now - KEEP_ATTEMPTS)


async def _sweep(site: Site) -> None:
    while True:
        try:
            ended = await site.entrance.sweep()
            await _sweep_codes(site)
        except StoreUnavailable as error:
            log.warning("no sweep: %s", error, extra={"action": "store_unavailable"})
        else:
            log.debug("swept", extra={"action": "sweep", "sessions": ended})
        await site.clock.sleep(SWEEP_S)

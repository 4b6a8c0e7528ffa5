"""Ports that others have are refused before anything starts: pages of another program would pass for ours."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from core.model.errors import Misconfigured
from core.runtime.health import check_listening

if TYPE_CHECKING:
    from wayhome.stack_settings import StackSettings


PATIENCE_S = 2.0
"""So long a port may still be held by what ended with a system before this one."""


async def check_ports(settings: StackSettings, web_port: int) -> None:
    """Look whether the ports of the pages and of the embedded broker are free; 0 always is.

    Raises
    ------
    Misconfigured
        Naming the options, address and reason.
    """
    if "dashboard" in settings.services:
        await _check("web", settings.web_host, web_port)
    if not settings.mqtt_url and settings.mqtt_port:
        await _check("mqtt", settings.mqtt_host, settings.mqtt_port)


async def _check(what: str, host: str, port: int) -> None:
    loop = asyncio.get_running_loop()
    until = loop.time() + PATIENCE_S
    while True:
        try:
            check_listening(host, port)
        except Misconfigured as error:
            if loop.time() >= until:
                raise Misconfigured(f"--{what}-host and --{what}-port: {error}") from error
            await asyncio.sleep(0.1)
        else:
            return

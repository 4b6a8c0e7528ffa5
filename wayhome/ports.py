"""Ports that others have are refused before anything starts: pages of another program would pass for ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.model.errors import Misconfigured
from core.runtime.health import check_listening

if TYPE_CHECKING:
    from wayhome.stack_settings import StackSettings


def check_ports(settings: StackSettings, web_port: int) -> None:
    """Look whether the ports of the pages and of the embedded broker are free; 0 always is.

    Raises
    ------
    Misconfigured
        Naming the options, address and reason.
    """
    if "dashboard" in settings.services:
        _check("web", settings.web_host, web_port)
    if not settings.mqtt_url and settings.mqtt_port:
        _check("mqtt", settings.mqtt_host, settings.mqtt_port)


def _check(what: str, host: str, port: int) -> None:
    try:
        check_listening(host, port)
    except Misconfigured as error:
        raise Misconfigured(f"--{what}-host and --{what}-port: {error}") from error

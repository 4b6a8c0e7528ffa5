"""The contract of a page: its routes, who may see them, and where it stands in the navigation."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, cast

from fastapi import APIRouter

from core.model import plugins
from core.model.errors import PluginBroken
from core.store.account import CarerRole
from dashboard import pages

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a module in ``dashboard/pages`` offers as ``PAGE``."""

    router: APIRouter
    #: Who may see it; for everybody else it does not exist (404). Ignored where ``public``.
    roles: frozenset[CarerRole]
    #: Title in the navigation; empty for none.
    title: str = ""
    #: Where the navigation leads; one of the router's paths.
    path: str = ""
    #: Place in the navigation, smaller first.
    order: int = 50
    #: One line under the title, where pages are listed under *More*.
    about: str = ""
    #: True for what is there before anybody has logged in.
    public: bool = False


@cache
def discover() -> Mapping[str, Page]:
    """Return all pages by module name.

    Raises
    ------
    PluginBroken
        Naming the file, if one does not load or offers something else than a page.
    """
    found = cast("dict[str, Page]", plugins.discover(pages, "PAGE"))
    for module, page in found.items():
        file = f"dashboard/pages/{module}.py"
        if not isinstance(page, Page):
            raise PluginBroken(f"{file}: PAGE must be a dashboard.page.Page")
        if not page.public and not page.roles:
            raise PluginBroken(f"{file}: nobody may see this page: name its roles")
        if page.title and not page.path:
            raise PluginBroken(f"{file}: a page with a title needs the path it leads to")
    return found


def navigation(role: CarerRole) -> tuple[Page, ...]:
    """Return the pages that the navigation of a role offers, in order."""
    offered = (page for page in discover().values() if page.title and role in page.roles)
    return tuple(sorted(offered, key=lambda page: page.order))

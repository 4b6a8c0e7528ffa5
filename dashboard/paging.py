"""Lists in pages: which is the last, and what an address beyond it leads to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.visit import see_other

if TYPE_CHECKING:
    from starlette.responses import RedirectResponse


def last_page(total: int, per_page: int) -> int:
    """Return the number of the last page; an empty list has one.

    Examples
    --------
    >>> [last_page(total, 20) for total in (0, 1, 20, 21)]
    [1, 1, 1, 2]
    """
    return max(1, -(-total // per_page))


def beyond(path: str, page: int, last: int, name: str = "page") -> RedirectResponse | None:
    """Lead to the last page from one that is gone: an empty one would say that there is nothing.

    Examples
    --------
    >>> beyond("/alerts", 2, 2) is None, beyond("/alerts", 3, 2).headers["location"]
    (True, '/alerts?page=2')
    >>> beyond("/people?who=an", 9, 3, "everybody").headers["location"]
    '/people?who=an&everybody=3'
    """
    if page <= last:
        return None
    sign = "&" if "?" in path else "?"
    return see_other(path if last == 1 else f"{path}{sign}{name}={last}")

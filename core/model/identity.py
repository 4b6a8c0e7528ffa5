"""Who may publish what at a broker, and how far a broker is from that. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from core.model.errors import Malformed
from core.model.words import marked

if TYPE_CHECKING:
    from collections.abc import Collection

    from core.model.ids import HomeId

OURS = re.compile(r"(hub|thing)-[A-Za-z0-9][A-Za-z0-9_.-]{0,58}")
"""Names that the desired state rules over; others at the broker (its own services) are left alone."""
CODE_LASTS = timedelta(hours=24)
"""Within which a bundle must be taken."""
HOME_STATE = "home-state"
"""Below it stands what is told to a home: ``home-state/HOME/…`` (docs/decisions/0190)."""
HUB = "hub"
"""What the credential of the hub of a home is for."""
_HOME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_LEVEL = re.compile(r"[^/+#\x00-\x1f]{1,100}")
_BESIDE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")
_OF_HOME = 40
"""Letters of a home's id in a name: a common name of X.509 has 64 at most."""
_TASMOTA = ("tele", "stat")


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """One client of a broker: its name (the common name of its certificate) and where it may publish."""

    client: str
    #: Literal topic filters that it may write.
    topics: tuple[str, ...]
    #: Literal topic filters that it may read.
    reads: tuple[str, ...] = ()


def hub_grant(home_id: HomeId, word: str) -> Grant:
    """Return what the hub of a home may do: write below its own home, read what is told of that home.

    Parameters
    ----------
    word
        A few random letters. Each certificate has a name of its own, so that taking the name away ends that
        certificate for good, and two of one home live side by side while one replaces the other.

    Raises
    ------
    Malformed
        If ``home_id`` holds a sign that means something in a topic.

    Examples
    --------
    >>> hub_grant("7f3k", "ab12cd34")
    Grant(client='hub-7f3k-ab12cd34', topics=('homes/7f3k/#',), reads=('home-state/7f3k/#',))
    """
    return Grant(
        client=_name("hub", home_id, word),
        topics=(f"homes/{home_id}/#",),
        reads=(f"{HOME_STATE}/{home_id}/#",),
    )


def about_of(device: str, beside: str) -> str:
    """Return what a credential is for; one takes the place of those before it that are for the same.

    Parameters
    ----------
    device
        Family and name of a single device; empty for a hub.
    beside
        Name of a further hub of a home that has one; empty for the hub.

    Raises
    ------
    Malformed
        If both are given, or the name holds other signs than letters, digits, ``-`` and ``_``.

    Examples
    --------
    >>> about_of("", ""), about_of("wayhome/door", ""), about_of("", "annex")
    ('hub', 'wayhome/door', 'hub/annex')
    """
    if not beside:
        return device or HUB
    if device or not _BESIDE.fullmatch(beside):
        raise Malformed(
            marked("beside"), marked("letters, digits, '-' and '_' only, and no device")
        )
    return f"{HUB}/{beside}"


def hub_of(about: str) -> str | None:
    """Return the device by which a hub says that it is there; None for what is no hub.

    Two hubs of one home are two devices: when one goes the other does not say that all is well.

    Examples
    --------
    >>> hub_of("hub"), hub_of("hub/annex"), hub_of("wayhome/door")
    ('hub', 'hub-annex', None)
    """
    kind, _slash, name = about.partition("/")
    if kind != HUB:
        return None
    return f"{HUB}-{name}" if name else HUB


def thing_grant(home_id: HomeId, family: str, external_id: str, word: str) -> Grant:
    """Return what a single device that speaks for itself may do: write below its own topics.

    Raises
    ------
    Malformed
        If a part holds a sign that means something in a topic.

    Examples
    --------
    >>> thing_grant("7f3k", "wayhome", "door", "ab12cd34").topics
    ('homes/7f3k/wayhome/door/#',)
    >>> thing_grant("7f3k", "tasmota", "plug", "ab12cd34").topics
    ('homes/7f3k/tasmota/tele/plug/#', 'homes/7f3k/tasmota/stat/plug/#')
    """
    for field, given in (
        ("family", family),
        *(("device", part) for part in external_id.split("/")),
    ):
        if not _LEVEL.fullmatch(given):
            raise Malformed(field, marked("a name as in its topics, without '+' and '#'"))
    below = f"homes/{home_id}/{family}"
    own = [f"{kind}/{external_id}" for kind in _TASMOTA] if family == "tasmota" else [external_id]
    topics = tuple(f"{below}/{one}/#" for one in own)
    return Grant(client=_name("thing", home_id, word), topics=topics)


def _name(kind: str, home_id: HomeId, word: str) -> str:
    if not _HOME.fullmatch(home_id):
        raise Malformed(marked("home"), marked("letters, digits, '-', '_' and '.' only"))
    return f"{kind}-{home_id[:_OF_HOME]}-{word}"


def password_grant(home_id: HomeId) -> Grant:
    """Return what the hub of a home that has a password may do: write below its own home.

    Raises
    ------
    Malformed
        If ``home_id`` holds a sign that means something in a topic.

    Examples
    --------
    >>> password_grant("7f3k")
    Grant(client='hub-7f3k', topics=('homes/7f3k/#',), reads=())
    """
    if not _HOME.fullmatch(home_id):
        raise Malformed(marked("home"), marked("letters, digits, '-', '_' and '.' only"))
    return Grant(client=f"{HUB}-{home_id}", topics=(f"homes/{home_id}/#",))


TELLER = Grant(client="wayhome-home-state", topics=(f"{HOME_STATE}/#", "homes/+/wayhome/+/status"))
"""Our own client that tells homes how they stand, and says of a hub that was shut out that it is gone."""
OWN = (
    # alone, and as one of several that divide the messages
    Grant(client="gateway", topics=(), reads=("homes/#", "$share/+/homes/#")),
    # reads too: an erasure clears what the broker keeps of a home, and must find it first
    Grant(client="replay", topics=("homes/#",), reads=("homes/#",)),
    Grant(client="probe", topics=(), reads=("$SYS/broker/uptime",)),
    TELLER,
)
"""Our own clients of a broker in containers, none of which stands in the desired state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What must be done at a broker; first take away, then let in."""

    surplus: tuple[str, ...]
    missing: tuple[Grant, ...]


def difference(wanted: Collection[Grant], actual: Collection[Grant]) -> Difference:
    """Compare the desired state with what a broker knows; who has other topics goes and comes anew.

    Examples
    --------
    >>> a, b = Grant(client="hub-a", topics=("homes/a/#",)), Grant(client="hub-b", topics=("homes/b/#",))
    >>> wide = Grant(client="hub-a", topics=("#",))
    >>> difference([a], [wide, b]).surplus
    ('hub-a', 'hub-b')
    >>> difference([a], [wide, b]).missing == (a,)
    True
    >>> gateway = Grant(client="gateway", topics=())
    >>> difference([a], [a, gateway])
    Difference(surplus=(), missing=())
    """
    right = set(wanted) & set(actual)
    surplus = {one.client for one in set(actual) - right if OURS.fullmatch(one.client)}
    missing = sorted(set(wanted) - right, key=lambda one: one.client)
    return Difference(surplus=tuple(sorted(surplus)), missing=tuple(missing))

"""What a technician carries to a hub: certificate, key, bridge configuration, instructions. Pure."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib import resources
from string import Template
from typing import TYPE_CHECKING

from core.model.identity import HUB

if TYPE_CHECKING:
    from core.model.identity import Grant
    from core.model.ids import HomeId
    from wayhome.certificates import Pair

_BEGINNING = (1980, 1, 1, 0, 0, 0)
_PRIVATE, _PUBLIC = 0o600, 0o644
_FILE = 0o100000
RENEWED_AT = 3
"""A hub renews when this part of the life of its certificate is left."""
RENEWING = ("wayhome-renew.sh", "wayhome-renew.service", "wayhome-renew.timer")
ALIVE = ("wayhome-alive.service", "wayhome-alive.timer")
"""So that the last will of a hub that was replaced is not the last word on its home."""
RENEWS = "The hub renews it by itself, each day when it is time: journalctl -u wayhome-renew"
ASKS = "Ask for a new bundle before that. The old one goes on working for some days."


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """What goes into one."""

    home_id: HomeId
    grant: Grant
    pair: Pair = field(repr=False)
    #: PEM of the authority that signed the broker's certificate.
    broker_authority: str
    #: ``host:port`` under which hubs reach the broker.
    broker: str
    ends_at: datetime
    lasts: timedelta
    #: The device by which a hub says that it is there.
    hub: str = HUB
    #: Address of the pages, where a hub renews by itself; by https only, for it brings authorities to trust.
    pages: str = ""

    @property
    def renews(self) -> bool:
        """Whether the hub renews by itself."""
        return self.grant.client.startswith("hub-") and self.pages.startswith("https://")


def files(bundle: Bundle) -> dict[str, str]:
    """Return the files by name; texts come from the templates beside this module."""
    values = {
        "home": bundle.home_id,
        "hub": bundle.hub,
        "client": bundle.grant.client,
        "broker": bundle.broker,
        "host": bundle.broker.rpartition(":")[0],
        "port": bundle.broker.rpartition(":")[2],
        "ends": f"{bundle.ends_at:%-d %B %Y}",
        "topics": "\n".join(f"    {topic}" for topic in bundle.grant.topics),
        "pages": bundle.pages.rstrip("/"),
        "early": str(round(bundle.lasts.total_seconds() / RENEWED_AT)),
        "after": RENEWS if bundle.renews else ASKS,
    }
    texts = {"wayhome.conf": "bridge.conf", "README.txt": "readme.txt", "install.sh": "install.sh"}
    texts |= {name: name for name in ALIVE}
    if bundle.renews:
        texts |= {name: name for name in RENEWING}
    if not bundle.grant.client.startswith("hub-"):
        texts = {"README.txt": "device.txt"}
    return {
        **{name: _text(template, values) for name, template in texts.items()},
        "wayhome-ca.crt": bundle.broker_authority,
        "client.crt": bundle.pair.certificate,
        "client.key": bundle.pair.key,
    }


def packed(bundle: Bundle) -> bytes:
    """Return the bundle as a zip file; the same bundle gives the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in sorted(files(bundle).items()):
            entry = zipfile.ZipInfo(f"wayhome-{bundle.home_id}/{name}", _BEGINNING)
            mode = _PRIVATE if name.endswith(".key") else _PUBLIC
            entry.external_attr = (_FILE | mode) << 16
            archive.writestr(entry, text)
    return out.getvalue()


def _text(template: str, values: dict[str, str]) -> str:
    place = resources.files("wayhome.identity") / "texts" / template
    return Template(place.read_text("utf-8")).substitute(values)

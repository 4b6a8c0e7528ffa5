"""How to run a whole system on one machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

SERVICES = ("gateway", "analytics", "alerts", "dashboard")


@dataclass(frozen=True, slots=True, kw_only=True)
class StackSettings:
    """How to run the system."""

    folder: Path
    #: A real server instead of the embedded one: URI of a role that may create roles and tables.
    database_url: str = ""
    #: A real broker instead of the embedded one.
    mqtt_url: str = ""
    mqtt_username: str = ""
    mqtt_password: str = ""
    web_host: str = "127.0.0.1"
    #: 0 chooses a free one.
    web_port: int = 8080
    #: Address that the embedded broker listens on; beyond this machine it speaks TLS only.
    mqtt_host: str = "127.0.0.1"
    mqtt_port: int = 0
    #: Where to tell every minute that all is well; empty for nowhere.
    dead_man_url: str = ""
    #: Who takes reports of weaknesses; empty serves no security.txt.
    security_contact: str = ""
    services: tuple[str, ...] = SERVICES
    start_timeout_s: float = 60.0
    durable: bool = True
    #: False leaves the database roles' passwords alone; the services then run as the URL's superuser.
    own_roles: bool = True

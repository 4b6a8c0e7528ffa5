"""Which system a command is pointed at: one of `wayhome up` on this machine, or addresses."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from core.model.errors import Misconfigured
from core.runtime.broker import BrokerSettings
from core.runtime.settings import other
from wayhome.secret import replace_private_file

CONNECTIONS = "connections.json"
"""File in the folder of a running `wayhome up`, for its owner only: how its commands reach it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """How to reach the parts of a system."""

    #: libpq URI per database role; ``""`` is the owner, who may do everything.
    database_urls: dict[str, str]
    mqtt_url: str = ""
    mqtt_username: str = ""
    mqtt_password: str = ""
    mqtt_ca_file: str = ""
    #: Where the broker wants certificates instead of passwords.
    mqtt_certificate_file: str = ""
    mqtt_key_file: str = ""
    #: A log-in that may publish below every home, for replays; the other one where empty.
    replay_username: str = ""
    replay_password: str = field(default="", repr=False)
    replay_certificate_file: str = ""
    replay_key_file: str = ""
    web_url: str = ""

    def database(self, role: str) -> str:
        """Address of the database for ``role``; the owner's where the role has none."""
        url = self.database_urls.get(role) or self.database_urls.get("")
        if not url:
            raise Misconfigured(
                "say which database: --database-url, or --folder of a running system"
            )
        return url

    def broker(self, client_id: str) -> BrokerSettings:
        """How to reach the broker as ``client_id``."""
        if not self.mqtt_url:
            raise Misconfigured("say which broker: --mqtt-url, or --folder of a running system")
        return BrokerSettings(
            url=self.mqtt_url,
            client_id=client_id,
            username=self.mqtt_username,
            password=self.mqtt_password,
            ca_file=self.mqtt_ca_file,
            certificate_file=self.mqtt_certificate_file,
            key_file=self.mqtt_key_file,
        )

    def publisher(self, client_id: str) -> BrokerSettings:
        """How to reach the broker as somebody who may publish."""
        settings = self.broker(client_id)
        if self.replay_certificate_file:
            return replace(
                settings,
                certificate_file=self.replay_certificate_file,
                key_file=self.replay_key_file,
            )
        if not self.replay_username:
            return settings
        return replace(settings, username=self.replay_username, password=self.replay_password)


def save(system: System, folder: Path) -> Path:
    """Write how to reach ``system`` into ``folder``, readable by its owner only."""
    path = folder / CONNECTIONS
    replace_private_file(path, msgspec.json.encode(system))
    return path


def load(folder: Path) -> System:
    """Read how to reach the system that runs in ``folder``.

    Raises
    ------
    Misconfigured
        If none runs there.
    """
    try:
        return msgspec.json.decode((folder / CONNECTIONS).read_bytes(), type=System)
    except (OSError, msgspec.MsgspecError) as error:
        raise Misconfigured(
            f"no running system in {folder}: start one with `wayhome up`, or point at one with"
            " --database-url and --mqtt-url"
        ) from error


Folder = Annotated[
    Path | None, typer.Option(help="Folder of a running `wayhome up`; its default when not given.")
]
DatabaseUrl = Annotated[
    str, typer.Option(envvar="WAYHOME_DATABASE_URL", help="Database instead, as a libpq URI.")
]
MqttUrl = Annotated[
    str,
    typer.Option(envvar="WAYHOME_MQTT_URL", help="Broker instead: mqtt://host:port or mqtts://."),
]
MqttUsername = Annotated[
    str, typer.Option(envvar="WAYHOME_MQTT_USERNAME", help="User at the broker.")
]
MqttPasswordFile = Annotated[
    Path | None,
    typer.Option(
        envvar="WAYHOME_MQTT_PASSWORD_FILE",
        exists=True,
        dir_okay=False,
        help="File with the password at the broker.",
    ),
]


def pointed_at(
    folder: Path | None,
    database_url: str,
    mqtt_url: str,
    mqtt_username: str = "",
    mqtt_password_file: Path | None = None,
) -> System:
    """Return the system the options name; addresses win over the folder.

    Raises
    ------
    Misconfigured
        If there is none.
    """
    if not database_url and not mqtt_url:
        return load(folder or default_folder())
    return System(
        database_urls={"": database_url},
        mqtt_url=mqtt_url,
        mqtt_username=mqtt_username,
        mqtt_password=mqtt_password_file.read_text().strip() if mqtt_password_file else "",
    )


def default_folder() -> Path:
    """Return the folder of `wayhome up`: ``$WAYHOME_FOLDER``, else the state folder of the user."""
    named = other("WAYHOME_FOLDER", "")
    if named:
        return Path(named)
    if Path.home() == Path("/root"):
        return Path("/var/lib/wayhome")
    state = other("XDG_STATE_HOME", "") or str(Path.home() / ".local" / "state")
    return Path(state) / "wayhome"

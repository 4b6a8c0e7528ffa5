"""Settings: typed, from variables or files, refused loudly when wrong, secrets never shown."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from core.model.errors import Misconfigured
from core.runtime import settings
from core.runtime.settings import (
    SERVICES,
    DashboardSettings,
    GatewaySettings,
    child_environment,
    load,
    redacted,
)

BASE = {"WAYHOME_DATABASE_URL": "postgresql://u:secret@db/x"}


def test_values_have_their_types() -> None:
    found = load(
        DashboardSettings,
        environment=BASE | {"WAYHOME_WEB_PORT": "81", "WAYHOME_COOKIE_SECURE": "no"},
    )
    assert (found.web_port, found.cookie_secure, found.log_level) == (81, False, "INFO")


def test_a_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "url"
    file.write_text("postgresql://x\n")
    found = load(GatewaySettings, environment={"WAYHOME_DATABASE_URL_FILE": str(file)})
    assert found.database_url == "postgresql://x"


def test_overrides_win_and_none_does_not() -> None:
    found = load(GatewaySettings, {"batch_rows": 7, "mqtt_url": None}, BASE)
    assert (found.batch_rows, found.mqtt_url) == (7, "mqtt://127.0.0.1:1883")


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({}, "WAYHOME_DATABASE_URL"),
        (BASE | {"WAYHOME_BATCH_ROWZ": "1"}, "WAYHOME_BATCH_ROWZ"),
        (BASE | {"WAYHOME_BATCH_ROWS": "many"}, "WAYHOME_BATCH_ROWS"),
        (BASE | {"WAYHOME_COOKIE_SECURE": "maybe"}, "WAYHOME_COOKIE_SECURE"),
        ({"WAYHOME_DATABASE_URL_FILE": "/nowhere/url"}, "WAYHOME_DATABASE_URL_FILE"),
    ],
)
def test_what_is_wrong_is_named(environment: dict[str, str], named: str) -> None:
    kind = DashboardSettings if "COOKIE" in named else GatewaySettings
    with pytest.raises(Misconfigured, match=named):
        load(kind, environment=environment)


def test_every_setting_has_its_sentence_and_secrets_are_hidden() -> None:
    for kind in SERVICES.values():
        for entry in fields(kind):
            assert entry.metadata["help"].endswith((".", ")")), entry.name
    shown = redacted(load(GatewaySettings, {"mqtt_password": "hunter2"}, BASE))
    assert "secret" not in str(shown)
    assert "hunter2" not in str(shown)
    assert shown["mqtt_password"] == "set"


def test_a_child_gets_its_own_settings_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAYHOME_MQTT_URL", "mqtt://parent")
    environment = child_environment({"health_port": 9})
    assert environment["WAYHOME_HEALTH_PORT"] == "9"
    assert "WAYHOME_MQTT_URL" not in environment
    assert settings.variable("health_port") in environment

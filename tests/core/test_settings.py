"""Settings: typed, from variables or files, refused loudly when wrong, secrets never shown."""

from __future__ import annotations

from dataclasses import MISSING, fields
from pathlib import Path

import pytest

from core.model.errors import Misconfigured
from core.runtime import settings
from core.runtime.settings import (
    SERVICES,
    DashboardSettings,
    GatewaySettings,
    ServiceSettings,
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
        ({"WAYHOME_DATABASE_URL_FILE": "/usr/bin/env"}, "WAYHOME_DATABASE_URL_FILE"),
        ({"WAYHOME_DATABASE_URL_FILE": "/dev/null"}, "WAYHOME_DATABASE_URL is missing"),
        ({"WAYHOME_DATABASE_URL": ""}, "WAYHOME_DATABASE_URL is missing"),
        (BASE | {"WAYHOME_DATABASE_URL_FILE": "/dev/null"}, "both set"),
        (BASE | {"WAYHOME_BATCH_ROWS": "0"}, "WAYHOME_BATCH_ROWS: expected a number of at least 1"),
        (BASE | {"WAYHOME_BATCH_ROWS": ""}, "WAYHOME_BATCH_ROWS"),
        (BASE | {"WAYHOME_BATCH_WAIT_MS": "-1"}, "WAYHOME_BATCH_WAIT_MS"),
        (BASE | {"WAYHOME_HEALTH_PORT": "65536"}, "WAYHOME_HEALTH_PORT: .* at most 65535"),
        (BASE | {"WAYHOME_DEVICE_RATE_PER_S": "nan"}, "WAYHOME_DEVICE_RATE_PER_S"),
        (BASE | {"WAYHOME_DEVICE_RATE_PER_S": "inf"}, "WAYHOME_DEVICE_RATE_PER_S"),
        (BASE | {"WAYHOME_LOG_LEVEL": "LOUD"}, "WAYHOME_LOG_LEVEL: expected DEBUG, INFO"),
        (BASE | {"WAYHOME_MQTT_PROTOCOL": "4"}, "WAYHOME_MQTT_PROTOCOL: expected auto, 5"),
    ],
)
def test_what_is_wrong_is_named(environment: dict[str, str], named: str) -> None:
    kind = DashboardSettings if "COOKIE" in named else GatewaySettings
    with pytest.raises(Misconfigured, match=named):
        load(kind, environment=environment)


def test_a_wrong_value_or_secret_is_not_repeated(tmp_path: Path) -> None:
    file = tmp_path / "hunter2"
    file.write_bytes(b"\xff\xfehunter2")
    for environment in (
        BASE | {"WAYHOME_BATCH_ROWS": "hunter2"},
        {"WAYHOME_DATABASE_URL_FILE": str(file)},
    ):
        with pytest.raises(Misconfigured) as said:
            load(GatewaySettings, environment=environment)
        assert "hunter2" not in str(said.value)


def test_a_level_may_be_written_small() -> None:
    assert load(GatewaySettings, {"log_level": "debug"}, BASE).log_level == "debug"


def test_an_override_is_checked_like_a_variable() -> None:
    with pytest.raises(Misconfigured, match="WAYHOME_HEALTH_PORT"):
        load(GatewaySettings, {"health_port": -1}, BASE)


@pytest.mark.parametrize("kind", SERVICES.values())
def test_defaults_are_within_their_own_bounds(kind: type[ServiceSettings]) -> None:
    defaults = {
        settings.variable(entry.name): str(entry.default)
        for entry in fields(kind)
        if entry.default is not MISSING
    }
    assert load(kind, environment=BASE | defaults) == load(kind, environment=BASE)


def test_a_setting_is_declared_with_known_properties_only() -> None:
    with pytest.raises(TypeError, match="leest"):
        settings.setting(1, help="Text.", leest=2)


def test_variables_of_the_project_are_no_settings() -> None:
    load(GatewaySettings, environment=BASE | {"WAYHOME_DATA": "x", "WAYHOME_TEST_DSN": "y"})
    with pytest.raises(Misconfigured, match="WAYHOME_DATUM"):
        settings.other("WAYHOME_DATUM", "")


def test_every_setting_has_its_sentence_and_secrets_are_hidden() -> None:
    for kind in SERVICES.values():
        for entry in fields(kind):
            assert entry.metadata["help"].endswith((".", ")")), entry.name
    shown = redacted(load(GatewaySettings, {"mqtt_password": "hunter2"}, BASE))
    assert "secret" not in str(shown)
    assert "hunter2" not in str(shown)
    assert (shown["mqtt_password"], shown["database_url"]) == ("set", "set")
    assert redacted(load(GatewaySettings, {}, BASE))["mqtt_password"] == "not set"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("mqtt://u:hunter2@broker:1884", "mqtt://***@broker:1884"),
        ("mqtt://u:hun@ter2@broker", "mqtt://***@broker"),
        ("mqtt://u:hunter2@[broken", "set"),
        ("mqtt://broker:1884", "mqtt://broker:1884"),
    ],
)
def test_a_password_in_an_address_is_hidden(url: str, shown: str) -> None:
    assert redacted(load(GatewaySettings, {"mqtt_url": url}, BASE))["mqtt_url"] == shown


def test_a_child_gets_its_own_settings_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAYHOME_MQTT_URL", "mqtt://parent")
    monkeypatch.setenv("HOME_OF_TEST", "kept")
    environment = child_environment({"health_port": 9, "cookie_secure": False, "instance": None})
    assert environment["WAYHOME_HEALTH_PORT"] == "9"
    assert environment["HOME_OF_TEST"] == "kept"
    assert "WAYHOME_INSTANCE" not in environment
    assert not load(DashboardSettings, environment=BASE | environment).cookie_secure
    assert "WAYHOME_MQTT_URL" not in environment
    assert settings.variable("health_port") in environment


@pytest.mark.parametrize("service", SERVICES)
def test_health_and_figures_are_for_this_machine_unless_somebody_says_else(service: str) -> None:
    found = load(SERVICES[service], environment=BASE)
    assert (found.health_host, found.health_port) == ("127.0.0.1", 0)

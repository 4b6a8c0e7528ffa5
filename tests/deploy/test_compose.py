"""docker-compose.yml, Dockerfile and what they ship: valid, real, hardened and without a secret."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from typer.testing import CliRunner

from core.runtime.settings import OTHERS, SERVICES, variable
from tests.deploy.shipped import compose, own_services
from tests.house.tree import ROOT
from wayhome import installation
from wayhome.cli import app

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SHIPPED = (
    "docker-compose.yml",
    "Dockerfile",
    ".dockerignore",
    "mosquitto/mosquitto.conf",
    "mosquitto/hub-bridge.conf.example",
)
SECRET_WORD = re.compile(r"(?i)(password|secret|token|passwd|_key)\w*\"?\s*[:= ]\s*(?P<value>\S+)")
HARMLESS = re.compile(r"PASSWORD|/secrets/\S+|/run/secrets/\S+")


def settings_of(name: str) -> set[str]:
    names = {variable(entry.name) for entry in fields(SERVICES[name])}
    return names | {f"{one}_FILE" for one in names}


def test_docker_compose_accepts_it(docker_compose: Path) -> None:
    for profile in ([], ["--profile", "tools"]):
        file = str(ROOT / "docker-compose.yml")
        command = [str(docker_compose), "-f", file, *profile, "config", "-q"]
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
        assert (done.returncode, done.stderr) == (0, "")


def test_hubs_stay_outside_while_the_guides_say_so(docker_compose: Path) -> None:
    """A broker that is new acknowledges what hubs say, and throws it away: nobody has subscribed yet."""
    guide = (ROOT / "docs/how-to/deploy.md").read_text("utf-8")
    words = re.findall(r"HUBS_FROM=(\S+)", guide)
    assert len(words) == 2
    for outside in words:
        command = [str(docker_compose), "-f", str(ROOT / "docker-compose.yml"), "config"]
        environment = {"HUBS_FROM": outside, "BROKER_PORT": "9883"}
        done = subprocess.run(
            command, check=True, capture_output=True, text=True, timeout=60, env=environment
        )
        services = yaml.safe_load(done.stdout)["services"]
        places = [(one["host_ip"], one["published"]) for one in services["mosquitto"]["ports"]]
        assert places == [("127.0.0.1", "9883"), ("127.0.0.1", "8885")]
        address = services["identity"]["environment"]["WAYHOME_HUB_BROKER"]
        assert address == "localhost:8885", "it goes into bundles"


@pytest.mark.parametrize("name", own_services())
def test_every_command_is_a_real_one(name: str) -> None:
    service = own_services()[name]
    words = [*service.get("entrypoint", ["wayhome"]), *service["command"]]
    assert words[0] == "wayhome"
    helped = CliRunner().invoke(app, [words[1], "--help"])
    assert helped.exit_code == 0
    for option in (word.partition("=")[0] for word in words[2:] if word.startswith("--")):
        assert option in helped.output


@pytest.mark.parametrize("name", own_services())
def test_every_variable_is_a_real_setting(name: str) -> None:
    used = {key for key in own_services()[name].get("environment", {}) if key.startswith("WAYHOME")}
    if name in SERVICES:
        assert used <= settings_of(name)
    else:
        assert used <= OTHERS | {"WAYHOME_DATABASE_URL_FILE"}


def test_what_the_guides_tell_to_set_reaches_the_service() -> None:
    """A line of ``.env`` that compose hands to nobody is taken without a word and does nothing."""
    shipped = (ROOT / "docker-compose.yml").read_text("utf-8")
    handed = set(re.findall(r"\$\{([A-Z_]+)", shipped))
    told = {
        name
        for guide in ("channels", "deploy", "hubs", "people", "watching")
        for name in re.findall(
            r"(?:`|^ {4}|\")([A-Z][A-Z_]{3,})(?:=|`)",
            (ROOT / f"docs/how-to/{guide}.md").read_text("utf-8"),
            re.MULTILINE,
        )
        if not name.startswith("WAYHOME_")
    } - {"VARIABLE"}
    assert len(told) > 12
    assert told <= handed
    alerts, pages = (own_services()[name]["environment"] for name in ("alerts", "dashboard"))
    assert alerts["WAYHOME_LOCAL_NETWORK"] == pages["WAYHOME_LOCAL_NETWORK"]
    assert "WAYHOME_DEAD_MAN_URL_FILE" in alerts, "else nobody outside can hear that it is silent"


def test_no_secret_is_shipped() -> None:
    found = [
        f"{name}: {match[0]}"
        for name in SHIPPED
        for line in (ROOT / name).read_text("utf-8").splitlines()
        if not line.lstrip().startswith("#")
        for match in SECRET_WORD.finditer(line.partition(" # ")[0])
        if not HARMLESS.fullmatch(match["value"])
    ]
    assert found == []


def test_every_secret_that_is_named_is_made_for_its_reader(tmp_path: Path) -> None:
    from datetime import UTC, datetime  # noqa: PLC0415

    installation.install(installation.Wanted(folder=tmp_path), datetime.now(UTC))
    for name, service in compose()["services"].items():
        texts = [*service.get("environment", {}).values(), *service.get("command", [])]
        for place in re.findall(r"/secrets/(\S+)", " ".join(map(str, texts))):
            assert (tmp_path / place).exists(), f"{name}: {place}"
            assert any(f":/secrets/{place.split('/')[0]}:ro" in one for one in service["volumes"])
    named = re.findall(r"/secrets/(\S+)", (ROOT / "mosquitto/mosquitto.conf").read_text("utf-8"))
    assert named
    assert all((tmp_path / place).exists() for place in named)


@pytest.mark.parametrize("name", compose()["services"])
def test_every_container_is_hardened(name: str) -> None:
    service: dict[str, Any] = compose()["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["logging"]["options"]["max-size"]
    assert service["user"] != "0:0" or (name == "init" and service["network_mode"] == "none")
    assert "privileged" not in service
    once = service["restart"] == "no"
    assert once is (name in {"init", "migrate", "operator"})
    assert once or service["healthcheck"]["test"]


def test_folders_are_given_to_the_users_that_run() -> None:
    for reader, owner in installation.OWNERS.items():
        name = {"broker": "mosquitto", "revocations": "identity"}.get(reader, reader)
        assert compose()["services"][name]["user"] == f"{owner}:{owner}"


HEARS_HANGUPS = """
import signal, sys

def hear(*_):
    with open(sys.argv[1], "a") as heard:
        heard.write("heard ")

signal.signal(signal.SIGHUP, hear)
hear()
while True:
    signal.pause()
"""


def test_the_broker_reads_the_list_of_what_has_ended_when_it_changes(tmp_path: Path) -> None:
    (_, _, command) = compose()["services"]["mosquitto"]["command"]
    loop, _, program = command.replace("$$", "$").partition("exec ")
    assert program.startswith("mosquitto ")
    kept, heard = tmp_path / "hubs.crl", tmp_path / "heard"
    kept.write_text("one")
    loop = loop[loop.index("known=") :].replace("/revocations/hubs.crl", str(kept))
    # not a shell: where whoever runs the tests ignores a hangup, no shell of theirs can catch it
    waits = f"exec {shlex.join([sys.executable, '-c', HEARS_HANGUPS, str(heard)])}"
    script = f'{loop.replace("sleep 5", "sleep 0.02")} exec sh -c "$0"'
    running = subprocess.Popen(["sh", "-c", script, waits], start_new_session=True)
    try:
        settled(heard.exists)
        draft = tmp_path / "draft"
        draft.write_text("another")
        draft.rename(kept)
        settled(lambda: heard.read_text() == "heard heard ")
    finally:
        os.killpg(running.pid, signal.SIGKILL)
        running.wait(10)


def settled(check: Callable[[], bool]) -> None:
    """Wait for it."""
    deadline = time.monotonic() + 10
    while not check():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_only_four_doors_are_open() -> None:
    doors = {name: one["ports"] for name, one in compose()["services"].items() if "ports" in one}
    assert doors == {
        "mosquitto": [
            "${HUBS_FROM:-}${BROKER_PORT:-8883}:8883",
            "${HUBS_FROM:-}${HUBS_PORT:-8885}:8885",
        ],
        "alerts": ["${RECEIPTS_AT:-127.0.0.1:8090}:8090"],
        "dashboard": ["${PAGES_AT:-127.0.0.1:8080}:8080"],
    }
    assert compose()["networks"]["store"] == {"internal": True}
    assert compose()["services"]["database"]["networks"] == ["store"]
    assert "store" not in compose()["services"]["mosquitto"]["networks"]


def test_a_volume_of_secrets_has_one_reader() -> None:
    for volume in (name for name in compose()["volumes"] if name.startswith("secrets-")):
        readers = {
            name
            for name, one in compose()["services"].items()
            if any(place.startswith(f"{volume}:") for place in one.get("volumes", ()))
        }
        assert len(readers - {"init"}) <= 1
        assert "init" in readers


def test_the_image_runs_as_nobody_with_hashed_requirements() -> None:
    text = (ROOT / "Dockerfile").read_text("utf-8")
    assert "FROM python:3.11-slim-bookworm" in text
    assert "--require-hashes" in text
    assert "USER 10001:10001" in text
    assert 'ENTRYPOINT ["wayhome"]' in text
    assert "HEALTHCHECK" in text


def test_the_image_holds_every_package() -> None:
    let_in = {
        line.removeprefix("!")
        for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines()
        if line.startswith("!")
    }
    packages = {*SERVICES} - {"identity"}  # a part of wayhome
    assert let_in >= {*packages, "core", "sensors", "wayhome", "pyproject.toml", "requirements.txt"}
    assert not let_in & {".git", ".venv", "tests", ".env"}

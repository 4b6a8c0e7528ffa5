"""A service as a process: its log, its health, its end."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import time
from pathlib import Path

import httpx
import pytest

from core.runtime.settings import child_environment
from tests.servers.ports import free_port

SERVICE = """
import asyncio, logging, signal, sys
from core.model.errors import Misconfigured
from datetime import UTC, datetime
from core.runtime import set_clock
from core.runtime.service import run
from core.runtime.settings import GatewaySettings, load

if sys.argv[1] == "1970":
    set_clock.NOT_BEFORE = datetime(9000, 1, 1, tzinfo=UTC)

async def main(context):
    context.health.set("work", ok=False, text="warming up")
    mode = sys.argv[1]
    if mode == "wrong":
        raise Misconfigured("mqtt_url: expected something else")
    if mode == "group":
        async with asyncio.TaskGroup() as group:
            group.create_task(fail())
    if mode == "defect":
        raise ZeroDivisionError("a defect")
    if mode == "end":
        return
    if mode == "cancelled":
        raise asyncio.CancelledError
    if mode == "mixed":
        async with asyncio.TaskGroup() as group:
            group.create_task(fail())
            group.create_task(divide())
    if mode == "slow":
        try:
            context.health.set("work", ok=True)
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.5)
            logging.getLogger("wayhome.test").info("done", extra={"action": "cleaned_up"})
    if mode == "unwell":
        waiting = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, waiting.set)
        await waiting.wait()
    logging.getLogger("wayhome.test").info("works", extra={"action": "worked", "rows": 3})
    context.health.set("work", ok=True)
    await asyncio.Event().wait()

async def fail():
    raise Misconfigured("inner: expected something else")

async def divide():
    raise ZeroDivisionError("a defect")

sys.exit(run("gateway", load(GatewaySettings), main))
"""


WAITS_S = 5.0
"""So long at least a server that waits for its clients holds a line open for their next request."""


async def start(mode: str, port: int = 0, **more: object) -> asyncio.subprocess.Process:
    environment = child_environment(
        {
            "database_url": "postgresql://u:hunter2@db/x",
            "health_port": port,
            "mqtt_password": "hunter3",
            "mqtt_url": "mqtt://u:hunter4@broker",
            **more,
        }
    )
    environment["PYTHONPATH"] = str(Path.cwd())
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", SERVICE, mode, env=environment, stderr=asyncio.subprocess.PIPE
    )


async def lines_of(process: asyncio.subprocess.Process) -> list[dict[str, object]]:
    async with asyncio.timeout(30):
        _, err = await process.communicate()
    return [json.loads(line) for line in err.splitlines()]


async def states(port: int, wanted: int) -> httpx.Response:
    """Ask until the service is in the ``wanted`` state."""
    async with asyncio.timeout(30), httpx.AsyncClient() as client:
        while True:
            try:
                answer = await client.get(f"http://127.0.0.1:{port}/health")
            except httpx.HTTPError:
                await asyncio.sleep(0.02)
                continue
            if answer.status_code == wanted:
                return answer


async def ended_in_time(process: asyncio.subprocess.Process) -> list[dict[str, object]]:
    asked = time.monotonic()
    lines = await lines_of(process)
    assert time.monotonic() - asked < WAITS_S
    assert process.returncode == 0
    return lines


async def test_it_is_healthy_until_it_is_asked_to_end() -> None:
    port = free_port()
    process = await start("work", port)
    answer = await states(port, 200)
    assert answer.json()["parts"]["work"]["ok"]
    assert answer.json()["compiled_modules"] == 0
    async with httpx.AsyncClient() as client:
        metrics = await client.get(f"http://127.0.0.1:{port}/metrics")
    assert "python_info" in metrics.text
    assert "wayhome_compiled_modules 0.0" in metrics.text
    process.send_signal(signal.SIGTERM)
    lines = await ended_in_time(process)
    assert [line["action"] for line in lines if "action" in line] == [
        "service_starts",
        "worked",
        "service_stopped",
    ]
    assert "hunter" not in json.dumps(lines)
    worked = next(line for line in lines if line.get("action") == "worked")
    assert (worked["rows"], worked["level"], worked["service"]) == (3, "info", "gateway")


async def test_it_is_unwell_until_its_parts_are_well() -> None:
    port = free_port()
    process = await start("unwell", port)
    answer = await states(port, 503)
    assert answer.json()["parts"]["work"] | {"since": ""} == {
        "ok": False,
        "text": "warming up",
        "since": "",
        "works": False,
    }
    process.send_signal(signal.SIGUSR1)
    await states(port, 200)
    process.send_signal(signal.SIGINT)
    await ended_in_time(process)


async def test_a_second_signal_does_not_disturb_the_end() -> None:
    port = free_port()
    process = await start("slow", port)
    await states(port, 200)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGTERM):
        process.send_signal(number)
    lines = await ended_in_time(process)
    assert "cleaned_up" in [line.get("action") for line in lines]


async def test_a_client_that_stays_does_not_hold_up_the_end() -> None:
    port = free_port()
    process = await start("work", port)
    await states(port, 200)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
    assert (await reader.readline()).startswith(b"HTTP/1.1 200")
    process.send_signal(signal.SIGTERM)
    await ended_in_time(process)
    writer.close()


@pytest.mark.parametrize("served", [False, True])
@pytest.mark.parametrize(
    ("mode", "text"),
    [
        ("wrong", "mqtt_url"),
        ("group", "inner"),
        ("end", "without being asked"),
        ("cancelled", "without being asked"),
    ],
)
async def test_an_error_of_ours_ends_it_with_one_sentence(
    mode: str, text: str, *, served: bool
) -> None:
    process = await start(mode, port=free_port() if served else 0)
    lines = await lines_of(process)
    assert process.returncode == 1
    assert text in str(lines[-1]["message"])
    assert "error" not in lines[-1]


@pytest.mark.parametrize(
    ("mode", "text"),
    [
        ("defect", "ZeroDivisionError"),
        ("mixed", "ZeroDivisionError"),
    ],
)
async def test_a_defect_ends_it_with_its_trace(mode: str, text: str) -> None:
    process = await start(mode)
    lines = await lines_of(process)
    assert process.returncode == 1
    assert text in str(lines[-1]["error"])
    assert lines[-1]["action"] == "service_failed"


async def test_a_port_that_is_taken_is_named() -> None:
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        process = await start("work", port)
        lines = await lines_of(process)
    assert process.returncode == 1
    assert f"cannot listen on 127.0.0.1:{port}: Address already in use" in str(lines[-1]["message"])
    assert [line["action"] for line in lines] == ["service_starts", "service_failed"]


async def test_an_address_of_another_machine_is_named() -> None:
    process = await start("work", free_port(), health_host="192.0.2.1")
    lines = await lines_of(process)
    assert process.returncode == 1
    assert "cannot listen on 192.0.2.1" in str(lines[-1]["message"])


async def test_a_service_waits_for_a_clock_that_was_never_set() -> None:
    port = free_port()
    process = await start("1970", port)
    answer = await states(port, 503)
    async with asyncio.timeout(30), httpx.AsyncClient() as client:
        while "time" not in answer.json()["parts"]:
            answer = await client.get(f"http://127.0.0.1:{port}/health")
    assert "set it" in answer.json()["parts"]["time"]["text"]
    assert "work" not in answer.json()["parts"], "it has not begun"
    process.send_signal(signal.SIGTERM)
    lines = await ended_in_time(process)
    told = [line["level"] for line in lines if line.get("action") == "clock_not_set"]
    assert told == ["critical"], "once"

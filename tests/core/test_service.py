"""A service as a process: its log, its health, its end."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from pathlib import Path

import httpx
import pytest

from core.runtime.settings import child_environment
from wayhome.stack import free_port

SERVICE = """
import asyncio, logging, sys
from core.model.errors import Misconfigured
from core.runtime.service import run
from core.runtime.settings import GatewaySettings, load

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
    logging.getLogger("wayhome.test").info("works", extra={"action": "worked", "rows": 3})
    context.health.set("work", ok=True)
    await asyncio.Event().wait()

async def fail():
    raise Misconfigured("inner: expected something else")

sys.exit(run("gateway", load(GatewaySettings), main))
"""


async def start(mode: str, port: int = 0) -> asyncio.subprocess.Process:
    environment = child_environment(
        {
            "database_url": "postgresql://u:hunter2@db/x",
            "health_port": port,
            "mqtt_password": "hunter3",
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


async def test_it_is_healthy_until_it_is_asked_to_end() -> None:
    port = free_port()
    process = await start("work", port)
    async with asyncio.timeout(30), httpx.AsyncClient() as client:
        while True:
            try:
                answer = await client.get(f"http://127.0.0.1:{port}/health")
            except httpx.HTTPError:
                await asyncio.sleep(0.05)
                continue
            if answer.status_code == 200:
                break
        assert answer.json()["parts"]["work"]["ok"]
        metrics = await client.get(f"http://127.0.0.1:{port}/metrics")
    assert "python_info" in metrics.text
    process.send_signal(signal.SIGTERM)
    lines = await lines_of(process)
    assert process.returncode == 0
    assert [line["action"] for line in lines if "action" in line] == [
        "service_starts",
        "worked",
        "service_stopped",
    ]
    assert {"hunter2", "hunter3"}.isdisjoint(json.dumps(lines).split('"'))
    assert "hunter" not in json.dumps(lines)
    worked = next(line for line in lines if line.get("action") == "worked")
    assert (worked["rows"], worked["level"], worked["service"]) == (3, "info", "gateway")


@pytest.mark.parametrize(("mode", "text"), [("wrong", "mqtt_url"), ("group", "inner")])
async def test_an_error_of_ours_ends_it_with_one_sentence(mode: str, text: str) -> None:
    process = await start(mode)
    lines = await lines_of(process)
    assert process.returncode == 1
    assert text in str(lines[-1]["message"])
    assert "error" not in lines[-1]


async def test_a_defect_ends_it_with_its_trace() -> None:
    process = await start("defect")
    lines = await lines_of(process)
    assert process.returncode == 1
    assert "ZeroDivisionError" in str(lines[-1]["error"])


async def test_a_port_that_is_taken_is_named() -> None:
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        process = await start("work", port)
        lines = await lines_of(process)
    assert process.returncode != 0
    assert str(port) in json.dumps(lines)

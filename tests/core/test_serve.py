"""Pages are served while a block runs; when it ends, nothing of it stays open."""

from __future__ import annotations

import asyncio
import gc
import socket
import warnings
from typing import TYPE_CHECKING

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from core.runtime.health import serve_app
from tests.servers.ports import free_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

ENDS_S = 10.0


async def at_once(_: Request) -> Response:
    return PlainTextResponse("all of it")


async def stream(_: Request) -> Response:
    async def news() -> AsyncIterator[str]:
        yield "the first"
        await asyncio.Event().wait()

    return StreamingResponse(news())


async def never(_: Request) -> Response:
    await asyncio.Event().wait()
    raise AssertionError


APP = Starlette(
    routes=[Route("/at-once", at_once), Route("/stream", stream), Route("/never", never)]
)


async def ask_and_stop(request: bytes, waits_for: bytes) -> bytes:
    """Stop serving while a client listens; return what it got until the line was cut."""
    port = free_port()
    async with serve_app(APP, "127.0.0.1", port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request)
        got = await reader.readuntil(waits_for) if waits_for else b""
    try:
        return got + await reader.read()
    except ConnectionResetError:
        return got
    finally:
        writer.close()


async def serve_and_be_ended_twice(port: int, serves: asyncio.Event) -> None:
    async with serve_app(APP, "127.0.0.1", port):
        serves.set()
        await asyncio.Event().wait()


async def end_twice(client: socket.socket) -> None:
    port, serves, loop = free_port(), asyncio.Event(), asyncio.get_running_loop()
    task = asyncio.ensure_future(serve_and_be_ended_twice(port, serves))
    await serves.wait()
    await loop.sock_connect(client, ("127.0.0.1", port))
    await loop.sock_sendall(client, b"GET /at-once HTTP/1.1\r\nhost: x\r\n\r\n")
    got = b""
    while b"all of it" not in got:  # and the line is kept for more
        got += await loop.sock_recv(client, 4096)
    task.cancel()
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait({task})
    assert task.cancelled()


def test_no_line_stays_open_when_it_is_ended_twice() -> None:
    with socket.socket() as client, warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        client.settimeout(0)
        asyncio.run(asyncio.wait_for(end_twice(client), ENDS_S))
        gc.collect()
    assert [str(warning.message) for warning in heard] == []


@pytest.mark.parametrize(
    ("request_line", "waits_for"),
    [
        ("GET /at-once", b"all of it"),
        ("GET /stream", b"the first"),
        ("GET /never", b""),
        ("GET /half a li", b""),
        ("", b""),
    ],
)
def test_no_line_stays_open(request_line: str, waits_for: bytes) -> None:
    request = f"{request_line} HTTP/1.1\r\nhost: x\r\n\r\n".encode() if request_line else b""
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        got = asyncio.run(asyncio.wait_for(ask_and_stop(request, waits_for), ENDS_S))
        gc.collect()
    assert [str(warning.message) for warning in heard] == []
    assert waits_for in got

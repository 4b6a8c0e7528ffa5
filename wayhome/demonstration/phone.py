"""The phones of the demo: a push service on the loopback that shows what would stand on a lock screen."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from core.runtime.health import serve_app
from wayhome.console import console
from wayhome.stack import free_port

LONGEST_TEXT = 200


@asynccontextmanager
async def phone() -> AsyncIterator[str]:
    """Run them while the block runs; yields their address, below which each person has a topic (ntfy)."""

    async def receive(request: Request) -> Response:
        title = request.headers.get("title", "")
        text = (await request.body())[:LONGEST_TEXT].decode("utf-8", "replace")
        whose = str(request.path_params["topic"]).title()
        console.print(f"            {whose}'s phone: [b]{title}[/b] {text}", markup=True)
        return JSONResponse({"id": "demo"})

    port = free_port()
    app = Starlette(routes=[Route("/{topic}", receive, methods=["POST", "PUT"])])
    async with serve_app(app, "127.0.0.1", port):
        yield f"http://127.0.0.1:{port}"

"""How soon a credential is live after it was asked for and dead after it was revoked, at real brokers.

Live: from the commit of the wish to the broker's PUBACK for the first message. Dead: from the commit of the
revocation to the end of the connection that was open.
"""

# ruff: noqa: E402 (run as a script, it has to find the packages)
from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.identity.places import HOME, Place, mosquitto_place, nats_place, serving
from tests.identity.speaker import context_of
from tests.servers.databases import DatabaseServer, new_template
from tests.servers.postgres_fixtures import server_folder
from wayhome.embedded.postgres import EmbeddedPostgres

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from core.runtime.mqtt import Version

ROUNDS = 30


async def one_round(place: Place, version: Version) -> tuple[float, float]:
    """Return milliseconds until live and until dead."""
    asked = await place.asked()
    begun = time.monotonic()
    while (await place.state(asked.number)).live_at is None:  # noqa: ASYNC110 (another's table)
        await asyncio.sleep(0.002)
    hub = await place.speaker(context_of(await asked.take()), "x", version)
    assert hub.publish(f"homes/{HOME}/x") < 0x80
    live_ms = (time.monotonic() - begun) * 1000.0
    await place.revoke(asked.number)
    begun = time.monotonic()
    await asyncio.to_thread(hub.waits_for_its_end)
    return live_ms, (time.monotonic() - begun) * 1000.0


async def measure(place: Place, version: Version, rounds: int) -> dict[str, float]:
    """Return medians and worst cases of one broker."""
    async with serving(place):
        found = [await one_round(place, version) for _ in range(rounds)]
    await place.end()
    live, dead = zip(*found, strict=True)
    return {
        "live_p50_ms": round(statistics.median(live), 1),
        "live_max_ms": round(max(live), 1),
        "dead_p50_ms": round(statistics.median(dead), 1),
        "dead_max_ms": round(max(dead), 1),
    }


def run(rounds: int) -> dict[str, dict[str, float]]:
    """Measure both brokers on one database server."""
    kinds: dict[str, tuple[Callable[..., Awaitable[Place]], Version]] = {
        "mosquitto": (mosquitto_place, "5"),
        "nats_server": (nats_place, "3.1.1"),
    }
    postgres = EmbeddedPostgres(server_folder() / "postgres", durable=False)
    postgres.start()
    try:
        server = DatabaseServer(kind="plain", url=postgres.url, template=new_template())
        server.prepare()
        report = {}
        for name, (make, version) in kinds.items():
            with tempfile.TemporaryDirectory(prefix="wayhome-bench-") as folder:
                report[name] = asyncio.run(_of(make, version, Path(folder), server, rounds))
        return report
    finally:
        postgres.stop()


async def _of(
    make: Callable[..., Awaitable[Place]],
    version: Version,
    folder: Path,
    server: DatabaseServer,
    rounds: int,
) -> dict[str, float]:
    return await measure(await make(folder, server.clone()), version, rounds)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    chosen = parser.parse_args(arguments)
    report = run(chosen.rounds)
    if chosen.json:
        print(json.dumps(report))
        return
    for broker, figures in report.items():
        print(broker, *(f"{name} {value:g}" for name, value in figures.items()), sep="  ")


if __name__ == "__main__":
    main()

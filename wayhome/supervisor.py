"""Keeps the services of one machine running: each a process of its own, started anew when it ends."""

from __future__ import annotations

import asyncio
import logging
import random
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

import httpx

from core.model.errors import Temporary
from core.runtime.compiled import compiled
from wayhome.embedded.process import before_exec, private_log, rotate, tail

log = logging.getLogger("wayhome.supervisor")

FIRST_DELAY_S = 0.5
LONGEST_DELAY_S = 30.0
STABLE_S = 60.0
"""A service that ran for so long begins again with the first delay."""
GRACE_S = 8.0
"""How long a service may take to end before it is killed."""
STEADY_S = 3.0
"""A service that ended while it was waited for must have run for so long to count as ready."""
REPEATED = 3
"""Ends in a row after which waiting for a service is given up, and somebody should look."""
WATCH_S = 2.0
SERVER_WATCH_S = 1.0
_AS_INSTALLED = ("-P",) if compiled() else ()
"""The compiled program starts what is installed, not the sources that may lie in the present folder."""


class State(StrEnum):
    """How a service is."""

    starting = "starting"
    healthy = "healthy"
    #: Runs, and says that something it needs is not well.
    unwell = "unwell"
    #: Ended by itself and will be started anew.
    restarting = "restarting"
    stopped = "stopped"


def observed(before: State, *, runs: bool, well: bool) -> State:
    """Return the state after a look at a service.

    Examples
    --------
    >>> observed(State.starting, runs=True, well=False), observed(State.healthy, runs=True, well=False)
    (<State.starting: 'starting'>, <State.unwell: 'unwell'>)
    """
    if not runs:
        return before
    if well:
        return State.healthy
    return State.starting if before in {State.starting, State.stopped} else State.unwell


def restart_delay(failures: int, chance: float) -> float:
    """Seconds to wait before start number ``failures`` + 1, half of it by ``chance`` in [0, 1).

    Examples
    --------
    >>> [restart_delay(n, 0.0) for n in (1, 2, 3, 20)]
    [0.25, 0.5, 1.0, 15.0]
    """
    longest = float(min(LONGEST_DELAY_S, FIRST_DELAY_S * 2.0 ** min(failures - 1, 16)))
    return longest * (0.5 + chance / 2)


@dataclass(slots=True, kw_only=True)
class Child:
    """A service as a child process."""

    name: str
    #: Arguments of ``python -m wayhome``.
    arguments: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)
    health_port: int
    #: Its log goes there; to our stderr when None.
    log_file: Path | None = None
    #: How often in a row it ended by itself.
    failures: int = 0
    state: State = State.stopped
    #: When it was started last, on the clock of the event loop (s).
    started: float = 0.0
    process: asyncio.subprocess.Process | None = None

    async def start(self) -> asyncio.subprocess.Process:
        """Start the process; it is killed when we die, because then nobody is left to see it end.

        Nothing is lost by that: every service may be killed at any line.
        """
        sink = private_log(self.log_file) if self.log_file else None
        self.state = State.starting
        self.started = asyncio.get_running_loop().time()
        try:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable,
                *_AS_INSTALLED,
                "-m",
                "wayhome",
                *self.arguments,
                env=dict(self.environment),
                stdin=asyncio.subprocess.DEVNULL,
                stderr=sink,
                stdout=sink,
                preexec_fn=before_exec(None, signal.SIGKILL),
            )
        finally:
            if sink is not None:
                sink.close()
        return self.process

    def steady(self, now: float) -> bool:
        """Whether it does not end again and again: between two ends it answers for a moment."""
        return not self.failures or now - self.started >= STEADY_S

    @property
    def runs(self) -> bool:
        """Whether its process is there."""
        return self.process is not None and self.process.returncode is None

    async def stop(self) -> None:
        """End it: SIGTERM, and SIGKILL when that takes too long."""
        process = self.process
        self.state = State.stopped
        if process is None or process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(GRACE_S):
                await process.wait()
        except TimeoutError:
            log.warning("service killed", extra={"action": "child_killed", "child": self.name})
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def healthy(self, client: httpx.AsyncClient) -> bool:
        """Ask the service whether all is well."""
        answer = await self._asked(client)
        return answer is not None and answer.status_code == httpx.codes.OK

    async def works(self, client: httpx.AsyncClient) -> bool:
        """Ask the service whether it can do its job, whatever people have to mend."""
        answer = await self._asked(client)
        return answer is not None and answer.json().get("works") is True

    async def _asked(self, client: httpx.AsyncClient) -> httpx.Response | None:
        try:
            return await client.get(f"http://127.0.0.1:{self.health_port}/health")
        except httpx.HTTPError:
            return None


async def keep_running(child: Child) -> None:
    """Run ``child`` until cancelled; start it anew, after a pause, whenever it ends."""
    loop = asyncio.get_running_loop()
    try:
        while True:
            started = loop.time()
            status = await _run_once(child)
            if loop.time() - started > STABLE_S:
                child.failures = 0
            child.failures += 1
            child.state = State.restarting
            _report_end(child, status)
            await asyncio.sleep(restart_delay(child.failures, random.random()))  # noqa: S311
    finally:
        await child.stop()


async def _run_once(child: Child) -> int | str:
    try:
        return await (await child.start()).wait()
    except OSError as error:  # no memory or no process left, which may pass
        return str(error.strerror)


def _report_end(child: Child, status: int | str) -> None:
    extra = {"action": "child_ended", "child": child.name, "status": status}
    if child.failures < REPEATED:
        log.error("%s ended and starts anew", child.name, extra=extra)
    else:
        log.critical(
            "%s keeps ending, %d times in a row; its log says why: %s",
            child.name,
            child.failures,
            child.log_file or "stderr",
            extra=extra | {"failures": child.failures},
        )


async def watch(children: Sequence[Child]) -> None:
    """Follow the state of ``children`` until cancelled, and keep their logs short."""
    async with httpx.AsyncClient(timeout=WATCH_S) as client:
        while True:
            for child in children:
                await _look_at(child, client)
            await asyncio.sleep(WATCH_S)


async def _look_at(child: Child, client: httpx.AsyncClient) -> None:
    well = child.runs and await child.healthy(client)
    before, child.state = child.state, observed(child.state, runs=child.runs, well=well)
    if child.state is not before:
        level = logging.WARNING if child.state is State.unwell else logging.INFO
        extra = {"action": "child_state", "child": child.name, "state": child.state}
        log.log(level, "%s is %s", child.name, child.state, extra=extra)
    if child.log_file is not None:
        rotate(child.log_file)


async def until_healthy(children: Sequence[Child], timeout_s: float) -> None:
    """Wait until every service says that it can do its job.

    That a home has no carer, or a provider does not answer, is no reason to watch nobody.

    Raises
    ------
    Temporary
        Naming those that do not within ``timeout_s`` seconds or keep ending, and where their logs are.
    """
    async with httpx.AsyncClient(timeout=2.0) as client:
        loop, waiting = asyncio.get_running_loop(), list(children)
        try:
            async with asyncio.timeout(timeout_s):
                while waiting:
                    _give_up_on_ended(children)
                    waiting = [
                        child
                        for child in children
                        if not (await child.works(client) and child.steady(loop.time()))
                    ]
                    await asyncio.sleep(0.05)
        except TimeoutError as error:
            names = ", ".join(f"{child.name} (log: {child.log_file})" for child in waiting)
            raise Temporary(f"not ready after {timeout_s:g} s: {names}") from error


def _give_up_on_ended(children: Sequence[Child]) -> None:
    for child in children:
        if child.failures >= REPEATED:
            words = tail(child.log_file, 600) if child.log_file else ""
            raise Temporary(
                f"{child.name} keeps ending (log: {child.log_file}); its last words: {words}"
            )


class Server(Protocol):
    """A database or broker that is our direct child."""

    def start(self) -> None:
        """Start it at the address it had before."""

    def alive(self) -> bool:
        """Tell whether it runs."""


async def keep_server(server: Server, name: str) -> None:
    """Start ``server`` anew whenever it has ended, until cancelled.

    It is started from this thread, the main one: the kernel ends it with the thread that started it.
    """
    failures = 0
    while True:
        await asyncio.sleep(SERVER_WATCH_S)
        if server.alive():
            failures = 0
            continue
        extra = {"action": "server_ended", "child": name, "failures": failures}
        log.critical("%s ended and starts anew", name, extra=extra)
        try:
            server.start()
        except Temporary as error:
            failures += 1
            log.critical("%s", error, extra=extra | {"action": "server_failed"})
            await asyncio.sleep(restart_delay(failures, random.random()))  # noqa: S311

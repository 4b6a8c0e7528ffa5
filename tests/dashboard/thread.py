"""The dashboard in a thread: the whole service at an address, without the seconds of a new process."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from core.runtime.clock import SystemClock
from core.runtime.health import Health
from core.runtime.service import Context
from core.runtime.settings import DashboardSettings
from dashboard.service import main
from tests.dashboard.town import KEY
from tests.servers.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

READY_S = 60.0


class Thread(threading.Thread):
    """Runs the service until it is told to stop."""

    def __init__(self, settings: DashboardSettings) -> None:
        super().__init__(name="dashboard")
        self._settings = settings
        self._loop = asyncio.new_event_loop()
        self.health = Health("dashboard", SystemClock())
        self._task: asyncio.Task[None] | None = None
        self.answers = threading.Event()
        self.fault: BaseException | None = None

    def run(self) -> None:
        """Serve."""
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            try:
                runner.run(self._serve())
            except asyncio.CancelledError:
                pass
            except BaseException as error:  # noqa: BLE001 (said where the test waits)
                self.fault = error
            finally:
                self.answers.set()

    def stop(self) -> None:
        """End the service and wait for its end."""
        if self.is_alive() and self._task:
            self._loop.call_soon_threadsafe(self._task.cancel)
        self.join(READY_S)
        assert not self.is_alive(), "the dashboard did not stop"

    async def _serve(self) -> None:
        context = Context(
            settings=self._settings, clock=SystemClock(), health=self.health, instance="dashboard"
        )
        async with asyncio.TaskGroup() as group:
            watching = group.create_task(self._watch())
            self._task = group.create_task(main(context))
            self._task.add_done_callback(lambda _: watching.cancel())

    async def _watch(self) -> None:
        while not self.health.report()["parts"].get("web"):
            await asyncio.sleep(0.01)
        self.answers.set()


@contextmanager
def serving(url: str, host: str = "127.0.0.1", *, local_network: bool = False) -> Iterator[str]:
    """Run the service and give its address; passkeys work where ``host`` is ``localhost``."""
    port = free_port()
    address = f"http://{host}:{port}"
    settings = DashboardSettings(
        database_url=url,
        web_port=port,
        public_url=address,
        identity_key=KEY,
        cookie_secure=False,
        local_network=local_network,
    )
    thread = Thread(settings)
    thread.start()
    try:
        assert thread.answers.wait(READY_S), "the dashboard did not start"
        assert thread.fault is None, f"the dashboard did not start: {thread.fault!r}"
        yield address
    finally:
        thread.stop()
    assert thread.fault is None, f"the dashboard failed: {thread.fault!r}"

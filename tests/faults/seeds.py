"""Run seeds of the fault tests: ``python -m tests.faults.seeds --seeds 300``, or ``--only 17`` again.

Prints each seed that went wrong, and one line of JSON at the end.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from core.runtime.settings import child_environment
from tests.alerts.houses import furnish
from tests.alerts.receiver import receiving
from tests.faults.interleaving import Interleaving, path_of
from tests.faults.scenario import scenario
from tests.faults.verdict import Verdict, judge
from tests.servers.databases import DatabaseServer, new_template
from tests.servers.postgres_fixtures import server_folder
from wayhome.embedded.postgres import EmbeddedPostgres


@contextmanager
def server() -> Iterator[tuple[DatabaseServer, EmbeddedPostgres]]:
    """Run a server of our own, which may be restarted."""
    folder = server_folder()
    postgres = EmbeddedPostgres(folder / "postgres", durable=False)
    postgres.start()
    try:
        made = DatabaseServer(kind="plain", url=postgres.url, template=new_template())
        made.prepare()
        yield made, postgres
    finally:
        postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)


async def run(number: int, there: tuple[DatabaseServer, EmbeddedPostgres]) -> Verdict:
    """Run one seed."""
    databases, postgres = there
    unfolded = scenario(number)
    database = databases.clone()
    folder = Path(tempfile.mkdtemp(prefix=f"wayhome-seed-{number}-"))
    try:
        with receiving() as phones:
            house = await furnish(database, contacts=tuple({} for _ in unfolded.carers))
            ways = [*unfolded.carers, ("webhook",)]
            for carer, channels in zip((*house.carers, house.technician), ways, strict=True):
                for way in channels:
                    house.execute(
                        "insert into contact_point (carer_id, channel, address) values (%s, %s, %s)",
                        carer,
                        way,
                        phones.url(path_of(carer, way)),
                    )
            seed = Interleaving(
                scenario=unfolded,
                house=house,
                database=database,
                postgres=postgres,
                phones=phones,
                folder=folder,
            )
            try:
                await seed.live()
                await seed.recover()
                return await judge(seed)
            finally:
                seed.end()
    finally:
        databases.drop(database.url)
        shutil.rmtree(folder, ignore_errors=True)


def summary(verdicts: list[Verdict]) -> dict[str, object]:
    """Add up what came of all seeds."""
    keys = ("episodes", "told", "fallback", "over", "kills", "outages", "answers")
    sums = {key: sum(asdict(one)[key] for one in verdicts) for key in keys}
    return {
        "seeds": len(verdicts),
        **sums,
        "duplicates_max": max((one.duplicates_max for one in verdicts), default=0),
        "failed": sorted(one.seed for one in verdicts if one.faults),
    }


def share(numbers: list[int]) -> None:
    """Run some seeds in this process, and print each verdict as a line."""
    with server() as there:
        for number in numbers:
            verdict = asyncio.run(run(number, there))
            print(json.dumps(asdict(verdict)), flush=True)  # noqa: T201 (read by `gather`)


def gather(numbers: list[int], workers: int) -> list[Verdict]:
    """Run seeds in several processes; an interrupt ends them, and what was done counts."""
    started = [
        subprocess.Popen(
            [sys.executable, "-m", __spec__.name, "--share", *map(str, numbers[at::workers])],
            stdout=subprocess.PIPE,
            text=True,
            env=child_environment({}),
        )
        for at in range(min(workers, len(numbers)))
    ]
    verdicts: list[Verdict] = []
    with ThreadPoolExecutor(len(started)) as threads:
        try:
            list(threads.map(lambda process: _follow(process, verdicts), started))
        except KeyboardInterrupt:
            for process in started:
                process.terminate()
    return verdicts


def _follow(process: subprocess.Popen[str], verdicts: list[Verdict]) -> None:
    for line in process.stdout or ():
        found = json.loads(line)
        verdict = Verdict(**{**found, "faults": tuple(found["faults"])})
        verdicts.append(verdict)
        for fault in verdict.faults:
            print(f"seed {verdict.seed} ({verdict.case}): {fault}", file=sys.stderr)  # noqa: T201
    if process.wait():
        sys.exit(f"a process of the fault tests ended with {process.returncode}")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=300, help="run seeds 0 to N-1")
    parser.add_argument("--only", type=int, nargs="+", help="run these seeds again")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--share", type=int, nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.share:
        share(options.share)
        return
    numbers = options.only or list(range(options.seeds))
    verdicts = gather(numbers, options.workers)
    print(json.dumps(summary(verdicts)))  # noqa: T201 (the last line)
    whole = len(verdicts) == len(numbers)
    sys.exit(0 if whole and not any(one.faults for one in verdicts) else 1)


if __name__ == "__main__":
    main()

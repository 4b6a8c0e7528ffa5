"""Ten thousand devices registered from a CSV list, by the command as a technician runs it.

    .venv/bin/python bench/import_devices.py --json

On the embedded PostgreSQL with fsync on, 1,000 homes of ten devices. ``seconds`` is the whole command, checks
and progress bar included (limit: 60 s); ``plain_s`` the same rows by one ``insert`` in the same run, and
``ratio`` the first over the second.
"""

# ruff: noqa: E402 (run as a script, it has to find the packages)
from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import psycopg

from core.runtime.settings import child_environment
from core.store.migrate import migrate
from wayhome.embedded.postgres import EmbeddedPostgres
from wayhome.stack import as_role
from wayhome.van import COLUMNS

PASSWORD = "bench"  # noqa: S105 (of a server that lives for this run)
HOMES = """
insert into organisation (organisation_id, name) values ('leeds', 'Leeds');
insert into home (home_id, organisation_id, name)
select 'h' || n, 'leeds', 'Home ' || n from generate_series(1, {homes}) n;
insert into room (home_id, name, kind) select home_id, 'Hall', 'hall' from home
"""
PLAIN = """
insert into device (home_id, family, external_id, name, placement)
select home_id, 'zigbee2mqtt', 'plain' || n, 'Sensor', 'room' from home, generate_series(1, 10) n
"""


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--homes", type=int, default=1000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="wayhome-bench-") as folder:
        Path(folder).chmod(0o755)  # the database runs as a user of its own
        server = EmbeddedPostgres(Path(folder) / "postgres")
        server.start()
        try:
            migrate(server.url(), passwords={"wayhome_registrar": PASSWORD})
            with psycopg.connect(server.url(), autocommit=True) as connection:
                connection.execute(HOMES.format(homes=options.homes).encode())
            file = Path(folder) / "van.csv"
            file.write_text("\n".join([",".join(COLUMNS), *_lines(options.homes)]))
            url = as_role(server.url(), "wayhome_registrar", PASSWORD)
            begun = time.monotonic()
            done = subprocess.run(
                [sys.executable, "-m", "wayhome", "devices", "import", file, "--json"],
                env=child_environment({"database_url": url}),
                check=True,
                capture_output=True,
                text=True,
                cwd=ROOT,
            )
            seconds = time.monotonic() - begun
            with psycopg.connect(server.url()) as connection:
                begun = time.monotonic()
                connection.execute(PLAIN.encode())
                connection.commit()
                plain_s = time.monotonic() - begun
        finally:
            server.stop()
    answer = json.loads(done.stdout.splitlines()[-1])
    figures = {"seconds": round(seconds, 2), "plain_s": round(plain_s, 2)}
    print(json.dumps(answer | figures | {"ratio": round(seconds / plain_s, 1)}))


def _lines(homes: int) -> list[str]:
    return [
        f"h{home},zigbee2mqtt,sensor_{number},Sensor {number},room,Hall,"
        for home in range(1, homes + 1)
        for number in range(10)
    ]


if __name__ == "__main__":
    main()

"""The two programs of this checkout: its sources, and what `make fast` compiled of these very sources."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
FAST = ROOT / ".venv-fast"


def changed(installed: Path, root: Path = ROOT) -> list[str]:
    """Return the sources of which a compiled program holds others, in order.

    Parameters
    ----------
    installed
        Folder of packages into which a compiled wheel was installed: source and library side by side.
    """
    found = []
    for package in ("analytics", "core"):
        for library in (installed / package).rglob("*.so"):
            source = library.with_name(library.name.split(".")[0] + ".py").relative_to(installed)
            mine, theirs = root / source, installed / source
            if not mine.is_file() or mine.read_bytes() != theirs.read_bytes():
                found.append(str(source))
    return sorted(found)


def measured_compiled(arguments: list[str]) -> dict[str, Any] | None:
    """Return what this benchmark measures of the compiled program; None where it can not be made here.

    It is made first where it is missing, or was made of other sources: that takes minutes.
    """
    if not _made():
        made = subprocess.run(["make", "fast"], cwd=ROOT, stdout=sys.stderr, check=False)
        if made.returncode:
            return None
    command = [str(FAST / "bin" / "python"), *arguments, "--here", "--json"]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def _made() -> bool:
    folders = list(FAST.glob("lib/python3.*/site-packages"))
    if not folders or not list(folders[0].glob("*__mypyc*.so")):
        return False
    return not changed(folders[0])

"""Ask for advisories on each pinned package and judge them by the recorded list of what is allowed.

``make audit`` runs pip-audit, which asks the registry that pip is set up for. Exits with 0 when every package
was looked up and nothing is open, 1 when an advisory is open, 3 when not all could be looked up: that is no
good news.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ROOT = Path(__file__).parent.parent
ALLOWED = ROOT / "docs" / "safety" / "advisories.toml"
FILES = (
    "requirements.txt",
    "requirements-build.txt",
    "requirements-fast.txt",
    "requirements-dev.txt",
)
OPEN, UNKNOWN = 1, 3
LONGEST_WAIT_S = 900


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """An advisory that we know of."""

    id: str
    package: str
    #: Why it does no harm here.
    why: str
    #: The first day on which it is judged anew.
    until: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What became of an audit."""

    looked_up: int
    #: One line for each advisory that is not allowed (any more).
    open: tuple[str, ...] = ()
    #: Packages of which nothing is known.
    unknown: tuple[str, ...] = ()
    #: Entries of the list that no advisory needs.
    idle: tuple[str, ...] = ()

    @property
    def status(self) -> int:
        """The exit status: 0 only when all was looked up and nothing is open."""
        if self.open:
            return OPEN
        return UNKNOWN if self.unknown or not self.looked_up else 0


def allowed() -> tuple[Allowed, ...]:
    """Read the recorded list.

    Raises
    ------
    TypeError
        If an entry lacks something or says too much.
    """
    content = tomllib.loads(ALLOWED.read_text("utf-8"))
    return tuple(Allowed(**entry) for entry in content["allowed"])


def judge(packages: Sequence[dict[str, Any]], known: Iterable[Allowed], today: date) -> Verdict:
    """Judge what pip-audit said.

    Parameters
    ----------
    packages
        Its ``dependencies``: name and version with ``vulns``, or with ``skip_reason``.
    today
        An entry of the list counts until the day before its end.
    """
    held = {(one.package, one.id) for one in known if today < one.until}
    opened, used = [], set()
    for package in packages:
        for found in package.get("vulns", ()):
            names = {(package["name"], one) for one in (found["id"], *found.get("aliases", ()))}
            used |= names & held
            if not names & held:
                fixed = ", ".join(found.get("fix_versions", ())) or "no version yet"
                opened.append(
                    f"{package['name']} {package['version']}: {found['id']}, fixed in {fixed}"
                )
    unknown = tuple(sorted({one["name"] for one in packages if "skip_reason" in one}))
    return Verdict(
        looked_up=len({one["name"] for one in packages} - set(unknown)),
        open=tuple(sorted(set(opened))),
        unknown=unknown,
        idle=tuple(sorted(f"{name}: {number}" for name, number in held - used)),
    )


def parsed(answer: str) -> list[dict[str, Any]]:
    """Read pip-audit's JSON; nothing where it gave none, as when it reaches nobody."""
    try:
        found = json.loads(answer)
    except ValueError:
        return []
    return list(found["dependencies"])


def told(verdict: Verdict) -> str:
    """Put a verdict into words."""
    lines = [f"audit: {line}" for line in verdict.open]
    lines += [f"audit: no advisory needs {line} any more: take it out" for line in verdict.idle]
    if verdict.unknown or not verdict.looked_up:
        names = ", ".join(verdict.unknown) or "any package"
        lines.append(f"audit: NOT LOOKED UP, the advisories can not be reached for: {names}")
    lines.append(
        f"audit: {verdict.looked_up} packages looked up, {len(verdict.open)} advisories open"
    )
    return "\n".join(lines)


def main() -> int:
    """Run the audit."""
    command = [sys.executable, "-m", "pip_audit", "--require-hashes", "--disable-pip"]
    command += ["--format", "json", "--progress-spinner", "off"]
    command += [word for file in FILES for word in ("-r", file)]
    try:
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=LONGEST_WAIT_S
        )
        answer, said = done.stdout, done.stderr
    except subprocess.TimeoutExpired:
        answer, said = "", f"pip-audit did not end within {LONGEST_WAIT_S} s"
    packages = parsed(answer)
    if not packages:
        print("\n".join(said.strip().splitlines()[-3:]), file=sys.stderr)
    verdict = judge(packages, allowed(), datetime.now(UTC).date())
    print(told(verdict))
    return verdict.status


if __name__ == "__main__":
    sys.exit(main())

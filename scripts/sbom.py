"""Write the list of parts: what is shipped, which version, under which licence, with which hashes.

``python scripts/sbom.py`` writes ``dist/sbom.cdx.json`` (CycloneDX 1.5) from requirements.txt, what is
installed and the images of the containers. Made again from the same commit and installation, it differs in
the time only.
"""

from __future__ import annotations

import json
import platform
import re
import sys
import tomllib
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

ROOT = Path(__file__).parent.parent
REQUIREMENTS = "requirements.txt"
TARGET = ROOT / "dist" / "sbom.cdx.json"
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
IMAGE = re.compile(r"^\s*(?:image:|FROM)\s+(?P<name>[\w./-]+):(?P<version>[\w.-]+)", re.MULTILINE)
LONGEST_NAME = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """One line of the requirements."""

    name: str
    version: str
    hashes: tuple[str, ...]

    @property
    def purl(self) -> str:
        """Its package URL."""
        return f"pkg:pypi/{self.name}@{self.version}"


def pins(text: str) -> Iterator[Pin]:
    """Yield what a requirements file installs on this machine.

    Examples
    --------
    >>> [pin.purl for pin in pins("a==1 ; sys_platform == 'none'") or ()], next(pins("b==2")).purl
    ([], 'pkg:pypi/b@2')
    """
    for line in text.replace("\\\n", " ").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        wanted = Requirement(line.split("--hash")[0].strip())
        if wanted.marker is None or wanted.marker.evaluate():
            (version,) = (one.version for one in wanted.specifier)
            yield Pin(
                name=canonicalize_name(wanted.name),
                version=version,
                hashes=tuple(HASH.findall(line)),
            )


def licences(name: str) -> list[dict[str, Any]]:
    """Give the licence of an installed package as its metadata tells it.

    Raises
    ------
    ValueError
        If it tells none.
    """
    return licences_told(name, metadata.metadata(name).json)


def licences_told(name: str, said: dict[str, Any]) -> list[dict[str, Any]]:
    """Give the licence that a package's metadata tells, as `importlib.metadata` gives them in JSON.

    Raises
    ------
    ValueError
        If it tells none.

    Examples
    --------
    >>> licences_told("a", {"license_expression": "MIT"})
    [{'expression': 'MIT'}]
    """
    if expression := said.get("license_expression"):
        return [{"expression": expression}]
    classified = [
        one.rpartition(" :: ")[2]
        for one in said.get("classifier", ())
        if one.startswith("License ::")
    ]
    text = str(said.get("license", "")).strip()
    # some put the whole text there: its first line is no name
    named = [text] if text and len(text) <= LONGEST_NAME else classified or text.splitlines()[:1]
    if not named:
        raise ValueError(f"{name} tells no licence")
    return [{"license": {"name": one}} for one in named]


def part(pin: Pin) -> dict[str, Any]:
    """Describe one package."""
    hashes = [{"alg": "SHA-256", "content": one} for one in pin.hashes]
    return {
        "type": "library",
        "bom-ref": pin.purl,
        "name": pin.name,
        "version": pin.version,
        "scope": "required",
        "licenses": licences(pin.name),
        "purl": pin.purl,
        "externalReferences": [{"type": "distribution", "url": REQUIREMENTS, "hashes": hashes}],
    }


def images() -> Iterator[dict[str, Any]]:
    """Yield the images that the containers are made of."""
    text = "".join((ROOT / file).read_text() for file in ("Dockerfile", "docker-compose.yml"))
    found = {(match["name"], match["version"]) for match in IMAGE.finditer(text)}
    for name, version in sorted(found - {("wayhome", "local")}):
        purl = f"pkg:docker/{name}@{version}"
        shown = {"name": name, "version": version, "purl": purl}
        yield {"type": "container", "bom-ref": purl, **shown}


def wanted(requirements: Iterable[str], extra: str = "") -> set[str]:
    """Name what requirements ask for on this machine, with what their extras bring."""
    names: set[str] = set()
    for one in map(Requirement, requirements):
        plain = one.marker is None or one.marker.evaluate({"extra": ""})
        if plain != bool(extra) and (plain or _applies(one, extra)):
            names.add(canonicalize_name(one.name))
            for further in one.extras:
                names |= wanted(metadata.requires(one.name) or (), further)
    return names


def _applies(one: Requirement, extra: str) -> bool:
    return one.marker is not None and one.marker.evaluate({"extra": extra})


def needs(pin: Pin, refs: dict[str, str]) -> dict[str, Any]:
    """Say which other parts a package needs."""
    names = wanted(metadata.requires(pin.name) or ())
    return {"ref": pin.purl, "dependsOn": sorted(refs[name] for name in names & refs.keys())}


def listed(at: datetime) -> dict[str, Any]:
    """Make the list; ``at`` is when it is made."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    found = sorted(pins((ROOT / REQUIREMENTS).read_text()), key=lambda one: one.name)
    refs = {pin.name: pin.purl for pin in found}
    ours = wanted(project["dependencies"])
    name = ",".join(pin.purl for pin in found)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, name)}",
        "version": 1,
        "metadata": {
            "timestamp": at.isoformat(timespec="seconds"),
            "component": {
                "type": "application",
                "bom-ref": "wayhome",
                "name": project["name"],
                "version": project["version"],
                "licenses": [{"expression": project["license"]}],
            },
            "properties": [
                {"name": "wayhome:python", "value": platform.python_version()},
                {"name": "wayhome:machine", "value": f"{sys.platform} {platform.machine()}"},
            ],
        },
        "components": [*map(part, found), *images()],
        "dependencies": [
            {"ref": "wayhome", "dependsOn": sorted(refs[one] for one in ours & refs.keys())},
            *(needs(pin, refs) for pin in found),
        ],
    }


def main(arguments: Sequence[str]) -> int:
    """Write the list to the file that is named, or to dist/."""
    target = Path(arguments[0]) if arguments else TARGET
    made = listed(datetime.now(UTC))
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(made, indent=1) + "\n", "utf-8")
    print(f"{target}: {len(made['components'])} parts")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

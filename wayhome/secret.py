"""Secrets of an installation: made on first start, kept in files that only the owner reads."""

from __future__ import annotations

import os
import secrets
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator


def random_word() -> str:
    """Return a new random secret."""
    return secrets.token_urlsafe(24)


def secret(folder: Path, name: str, make: Callable[[], str] = random_word) -> Path:
    """Return the file of the secret ``name`` in ``folder``, made with a new one when missing."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    path = folder / name
    if not path.exists():
        replace_private_file(path, make().encode())
    return path


def write_secret(folder: Path, name: str, text: str) -> Path:
    """Keep ``text`` as the secret ``name`` in ``folder``; return its file, which is never half written."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    replace_private_file(folder / name, text.encode())
    return folder / name


def replace_private_file(path: Path, content: bytes) -> None:
    """Put a file that only its owner reads in the place of ``path``, whole or not at all.

    Whoever reads it meanwhile, or after the power has failed, finds what was there before or what is new.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with new_private_file(draft) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)
    finally:
        draft.unlink(missing_ok=True)
    _settle(path.parent)


def _settle(folder: Path) -> None:
    """Let what was renamed in a folder outlast a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def new_private_file(path: Path) -> Iterator[IO[bytes]]:
    """Open a new file that only its owner reads; it is gone again where its writing breaks off.

    Raises
    ------
    OSError
        If it is there already, or can not be written there.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w+b") as file:
        try:
            yield file
        except BaseException:
            path.unlink(missing_ok=True)
            raise


def forget(folder: Path, prefix: str, keep: Collection[str]) -> tuple[str, ...]:
    """Delete the secrets whose name begins with ``prefix``, but for those to keep; return their names."""
    gone = sorted(
        path.name for path in folder.glob(f"{prefix}*") if path.is_file() and path.name not in keep
    )
    for name in gone:
        (folder / name).unlink()
    return tuple(gone)

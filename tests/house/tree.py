"""The repository's own files, as the house tests read them."""

from __future__ import annotations

import ast
import shutil
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PACKAGES = ("core", "sensors", "gateway", "analytics", "alerts", "dashboard", "wayhome")
OUTSIDE = frozenset(
    {
        ".git",
        ".venv",
        "node_modules",
        "__pycache__",
        ".mypy_cache",
        ".ruff_cache",
        ".pytest_cache",
        ".hypothesis",
        ".import_linter_cache",
        ".wayhome",
        ".cache",
        "dist",
        "build",
        "results",
    }
)


@cache
def files() -> tuple[Path, ...]:
    """List the files of the repository: git's list, or the folder's where git is absent."""
    if shutil.which("git") and (ROOT / ".git").exists():
        listed = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
            cwd=ROOT,
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        found = [ROOT / name for name in listed.split("\0") if name]
    else:
        found = [p for p in ROOT.rglob("*") if OUTSIDE.isdisjoint(p.relative_to(ROOT).parts)]
    return tuple(sorted(path for path in found if path.is_file()))


@cache
def python_files() -> tuple[Path, ...]:
    """List the Python files of the repository."""
    return tuple(path for path in files() if path.suffix == ".py")


@cache
def parsed(path: Path) -> ast.Module:
    """Parse one file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def text(path: Path) -> str:
    """Read a file, or nothing where it is no text."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def name(path: Path) -> str:
    """Give the path from the repository's root."""
    return str(path.relative_to(ROOT))


def is_test(test: str) -> bool:
    """Tell whether ``path::name`` is a test function that exists."""
    path, _, wanted = test.partition("::")
    if not path.startswith("tests/") or not Path(path).name.startswith("test_"):
        return False
    file = ROOT / path
    return file.is_file() and wanted in {
        node.name
        for node in ast.walk(parsed(file))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
    }

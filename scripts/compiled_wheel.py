"""Build hook of the wheel: compiles the modules that pyproject.toml names, by mypyc and the C compiler.

Off unless HATCH_BUILD_HOOK_ENABLE_CUSTOM is set, which `scripts/fast` does: the plain wheel stays pure. What
is compiled goes into the wheel, beside the sources of the same modules, and never into a checkout: an old
library there would hide edited code (docs/decisions/0226).
"""

from __future__ import annotations

import ast
import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

LIBRARY = "wayhome"
"""The one library that holds all of them is called ``wayhome__mypyc``."""
OPTIMISATION = "1"
"""-O3 takes twice the time to build; its gain was not larger (docs/decisions/0224, 0226)."""
_CONSTANT = re.compile(r"_?[A-Z][A-Z0-9_]*")
_OF_NUMBERS = (ast.Constant, ast.UnaryOp, ast.BinOp, ast.operator, ast.unaryop)
_FUTURE = "from __future__ import annotations\n"


class CompiledWheel(BuildHookInterface[Any]):
    """Compiles ``modules`` and puts them into the wheel."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, and say that the wheel is for this machine's Python."""
        if version == "editable":
            sys.exit("fast: an editable installation runs the sources; it can not be compiled")
        self._folder = tempfile.mkdtemp(prefix="wayhome-compiled-")
        root, folder = Path(self.root), Path(self._folder)
        files = named(root, self.config["modules"])
        for package in self.build_config.target_config["packages"]:
            shutil.copytree(root / package, folder / "sources" / package)
        shutil.copy(root / "pyproject.toml", folder / "sources")
        for built in compiled(folder / "sources", files, folder):
            build_data["force_include"][str(built)] = str(built.relative_to(folder / "built"))
        build_data["pure_python"] = False
        build_data["infer_tag"] = True

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Forget the C code."""
        del version, build_data, artifact_path
        shutil.rmtree(self._folder)


def named(root: Path, patterns: list[str]) -> list[str]:
    """Return the files that the patterns name; a pattern without a file is a mistake."""
    found: list[str] = []
    for pattern in patterns:
        files = sorted(file for file in root.glob(pattern) if file.name != "__init__.py")
        if not files:
            sys.exit(
                f"fast: pyproject.toml has compiled modules {pattern}, and no file is called so"
            )
        found += [str(file.relative_to(root)) for file in files]
    return found


def with_constants(source: str) -> str:
    r"""Tell mypyc that names in capitals never change: it keeps their values at hand. No line moves.

    Examples
    --------
    >>> print(with_constants("from __future__ import annotations\nLIMIT_S = 3.0\nlast = 0\n"), end="")
    from __future__ import annotations; from typing import Final
    LIMIT_S: Final = 3.0
    last = 0
    """
    lines = source.splitlines(keepends=True)
    for node in ast.parse(source).body:
        if not isinstance(node, ast.Assign) or node.end_lineno != node.lineno:
            continue
        (target,) = node.targets
        pairs = [(target, node.value)]
        if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
            pairs = list(zip(target.elts, node.value.elts, strict=True))
        if all(_is_constant(*pair) for pair in pairs):
            said = (f"{ast.unparse(name)}: Final = {ast.unparse(value)}" for name, value in pairs)
            lines[node.lineno - 1] = "; ".join(said) + "\n"
    return "".join(lines).replace(_FUTURE, f"{_FUTURE[:-1]}; from typing import Final\n", 1)


def _is_constant(name: ast.expr, value: ast.expr) -> bool:
    """Whether it is a number, a text, a member of an enum or a frozen set under a name in capitals."""
    if not isinstance(name, ast.Name) or not _CONSTANT.fullmatch(name.id):
        return False
    if isinstance(value, ast.Name):
        return False
    if isinstance(value, ast.Attribute):
        return isinstance(value.value, ast.Name) and value.value.id[0].isupper()
    if isinstance(value, ast.Call):
        return isinstance(value.func, ast.Name) and value.func.id == "frozenset"
    return all(_is_number(part) for part in ast.walk(value))


def _is_number(part: ast.AST) -> bool:
    """Whether it may stand in an expression of numbers: `math.inf` and names in capitals too."""
    if isinstance(part, ast.Name):
        return part.id == "math" or bool(_CONSTANT.fullmatch(part.id))
    return isinstance(part, (*_OF_NUMBERS, ast.Attribute, ast.Load))


def compiled(root: Path, files: list[str], folder: Path) -> list[Path]:
    """Compile ``files`` of a copy of the sources; return the libraries, laid out as the packages are."""
    from mypyc.build import mypycify  # noqa: PLC0415 (needed for a compiled wheel only)

    for file in files:
        path = root / file
        path.write_text(with_constants(path.read_text("utf-8")), "utf-8")
    before = Path.cwd()
    os.chdir(root)
    try:
        extensions = mypycify(
            files,
            opt_level=OPTIMISATION,
            debug_level="0",
            multi_file=True,
            target_dir=str(folder / "c"),
            group_name=LIBRARY,
        )
    finally:
        os.chdir(before)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return [_linked(one, folder, pool) for one in extensions]


def _linked(extension: Any, folder: Path, pool: ThreadPoolExecutor) -> Path:
    """Compile and link one extension; the compiler's words go to the screen."""
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    target: Path = folder / "built" / (extension.name.replace(".", "/") + suffix)
    target.parent.mkdir(parents=True, exist_ok=True)
    include = [sysconfig.get_paths()["include"], *extension.include_dirs]
    flags = [*(f"-I{one}" for one in include), *extension.extra_compile_args]
    objects = list(pool.map(lambda source: _object(source, flags, folder), extension.sources))
    _run([*_words("LDSHARED"), *objects, "-o", str(target)])
    return target


def _object(source: str, flags: list[str], folder: Path) -> str:
    target = (folder / "objects" / Path(source).relative_to(folder)).with_suffix(".o")
    target.parent.mkdir(parents=True, exist_ok=True)
    options = [*_words("CC"), *_words("CFLAGS"), *_words("CCSHARED"), *flags]
    _run([*options, "-c", source, "-o", str(target)])
    return str(target)


def _words(variable: str) -> list[str]:
    return shlex.split(sysconfig.get_config_var(variable) or "")


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, stdout=sys.stderr)

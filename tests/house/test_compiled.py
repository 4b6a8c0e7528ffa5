"""The compiled program (docs/decisions/0226): what is compiled, that it stays apart, that it says the same.

`make fast` compares both programs on everything; here one small module is compiled, where a compiler is.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import tomllib
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import Any

import pytest

from bench import _programs
from core.runtime.compiled import PACKAGES, compiled, compiled_below, in_words
from scripts import compiled_wheel, same_results
from tests.house.tree import ROOT

COMPILER = shutil.which((sysconfig.get_config_var("CC") or "cc").split()[0])
HEADERS = Path(sysconfig.get_paths()["include"]) / "Python.h"
USED = """
import json, random
from core.runtime.compiled import compiled_below
from pathlib import Path
from analytics import recent_keys
chance = random.Random(1)
keys = recent_keys.RecentKeys(40)
said = [keys.add((chance.randrange(9), chance.randrange(30) / 4, "motion", "")) for _ in range(2000)]
state = keys.snapshot()
again = recent_keys.RecentKeys.restored(40, state).snapshot()
print(json.dumps([said, repr(state), repr(again), compiled_below(Path("analytics"))]))
"""


def hook() -> dict[str, Any]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    found: dict[str, Any] = project["tool"]["hatch"]["build"]["targets"]["wheel"]["hooks"]["custom"]
    return found


def test_what_is_compiled_is_there_and_ours() -> None:
    files = compiled_wheel.named(ROOT, hook()["modules"])
    assert len(files) == len(set(files)) > 60
    assert {Path(file).parts[0] for file in files} <= set(PACKAGES)
    assert (ROOT / hook()["path"]).is_file()
    with pytest.raises(SystemExit, match="no file is called so"):
        compiled_wheel.named(ROOT, ["analytics/nothing.py"])


def test_the_plain_wheel_stays_pure() -> None:
    assert hook()["enable-by-default"] is False


def test_each_module_can_be_made_ready_for_the_compiler() -> None:
    files = compiled_wheel.named(ROOT, hook()["modules"])
    ready = [compiled_wheel.with_constants((ROOT / one).read_text("utf-8")) for one in files]
    assert all(compile(text, str(one), "exec") for text, one in zip(ready, files, strict=True))


def test_what_both_programs_are_compared_on_is_there() -> None:
    names = [name for name, _, _ in same_results.of_homes(small=True)]
    assert {"sample", "visited", "late", "simulated-0"} <= set(names)


def test_nothing_compiled_lies_beside_the_sources() -> None:
    assert {name: compiled_below(ROOT / name) for name in PACKAGES} == {
        name: [] for name in PACKAGES
    }
    assert compiled() == ()


def test_a_library_beside_a_module_is_told(tmp_path: Path) -> None:
    package = tmp_path / "analytics" / "features"
    package.mkdir(parents=True)
    (package / "walks.py").touch()
    (package / "pauses.py").touch()
    (package / f"walks{EXTENSION_SUFFIXES[0]}").touch()
    assert compiled_below(tmp_path / "analytics") == ["analytics.features.walks"]
    assert in_words(("analytics.features.walks",)) == "compiled: analytics.features 1 modules"


def test_what_is_missing_is_said_in_words(tmp_path: Path) -> None:
    """Without a compiler it fails, says what to install, and installs nothing."""
    bare = tmp_path / "bin"
    bare.mkdir()
    for name in ("bash", "dirname", "realpath"):
        (bare / name).symlink_to(shutil.which(name) or name)
    done = subprocess.run(
        ["bash", ROOT / "scripts" / "fast", sys.executable, tmp_path / "wheel"],
        env={"PATH": str(bare)},
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert "the C compiler" in done.stderr
    assert "apt-get install gcc" in done.stderr
    assert not (tmp_path / "wheel").exists()


@pytest.mark.skipif(not COMPILER or not HEADERS.exists(), reason="no C compiler or no Python.h")
def test_a_compiled_module_says_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sources = tmp_path / "sources"
    (sources / "analytics").mkdir(parents=True)
    for name in ("__init__.py", "recent_keys.py"):
        shutil.copy(ROOT / "analytics" / name, sources / "analytics")
    plain = used(sources)
    monkeypatch.setattr(compiled_wheel, "OPTIMISATION", "0")
    for built in compiled_wheel.compiled(sources, ["analytics/recent_keys.py"], tmp_path):
        shutil.copy(built, sources / built.relative_to(tmp_path / "built"))
    fast = used(sources)
    assert fast.replace('["analytics.recent_keys"]', "[]") == plain
    assert fast != plain


def used(folder: Path) -> str:
    return subprocess.run(
        [sys.executable, "-c", USED],
        cwd=folder,
        env={"PYTHONPATH": f"{folder}:{ROOT}"},
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    ).stdout


def test_a_benchmark_sees_what_was_compiled_of_other_sources(tmp_path: Path) -> None:
    suffix = EXTENSION_SUFFIXES[0]
    for folder in ("checkout", "installed"):
        (tmp_path / folder / "analytics").mkdir(parents=True)
        for name in ("one", "two", "three"):
            (tmp_path / folder / "analytics" / f"{name}.py").write_text(name, "utf-8")
    for name in ("one", "two"):
        (tmp_path / "installed" / "analytics" / f"{name}{suffix}").touch()
    assert _programs.changed(tmp_path / "installed", tmp_path / "checkout") == []
    for name in ("two", "three"):
        (tmp_path / "checkout" / "analytics" / f"{name}.py").write_text("edited", "utf-8")
    assert _programs.changed(tmp_path / "installed", tmp_path / "checkout") == ["analytics/two.py"]

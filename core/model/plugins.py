"""Find plugins: every module of a folder offers one constant. One that fails to load stops the start."""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING, Any

from core.model.errors import PluginBroken

if TYPE_CHECKING:
    from types import ModuleType


def discover(folder: ModuleType, constant: str) -> dict[str, Any]:
    """Return ``{module name: its constant}`` for every module of the package ``folder``, by name.

    Raises
    ------
    PluginBroken
        Naming the file, if a module does not import or lacks the constant: a plugin silently
        missing is a resident silently unwatched.
    """
    found: dict[str, Any] = {}
    for module in sorted(pkgutil.iter_modules(folder.__path__), key=lambda entry: entry.name):
        name = f"{folder.__name__}.{module.name}"
        file = f"{name.replace('.', '/')}.py"
        try:
            found[module.name] = getattr(importlib.import_module(name), constant)
        except AttributeError as error:
            raise PluginBroken(f"{file} does not offer {constant}") from error
        except Exception as error:
            raise PluginBroken(f"{file} does not load: {type(error).__name__}: {error}") from error
    return found

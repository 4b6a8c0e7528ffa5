"""Collect what the carer's pages say, for a language: ``make translate ARGS=de``.

Writes or brings up to date ``core/locales/TAG/wayhome.po``; translations that are there stay.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "core" / "locales"
KEYWORDS = {"_": None, "gettext": None, "marked": None, "ngettext": (1, 2)}
PLACES = (
    (ROOT / "alerts", [("**.py", "python")]),
    (ROOT / "dashboard", [("templates/**.html", "jinja2"), ("**.py", "python")]),
    (
        ROOT / "core" / "model",
        [(name, "python") for name in ("night.py", "plan_check.py", "quiet.py", "rota.py")],
    ),
)


def collected() -> Catalog:
    """Return everything that can be translated, with the places where it stands."""
    catalog = Catalog(project="Wayhome", copyright_holder="The Wayhome authors")
    for folder, methods in PLACES:
        for name, line, message, comments, context in extract_from_dir(
            folder,
            methods,
            {"**": {"trimmed": "true", "newstyle_gettext": "true"}},
            keywords=KEYWORDS,
        ):
            place = str((folder / name).relative_to(ROOT))
            catalog.add(message, None, [(place, line)], user_comments=comments, context=context)
    return catalog


def write(tag: str, folder: Path = FOLDER) -> Path:
    """Bring the file of a language up to date and return it.

    Raises
    ------
    UnknownLocaleError
        If nobody speaks it.
    """
    locale = Locale.parse(tag, sep="-")
    path = folder / tag / "wayhome.po"
    template = collected()
    catalog = Catalog(locale=locale, project="Wayhome")
    if path.exists():
        with path.open("rb") as old:
            catalog = read_po(old, locale=locale)
    catalog.update(template)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as new:
        write_po(new, catalog, width=110, sort_by_file=True)
    return path


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description="Collect the words of the pages for a language.")
    parser.add_argument("tag", help="the language, e.g. de or cy")
    tag = parser.parse_args().tag
    try:
        path = write(tag)
    except (UnknownLocaleError, ValueError) as error:
        print(f"translate: {tag}: expected a language such as de or cy ({error})", file=sys.stderr)
        return 2
    with path.open("rb") as text:
        missing = sum(1 for one in read_po(text) if one.id and not one.string)
    print(f"{path.relative_to(ROOT)}: {missing} messages to translate")
    return 0


if __name__ == "__main__":
    sys.exit(main())

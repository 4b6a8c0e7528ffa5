"""Collect what pages and messages say, for a language: ``make translate ARGS=de``.

Writes or brings up to date ``core/locales/TAG/wayhome.po``; translations that are there stay. With
``--check`` it changes nothing and says what is missing, and what is there and would not be shown.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from babel import Locale, UnknownLocaleError
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import PoFileError, read_po, write_po

from core.runtime.language import wrong_places

if TYPE_CHECKING:
    from collections.abc import Sequence

    from babel.messages.catalog import Message

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "core" / "locales"
KEYWORDS = {"_": None, "gettext": None, "marked": None, "ngettext": (1, 2), "marked_each": (1, 2)}
SAYING = {"say": None, "say_each": (1, 2)}
"""Of `core.model.said`; on pages ``say`` is another word."""
PLACES = (
    (
        ROOT / "analytics",
        [(name, "python") for name in ("detectors/*.py", "features/*.py", "fencing.py")],
    ),
    (ROOT / "alerts", [("**.py", "python")]),
    (ROOT / "dashboard", [("templates/**.html", "jinja2"), ("**.py", "python")]),
    (
        ROOT / "core" / "model",
        [
            (name, "python")
            for name in (
                *(
                    "identity.py",
                    "night.py",
                    "plan_check.py",
                    "playbook.py",
                    "quiet.py",
                    "retention.py",
                    "rota.py",
                    "said.py",
                ),
            )
        ],
    ),
    (
        ROOT / "core" / "store",
        [(name, "python") for name in ("commissioning.py", "incident.py", "registration.py")],
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
            keywords=KEYWORDS if folder.name == "dashboard" else KEYWORDS | SAYING,
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How far a language is."""

    messages: int
    #: Shown in English, because nobody has translated them; what wakes people comes first.
    missing: tuple[Message, ...]
    #: Shown in English, because the English changed since, or because it was guessed.
    unsure: tuple[Message, ...]
    #: Shown in English, because ``%(name)s`` and the like are not those of the English.
    wrong: tuple[Message, ...]
    #: Known to no page and no message: of an older version, or the English was changed by mistake.
    unknown: tuple[Message, ...]


def standing(path: Path) -> Standing:
    """Return how far the file of a language is.

    Raises
    ------
    PoFileError, UnicodeDecodeError
        If it cannot be read: then the whole language is shown in English.
    """
    with path.open("rb") as text:
        found = [one for one in read_po(text, abort_invalid=True) if one.id]
    template = {_key(one.id): one for one in collected() if one.id}
    unknown = [one for one in found if _key(one.id) not in template]
    there = {_key(one.id): one for one in found}
    found = [there.get(key, one) for key, one in template.items()]
    found.sort(key=_haste)
    empty = [one for one in found if not _whole(one)]
    unsure = [one for one in found if _whole(one) and one.fuzzy]
    wrong = [one for one in found if _whole(one) and not one.fuzzy and wrong_places(one)]
    return Standing(
        messages=len(found),
        missing=tuple(empty),
        unsure=tuple(unsure),
        wrong=tuple(wrong),
        unknown=tuple(unknown),
    )


def _key(text: str | Sequence[str]) -> str | tuple[str, ...]:
    return text if isinstance(text, str) else tuple(text)


def _haste(message: Message) -> int:
    """Order what wakes people before what they read then, and that before the rest."""
    places = [place for place, _ in message.locations]
    for rank, folder in enumerate(("alerts/", "analytics/")):
        if any(place.startswith(folder) for place in places):
            return rank
    return 2


def _whole(message: Message) -> bool:
    forms = message.string
    return bool(forms) if isinstance(forms, str) else bool(forms) and all(forms or ())


def _told(title: str, messages: Sequence[Message]) -> str:
    lines = [f"{title}:"]
    for one in messages:
        text = one.id if isinstance(one.id, str) else one.id[0]
        place, line = one.locations[0] if one.locations else ("", 0)
        lines.append(f"  {place}:{line}: {text}")
    return "\n".join(lines)


def check(path: Path, *, every: bool = False) -> int:
    """Say what is missing; return 1 where something is there and would not be shown."""
    try:
        found = standing(path)
    except (PoFileError, UnicodeDecodeError) as error:
        print(f"{path.name} cannot be read, all is shown in English: {error}", file=sys.stderr)
        return 1
    waking = sum(any(at.startswith("alerts/") for at, _ in one.locations) for one in found.missing)
    done = found.messages - len(found.missing) - len(found.unsure) - len(found.wrong)
    print(f"{done} of {found.messages} messages are translated.")
    print(
        f"{len(found.missing)} messages to translate, {waking} of them for phones, calls and e-mail."
    )
    if every and found.missing:
        print(_told("Shown in English until they are translated", found.missing))
    if found.unsure:
        print(
            _told("Marked fuzzy, shown in English: look at them and remove the mark", found.unsure)
        )
    if found.wrong:
        print(_told("Shown in English: the %(places)s are not those of the English", found.wrong))
    if found.unknown:
        print(
            _told(
                "Not known here: run `make translate`, or mend the English above it", found.unknown
            )
        )
    return 1 if found.unsure or found.wrong or found.unknown else 0


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(
        description="Collect the words of pages and messages for a language."
    )
    parser.add_argument("tag", help="the language, e.g. de or cy")
    parser.add_argument(
        "--check", action="store_true", help="change nothing; say what is missing or wrong"
    )
    arguments = parser.parse_args()
    tag = arguments.tag
    path = FOLDER / tag / "wayhome.po"
    if arguments.check and not path.exists():
        print(
            f"translate: {tag}: there is no file yet; leave out --check to begin", file=sys.stderr
        )
        return 2
    try:
        path = path if arguments.check else write(tag)
    except (UnknownLocaleError, ValueError) as error:
        print(f"translate: {tag}: expected a language such as de or cy ({error})", file=sys.stderr)
        return 2
    print(f"{path.relative_to(ROOT)}:")
    return check(path, every=arguments.check)


if __name__ == "__main__":
    sys.exit(main())

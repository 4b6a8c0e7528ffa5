"""Templates and static files: everything on a page comes from here, and from nowhere else."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, cast

import jinja2
from markupsafe import Markup

from core.runtime.saying import translated
from dashboard import dates, language, whose_time, wording
from dashboard.missing import words
from dashboard.page import navigation
from dashboard.roles import CARERS, NAMES, SEE_ALERTS, may_answer, may_search
from dashboard.typesetting import KEPT, kept_together, percent

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from jinja2.bccache import Bucket

    from core.store.account import Visitor

FOLDER = Path(__file__).parent
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}
THUMB = ("/today", "/alerts", "/history", "/more")
"""What a carer's thumb reaches at the bottom of a phone; every other page stands under *More*."""
LIVE_WORDS = {
    "live": language.marked("Live"),
    "as_of": language.marked("As of %s."),
    "lost": language.marked("Not live since %s."),
    "old": language.marked("What you see is %s old."),
    "reload": language.marked("Reload"),
    "out": language.marked("You are logged out."),
    "records": language.marked("We cannot reach the records."),
    "line": language.marked("There is no connection."),
    "gone": language.marked("This is no longer in the list."),
    "new": language.marked("New, above: %s"),
    "now": language.marked("just now"),
    "ago": language.marked("%s ago"),
    "minutes": language.marked("%s min"),
    "hours": language.marked("%s h"),
    "day": language.marked("1 day"),
    "days": language.marked("%s days"),
}
"""What the scripts say; they find it on the page, in the language of the page."""
PASSKEY_WRONG = language.marked(
    "It did not work, or it was stopped. Try again, or use the other way on this page."
)
"""What the script of passkeys says when it knows nothing else."""
SHORT = ("minutes", "hours")
"""What of it is a number with its unit."""


def live_words() -> dict[str, str]:
    """Return what the scripts say in the language in use; no line parts a number from its unit."""
    said = {key: language._(text) for key, text in LIVE_WORDS.items()}
    return said | {key: said[key].replace("%s ", f"%s{KEPT}") for key in SHORT}


class Asset:
    """A static file; its address holds a hash of its content, so that it may be kept for ever."""

    def __init__(self, path: Path) -> None:
        self.content = path.read_bytes()
        self.kind = TYPES[path.suffix]
        self.digest = hashlib.blake2b(self.content, digest_size=8).hexdigest()
        self.address = f"/static/{self.digest}/{path.name}"


def as_said(text: str, put: Callable[[str], str] = str) -> str:
    """Show what detection says in the language in use; English is marked, so that it is read out as such.

    Parameters
    ----------
    put
        What is made of it, as a sentence.
    """
    known = translated(text, language.spoken())
    if known is not None:
        return put(known)
    if language.spoken() == language.ENGLISH:
        return put(text)
    return Markup('<bdi lang="en">{}</bdi>').format(put(str(text)))


def steps(advice: str) -> list[str]:
    """Return the parts of a piece of advice, as `as_said` shows them."""
    known = translated(advice, language.spoken())
    found = wording.steps(str(advice) if known is None else known)
    return [as_said(step) if known is None else step for step in found]


def _apart(said: Callable[..., str]) -> Callable[..., str]:
    """Let a template isolate what it puts into words that run from right to left."""

    @jinja2.pass_context
    def apart(context: jinja2.runtime.Context, *texts: Any, **values: object) -> str:
        if language.direction(language.spoken()) == "rtl":
            values = {key: language.set_apart(value) for key, value in values.items()}
        return said(context, *texts, **values)

    return apart


class Compiled(jinja2.BytecodeCache):
    """Templates as they were compiled, for every layout of this process; by their content."""

    _known: ClassVar[dict[tuple[str, str], bytes]] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Take up what is known of a template."""
        if code := self._known.get((bucket.key, bucket.checksum)):
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled."""
        self._known[bucket.key, bucket.checksum] = bucket.bytecode_to_string()


class Layout:
    """Renders pages."""

    def __init__(self) -> None:
        #: All static files by name.
        self.assets = {path.name: Asset(path) for path in sorted((FOLDER / "static").iterdir())}
        self._templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader(FOLDER / "templates"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n"],
            bytecode_cache=Compiled(),
        )
        self._templates.install_gettext_callables(  # type: ignore[attr-defined]
            language._, language.ngettext, newstyle=True
        )
        for name in ("gettext", "ngettext"):
            self._templates.globals[name] = _apart(
                cast("Callable[..., str]", self._templates.globals[name])
            )
        self._templates.globals |= {
            "asset": lambda name: self.assets[name].address,
            "wording": wording,
            "dates": dates,
            "words": words,
            "percent": percent,
            "as_said": as_said,
            "steps": steps,
            "place": whose_time.place,
            "passkey_wrong": lambda: language._(PASSKEY_WRONG),
            "spoken": language.spoken,
            "direction": lambda: language.direction(language.spoken()),
        }

    def render(self, template: str, view: dict[str, Any]) -> str:
        """Return a page as text."""
        return kept_together(self._templates.get_template(template).render(view))

    def view(
        self, visitor: Visitor | None, now: datetime, zone: ZoneInfo, here: str = ""
    ) -> dict[str, Any]:
        """Return what every page needs.

        Parameters
        ----------
        zone
            Zone of the home that the page is about; of the first one on a list.
        here
            Path of the page, as the navigation knows it.
        """
        pages = navigation(visitor.role) if visitor else ()
        carer = visitor is not None and visitor.role in CARERS
        return {
            "visitor": visitor,
            "carer": carer,
            "csrf": visitor.csrf if visitor else "",
            "role_name": language._(NAMES[visitor.role]) if visitor else "",
            "can_answer": may_answer(visitor) if visitor else False,
            "see_alerts": visitor is not None and visitor.role in SEE_ALERTS,
            "can_search": may_search(visitor) if visitor else False,
            "pages": tuple(one for one in pages if one.path in THUMB) if carer else pages,
            "more": tuple(one for one in pages if one.path not in THUMB),
            "live_words": live_words(),
            "now": now,
            "zone": zone,
            "mixed": False,
            "here": here,
            "night": wording.is_night(now, zone),
        }

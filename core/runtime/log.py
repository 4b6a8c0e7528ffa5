"""A log line is an event: JSON with an action, ids and durations, never names, places or payloads."""

from __future__ import annotations

import logging
import sys
import traceback
from datetime import UTC, datetime
from pathlib import PurePath

import msgspec

from core.model.errors import Misconfigured, WayhomeError
from core.runtime.settings import LEVELS

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, service, message and what stands in ``extra``."""

    def __init__(self, service: str, instance: str) -> None:
        super().__init__()
        self._service = service
        self._instance = instance

    def format(self, record: logging.LogRecord) -> str:
        """Return the line for ``record``."""
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "service": self._service,
            "instance": self._instance,
            "logger": record.name,
            "message": _message(record),
        }
        for key, value in vars(record).items():
            if key not in _STANDARD:
                line[f"{key}_" if key in line else key] = value
        if record.exc_info:
            line["error"] = _traced(record.exc_info[1])
        try:
            return msgspec.json.encode(line, enc_hook=str).decode()
        except (ValueError, TypeError, ArithmeticError, RecursionError):
            # e.g. half a character, or a number beyond 64 bits; a line is not lost for that
            return msgspec.json.encode({key: _plain(value) for key, value in line.items()}).decode()


def _traced(error: BaseException | None) -> str:
    """Return which errors these are and where they came up, the cause first, as a traceback does.

    Of errors that are not ours without their words: those of a database quote the row, with names.
    """
    if error is None:
        return ""
    inner = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    own = f": {error}" if isinstance(error, WayhomeError) else ""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [f"{PurePath(one.filename).name}:{one.lineno} {one.name}" for one in frames]
    told = "\n".join([*lines, f"{type(error).__name__}{own}"])
    return "\n\n".join(filter(None, (_traced(before), *map(_traced, inner), told)))


def _plain(value: object) -> str:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    return ascii(value)


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError, LookupError):  # the arguments do not fit the text
        return f"{record.msg} {record.args}"


def set_up(service: str, instance: str, level: str = "INFO") -> None:
    """Send all logs of this process to stderr as JSON lines.

    Raises
    ------
    Misconfigured
        If ``level`` is none; the logs are set up all the same.
    """
    sink = logging.StreamHandler(sys.stderr)
    sink.setFormatter(JsonLines(service, instance))
    known = level.upper() in LEVELS
    logging.basicConfig(level=level.upper() if known else "INFO", handlers=[sink], force=True)
    for noisy in ("httpx", "httpcore", "uvicorn.access", "yoyo", "psycopg.pool"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)
    if not known:
        raise Misconfigured(f"log_level: expected {', '.join(LEVELS)}")

"""A log line is an event: JSON with an action, ids and durations, never names, places or payloads."""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime

import msgspec

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
            "message": record.getMessage(),
        }
        line |= {key: value for key, value in vars(record).items() if key not in _STANDARD}
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return msgspec.json.encode(line, enc_hook=str).decode()


def set_up(service: str, instance: str, level: str = "INFO") -> None:
    """Send all logs of this process to stderr as JSON lines."""
    sink = logging.StreamHandler(sys.stderr)
    sink.setFormatter(JsonLines(service, instance))
    logging.basicConfig(level=level.upper(), handlers=[sink], force=True)
    for noisy in ("httpx", "httpcore", "uvicorn.access", "yoyo", "psycopg.pool"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)

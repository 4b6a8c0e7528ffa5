"""Why a database does not answer, in words that an operator can act on and that hold nothing secret."""

from __future__ import annotations

_FULL = "its disk is full: make room"
_NO_WRITES = "it takes no writes: a standby, or set to read only"
_REASONS = (
    ("no space left", _FULL),
    ("password authentication failed", "wrong user name or password"),
    ("no password supplied", "it asks for a password, and the address has none"),
    ("no pg_hba.conf entry", "it lets nobody in from this machine under that name"),
    ("connection refused", "nothing listens at that host and port"),
    ("no such file or directory", "nothing listens at that socket"),
    ("could not translate host name", "no such host"),
    ("failed to resolve host", "no such host"),
    ("name or service not known", "no such host"),
    ("network is unreachable", "no way to that host"),
    ("no route to host", "no way to that host"),
    ("timeout expired", "no answer in time"),
    ("connection timeout", "no answer in time"),
    ("get a connection after", "no connection in time"),
    ("starting up", "it is starting or stopping: try again in a moment"),
    ("shutting down", "it is starting or stopping: try again in a moment"),
    ("read-only transaction", _NO_WRITES),
    ("too many clients", "it takes no more connections"),
    ("connection slots", "it takes no more connections"),
    ("certificate", "its certificate is not trusted"),
    ("ssl", "no secure connection (TLS) came about"),
    ("role ", "no such user"),
    ("does not exist", "no such database on that server"),
)
"""Parts of what libpq and the server say, in lower case; the first that is found counts."""
_ANSWERS = {
    "53100": _FULL,
    "25006": _NO_WRITES,
    "57014": "it ended a statement that took too long: a lock, or a slow disk",
}
"""What it says of a statement, by SQLSTATE, where somebody can do something about it."""


def why(error: BaseException) -> str:
    """Return the reason in plain words; the kind of the error where it is none of those we know.

    Never the text itself: it may hold part of an address.

    Examples
    --------
    >>> why(OSError('FATAL:  password authentication failed for user "w"'))
    'wrong user name or password'
    >>> why(OSError("something new"))
    'OSError'
    >>> from psycopg.errors import DiskFull
    >>> why(DiskFull("could not extend file"))
    'its disk is full: make room'
    """
    if state := getattr(error, "sqlstate", None):  # it answered, and ended what was going on
        return _ANSWERS.get(state, type(error).__name__)
    text = str(error).lower()
    return next((words for part, words in _REASONS if part in text), type(error).__name__)

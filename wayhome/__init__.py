"""The ``wayhome`` command and what it runs: the only package that may import all others."""

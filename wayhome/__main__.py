"""``python -m wayhome``: the same as the ``wayhome`` command."""

from wayhome.cli import main

if __name__ == "__main__":
    main()

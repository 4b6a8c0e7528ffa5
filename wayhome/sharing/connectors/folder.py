"""Into a folder, a file for each composition: for a receiver that fetches files, and to look at."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from core.model.errors import Misconfigured, Temporary

if TYPE_CHECKING:
    from wayhome.sharing.connector import ConnectorSettings, Parcel


class Folder:
    """Writes files for their owner only; one that is there already is left as it is."""

    name = "folder"
    title = "Folder of files"

    def __init__(self, settings: ConnectorSettings) -> None:
        if not settings.folder:
            raise Misconfigured("folder: expected the folder to write into")
        self._folder = Path(settings.folder)

    async def send(self, parcel: Parcel) -> str:
        """Write the file whole, under the name of the key."""
        try:
            return await asyncio.to_thread(self._write, parcel)
        except OSError as error:
            raise Temporary(f"the folder can not be written: {error.strerror}") from error

    def _write(self, parcel: Parcel) -> str:
        final = self._folder / f"{parcel.key}.json"
        if not final.exists():
            part = self._folder / f".{parcel.key}.part"
            part.unlink(missing_ok=True)
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(msgspec.json.encode(parcel.composition))
                file.flush()
                os.fsync(file.fileno())
            part.rename(final)
        return final.name

    async def close(self) -> None:
        """Nothing is held open."""


CONNECTOR = Folder

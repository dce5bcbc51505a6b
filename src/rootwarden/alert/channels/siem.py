"""A SIEM: OCSF events by HTTP, one a request, or appended to files, one a line."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import TYPE_CHECKING

from rootwarden.alert.channels.http import attempted, request
from rootwarden.alert.content.ocsf import detection_finding
from rootwarden.alert.delivery.state import Outcome
from rootwarden.alert.store.leasing import Attempted

if TYPE_CHECKING:
    from rootwarden.alert.parcel import Parcel
    from rootwarden.alert.secret import Secret


class SiemHttp:
    """An HTTP collector; `metadata.uid` and `Idempotency-Key` are the parcel's key."""

    def __init__(self, name: str, address: str, *, bearer: Secret | None) -> None:
        self.name = name
        self._address = address
        self._bearer = bearer

    def send(self, parcel: Parcel) -> Attempted:
        """Post it."""
        headers = {"Idempotency-Key": parcel.key}
        if self._bearer is not None:
            headers["Authorization"] = f"Bearer {self._bearer.reveal()}"
        body = detection_finding(parcel.subjects[0], key=parcel.key, now=parcel.now)
        secrets = (self._bearer,) if self._bearer is not None else ()
        return attempted(request(self._address, body=body, headers=headers), secrets=secrets, now=parcel.now)


class SiemFiles:
    """A folder with one file a day, for a collector that follows files; lines are whole or not there at all."""

    def __init__(self, name: str, folder: str) -> None:
        self.name = name
        self._folder = Path(folder)

    def send(self, parcel: Parcel) -> Attempted:
        """Append it and flush it to the disk; what a full disk cuts off is taken back."""
        line = detection_finding(parcel.subjects[0], key=parcel.key, now=parcel.now) + b"\n"
        path = self._folder / f"{parcel.now:%Y-%m-%d}.jsonl"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            _append(path, line)
        except OSError as error:
            return Attempted(outcome=Outcome.FAILED, detail=f"{path}: {error.strerror or error}")
        return Attempted(outcome=Outcome.SENT, reference=str(path))


def _append(path: Path, line: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        before = os.fstat(descriptor).st_size
        try:
            written = 0
            while written < len(line):
                written += os.write(descriptor, line[written:])
            os.fsync(descriptor)
        except OSError:
            os.ftruncate(descriptor, before)
            raise
    finally:
        os.close(descriptor)

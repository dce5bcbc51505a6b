"""Write a live run as an evidence folder: replaying it gives byte-identical verdicts.

The folder must be new or empty, so that two runs never mix. Every file is complete or not there; `collection.json` is
written last.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from uuid import uuid4

import msgspec

from rootwarden.collect import files
from rootwarden.collect.folder import COLLECTION_SCHEMA, Collection
from rootwarden.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from rootwarden.collect.evidence import Answered, CallRecord

_MARKER = ".collecting"


class EvidenceWriter:
    """Writes the answers of one run.

    Args:
        path: A folder that does not exist yet, or is empty.

    Raises:
        UsageError: When it holds something, another run is writing it, or it cannot be made.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.mkdir(parents=True, exist_ok=True, mode=0o700)
            there = {each.name for each in path.iterdir()}
            if _MARKER in there:
                raise UsageError(
                    f"another run is writing to `{path}`, or was killed while it did", hint="name another folder"
                )
            if there:
                raise UsageError(
                    f"`{path}` is not empty", hint="evidence of two runs is never mixed: name a new folder"
                )
            (path / _MARKER).touch(exist_ok=False, mode=0o600)
        except FileExistsError as error:
            raise UsageError(f"another run is writing to `{path}`", hint="name another folder") from error
        except OSError as error:
            raise UsageError(
                f"`{path}` cannot be written: {error.strerror}", hint="name a folder you may write"
            ) from error

    def organization(self, answered: Mapping[str, Answered]) -> None:
        """Write the answers about the organization."""
        for file, each in answered.items():
            if each.document is not None:
                self._write(file, msgspec.json.encode(each.document))

    def account(self, account: str, answered: Mapping[str, Answered]) -> None:
        """Write the answers about one account, and `errors.json` for what was refused."""
        base = f"accounts/{account}"
        self._folder(self.path / base)
        errors: dict[str, str] = {}
        for file, each in answered.items():
            if each.document is not None:
                self._write(f"{base}/{file}", msgspec.json.encode(each.document))
            else:
                errors[_error_name(file)] = each.record.error
        if errors:
            self._write(f"{base}/{files.ERRORS}", msgspec.json.encode(errors, order="sorted"))

    def declarations(self, content: bytes) -> None:
        """Write the declarations the run was given, as they are."""
        self._write(files.DECLARATIONS, content)

    def finish(self, as_of: datetime, records: list[CallRecord]) -> None:
        """Write `collection.json`: the folder is whole now."""
        ordered = tuple(sorted(records, key=lambda record: (record.file, record.call)))
        collection = Collection(schema=COLLECTION_SCHEMA, as_of=as_of, calls=ordered)
        self._write(files.COLLECTION, msgspec.json.format(msgspec.json.encode(collection), indent=1))
        (self.path / _MARKER).unlink(missing_ok=True)

    def give_up(self) -> None:
        """The run ended before it wrote anything: the folder can be used by the next one."""
        if [each.name for each in self.path.iterdir()] == [_MARKER]:
            (self.path / _MARKER).unlink(missing_ok=True)

    def _folder(self, path: Path) -> None:
        """Make a folder below ours, for its owner only at every level (`parents=True` would take the usual mode)."""
        if path != self.path:
            self._folder(path.parent)
            path.mkdir(exist_ok=True, mode=0o700)

    def _write(self, file: str, content: bytes) -> None:
        target = self.path / file
        self._folder(target.parent)
        beside = target.with_name(f".{target.name}.{uuid4().hex}")
        try:
            beside.write_bytes(content)
            os.replace(beside, target)  # noqa: PTH105 - rename over an existing file, on every system
        except OSError as error:
            beside.unlink(missing_ok=True)
            raise UsageError(f"`{target}` cannot be written: {error.strerror}", hint="is the disk full?") from error


def _error_name(file: str) -> str:
    """The operation for a file only one call answers into, else the file: three alternate contacts share one call."""
    shared = file.startswith("alternate-contact-") or "/" in file
    return file if shared else files.action_of(file).partition(":")[2] or file

"""Where an archive is: a folder on this machine, or a prefix in an S3 bucket."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from rootwarden.archive.folder import Folder
from rootwarden.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from rootwarden.archive.place import Place
    from rootwarden.aws.door import Door

_S3: Final = "s3://"


def place_of(target: str, door: Callable[[], Door], *, create: bool = False) -> Place:
    """The place an `--archive` names.

    Args:
        target: A folder, or `s3://BUCKET/PREFIX`.
        door: Makes access to AWS, when the archive is there.
        create: Make a folder that is not there.

    Raises:
        UsageError: When it is neither, or there is no such folder.
    """
    if target.startswith(_S3):
        from rootwarden.archive.bucket import Bucket

        return Bucket(target, door())
    if "://" in target:
        raise UsageError(f"`{target}` is no archive", hint="give a folder, or s3://BUCKET/PREFIX")
    return Folder(Path(target), create=create)

"""`--archive` of `audit` and `collect`: a run is added to an archive; and how every command opens one."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Final

from rootwarden.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rootwarden.archive.archive import Archive
    from rootwarden.archive.recorder import Recorder
    from rootwarden.aws.door import Door
    from rootwarden.collect.collected import Collected

_EXTRA: Final = frozenset({"polars", "numpy", "polars_runtime_32"})


class Archiving:
    """A run that is being archived: what is kept of its accounts, and where it will go.

    Args:
        archive: Where to.
        recorder: Takes the accounts.
    """

    def __init__(self, archive: Archive, recorder: Recorder) -> None:
        self._archive = archive
        self.recorder = recorder

    def store(self, collected: Collected) -> None:
        """Write the snapshot, and say so.

        Raises:
            RootwardenError: When it cannot be written.
        """
        run = self.recorder.finish(collected)
        added = self._archive.add(run)
        said = "archived as" if added else "the archive has it already:"
        _say(f"{said} {run.snapshot.run_id}   {run.snapshot.accounts} accounts, in {self._archive.described}")


def require_extra() -> None:
    """Refuse in one line where the extra is not installed.

    Raises:
        UsageError: When it is not.
    """
    try:
        import_module("polars")
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _EXTRA:
            raise
        message = f"an archive needs `{error.name}`, which is not installed"
        raise UsageError(message, hint="pip install 'rootwarden[fleet]'") from None


@contextmanager
def opened(target: str, *, profile: str, region: str, create: bool = False) -> Iterator[Archive]:
    """The archive a command names.

    Raises:
        RootwardenError: When there is none, or it cannot be reached.
    """
    require_extra()
    from rootwarden.archive.archive import Archive
    from rootwarden.archive.opening import place_of

    def door() -> Door:
        # Only an archive in S3 needs the AWS library.
        from rootwarden.aws.door import Door

        return Door(profile=profile, region=region)

    with Archive(place_of(target, door, create=create)) as archive:
        yield archive


@contextmanager
def archiving(target: str, *, name: str, profile: str, region: str) -> Iterator[Archiving | None]:
    """What archives a run, when that was asked for; it is known to be reachable before anything long begins.

    Raises:
        UsageError: A name of the organization without an archive to keep it in.
        RootwardenError: When the archive cannot be reached.
    """
    if not target:
        if name:
            raise UsageError("--organization-name is for an archive", hint="give --archive too, or leave it out")
        yield None
        return
    with opened(target, profile=profile, region=region, create=True) as archive:
        archive.check()
        from rootwarden.archive.recorder import Recorder

        yield Archiving(archive, Recorder(organization_name=name))


def _say(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201 - the voice of the command line

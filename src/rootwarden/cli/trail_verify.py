"""`rootwarden trail verify`: are these the log files CloudTrail wrote, all of them?"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, TypeAlias

import typer

from rootwarden.cli import options
from rootwarden.cli.options import instant
from rootwarden.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from rootwarden.aws.door import Door
    from rootwarden.trail.digests.chain import Span
    from rootwarden.trail.digests.keys import Keys
    from rootwarden.trail.digests.place import Place
    from rootwarden.trail.digests.result import Verification
    from rootwarden.trail.digests.verify import Progress

FORMATS: Final = ("terminal", "json")
_S3: Final = "s3://"
# Reading S3 waits for the network; reading a disk, for a core.
_WORKERS_OF_S3: Final = 32
_EXIT: Final = {"valid": 0, "invalid": 1, "unknown": 3}


BucketOrFolder: TypeAlias = Annotated[
    str, typer.Argument(metavar="PATH", help="A folder that mirrors the trail's bucket, or s3://BUCKET/PREFIX.")
]
PublicKeys: TypeAlias = Annotated[
    Path | None,
    typer.Option("--public-keys", metavar="FILE", help="Take public keys from this file; ask AWS nothing."),
]
SavePublicKeys: TypeAlias = Annotated[
    Path | None,
    typer.Option("--save-public-keys", metavar="FILE", help="Keep the public keys AWS told, to verify offline."),
]
Original: TypeAlias = Annotated[
    str, typer.Option("--original", metavar="s3://BUCKET/PREFIX", help="Where a folder was copied from.")
]
Since: TypeAlias = Annotated[str, typer.Option("--from", metavar="INSTANT", help="Digests are expected from then on.")]
Until: TypeAlias = Annotated[str, typer.Option("--to", metavar="INSTANT", help="Only what was before.")]
AsOf: TypeAlias = Annotated[
    str,
    typer.Option("--as-of", metavar="INSTANT", help="When a folder was copied; the newest name in it if left out."),
]
Accounts: TypeAlias = Annotated[
    str, typer.Option("--accounts", metavar="ID,ID,…", help="Only these accounts, or the ids in @FILE, one a line.")
]
FormatName: TypeAlias = Annotated[str, typer.Option("--format", metavar="NAME", help=f"One of {', '.join(FORMATS)}.")]
Workers: TypeAlias = Annotated[
    int, typer.Option("--workers", min=0, max=256, help="How many files are read at once; 0: as many as it takes.")
]


def verify(
    path: BucketOrFolder,
    public_keys: PublicKeys = None,
    save_public_keys: SavePublicKeys = None,
    original: Original = "",
    since: Since = "",
    until: Until = "",
    as_of: AsOf = "",
    accounts: Accounts = "",
    format_: FormatName = "terminal",
    output: options.ReportFile = None,
    workers: Workers = 0,
    profile: options.Profile = "",
    region: options.Region = "",
) -> int:
    """Verify CloudTrail's digests and log files: signatures, hashes, gaps, what is missing and what was added.

    A copy proves every digest but the newest without S3, given the public keys. Exit code 0: everything is valid.
    1: something is invalid or missing. 3: something cannot be told. 2: wrong usage.
    """
    if format_ not in FORMATS:
        raise UsageError(f"there is no format `{format_}`", hint=f"one of {', '.join(FORMATS)}")
    if public_keys is not None and save_public_keys is not None:
        raise UsageError("--public-keys and --save-public-keys exclude each other", hint="leave one of them out")
    from rootwarden.trail.digests.verify import Verifier

    threads = workers or (_WORKERS_OF_S3 if path.startswith(_S3) else os.cpu_count() or 1)
    door = _Doors(profile, region, threads)
    place = _place(path, original, door)
    keys = _keys(public_keys, door)
    with _progress() as show:
        verifier = Verifier(
            place,
            keys,
            _span(place, since, until, as_of),
            workers=threads,
            accounts=options.account_ids(accounts),
            on_progress=show,
        )
        verifier.run()
    result = verifier.result()
    _save(save_public_keys, keys)
    _print(result, format_, output)
    return 130 if result.interrupted else _EXIT[result.verdict.value]


class _Doors:
    """Access to AWS, made when it is first needed."""

    def __init__(self, profile: str, region: str, connections: int) -> None:
        self._profile = profile
        self._region = region
        self._connections = connections
        self._door: Door | None = None

    def __call__(self) -> Door:
        if self._door is None:
            from rootwarden.aws.door import Door

            self._door = Door(profile=self._profile, region=self._region, connections=self._connections)
        return self._door


def _place(path: str, original: str, door: Callable[[], Door]) -> Place:
    if path.startswith(_S3):
        from rootwarden.trail.digests.bucket import Bucket

        if original:
            raise UsageError("--original is for a copy in a folder", hint="leave it out, or give the folder")
        return Bucket(path, door())
    from rootwarden.trail.digests.bucket import origin_of
    from rootwarden.trail.digests.folder import Folder

    return Folder(Path(path), origin_of(original) if original else None)


def _keys(file: Path | None, door: Callable[[], Door]) -> Keys:
    from rootwarden.trail.digests.keys import AskedKeys, load_keys

    return load_keys(file) if file is not None else AskedKeys(door())


def _span(place: Place, since: str, until: str, as_of: str) -> Span:
    """The time asked about; a bucket is judged now, a copy at the newest instant in it."""
    from rootwarden.aws.door import now
    from rootwarden.trail.digests.chain import Span
    from rootwarden.trail.digests.folder import Folder
    from rootwarden.trail.digests.verify import newest_instant

    start, end = instant(since), instant(until)
    judged: datetime | None = instant(as_of)
    if judged is None:
        judged = newest_instant(place) if isinstance(place, Folder) else now()
    if judged is None:
        raise UsageError(f"there is no log file or digest in `{place.described}`", hint="is it a copy of the bucket?")
    if start is not None and end is not None and start >= end:
        raise UsageError("--from is not before --to", hint="an instant is written 2026-03-02T12:00:00Z")
    return Span(start, end, judged)


def _save(file: Path | None, keys: Keys) -> None:
    if file is None:
        return
    from rootwarden.report.write import write_bytes
    from rootwarden.trail.digests.keys import keys_file

    write_bytes(file, keys_file(keys))


def _print(result: Verification, format_: str, output: Path | None) -> None:
    from rootwarden.report.trail.verification import document, render

    text = document(result) if format_ == "json" else render(result)
    if output is None:
        sys.stdout.write(text)
        return
    from rootwarden.report.write import write

    write(output, text)


@contextmanager
def _progress() -> Iterator[Callable[[Progress], None]]:
    """Show on a terminal how far it is: accounts and regions, digests, log files, rate, time left."""
    if not sys.stderr.isatty():
        yield lambda _progress: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("verifying"),
        BarColumn(bar_width=12),
        TextColumn("{task.completed}/{task.total} regions"),
        TextColumn("{task.fields[digests]} digests, {task.fields[files]} log files, {task.fields[rate]:.0f} MB/s"),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("sites", total=None, digests=0, files=0, rate=0.0)

        def show(done: Progress) -> None:
            bar.update(
                task,
                total=done.sites,
                completed=done.sites_done,
                digests=done.digests,
                files=done.files,
                rate=done.size / 1_000_000 / (bar.tasks[0].elapsed or 1),
            )

        yield show

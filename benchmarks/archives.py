"""Archives of made-up fleets for benchmarks: real snapshots, written by the recorder that `audit --archive` uses.

    PYTHONPATH=src python -m benchmarks.archives FOLDER --size 10000x520

One run an organization and week; many small ones are bundled, as `archive import` does. About one account in six ever
uses root, at its own rate; one in 17 holds a key, one in three has no MFA, one in fifty cannot be read in a week. Every
account carries its facts with their sources, as a run keeps them. The same size gives the same archive.
"""

from __future__ import annotations

import argparse
import itertools
import os
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
import numpy as np

from rootwarden.archive.archive import Archive
from rootwarden.archive.folder import Folder
from rootwarden.archive.recorder import Recorder
from rootwarden.collect.collected import Collected, CollectedAccount
from rootwarden.facts.account import Account
from rootwarden.facts.assets import AssetCounts
from rootwarden.facts.fact import Absent, Known, Source, Unknown, Why
from rootwarden.facts.organization import Organization, Position
from rootwarden.facts.root_user import AccessKey, Password, RootUser

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rootwarden.facts.fact import Fact

Array = np.ndarray[Any, np.dtype[np.float64]]

FIRST: Final = datetime(2016, 1, 3, 6, tzinfo=UTC)
LONG_AGO: Final = FIRST - timedelta(days=900)
USERS: Final = 0.16
READABLE: Final = 0.98
NEVER: Final = -400.0
_REPORT: Final = "iam:GetCredentialReport"


class Size(msgspec.Struct, frozen=True):
    """How large an archive is."""

    accounts: int
    weeks: int
    organizations: int = 1

    @classmethod
    def of(cls, text: str) -> Size:
        """From `10000x520`, or `10000x520x10` for ten organizations."""
        return cls(*map(int, text.split("x")))


def last_uses(size: Size) -> Iterator[Array]:
    """For each week the day of every account's last use, counted from the first look; `NEVER` before the first one."""
    random = np.random.default_rng(size.accounts * 1000 + size.weeks)
    rates = np.where(random.random(size.accounts) < USERS, random.gamma(0.5, 0.06, size.accounts), 0.0)
    last = np.full(size.accounts, NEVER)
    for week in range(size.weeks):
        used = random.random(size.accounts) < 1 - np.exp(-7 * rates)
        last = np.where(used, 7 * week - random.random(size.accounts) * 6.9, last)
        yield last


def write_archive(folder: Path, size: Size, workers: int | None = None) -> None:
    """Write one, its weeks by several processes."""
    workers = workers or os.cpu_count() or 1
    with ProcessPoolExecutor(workers) as pool:
        for done in [pool.submit(_write_weeks, folder, size, place, workers) for place in range(workers)]:
            done.result()
        # In a process of its own: what a benchmark starts later would be told to have this one's memory.
        pool.submit(_bundle, folder).result()


def _bundle(folder: Path) -> None:
    Archive(Folder(folder, create=False)).bundle()


def _write_weeks(folder: Path, size: Size, place: int, step: int) -> None:
    """Every so-many-th week."""
    archive = Archive(Folder(folder, create=True))
    each = -(-size.accounts // size.organizations)
    for week, last in enumerate(last_uses(size)):
        if week % step != place:
            continue
        readable = np.random.default_rng(week).random(size.accounts) < READABLE
        for number, start in enumerate(range(0, size.accounts, each)):
            chosen = range(start, min(start + each, size.accounts))
            archive.add(_run(f"o-fake{number:06d}", FIRST + timedelta(weeks=week), chosen, last, readable))


def _run(organization: str, as_of: datetime, chosen: range, last: Array, readable: np.ndarray[Any, Any]) -> Any:
    """One run, ready to be written."""
    recorder = Recorder()
    listed = Organization(id=Known(organization))
    accounts = []
    for number in chosen:
        facts = _account(number, as_of, float(last[number])) if readable[number] else _unread(number)
        account = CollectedAccount(facts=facts, refusals=(), answered=bool(readable[number]))
        accounts.append(account)
    looked = Collected(
        as_of=as_of, described="made for a benchmark", organization=listed, accounts=tuple(accounts), skipped=()
    )
    return recorder.finish(looked)


def _named(number: int) -> dict[str, Any]:
    account_id = f"{number:012d}"
    return {
        "id": account_id,
        "name": Known(f"workload-{number}"),
        "position": Known(Position.MEMBER),
        "unit_path": Known(f"/Root/Unit {number % 40}"),
    }


def _unread(number: int) -> Account:
    return Account(**_named(number), root=RootUser(arn=f"arn:aws:iam::{number:012d}:root"))


def _account(number: int, as_of: datetime, last: float) -> Account:
    """What a look at an account finds."""
    generated = as_of - timedelta(minutes=20)
    sources = (Source(call=_REPORT, account=f"{number:012d}", observed_at=generated),)
    used: Fact[datetime] = Absent(sources)
    if last > NEVER:
        used = Known((FIRST + timedelta(days=last)).replace(microsecond=0), sources)
    keys = (AccessKey(active=Known(True, sources), last_rotated=Known(LONG_AGO, sources), last_used=Absent(sources)),)
    held = number % 17 == 0
    return Account(
        **_named(number),
        root=RootUser(
            arn=f"arn:aws:iam::{number:012d}:root",
            created=Known(LONG_AGO, sources),
            mfa_active=Known(number % 3 > 0, sources),
            password=Password(present=Unknown("a report does not tell", Why.NOT_COLLECTED), last_used=used),
            access_keys=Known(keys if held else (), sources),
            access_keys_present=Known(held, sources),
            signing_certificates_present=Known(False, sources),
        ),
        report_generated_at=Known(generated, sources),
        assets=AssetCounts(**dict(zip(AssetCounts.__struct_fields__, _counts(number), strict=True))),
    )


def _counts(number: int) -> Iterator[Fact[int]]:
    places = itertools.count()
    return (Known((number * 7 + place) % 90) for place in itertools.islice(places, len(AssetCounts.__struct_fields__)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--size", type=Size.of, required=True, metavar="ACCOUNTSxWEEKS[xORGANIZATIONS]")
    asked = parser.parse_args()
    write_archive(asked.folder, asked.size)


if __name__ == "__main__":
    main()

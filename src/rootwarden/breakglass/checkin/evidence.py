"""What a check-in goes by: evidence folders as `rootwarden collect` leaves them, and the acts of root in CloudTrail."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rootwarden.breakglass.checkin.seen import MOST_ACTS, RootAct, look_of
from rootwarden.collect.folder import EvidenceFolder
from rootwarden.collect.offline import collect_folder
from rootwarden.detect.visits.shape import is_root, root_account
from rootwarden.errors import InputError, UsageError
from rootwarden.trail.digests.chain import Span
from rootwarden.trail.digests.result import Verdict
from rootwarden.trail.digests.verify import Verifier, newest_instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from rootwarden.breakglass.checkin.seen import Look
    from rootwarden.detect.visits.event import Event
    from rootwarden.trail.digests.folder import Folder
    from rootwarden.trail.digests.keys import Keys
    from rootwarden.trail.digests.result import ChainResult, Verification

MOST_FILES: Final = 100_000
_WORKERS: Final = 4
_BLOCK: Final = 1 << 20


def look_at(folder: Path, account: str) -> Look:
    """An account as an evidence folder shows it.

    Args:
        folder: What `rootwarden collect` wrote.
        account: Twelve digits.

    Raises:
        UsageError: It is none, does not say when it was collected, or has nothing of the account.
    """
    collected = collect_folder(EvidenceFolder(folder))
    for each in collected.accounts:
        if each.facts.id == account:
            return look_of(each.facts, collected.as_of)
    hint = f"rootwarden collect --accounts {account} --output FOLDER"
    raise UsageError(f"`{folder}` has nothing of account {account}", hint=hint)


def digest_of(folder: Path) -> str:
    r"""SHA-256 of the evidence, in hexadecimal: over the name and SHA-256 of every file, in order, a line each.

    `cd FOLDER; find . -type f | LC_ALL=C sort | sed 's,^./,,' | xargs -d '\\n' sha256sum | sha256sum` says the same.

    Raises:
        InputError: A file cannot be read, or there are too many.
    """
    total = hashlib.sha256()
    try:
        for name in sorted(_files(folder), key=os.fsencode):
            total.update(f"{_digest(folder / name)}  ".encode() + os.fsencode(name) + b"\n")
    except OSError as error:
        raise InputError(f"`{error.filename or folder}` cannot be read: {error.strerror}") from error
    return total.hexdigest()


def acts_of_root(events: Iterable[Event], account: str, *, since: datetime) -> tuple[RootAct, ...]:
    """What root of an account did from an instant on, in order of time.

    Raises:
        InputError: An event of root does not say when it was: it may be the one that matters. Or there are too many.
    """
    found = []
    for event in events:
        if not is_root(event) or root_account(event) not in ("", account):
            continue
        if event.instant is None:
            raise InputError(f"an event of root in account {account} has no time", hint="look at it by hand first")
        if event.instant >= since:
            # The name is as long as CloudTrail lets it be, or a copy that somebody changed.
            found.append(RootAct(at=event.instant, name=event.name[:512], failed=bool(event.error_code)))
            if len(found) > MOST_ACTS:
                raise InputError(
                    f"root did more than {MOST_ACTS:,} things since", hint="this is no visit: look by hand"
                )
    return tuple(sorted(found, key=lambda act: act.at))


def proven_until(place: Folder, keys: Keys, account: str, *, since: datetime) -> datetime | None:
    """Until when a copy of a trail is proven to have everything CloudTrail delivered of an account.

    By CloudTrail's signed digests, which come every hour whether something happened or not: a region of the copy
    counts up to the first time that none proves. The newest digest of a copy is proven only by the one after it.

    Args:
        place: The copy.
        keys: CloudTrail's public keys.
        account: Twelve digits.
        since: From when on.

    Returns:
        The instant; `None` when nothing is proven.

    Raises:
        RootwardenError: The copy cannot be listed.
    """
    newest = newest_instant(place)
    if newest is None or newest <= since:
        return None
    verifier = Verifier(place, keys, Span(since, None, newest), workers=_WORKERS, accounts=(account,))
    verifier.run()
    return until_when(verifier.result(), since=since)


def until_when(found: Verification, *, since: datetime) -> datetime | None:
    """Until when everything is proven, in every region that has digests; `None` when it is not, from the beginning."""
    chains = [chain for chain in found.chains if not chain.backfill]
    broken = any(site.unlisted.verdict is Verdict.INVALID or not site.digests_here for site in found.sites)
    if not chains or broken or found.interrupted:
        return None
    reached = [_reach(chain, since) for chain in chains]
    return None if None in reached else min(each for each in reached if each is not None)


def _reach(chain: ChainResult, since: datetime) -> datetime | None:
    if chain.covered_from is None or chain.covered_to is None or chain.covered_from > since:
        return None
    if chain.verdict is Verdict.INVALID or chain.gaps_left_out or chain.findings_left_out:
        return None
    return min([chain.covered_to, *(gap.start for gap in chain.gaps)])


def _files(folder: Path) -> Iterator[str]:
    count = 0
    for here, _, names in os.walk(folder, onerror=_raise):
        for name in names:
            count += 1
            if count > MOST_FILES:
                raise InputError(f"`{folder}` has more than {MOST_FILES:,} files", hint="is it the right folder?")
            yield os.path.relpath(Path(here) / name, folder)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        total = hashlib.sha256()
        while block := file.read(_BLOCK):
            total.update(block)
    return total.hexdigest()


def _raise(error: OSError) -> None:
    raise error

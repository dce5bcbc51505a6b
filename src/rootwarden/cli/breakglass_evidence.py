"""`rootwarden breakglass evidence`: what was seen, in one small file; no service is asked, and nobody signs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple, TypeAlias

import typer

from rootwarden.cli import options
from rootwarden.cli.breakglass_reaching import need, say
from rootwarden.errors import InputError, UsageError

if TYPE_CHECKING:
    from datetime import datetime

    from rootwarden.breakglass.checkin.brought import Brought
    from rootwarden.breakglass.checkin.seen import Trail
    from rootwarden.trail.digests.keys import Keys

Before: TypeAlias = Annotated[
    Path | None, typer.Option("--before", metavar="FOLDER", help="The same from before the lease was opened.")
]
TrailPaths: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--trail", metavar="PATH", help="CloudTrail's logs, with digests: a folder or s3://… Repeat."),
]
TrailKeys: TypeAlias = Annotated[
    Path | None,
    typer.Option("--trail-keys", metavar="FILE", help="CloudTrail's public keys; AWS is asked for them if left out."),
]


class Looked(NamedTuple):
    """Where evidence and CloudTrail's logs are, and what verifies them."""

    after: Path
    before: Path | None
    trail: tuple[str, ...]
    keys: Path | None
    profile: str
    region: str


def evidence(
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="Twelve digits.")],
    *,
    after: Annotated[
        Path, typer.Option("--evidence", metavar="FOLDER", help="What `rootwarden collect` wrote after the visit.")
    ],
    before: Before = None,
    trail: TrailPaths = None,
    trail_keys: TrailKeys = None,
    since: Annotated[
        str, typer.Option("--since", metavar="INSTANT", help="When the lease was opened; needed without --before.")
    ] = "",
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="A new file, mode 0600: it names address and phones.")
    ],
    profile: options.Profile = "",
    region: options.Region = "",
) -> int:
    """Put what duties ask for into one small file, for somebody else to bring to the check-in page, who signs there.

    Nothing is judged here: the service does, as `check-in` does. No service is asked, and no key is needed.
    """
    need(())
    from rootwarden.breakglass.client.private_file import write_private

    opened = options.instant(since)
    if trail and before is None and opened is None:
        raise UsageError("nobody says since when acts of root count", hint="give --before, or --since")
    looked = Looked(after, before, tuple(trail or ()), trail_keys, profile, region)
    brought = bring(looked, account, since=opened)
    write_private(output, _json(brought))
    say(f"written to {output}, evidence {brought.evidence}; bring it to the check-in page of the lease")
    return 0


def bring(looked: Looked, account: str, *, since: datetime | None) -> Brought:
    """What was seen of an account.

    Args:
        looked: Where.
        account: Twelve digits.
        since: When the lease was opened; `None` when that is not known, and an earlier look says from when on.

    Raises:
        RootwardenError: Something cannot be read, or has nothing of the account.
    """
    from rootwarden.breakglass.checkin.brought import Brought
    from rootwarden.breakglass.checkin.evidence import digest_of, look_at

    after = look_at(looked.after, account)
    before = look_at(looked.before, account) if looked.before is not None else None
    # What happened between the first look and the visit counts too.
    first = min(filter(None, (since, before.at if before is not None else None)), default=after.at)
    return Brought(
        account=account,
        evidence=digest_of(looked.after),
        after=after,
        before=before,
        since=first,
        trail=_trail(looked, account, first),
    )


def _json(brought: Brought) -> bytes:
    import msgspec

    return msgspec.json.format(msgspec.json.encode(brought)) + b"\n"


def _trail(looked: Looked, account: str, since: datetime) -> Trail:
    """The acts of root from an instant on, and until when they are proven to be all."""
    from rootwarden.breakglass.checkin.evidence import acts_of_root
    from rootwarden.breakglass.checkin.seen import Trail

    if not looked.trail:
        return Trail()
    from rootwarden.cli import trail_reading
    from rootwarden.detect.visits.interest import Interest

    asked = trail_reading.Asked(
        paths=looked.trail, start=since.isoformat(), accounts=(account,), profile=looked.profile, region=looked.region
    )
    with trail_reading.read(asked, Interest(calls=frozenset())) as (done, spool):
        acts = acts_of_root(spool.events(), account, since=since)
    trail_reading.tell(done, f"{len(acts)} acts of root")
    whole = not done.unread and not done.interrupted
    until = [_proven(path, looked, account, since) for path in looked.trail] if whole else [None]
    return Trail(read_until=None if None in until else min(each for each in until if each), acts=acts)


def _proven(path: str, looked: Looked, account: str, since: datetime) -> datetime | None:
    from rootwarden.breakglass.checkin.evidence import proven_until
    from rootwarden.trail.digests.folder import Folder

    if path.startswith("s3://") or not Path(path).is_dir():
        say(f"note: `{path}` is no folder, so nothing proves that it is whole; copy it with `aws s3 sync`")
        return None
    try:
        return proven_until(Folder(Path(path), None), _keys(looked), account, since=since)
    except InputError as error:
        say(f"note: nothing proves that `{path}` is whole: {error.message}")
        return None


def _keys(looked: Looked) -> Keys:
    from rootwarden.trail.digests.keys import AskedKeys, load_keys

    if looked.keys is not None:
        return load_keys(looked.keys)
    from rootwarden.aws.door import Door

    return AskedKeys(Door(profile=looked.profile, region=looked.region))

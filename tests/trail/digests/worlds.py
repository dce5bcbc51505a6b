"""Signed trails for the tests, and what is found in them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

import msgspec

from rootwarden.simulator.digests import HOUR, DigestedTrail, SigningKey, sample_log, write_copy
from rootwarden.trail.digests.chain import Span
from rootwarden.trail.digests.folder import Folder
from rootwarden.trail.digests.keys import KeptKeys
from rootwarden.trail.digests.location import Origin, Site
from rootwarden.trail.digests.verify import Verifier, newest_instant

if TYPE_CHECKING:
    from pathlib import Path

    from rootwarden.simulator.digests import Stored
    from rootwarden.trail.digests.result import Verification

ACCOUNT = "000000000000"
BUCKET = "example-trail-logs"
START = datetime(2026, 3, 1, 20, tzinfo=UTC)
ORIGIN = Origin(BUCKET, "")


@cache
def key(region: str = "us-east-1", number: int = 0) -> SigningKey:
    """A key of a region; made once, since that takes long."""
    return SigningKey(region, START - timedelta(days=90 + number), START + timedelta(days=90))


@cache
def forger() -> SigningKey:
    """A key that is nobody's, under the fingerprint of the right one."""
    made = SigningKey("us-east-1", START - timedelta(days=90), START + timedelta(days=90))
    made.public = msgspec.structs.replace(made.public, fingerprint=key().public.fingerprint)
    return made


class World:
    """A bucket with one trail's deliveries."""

    def __init__(self, *, prefix: str = "", organization: str = "", account: str = ACCOUNT) -> None:
        self.bucket: dict[str, Stored] = {}
        self.site = Site(prefix, organization, account, "us-east-1")
        self.trail = DigestedTrail(self.bucket, BUCKET, self.site, key())
        self.keys = [key()]
        self.digests: list[str] = []

    def hours(self, count: int, *, first: int = 0, files: int = 2) -> World:
        """Hours of deliveries, one after another."""
        for hour in range(first, first + count):
            start = START + hour * HOUR
            contents = [sample_log(start + timedelta(minutes=each)) for each in range(files)]
            self.digests.append(self.trail.deliver(start, contents))
        return self

    def verify(
        self,
        folder: Path,
        *,
        metadata: bool = True,
        since: datetime | None = START,
        until: datetime | None = None,
        as_of: datetime | None = None,
        origin: Origin | None = ORIGIN,
        workers: int = 2,
    ) -> Verification:
        """Copy it to a folder, and verify that."""
        write_copy(self.bucket, folder, metadata=metadata)
        return self.verify_again(folder, since=since, until=until, as_of=as_of, origin=origin, workers=workers)

    def verify_again(
        self,
        folder: Path,
        *,
        since: datetime | None = START,
        until: datetime | None = None,
        as_of: datetime | None = None,
        origin: Origin | None = ORIGIN,
        workers: int = 2,
    ) -> Verification:
        """Verify a folder as it is."""
        place = Folder(folder, origin)
        judged = as_of or newest_instant(place)
        assert judged is not None
        keys = KeptKeys(tuple(each.public for each in self.keys), "keys.json")
        verifier = Verifier(place, keys, Span(since, until, judged), workers=workers)
        verifier.run()
        return verifier.result()


def told(result: Verification) -> list[tuple[str, str, str]]:
    """Every finding: kind, verdict and the name's end."""
    everything = [each for chain in result.chains for each in chain.findings]
    everything += [each for site in result.sites for each in site.findings]
    return [(each.kind.value, each.verdict.value, each.object.rpartition("/")[2]) for each in everything]


def counted(result: Verification) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Digests and log files of all chains: valid, invalid, missing, unknown."""
    digests = [0, 0, 0, 0]
    files = [0, 0, 0, 0]
    for chain in result.chains:
        for place, name in enumerate(("valid", "invalid", "missing", "unknown")):
            digests[place] += getattr(chain.digests, name)
            files[place] += getattr(chain.files, name)
    return tuple(digests), tuple(files)

"""Verify every chain of a place: digests and log files read on threads, judged one after another in one order."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Final, TypeAlias

import msgspec

from rootwarden.errors import RootwardenError
from rootwarden.trail.digests.ahead import ahead
from rootwarden.trail.digests.chain import Chain
from rootwarden.trail.digests.location import DIGESTS, LOGS, Site, day_of, digest_name, log_time
from rootwarden.trail.digests.reading import DigestToRead, FileToHash, seen_digest, seen_file
from rootwarden.trail.digests.result import Verdict, Verification
from rootwarden.trail.digests.seen import Held, SeenDigest, SeenFile
from rootwarden.trail.digests.unlisted import KEPT, Unlisted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import date, datetime

    from rootwarden.trail.digests.chain import Span
    from rootwarden.trail.digests.folder import Folder
    from rootwarden.trail.digests.keys import Keys
    from rootwarden.trail.digests.place import Place
    from rootwarden.trail.digests.result import ChainResult, SiteResult

# Digests of this much more than the time asked about are read: the next one proves the last.
_MARGIN: Final = timedelta(days=1)
_AHEAD: Final = 8
_MOST_NAMES: Final = 2048


class Progress(msgspec.Struct, frozen=True):
    """How far a run is: accounts and regions done and in all, digests, log files, and their bytes unpacked."""

    sites_done: int
    sites: int
    digests: int
    files: int
    size: int


class _Arrives(msgspec.Struct, frozen=True):
    """From here on everything is about this site."""

    site: Site


class _Unread(msgspec.Struct, frozen=True):
    """The rest of this site's digests could not be listed."""

    site: Site
    reason: str


_Notice: TypeAlias = _Arrives | _Unread
_Found: TypeAlias = _Notice | SeenDigest
_Step: TypeAlias = _Notice | SeenDigest | SeenFile


def newest_instant(place: Folder) -> datetime | None:
    """The latest instant in the names of a copy: it was made no earlier. `None` when no name has one."""
    latest: datetime | None = None
    for site in place.sites():
        for name in place.newest(site.folder(DIGESTS)):
            told = digest_name(site, name)
            latest = max(latest or told.end, told.end) if told is not None else latest
        for name in place.newest(site.folder(LOGS)):
            written = log_time(name)
            latest = max(latest or written, written) if written is not None else latest
    return latest


class Verifier:
    """A run over a place.

    Args:
        place: What is looked at.
        keys: Public keys.
        span: The time that is asked about.
        workers: How many objects are read at once.
        accounts: Only these accounts; all when empty.
        on_progress: Told now and then how far it is.
    """

    def __init__(
        self,
        place: Place,
        keys: Keys,
        span: Span,
        *,
        workers: int,
        accounts: Iterable[str] = (),
        on_progress: Callable[[Progress], None] = lambda _progress: None,
    ) -> None:
        self._place = place
        self._keys = keys
        self._span = span
        self._workers = workers
        self._accounts = frozenset(accounts)
        self._on_progress = on_progress
        self._chains: list[ChainResult] = []
        self._sites: list[SiteResult] = []
        self._site: _SiteRun | None = None
        self._here: dict[Site, set[str]] = {}
        self._done = self._of = self._digests = self._files = self._size = 0
        self._interrupted = False

    def run(self) -> None:
        """Verify everything. Ctrl-C ends it; what was finished by then is kept.

        Raises:
            RootwardenError: When the place cannot be listed.
        """
        sites = tuple(site for site in self._place.sites() if not self._accounts or site.account in self._accounts)
        self._of = len(sites)
        executor = ThreadPoolExecutor(self._workers)
        try:
            for step in self._steps(executor, sites):
                self._take(step)
            self._leave()
        except KeyboardInterrupt:
            self._interrupted = True
        finally:
            executor.shutdown(cancel_futures=True)

    def result(self) -> Verification:
        """What was found."""
        origin = self._place.origin
        return Verification(
            place=self._place.described,
            original=f"s3://{origin.bucket}/{origin.prefix}".rstrip("/") if origin is not None else "",
            as_of=self._span.as_of,
            since=self._span.since,
            until=self._span.until,
            chains=tuple(self._chains),
            sites=tuple(self._sites),
            seen_sites=self._done,
            interrupted=self._interrupted,
        )

    def _steps(self, executor: ThreadPoolExecutor, sites: Iterable[Site]) -> Iterator[_Step]:
        """Digests in the order they are judged in, each with its log files after it."""
        most = self._workers * _AHEAD
        found = ahead(executor, self._read, self._names(sites), most=most)
        return ahead(executor, self._hash, self._wanted(found), most=most)

    def _names(self, sites: Iterable[Site]) -> Iterator[_Notice | DigestToRead]:
        for site in sites:
            yield _Arrives(site)
            try:
                yield from self._digests_of(site)
            except RootwardenError as error:
                yield _Unread(site, error.message)

    def _digests_of(self, site: Site) -> Iterator[DigestToRead]:
        since = self._span.since
        folder = site.folder(DIGESTS)
        for name in self._place.names(folder, _after(folder, since)):
            told = digest_name(site, name)
            if told is None or (since is not None and told.end <= since) or self._span.beyond(told.end - _MARGIN):
                continue
            yield DigestToRead(site, name, told)

    def _read(self, item: _Notice | DigestToRead) -> _Found:
        return seen_digest(self._place, item) if isinstance(item, DigestToRead) else item

    def _wanted(self, found: Iterator[_Found]) -> Iterator[_Notice | SeenDigest | FileToHash]:
        """A day's digests by chain and time, each followed by the log files it lists."""
        for _, group in groupby(found, key=_site_and_day):
            digests = []
            for item in group:
                if isinstance(item, SeenDigest):
                    self._here.setdefault(item.site, set()).add(item.name)
                    digests.append(item)
                else:
                    yield item
            for seen in sorted(digests, key=_by_chain):
                yield seen
                yield from self._listed(seen)

    def _listed(self, seen: SeenDigest) -> Iterator[FileToHash]:
        """The log files a digest lists, if they are to be looked at."""
        if seen.misplaced or seen.digest is None or seen.origin is None or self._span.beyond(seen.start):
            return
        for listed in seen.digest.log_files:
            yield FileToHash(listed, seen.origin)

    def _hash(self, item: _Notice | SeenDigest | FileToHash) -> _Step:
        return seen_file(self._place, item) if isinstance(item, FileToHash) else item

    def _take(self, step: _Step) -> None:
        if isinstance(step, _Arrives):
            self._leave()
            folder = step.site.folder(LOGS)
            names = self._place.names(folder, _after(folder, self._span.since))
            here = self._here.setdefault(step.site, set())
            self._site = _SiteRun(step.site, names, here, self._span, self._keys)
            return
        if self._site is None:
            return
        if isinstance(step, _Unread):
            self._site.unread(step.reason)
        elif isinstance(step, SeenDigest):
            self._digests += 1
            self._site.digest(step)
            self._tell()
        else:
            self._files += 1
            self._size += step.size
            self._site.file(step)
            if self._files % 100 == 0:
                self._tell()

    def _leave(self) -> None:
        if self._site is not None:
            chains, unlisted = self._site.finish()
            self._chains += chains
            if unlisted.verdict is not Verdict.VALID:
                self._sites.append(unlisted)
            self._done += 1
            self._site = None
            del self._here[unlisted.site]
            self._tell()

    def _tell(self) -> None:
        self._on_progress(Progress(self._done, self._of, self._digests, self._files, self._size))


_ChainKey: TypeAlias = tuple[str, str, bool]


class _SiteRun:
    """One account and region while it is read: its chains, and its log files that nobody lists.

    Args:
        site: Whose.
        log_names: The log files that are there.
        here: The digests that are there, as far as they were found.
        span: The time that is asked about.
        keys: Public keys.
    """

    def __init__(self, site: Site, log_names: Iterator[str], here: set[str], span: Span, keys: Keys) -> None:
        self._site = site
        self._span = span
        self._keys = keys
        self._unlisted = Unlisted(site, log_names, span)
        self._chains: dict[_ChainKey, Chain] = {}
        self._held: Held | None = None
        self._here = here
        self._day: date | None = None

    def digest(self, seen: SeenDigest) -> None:
        """The next digest; the log files before it belonged to the one before."""
        self._pass_on()
        day = day_of(seen.name)
        if day is not None and day != self._day:
            self._day = day
            self._unlisted.reached(day)
            self._forget(day - KEPT)
        self._held = Held(seen, [])

    def file(self, file: SeenFile) -> None:
        """A log file that the last digest lists."""
        if self._held is not None:
            self._held.files.append(file)
            self._unlisted.listed(file.name)

    def _forget(self, horizon: date) -> None:
        """Let go of the names of digests long passed, once there are many: none that comes now follows them."""
        if len(self._here) > _MOST_NAMES:
            self._here.difference_update([name for name in self._here if (day_of(name) or horizon) < horizon])

    def unread(self, reason: str) -> None:
        """The rest of the digests could not be listed."""
        self._unlisted.unread(self._site.folder(DIGESTS), reason)

    def finish(self) -> tuple[list[ChainResult], SiteResult]:
        """Everything of the site was read."""
        self._pass_on()
        finished = (chain.finish() for _, chain in sorted(self._chains.items()))
        chains = [each for each in finished if each.digests.total]
        return chains, self._unlisted.finish(digests_here=bool(chains))

    def _pass_on(self) -> None:
        if self._held is None:
            return
        seen = self._held.seen
        key = _chain_key(seen)
        chain = self._chains.get(key)
        if chain is None:
            make = partial(Chain, seen, self._span, self._keys)
            chain = self._chains[key] = make(self._is_here, self._unlisted.decided)
        chain.feed(self._held)
        self._held = None

    def _is_here(self, name: str) -> bool:
        """Whether a digest is here; one from before the time asked about was not looked for."""
        told = digest_name(self._site, name)
        before = told is not None and self._span.since is not None and told.end <= self._span.since
        return before or name in self._here


def _site_and_day(item: _Found) -> tuple[Site, date | None, type]:
    return item.site, day_of(item.name) if isinstance(item, SeenDigest) else None, type(item)


def _chain_key(seen: SeenDigest) -> _ChainKey:
    return seen.told.trail, seen.told.home_region, seen.told.backfill


def _by_chain(seen: SeenDigest) -> tuple[_ChainKey, datetime, datetime, str]:
    return _chain_key(seen), seen.end, seen.start, seen.name


def _after(folder: str, since: datetime | None) -> str:
    """The name after which a folder's names matter: those of the day before the time asked about and later."""
    if since is None:
        return ""
    day = since - _MARGIN
    return f"{folder}/{day:%Y/%m/%d}/"

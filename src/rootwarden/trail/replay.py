"""Calls of a log under a change of policies: which ones it touches, as rows for the spool.

What the change cannot touch costs two look-ups. Calls no policy tells apart are decided once.
"""

from __future__ import annotations

import re
import zlib
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.guardrails.replaying.asker import asker_of
from rootwarden.guardrails.replaying.judge import BY_A_SERVICE, SIGNING_IN, Judge
from rootwarden.guardrails.replaying.paths import Brief
from rootwarden.iam.actions import ActionCatalogue, Edition, Service
from rootwarden.iam.usage.caller import Identity
from rootwarden.iam.usage.mapping import EventMap, EventRules, source_of
from rootwarden.iam.usage.names import NamesFile

if TYPE_CHECKING:
    import hashlib
    from collections.abc import Callable

    from rootwarden.guardrails.replaying.asker import Asker
    from rootwarden.guardrails.replaying.details import Details
    from rootwarden.guardrails.replaying.judge import Plan
    from rootwarden.guardrails.replaying.ruling import Ruling
    from rootwarden.trail.replayed import ReplayedIdentity

_SERVICE_EVENT: Final = "AwsServiceEvent"
_SIGN_IN_EVENT: Final = "AwsConsoleSignIn"
_SIGN_IN: Final = "signin"
_CACHE: Final = 100_000
MOST_ACCOUNTS: Final = 10_000
_EMPTY: Final = frozenset({b"null", b'""', b"[]", b"{}"})
_UNREADABLE: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
# What identities of these kinds are does not depend on the service.
_TOLD: Final = frozenset({"Root", "IAMUser", "AssumedRole", "FederatedUser", "AWSService", "AWSAccount"})
_parameters: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


class Replay(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """What every worker is told once.

    Attributes:
        brief: What is replayed.
        names: What events are named otherwise than the action they need.
        catalogue: The actions there are, packed: machines may have other ones.
    """

    brief: Brief
    names: tuple[NamesFile, ...]
    catalogue: bytes


class Sums(msgspec.Struct):
    """What records come to that the change does not touch, too.

    Attributes:
        first: Time of the earliest record; empty where none tells.
        last: Of the latest.
        unknown: Accounts of callers that are not in the evidence; at most ten thousand.
        heard: Accounts whose trails had a record that was asked for; at most ten thousand of a file.
        digest: The digests of all files, added up.
    """

    first: str = ""
    last: str = ""
    unknown: set[str] = msgspec.field(default_factory=set)
    heard: set[str] = msgspec.field(default_factory=set)
    digest: str = "0"

    def merge(self, other: Sums) -> None:
        """Add another's."""
        self.first = min(filter(None, (self.first, other.first)), default="")
        self.last = max(self.last, other.last)
        self.unknown |= other.unknown
        self.heard |= other.heard
        self.digest = f"{(int(self.digest, 16) + int(other.digest, 16)) % (1 << 256):x}"

    def read(self, digest: hashlib._Hash) -> None:
        """Add a file."""
        self.merge(Sums(digest=digest.hexdigest()))


def packed_catalogue(catalogue: ActionCatalogue) -> bytes:
    """Every service of a catalogue, for other machines."""
    services = [one for one in map(catalogue.service, catalogue.services) if one is not None]
    return zlib.compress(msgspec.msgpack.encode(services))


def unpacked_catalogue(packed: bytes) -> ActionCatalogue:
    """The catalogue of `packed_catalogue`."""
    services = {one.prefix: one for one in msgspec.msgpack.decode(zlib.decompress(packed), type=list[Service])}
    names = {prefix: one.name for prefix, one in services.items()}
    return ActionCatalogue(names, services.__getitem__, Edition("", ""))


@lru_cache(maxsize=2)
def bench_of(replay: Replay) -> Bench:
    """Where calls of a replay are decided; one for all files a process reads."""
    return Bench(replay)


class Seat:
    """A principal, with the plans for its calls.

    Attributes:
        asker: Who it is.
        touched: Whether the change may touch any call of it.
        account: Whose principal it is.
        plans: How calls are decided, by host, name and type of event.
        either: Where nobody tells whether root was assumed: the same if it was, and if it was not.
    """

    __slots__ = ("account", "asker", "either", "plans", "touched")

    def __init__(self, asker: Asker, touched: bool) -> None:
        self.asker = asker
        self.touched = touched
        self.account = asker.who.account
        self.plans: dict[tuple[str | None, str, str | None], Plan | None] = {}
        self.either: tuple[Seat, Seat] | None = None


class Bench:
    """Decides calls, and remembers.

    Args:
        replay: What is replayed.

    Attributes:
        unknown: Accounts of callers that are not in the evidence.
        refusals: How calls that were refused are named.
    """

    def __init__(self, replay: Replay) -> None:
        rules = EventRules(replay.names)
        self.refusals = rules.refusals
        catalogue = unpacked_catalogue(replay.catalogue)
        self._judge = Judge(replay.brief, rules, EventMap(rules, catalogue), catalogue)
        self._seats: dict[tuple[object, ...], Seat] = {}
        self._plans = 0
        self.unknown: set[str] = set()

    def seat(self, who: ReplayedIdentity, host: str | None, *, assumed: bool | None) -> Seat:
        """Who made a call; role sessions share the seat of their role.

        Args:
            who: What the record says.
            host: The service, where it matters.
            assumed: For root, whether it was assumed; `None` where nobody tells.
        """
        issuer = who.session.issuer if who.session is not None else None
        if issuer is not None and issuer.arn and who.kind == "AssumedRole":
            key: tuple[object, ...] = (issuer.arn, issuer.principal, issuer.kind)
        else:
            of = (issuer.kind, issuer.arn, issuer.principal) if issuer is not None else ()
            known = host if who.kind not in _TOLD else None
            key = (who.kind, who.arn, who.account, who.principal, who.invoked_by, assumed, known, *of)
        found = self._seats.get(key)
        if found is None:
            if len(self._seats) >= _CACHE:
                self._seats.clear()
            found = self._seats[key] = self._made(_identity(who), source_of(host or ""), assumed)
        return found

    def plan(self, seat: Seat, host: str | None, name: str, kind: str | None) -> Plan | None:
        """How a call is decided; `None` where the change cannot touch it."""
        key = host, name, kind
        if key not in seat.plans:
            self._plans += 1
            if self._plans % _CACHE == 0:
                self._seats.clear()
            beyond = BY_A_SERVICE if kind == _SERVICE_EVENT else ""
            source = source_of(host or "")
            if kind == _SIGN_IN_EVENT and source == _SIGN_IN:
                beyond = SIGNING_IN
            seat.plans[key] = self._judge.plan(seat.asker, source, name, beyond=beyond)
        return seat.plans[key]

    def ruling(
        self, seat: Seat, plan: Plan, picked: tuple[object, ...], raw: bytes, details: Callable[[], Details]
    ) -> Ruling:
        """What the change does to a call.

        Args:
            seat: Who made it.
            plan: How its like is decided.
            picked: The fields of the plan.
            raw: Its parameters, as JSON.
            details: Gives all fields.
        """
        return self._judge.ruling(plan, seat.asker, picked, _marks(raw, plan.marks), details)

    def _made(self, identity: Identity, source: str, assumed: bool | None) -> Seat:
        asker = asker_of(identity, source, assumed=assumed)
        account = asker.who.account
        if account and not self._judge.paths.knows(account) and len(self.unknown) < MOST_ACCOUNTS:
            self.unknown.add(account)
        made = Seat(asker, self._judge.touches(asker))
        if asker.assumed is None:
            made.either = self._made(identity, source, assumed=True), self._made(identity, source, assumed=False)
        return made


def _identity(who: ReplayedIdentity) -> Identity:
    issuer = who.session.issuer if who.session is not None else None
    return Identity(
        kind=_kind(who),
        arn=who.arn or "",
        account=who.account or "",
        principal=who.principal or "",
        invoked_by=who.invoked_by or "",
        issuer_kind=(issuer.kind if issuer else None) or "",
        issuer_arn=(issuer.arn if issuer else None) or "",
        issuer_principal=(issuer.principal if issuer else None) or "",
    )


def _kind(who: ReplayedIdentity) -> str:
    """`type` as AWS spells it for root; events of services often have no type, and name who did it."""
    kind = who.kind or ""
    if kind.lower() == "root":
        return "Root"
    return "AWSService" if not kind and not who.arn and who.invoked_by else kind


def _marks(raw: bytes, wanted: tuple[str, ...]) -> tuple[str, ...]:
    """Which of these parameters a call has."""
    if not wanted or not raw or _sought(wanted).search(raw) is None:
        return ()
    try:
        found = _parameters.decode(raw)
    except _UNREADABLE:
        return ()
    return tuple(mark for mark in wanted if mark in found and bytes(found[mark]) not in _EMPTY)


@lru_cache(maxsize=4096)
def _sought(wanted: tuple[str, ...]) -> re.Pattern[bytes]:
    return re.compile(f'"(?:{"|".join(map(re.escape, wanted))})"'.encode())

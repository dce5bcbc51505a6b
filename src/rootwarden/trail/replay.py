"""Calls of a log under a change of policies: which ones it touches, as rows for the spool.

What the change cannot touch costs two look-ups. Calls no policy tells apart are decided once.
"""

from __future__ import annotations

import zlib
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.guardrails.replaying.asker import asker_of
from rootwarden.guardrails.replaying.judge import BY_A_SERVICE, SIGNING_IN, Judge
from rootwarden.guardrails.replaying.paths import Brief
from rootwarden.guardrails.replaying.plan import ROLE
from rootwarden.iam.actions import ActionCatalogue, Edition, Service
from rootwarden.iam.usage.caller import Identity
from rootwarden.iam.usage.mapping import EventMap, EventRules, source_of
from rootwarden.iam.usage.names import NamesFile
from rootwarden.trail.replay_fields import details_of
from rootwarden.trail.roles import Household, Roles
from rootwarden.trail.seats import Course, Party, Seat, marks_of

if TYPE_CHECKING:
    import hashlib

    from rootwarden.guardrails.replaying.asker import Asker
    from rootwarden.guardrails.replaying.plan import Plan
    from rootwarden.guardrails.replaying.ruling import Ruling
    from rootwarden.trail.replayed import Replayed, ReplayedIdentity

_SERVICE_EVENT: Final = "AwsServiceEvent"
_SIGN_IN_EVENT: Final = "AwsConsoleSignIn"
_SIGN_IN: Final = "signin"
# So many principals are known at once, and as many that were before them; so many kinds of calls in all.
_SEATS: Final = 50_000
_COURSES: Final = 100_000
_OF_PARTIES: Final = frozenset({"kind"})
_MOST_ACCOUNTS: Final = 10_000
_MOST_NAMES: Final = 10_000
# What identities of these kinds are does not depend on the service.
_TOLD: Final = frozenset({"Root", "IAMUser", "AssumedRole", "FederatedUser", "AWSService", "AWSAccount"})
# How unique ids begin (IAM user guide, *IAM identifiers*).
_UNIQUE_IDS: Final = {"AIDA": 1, "AROA": 2}


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
        heard: Accounts of callers that are; so many at most, too.
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


@lru_cache(maxsize=2)
def unpacked_catalogue(packed: bytes) -> ActionCatalogue:
    """The catalogue of `packed_catalogue`."""
    services = {one.prefix: one for one in msgspec.msgpack.decode(zlib.decompress(packed), type=list[Service])}
    names = {prefix: one.name for prefix, one in services.items()}
    return ActionCatalogue(names, services.__getitem__, Edition("", ""))


@lru_cache(maxsize=2)
def bench_of(replay: Replay) -> Bench:
    """Where calls of a replay are decided; one for all files a process reads."""
    return Bench(replay)


class Bench:
    """Decides calls, and remembers.

    Args:
        replay: What is replayed.

    Attributes:
        seats: Of those who called last and have one of their own.
        roles: Of roles no policy tells apart.
        unknown: Accounts of callers that are not in the evidence.
        heard: Accounts of callers that are.
        refusals: How calls that were refused are named.
        thin: Which fields of a record its courses take.
        worth: Whether it is worth to look at records thinly first: not below zero.
    """

    def __init__(self, replay: Replay) -> None:
        rules = EventRules(replay.names)
        self.refusals = rules.refusals
        catalogue = unpacked_catalogue(replay.catalogue)
        self._judge = Judge(replay.brief, rules, EventMap(rules, catalogue), catalogue)
        self.seats: dict[object, Seat] = {}
        self.roles = Roles(self._household, self._of_class)
        self._older: dict[object, Seat] = {}
        self._untouched: dict[str, Seat] = {}
        self._parties: dict[tuple[object, ...], Party] = {}
        self._firsts: dict[tuple[object, ...], Party] = {}
        self._names: dict[str, str] = {}
        self._courses = 0
        self.unknown: set[str] = set()
        self.heard: set[str] = set()
        self.thin: frozenset[str] = frozenset()
        self.worth = 0

    def seat(self, who: ReplayedIdentity, host: str | None, *, assumed: bool | None) -> Seat:
        """Who made a call; role sessions share the seat of their role.

        Args:
            who: What the record says.
            host: The service, where it matters.
            assumed: For root, whether it was assumed; `None` where nobody tells.
        """
        issuer = who.session.issuer if who.session is not None else None
        of_another = 0
        if issuer is not None and issuer.arn and who.kind == "AssumedRole":
            role = self.roles.seat(issuer.arn) if issuer.kind == "Role" else None
            if role is not None:
                return role
            key: object = (issuer.kind, issuer.arn)
        else:
            of = (issuer.kind, issuer.arn) if issuer is not None else ()
            known = host if who.kind not in _TOLD else None
            of_another = _by_id(who)
            principal: object = of_another or who.principal
            key = (who.kind, who.arn, who.account, principal, who.invoked_by, assumed, known, *of)
        found = self.seats.get(key)
        if found is None:
            found = self._older.get(key) or self._made(_identity(who), source_of(host or ""), assumed)
            if found.party is not None and of_another:
                found.name = None
            if len(self.seats) >= _SEATS:
                # Whoever calls again and again takes a new seat when the old ones are let go.
                self._older, self.seats = self.seats, {}
            self.seats[key] = found
        return found

    def name(self, who: ReplayedIdentity, host: str | None) -> str:
        """What people call who made a call."""
        issuer = who.session.issuer if who.session is not None else None
        role = issuer.arn if issuer is not None and issuer.kind == "Role" and who.kind == "AssumedRole" else None
        found = self._names.get(role) if role else None
        if found is None:
            found = asker_of(_identity(who), source_of(host or "")).name
            if role:
                if len(self._names) >= _MOST_NAMES:
                    self._names.clear()
                self._names[role] = found
        return found

    def course(self, party: Party, host: str | None, name: str, kind: str | None) -> Course | None:
        """How a call is decided; `None` where the change cannot touch it."""
        key = host, name, kind
        if key not in party.courses:
            self._courses += 1
            if self._courses % _COURSES == 0:
                self._forget()
            beyond = BY_A_SERVICE if kind == _SERVICE_EVENT else ""
            source = source_of(host or "")
            if kind == _SIGN_IN_EVENT and source == _SIGN_IN:
                beyond = SIGNING_IN
            plan = self._judge.plan(party.asker, source, name, beyond=beyond)
            party.courses[key] = None if plan is None else self._planned(plan)
        return party.courses[key]

    def _planned(self, plan: Plan) -> Course:
        course = Course(plan)
        self.ask(course.glanced)
        return course

    def ask(self, fields: frozenset[str]) -> None:
        """Have more decoded from the next file on; whoever looks at one knows by the identity of what changed."""
        if not fields <= self.thin:
            self.thin |= fields

    def quiet(self, party: Party, course: Course, call: Replayed, who: ReplayedIdentity, time: str) -> bool:
        """Whether the change does nothing to a call, whether or not a role was handed over with it.

        Args: as of `ruling`.
        """
        plan = course.plan
        glance = course.glance(call, who, time)
        found = plan.quiet.get(glance)
        if found is None:
            marks = marks_of(bytes(call.parameters), plan.marks) if plan.marks else ()
            details = details_of((one for one in plan.needed if one != ROLE), call, who, time)
            found = self._judge.quiet(plan, party.asker, glance, marks, details)
        return found

    def ruling(self, party: Party, course: Course, call: Replayed, who: ReplayedIdentity, time: str) -> Ruling:
        """What the change does to a call.

        Args:
            party: Who made it.
            course: How its like is decided.
            call: The call.
            who: Its identity.
            time: When, as instants are compared here.
        """
        plan = course.plan
        like = course.like(call, who, time)
        found = plan.rulings.get(like)
        if found is None:
            marks = marks_of(bytes(call.parameters), plan.marks) if plan.marks else ()
            details = details_of(plan.needed, call, who, time)
            found = self._judge.ruling(plan, party.asker, like, marks, details)
        return found

    def _made(self, identity: Identity, source: str, assumed: bool | None) -> Seat:
        asker = asker_of(identity, source, assumed=assumed)
        account = asker.who.account
        if account:
            accounts = self.heard if self._judge.ground.paths.knows(account) else self.unknown
            if len(accounts) < _MOST_ACCOUNTS:
                accounts.add(account)
        if not self._judge.touches(asker):
            return self._left_alone(asker)
        made = Seat(asker, self._party(asker))
        if asker.assumed is None:
            made.either = self._made(identity, source, assumed=True), self._made(identity, source, assumed=False)
        return made

    def _household(self, arn: str) -> Household:
        return Household(self._judge.role_classes(asker_of(_role(arn))))

    def _of_class(self, arn: str) -> Seat:
        """The seat of a role, for all of its account whom no policy tells from it."""
        made = self._made(_role(arn), "", assumed=False)
        if made.party is not None:
            made.name = None
        return made

    def _left_alone(self, asker: Asker) -> Seat:
        """The seat of those of an account whom the change does not touch: nobody asks who they are."""
        found = self._untouched.get(asker.who.account)
        if found is None:
            if len(self._untouched) >= _SEATS:
                self._untouched.clear()
            found = self._untouched[asker.who.account] = Seat(asker, None)
        return found

    def _party(self, asker: Asker) -> Party:
        like = self._judge.likeness(asker)
        found = self._parties.get(like)
        if found is None:
            if len(self._parties) >= _SEATS:
                self._parties.clear()
                self._firsts.clear()
            found = self._parties[like] = Party(asker)
            resemblance = self._judge.resemblance(asker)
            if resemblance is not None:
                found.first = self._firsts.setdefault(resemblance, found)
        self.ask(_OF_PARTIES)
        return found

    def _forget(self) -> None:
        """Let go of everything that was decided."""
        for each in (self.seats, self._older, self._untouched, self._parties, self._firsts):
            each.clear()
        self.roles.forget()


def _role(arn: str) -> Identity:
    return Identity(kind="AssumedRole", issuer_kind="Role", issuer_arn=arn)


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
    )


def _by_id(who: ReplayedIdentity) -> int:
    """Of what a record of another account has no more than the unique id, and policies see none: a role, or a user."""
    plain = who.kind == "AWSAccount" and not who.arn and who.session is None
    return _UNIQUE_IDS.get((who.principal or "")[:4], 0) if plain else 0


def _kind(who: ReplayedIdentity) -> str:
    """`type` as AWS spells it for root; events of services often have no type, and name who did it."""
    kind = who.kind or ""
    if kind.lower() == "root":
        return "Root"
    return "AWSService" if not kind and not who.arn and who.invoked_by else kind

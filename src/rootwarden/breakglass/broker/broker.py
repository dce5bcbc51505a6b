"""The broker: one replayed state, one way to write.

Every wish goes the same way: drafted as an entry, checked without its signature so that nobody signs in vain, signed by
its person, checked whole, appended with a signed head in one transaction, and only then answered.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
from contextlib import contextmanager, suppress
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

import msgspec

from rootwarden.breakglass.broker.drafting import SIGNING_TAKES, Scene, draft, kept_under
from rootwarden.breakglass.core import entry as log
from rootwarden.breakglass.core.entry import Cosigner, from_bytes, to_bytes
from rootwarden.breakglass.core.founding import check_signer, signers_needed
from rootwarden.breakglass.core.refusal import Refused, require
from rootwarden.breakglass.core.releasing import checkout_of
from rootwarden.breakglass.core.settings import OPENING_LIVES
from rootwarden.breakglass.core.state import State
from rootwarden.breakglass.core.step import precheck, step
from rootwarden.errors import InputError, StoreError
from rootwarden.facts.instant import Instant
from rootwarden.transparency.head import head_is_signed, sign_head, to_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

    from rootwarden.breakglass.broker.keeping import Keeper
    from rootwarden.breakglass.broker.wishes import AnyWish
    from rootwarden.breakglass.core.authenticator import Authenticator
    from rootwarden.transparency.head import Head

T = TypeVar("T")
DRAFT_LIVES: Final = timedelta(minutes=2)
JOINT_DRAFT_LIVES: Final = timedelta(minutes=30)


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """An entry that waits for signatures.

    Attributes:
        id: Names it.
        person: Who wished for it.
        entry: As it stands, in canonical form.
        message: What is signed.
        expires: Until when.
        several: Whether several people sign.
        phrase: What only who filed a request is told, to read out to approvers.
        extra: What the entry names by its digest.
    """

    id: str
    person: str
    entry: bytes
    message: bytes
    expires: Instant
    several: bool = False
    phrase: str = ""
    extra: tuple[str, ...] = ()

    @property
    def challenge(self) -> bytes:
        """What a passkey is asked to sign."""
        return hashlib.sha256(self.message).digest()


class Written(NamedTuple):
    """What became of a signed draft.

    Attributes:
        entry: Its entry.
        position: Its place; none while others have to sign.
        extra: What the entry names by its digest.
    """

    entry: log.Entry
    position: int | None
    extra: tuple[str, ...] = ()


class Broker:
    """Writes for people, and never in their name.

    Args:
        keeper: Keeps the log.
        checkpoint: Signs heads; this object uses it for nothing else.
        now: The wall clock.
        host: Boot id and monotonic clock of the host.
        check_clock: Raises `Refused` (V5) while the wall clock is not trusted.
        random: Gives random bytes.
        signing: How long people are given to sign for a code, before the next step is asked for instead.

    Attributes:
        sealed: Why only `epoch-begun` is taken; nothing when all is.
        misplaced: Says why nothing may be released where this runs (P1); nothing when it may.
    """

    def __init__(
        self,
        keeper: Keeper,
        checkpoint: Ed25519PrivateKey,
        *,
        now: Callable[[], datetime],
        host: Callable[[], tuple[str, int]],
        check_clock: Callable[[], object] = lambda: None,
        random: Callable[[int], bytes] = secrets.token_bytes,
        signing: timedelta = SIGNING_TAKES,
    ) -> None:
        self.keeper, self._checkpoint, self._now, self._host, self.random = keeper, checkpoint, now, host, random
        self._check_clock, self.signing = check_clock, signing
        self._lock = threading.RLock()
        self._state = State()
        # Size and root of the longest log that was replayed here: no other one is gone on with.
        self._seen = (0, self._state.tree.root)
        self._has_looked = False
        self.sealed = ""
        self.misplaced: Callable[[], str] = lambda: ""
        self.state()

    def has_named_key(self) -> bool:
        """Whether heads are signed with the key the log names; two administrators may have named another one."""
        named = self.state().checkpoint_key
        return not named or _is_half_of(self._checkpoint, named)

    def sign_with(self, key: Ed25519PrivateKey) -> bool:
        """Sign heads from now on with this key, if it is the one the log names; whether it is."""
        with self._lock:
            is_named = _is_half_of(key, self.state().checkpoint_key)
            if is_named:
                self._checkpoint = key
            return is_named

    def state(self) -> State:
        """The replay of the whole log as it is now; only `step` changes it, so read it and let it be.

        Raises:
            Refused: An entry somebody else wrote is not allowed, or no head of this log is over it.
        """
        with self._lock:
            if not self._has_looked:
                self._look()
            return self._state

    def read(self, start: int = 0) -> Iterator[bytes]:
        """Entries from a place on, as they were replayed: a row that was changed since is named, and not believed.

        Raises:
            Refused: A row is not the entry that was replayed.
        """
        state = self.state()
        for place, content in enumerate(islice(self.keeper.read(start), max(0, state.size - start)), start):
            if not state.tree.holds(place, content):
                raise Refused("V1", f"entry {place} in the database is not the one that was replayed", hint=_COMPARE)
            yield content

    @property
    def replayed(self) -> State:
        """The replay as far as it went when somebody looked last: for what does not change any more."""
        return self._state

    def look(self, view: Callable[[State], T]) -> T:
        """What a view makes of the state, while nothing changes it.

        Raises:
            Refused: An entry somebody else wrote is not allowed, or the view refuses.
        """
        with self._lock:
            return view(self.state())

    def checkouts(self) -> bytes:
        """The published check-outs, signed, a line each (docs/checkouts.md)."""
        from rootwarden.breakglass.broker.checkouts import checkout_lines

        with self._lock:
            state, head = self.state(), self.keeper.newest_head()
            if head is None or head.size != state.size:
                return b""
            return b"".join(checkout_lines(state, self.read(), head, self._checkpoint.sign))

    def signed_export(self, body: bytes) -> bytes:
        """A sealed export with the signature of the log (docs/vault-format.md).

        Raises:
            CustodyError: It is no export.
        """
        from rootwarden.breakglass.custody.export import sign_export

        return sign_export(body, self._checkpoint)

    def now(self) -> datetime:
        """The trusted instant, never before the newest entry.

        Raises:
            Refused: The clock is not trusted (V5).
        """
        now = self._now()
        if now < self._state.newest_at:
            raise Refused("V5", "the clock is behind the newest entry of the log", hint="set it, then attest it")
        return now

    def prepare(self, person: str, wish: AnyWish) -> Draft:
        """Draft what somebody wishes for, and say what they have to sign.

        Raises:
            Refused: It would not be allowed, whoever signed it.
        """
        with self._one_look() as state:
            self._check_unsealed(wish)
            scene = Scene(state, person, self.now(), self.random, self._host(), self.signing)
            drafted = draft(wish, scene)
            entry = self._completed(drafted.entry)
            if isinstance(entry, _RELEASING):
                self.check_may_release()
            precheck(state, entry)
            several = isinstance(entry, log.JointEntry)
            made = Draft(
                id=self.random(16).hex(),
                person=person,
                entry=to_bytes(entry),
                message=state.message(entry),
                expires=scene.now + (JOINT_DRAFT_LIVES if several else DRAFT_LIVES),
                several=several,
                phrase=drafted.phrase,
                extra=drafted.extra,
            )
            self.keeper.put_draft(made.id, msgspec.json.encode(made), made.expires)
            return made

    def draft(self, name: str) -> Draft:
        """A draft that still waits.

        Raises:
            Refused: There is none, it has expired, or its row is not what was put there.
        """
        kept = self.keeper.draft(name, self.now())
        if kept is None:
            raise Refused("G4", "there is no such draft any more", hint="begin again")
        try:
            made = msgspec.json.decode(kept, type=Draft)
            message = self._state.message(from_bytes(made.entry))
        except (msgspec.MsgspecError, UnicodeError, RecursionError, InputError) as error:
            raise Refused("G4", "the draft cannot be read", hint=_CHANGED) from error
        # Rows can be changed: nobody signs one text while another entry lies beside it.
        if (made.id, made.message) != (name, message):
            raise Refused("G4", "what is to be signed is not the entry of the draft", hint=_CHANGED)
        return made

    def submit(self, person: str, name: str, authenticator: Authenticator) -> Written:
        """Take a signature; with the last one that is needed the entry is written.

        Args:
            person: Whose signature it is.
            name: Of the draft.
            authenticator: The signature.

        Raises:
            Refused: A step refused it; the draft is gone, so that a signature is tried once.
            LogMoved: Somebody else wrote meanwhile.
            StoreError: The database cannot.
        """
        with self._one_look() as state:
            made = self.draft(name)
            entry = msgspec.structs.replace(from_bytes(made.entry), at=self.now())
            if isinstance(entry, log.JointEntry):
                return self._cosigned(made, entry, person, authenticator)
            if made.person != person:
                raise Refused("G4", "there is no such draft any more", hint="begin again")
            if not isinstance(entry, log.SignedEntry):
                raise Refused("G5", "nobody signs this")
            signed = msgspec.structs.replace(entry, authenticator=authenticator)
            position = state.size
            if isinstance(signed, log.ShareGiven):
                # Kept until the vault has it: sealed to the one-time key of its opening.
                until = signed.at + OPENING_LIVES
                self.keeper.put_draft(kept_under(signed.opening, person), msgspec.json.encode(made.extra), until)
            self._write_draft(signed, name)
            return Written(entry=signed, position=position, extra=made.extra)

    def say(self, entry: log.Entry) -> int:
        """Write an entry that needs no signature.

        Returns:
            Its place.

        Raises:
            Refused: A step refused it, or it needs one.
        """
        with self._one_look() as state:
            position = state.size
            self.write(entry)
            return position

    def check_may_release(self) -> None:
        """Whether anything may leave: not while sealed, nor where the broker may not run.

        Raises:
            Refused: It may not (E1, P1).
        """
        if self.sealed:
            raise Refused("E1", f"the broker is sealed: {self.sealed}", hint=_HOW_ON)
        if misplaced := self.misplaced():
            raise Refused("P1", f"nothing is released here: {misplaced}", hint=_ELSEWHERE)

    def write(self, *entries: log.Entry, draft: str = "", beside: Callable[[Any], object] | None = None) -> Head:
        """Append entries, all or none, with the head over them.

        What is released is published in the same transaction (docs/checkouts.md).

        Args:
            entries: In order.
            draft: One that is burnt with them.
            beside: Changes rows beside the log in the same transaction.

        Raises:
            Refused: A step refused one.
            LogMoved: Somebody else wrote meanwhile.
            StoreError: The database cannot.
        """
        with self._one_look() as state:
            before, written = state.size, list[bytes]()
            self._check_taken(entries)
            if not all(isinstance(entry, _WITH_ANY_CLOCK) for entry in entries):
                self._check_clock()
            try:
                for entry in entries:
                    written.extend(_stepped(state, entry))
                head = sign_head(self._checkpoint, size=state.size, root=state.tree.root, at=state.newest_at)
                self.keeper.append(before, written, head, draft=draft, beside=beside)
                self._seen = (state.size, state.tree.root)
            except BaseException:
                # The state may be ahead of what is kept: only the log says what is so.
                if self._state.size != before:
                    self._state, self._has_looked = State(), False
                raise
            return head

    @contextmanager
    def _one_look(self) -> Iterator[State]:
        """The lock, with one look at the log for all that is done inside.

        Who writes meanwhile is found by `append`, which then writes nothing.
        """
        with self._lock:
            is_first = not self._has_looked
            if is_first:
                self._look()
            self._has_looked = True
            try:
                yield self._state
            finally:
                if is_first:
                    self._has_looked = False

    def _look(self) -> None:
        size = self.keeper.size()
        if size < self._state.size:
            raise Refused("V1", "the log is shorter than it was", hint=_COMPARE)
        if size > self._state.size:
            self._replay_on(size)

    def _replay_on(self, size: int) -> None:
        """Take in what was written since; rows alone are nothing, a head that this log signed has to be over them."""
        try:
            head = self._newest_over(size)
            for content in islice(self.keeper.read(self._state.size), head.size - self._state.size):
                step(self._state, from_bytes(content))
            self._check_leads_to(head)
        except BaseException:
            self._state = State()
            raise
        self._seen = (self._state.size, self._state.tree.root)

    def _newest_over(self, size: int) -> Head:
        head = self.keeper.newest_head()
        if head is None or head.size < size:
            raise Refused("V2", f"no head is over the {size} entries there are", hint=_COMPARE)
        return head

    def _check_leads_to(self, head: Head) -> None:
        tree = self._state.tree
        require((tree.size, to_text(tree.root)) == (head.size, head.root), "V2", _NO_WAY, hint=_COMPARE)
        require(head_is_signed(head, self._head_keys()), "V2", "the newest head is not signed here", hint=_COMPARE)
        require(tree.root_at(self._seen[0]) == self._seen[1], "V1", "the log is not the one it was", hint=_COMPARE)

    def _head_keys(self) -> tuple[Ed25519PublicKey, ...]:
        """Keys the newest head may be signed with: this broker's, and around a change of keys the other of the two."""
        own, state = self._checkpoint.public_key(), self._state
        named = [_public(one) for one in (*state.former_checkpoint_keys[-1:], state.checkpoint_key)]
        is_of_log = own.public_bytes_raw() in [one.public_bytes_raw() for one in named]
        return (own, *named) if is_of_log else (own,)

    def _write_draft(self, entry: log.Entry, draft: str) -> None:
        """Write what was signed; its draft is gone, also when it was refused, so that a signature is tried once."""
        try:
            self.write(entry, draft=draft)
        except BaseException:
            with suppress(StoreError):
                self.keeper.burn_draft(draft)
            raise

    def _cosigned(self, made: Draft, entry: log.JointEntry, person: str, authenticator: Authenticator) -> Written:
        state = self.state()
        cosigner = Cosigner(person=person, authenticator=authenticator)
        check_signer(state, entry, cosigner)
        others = tuple(one for one in entry.signers if one.person != person)
        signed = msgspec.structs.replace(entry, signers=(*others, cosigner))
        if len(signed.signers) < signers_needed(signed):
            waiting = msgspec.structs.replace(made, entry=to_bytes(signed))
            self.keeper.put_draft(made.id, msgspec.json.encode(waiting), made.expires)
            return Written(entry=signed, position=None)
        position = state.size
        self._write_draft(signed, made.id)
        return Written(entry=signed, position=position, extra=made.extra)

    def _completed(self, entry: log.AnyEntry) -> log.AnyEntry:
        """The founding entry names the key that signs heads."""
        if not isinstance(entry, log.LogBegun):
            return entry
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        public = self._checkpoint.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        return msgspec.structs.replace(entry, checkpoint_key=public.decode())

    def _check_taken(self, entries: Sequence[log.Entry]) -> None:
        """Sealed, it takes one kind of entry; in the wrong place, none that lets something leave."""
        if self.sealed and not all(isinstance(entry, log.EpochBegun) for entry in entries):
            raise Refused("E1", f"the broker is sealed: {self.sealed}", hint=_HOW_ON)
        if any(isinstance(entry, _RELEASING) for entry in entries):
            self.check_may_release()

    def _check_unsealed(self, wish: AnyWish) -> None:
        from rootwarden.breakglass.broker.wishes import BeginEpoch

        if self.sealed and not isinstance(wish, BeginEpoch):
            raise Refused("E1", f"the broker is sealed: {self.sealed}", hint=_HOW_ON)


# What is written to come to a trusted clock, or says nothing that time decides.
# Who cannot sign in cannot attest the clock.
_WITH_ANY_CLOCK: Final = (
    log.LogBegun,
    log.EpochBegun,
    log.ClockAttested,
    log.SinkChanged,
    log.AttemptRefused,
    log.SignedIn,
)


# What a visit is reconciled with; its check-out says when the first of them was.
_RELEASES: Final = (log.CodeReleased, log.PasswordReleased, log.TaskSessionReleased)


def _stepped(state: State, entry: log.Entry) -> Iterator[bytes]:
    """Make an entry, and what is published because of it, part of the state."""
    step(state, entry)
    yield to_bytes(entry)
    if isinstance(entry, _RELEASES):
        yield from _stepped(state, checkout_of(state, state.lease(entry.lease), entry.at))


def _is_half_of(key: Ed25519PrivateKey, pem: str) -> bool:
    return key.public_key().public_bytes_raw() == _public(pem).public_bytes_raw()


def _public(pem: str) -> Ed25519PublicKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    key = load_pem_public_key(pem.encode())
    if not isinstance(key, Ed25519PublicKey):
        raise Refused("V2", "the checkpoint key of the log is no Ed25519 key")
    return key


_COMPARE: Final = "compare it with heads kept elsewhere; `rootwarden breakglass audit verify` names the first bad entry"
_NO_WAY: Final = "the entries do not lead to the newest head"
_CHANGED: Final = "begin again; if it was not an epoch that began meanwhile, somebody writes in the database"
# What opens a root user, or lets something leave.
_RELEASING: Final = (
    log.LeaseOpened,
    log.CodeReleased,
    log.PasswordReleased,
    log.TaskSessionReleased,
    log.ExportReleased,
    log.EnrolmentServed,
)
_ELSEWHERE: Final = "run it elsewhere, or two administrators waive the finding; `rootwarden breakglass placement check`"
_HOW_ON: Final = "two administrators and a custodian begin an epoch"

"""Verify a log: replay it, hold it against its own heads and against heads kept elsewhere, and name what is wrong.

Pure: it takes entries, heads and keys from wherever they were read (docs/break-glass-audit.md). What it could not look
at it says, and then nothing is called intact.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key, load_pem_public_key

from rootwarden.breakglass.core import strict_base64
from rootwarden.breakglass.core.entry import from_bytes
from rootwarden.breakglass.core.refusal import Refused
from rootwarden.breakglass.core.state import State
from rootwarden.breakglass.core.step import step
from rootwarden.breakglass.store.trouble import DamagedError
from rootwarden.breakglass.store.verdict import BadEntry, Outcome, Sort, Trouble, Verdict
from rootwarden.errors import InputError
from rootwarden.transparency.growing import GrowingTree
from rootwarden.transparency.head import head_is_signed, is_cosigned, to_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from rootwarden.transparency.head import Cosignature, Head

MOST_TROUBLES: Final = 1000


class _Claim(NamedTuple):
    """Somebody whose signature holds says that the log once had this root."""

    where: str
    size: int
    root: str


def verify(
    entries: Iterable[bytes],
    heads: Iterable[Head],
    *,
    checkpoint_keys: Iterable[Ed25519PublicKey] = (),
    other_heads: Iterable[Head] = (),
    cosignatures: Iterable[Cosignature] = (),
    witness_keys: Mapping[str, Ed25519PublicKey] | None = None,
) -> Verdict:
    """Do every check of a log that can be done with what is given.

    Args:
        entries: All entries, in order.
        heads: The log's own heads.
        checkpoint_keys: The public checkpoint key, from somewhere else than the log.
        other_heads: Heads that were kept elsewhere: by approvers, by sinks.
        cosignatures: Statements of witnesses, taken from them.
        witness_keys: Keys of witnesses by name, from somewhere else than the log; else those the log names.

    Raises:
        StoreError: The entries, or heads, cannot be read now, which says nothing about them.
        InputError: The same, of files.
    """
    return _Verification(checkpoint_keys, witness_keys or {}).run(entries, heads, other_heads, cosignatures)


class _Verification:
    """One run; what was found so far."""

    def __init__(self, keys: Iterable[Ed25519PublicKey], witness_keys: Mapping[str, Ed25519PublicKey]) -> None:
        self.keys = tuple(keys)
        self.witness_keys = dict(witness_keys)
        self.state = State()
        self.tree = GrowingTree()
        self.refused: BadEntry | None = None
        self.whole = True
        self.troubles: list[Trouble] = []
        self.unchecked: list[str] = []

    def run(
        self,
        entries: Iterable[bytes],
        heads: Iterable[Head],
        other_heads: Iterable[Head],
        cosignatures: Iterable[Cosignature],
    ) -> Verdict:
        self._replay(entries)
        self._choose_keys()
        own = [*self._signed(heads, _OWN)]
        outside = [*self._signed(other_heads, _ELSEWHERE), *self._cosigned(cosignatures)]
        self._compare(own, outside)
        covered, witnessed = self._reach(own), self._reach(outside)
        bad = self._first_bad([*own, *outside], covered if own else None)
        self._name_unchecked(own, witnessed)
        broken = bad is not None or bool(self.troubles)
        return Verdict(
            outcome=Outcome.BROKEN if broken else Outcome.UNKNOWN if self.unchecked else Outcome.INTACT,
            log=self.state.log,
            size=self.tree.size,
            root=to_text(self.tree.root),
            covered=covered,
            witnessed=witnessed,
            bad=bad,
            troubles=tuple(sorted(self.troubles, key=lambda one: one.size)),
            unchecked=tuple(dict.fromkeys(self.unchecked)),
        )

    def _replay(self, entries: Iterable[bytes]) -> None:
        """Every check of every entry; after a refusal entries are only hashed, so that heads still say where."""
        try:
            for content in entries:
                if self.refused is None:
                    self._step(content)
                self.tree.append(content)
        except DamagedError as error:
            self.whole = False
            self.refused = self.refused or _bad_at(self.tree.size, "G3", error.message)
        if self.refused is not None:
            self.unchecked.append(f"entries after {self.refused.first} were not replayed")

    def _step(self, content: bytes) -> None:
        here = self.tree.size
        try:
            step(self.state, from_bytes(content))
        except Refused as error:
            self.refused = _bad_at(here, error.step, error.message)
        except InputError as error:
            self.refused = _bad_at(here, "G3", error.message)

    def _choose_keys(self) -> None:
        named = _checkpoint_key(self.state)
        if not self.keys:
            self.keys = (named,) if named else ()
            self.unchecked.append(_OWN_KEY)
        elif named is not None and named not in self.keys and self.refused is None:
            self.refused = _bad_at(
                0, "G1", "the log names another checkpoint key than the one it should be signed with"
            )

    def _signed(self, heads: Iterable[Head], where: str) -> Iterator[_Claim]:
        """Heads whose signature holds; the others are told."""
        try:
            for head in heads:
                if self.keys and head_is_signed(head, self.keys):
                    yield _Claim(where, head.size, head.root)
                else:
                    self._tell(Sort.NOT_SIGNED, where, head.size, "it is not signed with the checkpoint key")
        except DamagedError as error:
            self._tell(Sort.UNREADABLE, where, error.index, error.message)

    def _cosigned(self, cosignatures: Iterable[Cosignature]) -> Iterator[_Claim]:
        named = {witness.name: witness.key for witness in self.state.settings.witnesses}
        try:
            for one in cosignatures:
                where = f"witness:{one.witness}"
                key = self.witness_keys.get(one.witness) or _witness_key(named.get(one.witness, ""))
                if key is None:
                    self.unchecked.append(f"there is no key to verify `{one.witness}` with")
                elif not is_cosigned(one, key):
                    self._tell(Sort.NOT_SIGNED, where, one.size, "it is not signed by the witness")
                elif one.log != self.state.log:
                    self._tell(Sort.OTHER_LOG, where, one.size, f"it is about the log `{one.log}`")
                else:
                    yield _Claim(where, one.size, one.root)
        except DamagedError as error:
            self._tell(Sort.UNREADABLE, "witness:?", error.index, error.message)

    def _compare(self, own: list[_Claim], outside: list[_Claim]) -> None:
        """Which claims the entries do not hold up to, and whether the log tells two stories."""
        agreed = self._reach(own)
        roots: dict[int, str] = {}
        for claim in (*own, *outside):
            forked = roots.setdefault(claim.size, claim.root) != claim.root
            if forked or (claim.size <= agreed and not self._holds(claim)):
                self._tell(Sort.FORK, claim.where, claim.size, _FORKED)
            elif claim.size > self.tree.size and self.whole:
                why = f"there are {self.tree.size} entries, and once there were {claim.size}"
                self._tell(Sort.TRUNCATED, claim.where, claim.size, why)
            elif claim.size <= self.tree.size and not self._holds(claim):
                self._tell(Sort.DIFFERS, claim.where, claim.size, "the entries do not lead to its root")

    def _first_bad(self, claims: list[_Claim], covered: int | None) -> BadEntry | None:
        """The first entry that is refused, that a signed head does not lead to, or that no head covers."""
        size = self.tree.size
        failed = [claim.size for claim in claims if claim.size <= size and not self._holds(claim)]
        missing = [claim.size for claim in claims if claim.size > size]
        by_head = None
        if failed:
            since = max((one.size for one in claims if one.size < min(failed) and self._holds(one)), default=0)
            by_head = BadEntry(first=since, last=max(since, min(failed) - 1), step="head", why=_NOT_LED_TO)
        elif covered is not None and covered < size:
            by_head = BadEntry(first=covered, last=size - 1, step="head", why="no head is over it")
        elif missing and self.whole:
            by_head = BadEntry(first=size, last=max(missing) - 1, step="head", why="it is missing: the log was cut off")
        return _earlier(self.refused, by_head)

    def _name_unchecked(self, own: list[_Claim], witnessed: int) -> None:
        if not own:
            self.unchecked.append("no head of the log was given: nothing shows that its entries are what was written")
        if not witnessed:
            self.unchecked.append("no head kept elsewhere was given: whoever has the checkpoint key can write it anew")
        elif witnessed < self.tree.size:
            self.unchecked.append(f"entries from {witnessed} on are under no head kept elsewhere")

    def _reach(self, claims: list[_Claim]) -> int:
        return max((claim.size for claim in claims if self._holds(claim)), default=0)

    def _holds(self, claim: _Claim) -> bool:
        root = self.tree.root_at(claim.size)
        return root is not None and to_text(root) == claim.root

    def _tell(self, sort: Sort, where: str, size: int, why: str) -> None:
        if len(self.troubles) < MOST_TROUBLES:
            self.troubles.append(Trouble(sort=sort, where=where, size=size, why=why))
        else:
            self.unchecked.append(f"only the first {MOST_TROUBLES} troubles are told")


def _bad_at(index: int, step_id: str, why: str) -> BadEntry:
    return BadEntry(first=index, last=index, step=step_id, why=why)


def _earlier(refused: BadEntry | None, by_head: BadEntry | None) -> BadEntry | None:
    """What a step refuses may follow from an edit before it, under the same head."""
    if refused is None or by_head is None:
        return refused or by_head
    if refused.first <= by_head.first:
        return refused
    if refused.first > by_head.last:
        return by_head
    return BadEntry(first=by_head.first, last=refused.first, step=refused.step, why=refused.why)


def _checkpoint_key(state: State) -> Ed25519PublicKey | None:
    """The key the log names; `step` saw that it is one."""
    key = load_pem_public_key(state.checkpoint_key.encode()) if state.checkpoint_key else None
    return key if isinstance(key, Ed25519PublicKey) else None


def _witness_key(text: str) -> Ed25519PublicKey | None:
    spki = strict_base64.decode(text)
    try:
        key = load_der_public_key(spki) if spki else None
    except (ValueError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, Ed25519PublicKey) else None


_OWN: Final = "log"
_ELSEWHERE: Final = "elsewhere"
_OWN_KEY: Final = "no checkpoint key was given: heads were checked with the key the log itself names"
_FORKED: Final = "it was signed over other entries: the log has two histories"
_NOT_LED_TO: Final = "a signed head does not lead to it"

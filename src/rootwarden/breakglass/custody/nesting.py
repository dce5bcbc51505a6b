"""The epoch key for m of n custodians, in age files nested in age files: one nesting for each order of acting.

No secret sharing arithmetic: each layer is an authenticated age file, so a damaged one is noticed where it is. The
sizes stay small for up to seven custodians, which is why there may be no more (docs/vault-format.md).
"""

from __future__ import annotations

import hmac
from itertools import permutations
from math import perm
from typing import TYPE_CHECKING, Annotated, Final, Literal

import msgspec
from msgspec import Meta

from rootwarden.breakglass.custody import age, spelling
from rootwarden.breakglass.custody.sealed import Count, Name
from rootwarden.breakglass.custody.spelling import Digest
from rootwarden.breakglass.custody.troubles import CustodyError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rootwarden.breakglass.custody.keys import Key

MOST_CUSTODIANS: Final = 7
LEAST_THRESHOLD: Final = 2
MOST_NESTINGS: Final = 840
MOST_VAULT_KEYS: Final = 4
ENVELOPE_LIMIT: Final = 4 * 1024 * 1024

Order = tuple[int, ...]
Recipient = Annotated[str, Meta(min_length=10, max_length=200, pattern=r"^age1[a-z0-9]+\Z")]


class Custodian(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One who keeps a part of the way in.

    Attributes:
        name: Their id in the log.
        recipient: Their age X25519 recipient.
    """

    name: Name
    recipient: Recipient


class Layer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a layer must be once the layers around it are gone.

    Attributes:
        order: Who is still around the key, outermost first, as places among the custodians.
        digest: SHA-256 of the layer's bytes.
    """

    order: Order
    digest: Digest


class Nesting(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole nesting for one order of acting.

    Attributes:
        order: Who acts, first one first.
        sealed: A binary age file.
    """

    order: Order
    sealed: bytes


class Envelope(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An epoch key in its nestings, as docs/vault-format.md has it."""

    schema: Literal["rootwarden.envelope/1"]
    group: Name
    epoch: Count
    threshold: int
    custodians: list[Custodian]
    vault: list[Recipient]
    check: bytes
    layers: list[Layer]
    nestings: list[Nesting]
    # HMAC-SHA256 over the envelope with nothing here, by a key of the vault that made it (`made_by`).
    maker: bytes = b""

    def place(self, custodian: str) -> int | None:
        """Where a custodian stands among them; `None` when they are none."""
        return next((at for at, each in enumerate(self.custodians) if each.name == custodian), None)


def nest(
    epoch_key: Key,
    custodians: Sequence[Custodian],
    threshold: int,
    vault: Sequence[str],
    *,
    group: str,
    epoch: int,
    maker: Key | None = None,
) -> bytes:
    """Put an epoch key into an envelope.

    Args:
        epoch_key: The key.
        custodians: Who may act: 2 to 7.
        threshold: How many of them must, at least 2.
        vault: The vault's own recipients; the innermost layer is for any one of them.
        group: Whose key it is.
        epoch: Of which epoch.
        maker: A key of the vault by which it knows its own envelopes again.

    Returns:
        The envelope's bytes.

    Raises:
        CustodyError: The numbers are out of bounds, or two custodians have a name or a key in common.
    """
    check_custodians(custodians, threshold)
    check_vault_keys(vault, custodians)
    made: dict[Order, bytes] = {(): age.encrypt(epoch_key, vault)}
    for length in range(1, threshold + 1):
        for order in permutations(range(len(custodians)), length):
            made[order] = age.encrypt_public(made[order[1:]], [custodians[order[0]].recipient])
    envelope = Envelope(
        schema="rootwarden.envelope/1",
        group=group,
        epoch=epoch,
        threshold=threshold,
        custodians=list(custodians),
        vault=list(vault),
        check=check_value(epoch_key, group=group, epoch=epoch),
        layers=[Layer(order=order, digest=spelling.digest(layer)) for order, layer in made.items()],
        nestings=[Nesting(order=order, sealed=made[order]) for order in made if len(order) == threshold],
    )
    return spelling.spell(msgspec.structs.replace(envelope, maker=_mark(envelope, maker) if maker else b""))


def made_by(envelope: Envelope, maker: Key) -> bool:
    """Whether the vault with this key made an envelope.

    Anybody can encrypt to custodians and to the vault: an envelope that opens, with a key somebody else chose, would
    let them read whatever is sealed below it later.
    """
    return hmac.compare_digest(envelope.maker, _mark(envelope, maker))


def _mark(envelope: Envelope, maker: Key) -> bytes:
    unmarked = spelling.spell(msgspec.structs.replace(envelope, maker=b""))
    return hmac.new(maker.content, unmarked, "sha256").digest()


def read_envelope(content: bytes) -> Envelope:
    """Read an envelope and check that it is whole: every layer named, every nesting there and as named.

    Raises:
        CustodyError: It is not.
    """
    envelope = spelling.read(content, Envelope, name="envelope", limit=ENVELOPE_LIMIT)
    check_custodians(envelope.custodians, envelope.threshold)
    check_vault_keys(envelope.vault, envelope.custodians)
    people = range(len(envelope.custodians))
    expected = [order for length in range(envelope.threshold + 1) for order in permutations(people, length)]
    if [layer.order for layer in envelope.layers] != expected:
        raise CustodyError(f"the envelope of group `{envelope.group}` does not name every layer once")
    digests = {layer.order: layer.digest for layer in envelope.layers}
    orders = [order for order in expected if len(order) == envelope.threshold]
    if [nesting.order for nesting in envelope.nestings] != orders:
        raise CustodyError(f"the envelope of group `{envelope.group}` does not hold every nesting once")
    for nesting in envelope.nestings:
        if spelling.digest(nesting.sealed) != digests[nesting.order]:
            names = _names(envelope, nesting.order)
            raise CustodyError(f"the envelope of group `{envelope.group}` is damaged in the nesting of {names}")
    return envelope


def peel(layers: Iterable[bytes], identity: age.Identity, to: str) -> list[bytes]:
    """What a custodian does: take their layer off, and encrypt the rest to the opening's key.

    Args:
        layers: What the opening asks them for.
        identity: Their own key.
        to: The opening's recipient, whose fingerprint they compared.

    Returns:
        One age file for each layer, in the same order.

    Raises:
        CustodyError: A layer is not theirs, or was changed.
    """
    return list(_peeled(layers, identity, to))


def _peeled(layers: Iterable[bytes], identity: age.Identity, to: str) -> Iterator[bytes]:
    for number, layer in enumerate(layers, start=1):
        with identity.decrypt(layer, f"layer {number}") as inner:
            yield age.encrypt(inner, [to])


def check_value(epoch_key: Key, *, group: str, epoch: int) -> bytes:
    """What an epoch key is recognised by; says nothing about it."""
    with epoch_key.derive({"epoch": epoch, "group": group, "use": "check"}, "check of the epoch key") as derived:
        return bytes(derived.content)


def check_custodians(custodians: Sequence[Custodian], threshold: int) -> None:
    """Whether so many of these people can keep a key.

    Raises:
        CustodyError: Too few, too many, or two of them are one.
    """
    number = len(custodians)
    if not LEAST_THRESHOLD <= threshold <= number <= MOST_CUSTODIANS:
        raise CustodyError(
            f"{threshold} of {number} custodians is not possible",
            hint=f"at least {LEAST_THRESHOLD} must act, and there are at most {MOST_CUSTODIANS}",
        )
    if perm(number, threshold) > MOST_NESTINGS:
        raise CustodyError(
            f"{threshold} of {number} custodians takes {perm(number, threshold)} nestings; {MOST_NESTINGS} is the most",
            hint="a lower threshold or fewer custodians",
        )
    if len({each.name for each in custodians}) < number or len({each.recipient for each in custodians}) < number:
        raise CustodyError("two custodians have the same name or the same key")
    for each in custodians:
        age.check_recipient(each.recipient)


def check_vault_keys(vault: Sequence[str], custodians: Sequence[Custodian]) -> None:
    """Whether these can be the vault's own recipients.

    Raises:
        CustodyError: None, too many, twice the same, or a custodian's.
    """
    if not 1 <= len(vault) <= MOST_VAULT_KEYS or len(set(vault)) < len(vault):
        raise CustodyError(f"the vault has 1 to {MOST_VAULT_KEYS} different keys of its own, not {len(vault)}")
    for each in vault:
        age.check_recipient(each)
    if not {each.recipient for each in custodians}.isdisjoint(vault):
        raise CustodyError("a custodian has the vault's own key", hint="every custodian makes a key with `age-keygen`")


def _names(envelope: Envelope, order: Order) -> str:
    return ", ".join(f"`{envelope.custodians[at].name}`" for at in order)

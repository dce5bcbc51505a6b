"""Custodians for tests: visible fakes with real keys."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING, NamedTuple

from rootwarden.breakglass.custody.age import Identity
from rootwarden.breakglass.custody.keys import Key
from rootwarden.breakglass.custody.nesting import Custodian, nest, peel, read_envelope
from rootwarden.breakglass.custody.opening import Opening

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

NAMES = ("ada", "ben", "cleo", "dora", "emil", "fay", "gus")
KEYS = {name: Identity.fresh() for name in NAMES}
ACCOUNT, OTHER = "000011112222", "000033334444"
CANARY = b"JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXPCANARYCANARYCANARYCANARYCANARYAB"
URI = f"otpauth://totp/root@{ACCOUNT}?secret={CANARY.decode()}"


def custodians(number: int) -> list[Custodian]:
    return [Custodian(name=name, recipient=KEYS[name].recipient) for name in NAMES[:number]]


class Sealed(NamedTuple):
    """An epoch key in its envelope, and the vault's key that opens the innermost layer."""

    content: bytes
    key: bytes
    vault: Identity

    def opening(self) -> Opening:
        return Opening(read_envelope(self.content))


def enveloped(threshold: int, number: int) -> Sealed:
    vault = Identity.fresh()
    with Key.fresh("epoch key") as key:
        content = nest(key, custodians(number), threshold, [vault.recipient], group="g", epoch=1)
        return Sealed(content, bytes(key.content), vault)


def give(opening: Opening, name: str, ephemeral: Identity) -> Opening:
    return opening.take(name, peel(opening.for_custodian(name), KEYS[name], ephemeral.recipient), ephemeral)


def give_all(opening: Opening, names: Sequence[str], ephemeral: Identity) -> Opening:
    for name in names:
        opening = give(opening, name, ephemeral)
    return opening


def orders(number: int, length: int) -> Iterator[tuple[str, ...]]:
    return permutations(NAMES[:number], length)

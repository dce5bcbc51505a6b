"""Who gave their share of an opening, who may be next, and what has come of it: bookkeeping without keys of its own.

An `Opening` does not change; taking a share makes the next one. So a refused share leaves everything as it was.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

import msgspec

from rootwarden.breakglass.custody import spelling
from rootwarden.breakglass.custody.keys import Key
from rootwarden.breakglass.custody.nesting import check_value
from rootwarden.breakglass.custody.troubles import CustodyError, ShareError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rootwarden.breakglass.custody.age import Identity
    from rootwarden.breakglass.custody.nesting import Envelope, Order


class Opening:
    """An envelope on its way to be opened.

    Args:
        envelope: The envelope, read and checked.
        gave: Places of those who gave, first one first.
        layers: What is left of each nesting that begins with them, by the places still wrapped around the key; at the
            start the nestings themselves.
    """

    def __init__(self, envelope: Envelope, gave: Order = (), layers: dict[Order, bytes] | None = None) -> None:
        self.envelope = envelope
        self._gave = gave
        self._layers = {each.order: each.sealed for each in envelope.nestings} if layers is None else layers
        self._digests = {layer.order: layer.digest for layer in envelope.layers}

    @property
    def gave(self) -> list[str]:
        """Who gave, first one first."""
        return [self.envelope.custodians[at].name for at in self._gave]

    @property
    def waits_for(self) -> list[str]:
        """Who could give now; nobody when enough did."""
        if self.missing == 0:
            return []
        return [each.name for at, each in enumerate(self.envelope.custodians) if at not in self._gave]

    @property
    def missing(self) -> int:
        """How many must still give."""
        return self.envelope.threshold - len(self._gave)

    def for_custodian(self, name: str) -> list[bytes]:
        """The layers a custodian takes off, in the order in which the results must come back.

        Raises:
            ShareError: They are no custodian, gave already, or enough did.
        """
        return [self._layers[order] for order in self._orders_of(name)]

    def take(self, name: str, results: Sequence[bytes], ephemeral: Identity) -> Opening:
        """Take what a custodian gave.

        Args:
            name: Who.
            results: One age file for each layer of `for_custodian`, in its order.
            ephemeral: The opening's own key.

        Returns:
            The opening with it.

        Raises:
            ShareError: It is not their turn, or what they gave is not what the envelope promised.
        """
        orders = self._orders_of(name)
        if len(results) != len(orders):
            raise ShareError(
                name,
                f"has {len(results)} parts, not {len(orders)}",
                hint="somebody else may have given meanwhile: fetch the layers again",
            )
        layers: dict[Order, bytes] = {}
        for order, result in zip(orders, results, strict=True):
            layers[order[1:]] = self._verified(name, order[1:], result, ephemeral)
        return Opening(self.envelope, (*self._gave, orders[0][0]), layers)

    def key(self, vault: Identity) -> Key:
        """The epoch key, when enough custodians gave.

        Args:
            vault: The vault's own key.

        Raises:
            CustodyError: Too few gave, the vault has another key, or the envelope holds another key than it says.
        """
        group, epoch = self.envelope.group, self.envelope.epoch
        if self.missing:
            raise CustodyError(f"the epoch key of group `{group}` still waits for {self.missing} custodians")
        with vault.decrypt(self._layers[()], f"epoch key of group `{group}`") as opened:
            key = Key(bytearray(opened.content), f"epoch key of group `{group}`, epoch {epoch}")
        if not hmac.compare_digest(check_value(key, group=group, epoch=epoch), self.envelope.check):
            key.wipe()
            raise CustodyError(f"the envelope of group `{group}` holds another key than that of epoch {epoch}")
        return key

    def _orders_of(self, name: str) -> list[Order]:
        place = self.envelope.place(name)
        if place is None:
            raise ShareError(name, f"is not wanted: they are no custodian of group `{self.envelope.group}`")
        if place in self._gave:
            raise ShareError(name, "is there already")
        if self.missing == 0:
            raise ShareError(name, "is not needed any more: enough custodians gave")
        return sorted(order for order in self._layers if order[0] == place)

    def _verified(self, name: str, order: Order, result: bytes, ephemeral: Identity) -> bytes:
        try:
            with ephemeral.decrypt(result, "share") as opened:
                inner = bytes(opened.content)
        except CustodyError:
            raise ShareError(
                name,
                "is not for this opening: it was changed, or encrypted to the key of another one",
                hint="compare the fingerprint, and encrypt to the recipient this opening shows",
            ) from None
        if spelling.digest(inner) != self._digests[order]:
            raise ShareError(
                name,
                "does not hold the layer the envelope names",
                hint="fetch the layers again and take the outermost layer off, nothing more",
            )
        return inner


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """What everybody may know of an opening.

    Attributes:
        gave: Who gave, first one first.
        waits_for: Who could give now.
        missing: How many must still give.
    """

    gave: list[str]
    waits_for: list[str]
    missing: int


def progress(opening: Opening) -> Progress:
    """How far an opening is."""
    return Progress(gave=opening.gave, waits_for=opening.waits_for, missing=opening.missing)


def share_digest(results: Sequence[bytes]) -> str:
    """What the log holds of a share: SHA-256 over the digests of its parts, one line each."""
    return spelling.digest("\n".join(spelling.digest(each) for each in results).encode())

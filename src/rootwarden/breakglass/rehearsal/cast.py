"""The cast: two administrators, two requesters, three approvers, three custodians and an auditor, who sign."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final, TypeVar

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from rootwarden.breakglass.core import strict_base64
from rootwarden.breakglass.core.assertion import Assertion
from rootwarden.breakglass.core.authenticator import Signature
from rootwarden.breakglass.core.entry import Cosigner
from rootwarden.breakglass.core.people import Person, Role
from rootwarden.breakglass.core.public_key import PublicKey, key_id

if TYPE_CHECKING:
    from rootwarden.breakglass.core.authenticator import Authenticator
    from rootwarden.breakglass.core.entry import JointEntry, SignedEntry
    from rootwarden.breakglass.core.state import State
    from rootwarden.simulator.passkey import Passkey

S = TypeVar("S", bound="SignedEntry")
J = TypeVar("J", bound="JointEntry")

UNSIGNED: Final = Signature(key="", signature="")


class Player:
    """Somebody with a key.

    Args:
        person: Who they are.
        passkey: Their passkey; without one they sign with an Ed25519 key made from their name.
    """

    def __init__(self, person: Person, passkey: Passkey | None = None) -> None:
        self.person, self.passkey = person, passkey
        self._hardware = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(person.id.encode()).digest())

    @property
    def id(self) -> str:
        """Their name in the log."""
        return self.person.id

    @property
    def key(self) -> PublicKey:
        """The public half of their key."""
        if self.passkey is None:
            spki = self._hardware.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
            return PublicKey(id=key_id(spki), kind="ed25519", algorithm="EdDSA", key=strict_base64.encode(spki))
        return PublicKey(
            id=key_id(self.passkey.spki),
            kind="passkey",
            algorithm="EdDSA" if isinstance(self.passkey.key, Ed25519PrivateKey) else "ES256",
            key=strict_base64.encode(self.passkey.spki),
            credential_id=strict_base64.encode_url(self.passkey.credential_id),
            rp_id=self.passkey.rp_id,
            origins=(self.passkey.origin,),
            device_bound=True,
        )

    def answer(self, message: bytes) -> Authenticator:
        """Sign a message with their key."""
        if self.passkey is None:
            return Signature(key=self.key.id, signature=strict_base64.encode(self._hardware.sign(message)))
        signed = self.passkey.sign(hashlib.sha256(message).digest())
        return Assertion(
            credential_id=signed.credential_id,
            authenticator_data=signed.authenticator_data,
            client_data=signed.client_data,
            signature=signed.signature,
        )

    def sign(self, entry: S, state: State) -> S:
        """The entry with their signature, for a log in a state."""
        return msgspec.structs.replace(entry, authenticator=self.answer(state.message(entry)))


def cosign(entry: J, players: tuple[Player, ...], state: State) -> J:
    """The entry with the signatures of all of them, for a log in a state."""
    message = state.message(entry)
    signers = tuple(Cosigner(person=player.id, authenticator=player.answer(message)) for player in players)
    return msgspec.structs.replace(entry, signers=signers)


_ROLES: Final[dict[str, tuple[tuple[Role, ...], tuple[str, ...]]]] = {
    "ada": ((Role.ADMINISTRATOR,), ()),
    "ben": ((Role.ADMINISTRATOR, Role.APPROVER), ("security",)),
    "ida": ((Role.ADMINISTRATOR,), ()),
    "rita": ((Role.REQUESTER,), ()),
    "rob": ((Role.REQUESTER, Role.APPROVER), ("operations",)),
    "anna": ((Role.APPROVER,), ("security",)),
    "omar": ((Role.APPROVER,), ("operations",)),
    "sven": ((Role.APPROVER, Role.CUSTODIAN), ("security", "operations")),
    "carl": ((Role.CUSTODIAN,), ()),
    "cleo": ((Role.CUSTODIAN,), ()),
    "cora": ((Role.CUSTODIAN,), ()),
    "dan": ((Role.AUDITOR,), ()),
}


def cast(*, passkeys: bool = False, origin: str = "https://localhost", rp_id: str = "localhost") -> dict[str, Player]:
    """Everybody, by name.

    Args:
        passkeys: Whether they sign with passkeys, whose counters move, instead of Ed25519 keys.
        origin: The page their passkeys are for.
        rp_id: And its domain.
    """
    from rootwarden.simulator.passkey import Passkey

    return {
        name: Player(
            Person(id=name, name=name.capitalize(), roles=roles, groups=groups, addresses=(f"{name}@example.com",)),
            Passkey(rp_id=rp_id, origin=origin) if passkeys else None,
        )
        for name, (roles, groups) in _ROLES.items()
    }

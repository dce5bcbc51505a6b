"""Whether a head is held where the broker's administrators have no hand, as far as a signature can show it (V2).

A witness cosigns heads it has seen grow. When no machine outside can be reached, two people's devices sign the head,
and keep it. What other sinks say (an object store, a syslog receiver) only the broker can see.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Final

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from rootwarden.breakglass.core.authenticator import Authenticator
from rootwarden.breakglass.core.refusal import Refused, require
from rootwarden.breakglass.core.standing import signed_by
from rootwarden.transparency.canonical import canonical
from rootwarden.transparency.head import Cosignature, is_cosigned

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from rootwarden.breakglass.core.state import State
    from rootwarden.transparency.head import Head

PURPOSE: Final = "attest-head"
DEVICES: Final = 2


class Attestation(msgspec.Struct, frozen=True, kw_only=True, tag="devices", forbid_unknown_fields=True):
    """Somebody's device signed a head: `attestation_message`, with one of their keys."""

    person: str
    authenticator: Authenticator


class Witnessed(msgspec.Struct, frozen=True, kw_only=True, tag="witness", forbid_unknown_fields=True):
    """A witness signed a head."""

    cosignature: Cosignature


Proof = Attestation | Witnessed


def attestation_message(head: Head, *, log: str) -> bytes:
    """What a person's device signs of a head."""
    return canonical({"purpose": PURPOSE, "log": log, "size": head.size, "root": head.root})


def check_anchored(state: State, head: Head, proofs: Sequence[Proof], at: datetime) -> None:
    """Check that a witness, or two people's devices, signed a head.

    Where the settings name no witness nothing is asked: other sinks hold the head, which only the broker can see.

    Args:
        state: The replay up to the head.
        head: The head.
        proofs: What there is.
        at: When, for the keys of people.

    Raises:
        Refused: Nobody did who counts.
    """
    keys = {witness.name: witness.key for witness in state.settings.witnesses}
    if not keys:
        return
    people: set[str] = set()
    for proof in proofs:
        if isinstance(proof, Witnessed):
            if _is_of(proof.cosignature, state, head, keys):
                return
        elif state.settings.offline_anchor:
            signed_by(state, proof.person, attestation_message(head, log=state.log), proof.authenticator, at)
            people.add(proof.person)
    require(len(people) >= DEVICES, "V2", "neither a witness nor two people's devices signed the head", hint=_HINT)


def _is_of(statement: Cosignature, state: State, head: Head, keys: dict[str, str]) -> bool:
    about = (statement.log, statement.size, statement.root) == (state.log, head.size, head.root)
    return about and statement.witness in keys and is_cosigned(statement, _public(keys[statement.witness]))


def _public(key: str) -> Ed25519PublicKey:
    try:
        public = load_der_public_key(base64.b64decode(key, validate=True))
    except (binascii.Error, ValueError, UnsupportedAlgorithm) as error:
        raise Refused("V2", "the key of a witness cannot be read") from error
    if not isinstance(public, Ed25519PublicKey):
        raise Refused("V2", "the key of a witness is no Ed25519 key")
    return public


_HINT: Final = "is the witness running, and does the broker reach it?"

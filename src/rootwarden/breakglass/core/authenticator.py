"""What a person signs a statement with: a passkey in a browser, or a hardware-held Ed25519 key at a command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeAlias

import msgspec

from rootwarden.breakglass.core import strict_base64
from rootwarden.breakglass.core.assertion import Assertion, check_assertion
from rootwarden.breakglass.core.public_key import UnverifiedError, check_signature

if TYPE_CHECKING:
    from rootwarden.breakglass.core.public_key import PublicKey


class Signature(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="ed25519"):
    """An Ed25519 signature over the bytes of a statement, as `openssl pkeyutl -sign -rawin` makes it (RFC 8032).

    Attributes:
        key: Id of the key.
        signature: In Base64.
    """

    key: Annotated[str, msgspec.Meta(max_length=255)]
    signature: Annotated[str, msgspec.Meta(max_length=128)]


Authenticator: TypeAlias = Assertion | Signature


def verify(statement: bytes, authenticator: Authenticator, key: PublicKey, *, counter: int = 0) -> int:
    """Check that a key signed a statement.

    Args:
        statement: The bytes: canonical JSON with a purpose and a nonce.
        authenticator: What was handed in.
        key: The key it should be from, as the log has it.
        counter: What the counter of a passkey was when last seen; 0 when it keeps none.

    Returns:
        The counter after this use; 0 when there is none.

    Raises:
        UnverifiedError: It did not, or not in the way its kind has to.
    """
    if isinstance(authenticator, Assertion) and key.kind == "passkey":
        return check_assertion(statement, authenticator, key, counter=counter)
    if isinstance(authenticator, Signature) and key.kind == "ed25519":
        return _check_hardware_signature(statement, authenticator, key)
    raise UnverifiedError("the signature is of another kind than the key")


def _check_hardware_signature(statement: bytes, signed: Signature, key: PublicKey) -> int:
    signature = strict_base64.decode(signed.signature)
    if signed.key != key.id or key.algorithm != "EdDSA":
        raise UnverifiedError("the signature is from another key")
    if signature is None:
        raise UnverifiedError("the signature is not in Base64")
    check_signature(statement, signature, key)
    return 0

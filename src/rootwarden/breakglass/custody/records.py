"""What a record holds in the clear, and how it is spelled: canonical JSON, without strings of the secret on the way."""

from __future__ import annotations

import re
from typing import Final

from rootwarden.breakglass.custody.keys import Secret
from rootwarden.breakglass.custody.sealed import PLAIN_LIMIT, Kind
from rootwarden.breakglass.custody.troubles import CustodyError

# Both begin alike, so that what is around the secret is known byte for byte.
_AROUND: Final = {
    Kind.TOTP_SEED: (b'{"schema":"rootwarden.totp-seed/1","uri":"', b'"}'),
    Kind.ROOT_PASSWORD: (b'{"password":"', b'","schema":"rootwarden.root-password/1"}'),
}
# Of an address: printable ASCII without quote and backslash.
_URI: Final = re.compile(rb"otpauth://totp/[\x21\x23-\x5b\x5d-\x7e]+")
# Of a password: UTF-8 (RFC 3629, section 4) without control characters; decoding it would leave a string behind.
_PASSWORD: Final = re.compile(
    rb"""(?: [\x20-\x7e] | [\xc2-\xdf][\x80-\xbf]
    | \xe0[\xa0-\xbf][\x80-\xbf] | [\xe1-\xec\xee\xef][\x80-\xbf]{2} | \xed[\x80-\x9f][\x80-\xbf]
    | \xf0[\x90-\xbf][\x80-\xbf]{2} | [\xf1-\xf3][\x80-\xbf]{3} | \xf4[\x80-\x8f][\x80-\xbf]{2} )+""",
    re.VERBOSE,
)
_LONGEST_PASSWORD: Final = 512


def seed_record(uri: Secret) -> Secret:
    """The record of an `otpauth://totp/` address that was imported strictly before.

    Raises:
        CustodyError: It is no such address.
    """
    if _URI.fullmatch(uri.content) is None:
        raise CustodyError("the seed is no `otpauth://totp/` address")
    return _around(Kind.TOTP_SEED, uri.content)


def password_record(password: Secret) -> Secret:
    """The record of a root password.

    Raises:
        CustodyError: It is empty, too long, no UTF-8, or holds control characters.
    """
    content = password.content
    if len(content) > _LONGEST_PASSWORD or _PASSWORD.fullmatch(content) is None:
        raise CustodyError(f"a root password is 1 to {_LONGEST_PASSWORD} bytes of UTF-8 without control characters")
    escaped = content.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
    with Secret(escaped, "password"):
        return _around(Kind.ROOT_PASSWORD, escaped)


def secret_of(kind: Kind, record: Secret) -> Secret:
    """What a record was made of: the address, or the password.

    Raises:
        CustodyError: It is no record of this kind.
    """
    before, after = _AROUND.get(kind, (b"", b""))
    content = record.content
    if not before or not content.startswith(before) or not content.endswith(after) or len(content) > PLAIN_LIMIT:
        raise CustodyError(f"the {record.name} holds no {kind}")
    inner = bytearray(memoryview(content)[len(before) : len(content) - len(after)])
    if kind is Kind.ROOT_PASSWORD:
        with Secret(inner, "password"):
            unescaped = inner.replace(b'\\"', b'"').replace(b"\\\\", b"\\")
        return Secret(unescaped, "root password")
    return Secret(inner, "otpauth address")


def _around(kind: Kind, content: bytearray) -> Secret:
    before, after = _AROUND[kind]
    return Secret(bytearray(before) + content + after, kind.value)

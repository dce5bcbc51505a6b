"""What a QR code of a virtual MFA device says: an `otpauth` URI, or the bare secret AWS shows beside it.

No standard has it. The strict reading here is that of the old Key Uri Format page and of the Internet-Drafts
draft-linuxgemini-otpauth-uri and draft-andesco-otpauth-uri, with RFC 3986 for percent-encoding:

    uri       = "otpauth://totp/" label "?" parameter *( "&" parameter )
    label     = [ issuer ":" ] account
    parameter = name "=" value

Scheme and type are exact. Each name stands once. `secret` is base32 (base32.py says what is overlooked there);
`issuer`, when the label has one too, is the same; `algorithm`, `digits` and `period` default to SHA-1, 6 and 30. Other
parameters change nothing and are kept, to be shown. `+` is a plus, and in `issuer` may be a space, as some write it.

The text read here is a secret. No error repeats any of it: messages name the part that is wrong, never what it holds.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final
from urllib.parse import unquote_to_bytes

import msgspec

from rootwarden.breakglass.codes.base32 import read_base32
from rootwarden.breakglass.codes.code import Algorithm, Parameters
from rootwarden.breakglass.codes.seed import Seed
from rootwarden.errors import InputError

LONGEST: Final = 4096
MOST_PARAMETERS: Final = 16
LONGEST_PART: Final = 512
_START: Final = "otpauth://totp/"
_KNOWN: Final = ("secret", "issuer", "algorithm", "digits", "period")
_PERCENT: Final = re.compile(r"%(?![0-9A-Fa-f]{2})", re.ASCII)
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,2}", re.ASCII)
_CONTROL: Final = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
_AS_AWS: Final = "AWS makes codes of 6 digits with SHA-1 every 30 seconds; this one says otherwise: is it from AWS?"


class Label(msgspec.Struct, frozen=True, kw_only=True):
    """Whose code it is.

    Attributes:
        issuer: The service; empty when neither label nor parameter names one.
        account: The rest of the label; empty for a bare secret.
    """

    issuer: str = ""
    account: str = ""


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """What was read.

    Attributes:
        seed: The secret.
        parameters: How codes are made.
        label: Whose they are.
        unknown: Names and values of parameters that mean nothing here, to be shown.
        notes: What was overlooked, and what is odd, one sentence each.
    """

    seed: Seed
    parameters: Parameters
    label: Label
    unknown: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]


def read_otpauth(text: str) -> Imported:
    """Read an `otpauth://totp/` URI, or a bare secret in base32; white space around it does not count.

    Raises:
        InputError: It is neither, or breaks one of the rules above. The text is not repeated.
    """
    if len(text) > LONGEST:
        raise InputError(
            f"the text is longer than {LONGEST} characters", hint="give one otpauth URI, or one secret key"
        )
    text = text.strip()
    if not text:
        raise InputError("there is no text", hint="paste the secret key AWS shows, or the text of its QR code")
    if ":" not in text:
        seed, notes = read_base32(text, spaces=True)
        return Imported(seed=seed, parameters=Parameters(), label=Label(), unknown=(), notes=notes)
    _refuse_other_kinds(text)
    label, mark, query = text.removeprefix(_START).partition("?")
    if not mark or "#" in text:
        raise InputError("the otpauth URI has no parameters, or a `#`", hint="copy the whole text of the QR code")
    return _imported(label, _parameters(query))


def _refuse_other_kinds(text: str) -> None:
    if text.startswith(_START):
        return
    folded = text[:64].lower()
    if folded.startswith("otpauth-migration:"):
        raise InputError(
            "this is an export of an authenticator app, which may hold many accounts",
            hint="enrol from the QR code AWS shows; an export cannot be taken back from the phone it came from",
        )
    if folded.startswith("otpauth://hotp"):
        raise InputError(
            "this is a device that counts (hotp); AWS takes time-based ones only",
            hint="choose `Authenticator app` in AWS",
        )
    if folded.startswith("otpauth:"):
        raise InputError(
            "the otpauth URI does not begin with `otpauth://totp/`", hint="copy it as it is, letter by letter"
        )
    raise InputError("this is no otpauth URI", hint="show the QR code AWS shows when a virtual MFA device is added")


def _parameters(query: str) -> dict[str, str]:
    parts = query.split("&")
    if len(parts) > MOST_PARAMETERS:
        raise InputError(f"the otpauth URI has more than {MOST_PARAMETERS} parameters")
    found: dict[str, str] = {}
    folded: set[str] = set()
    for part in parts:
        name, mark, value = part.partition("=")
        name = _plain(name, "the name of a parameter")
        if not mark or not name:
            raise InputError("a parameter of the otpauth URI has no name or no value")
        what = f"`{name}`" if name in _KNOWN else "a parameter"
        if name.lower() in folded:
            raise InputError(f"{what} stands in the otpauth URI twice", hint="which of them holds is not guessed")
        if name.lower() in _KNOWN and name not in _KNOWN:
            raise InputError(f"`{name.lower()}` is not written in lower case in the otpauth URI")
        folded.add(name.lower())
        found[name] = _plain(value, what)
    if "secret" not in found:
        raise InputError("the otpauth URI has no `secret`", hint="copy the whole text of the QR code")
    return found


def _plain(text: str, what: str) -> str:
    """Percent-decoded once, as UTF-8, without characters that do not show."""
    if _PERCENT.search(text):
        raise InputError(f"{what} has a `%` without two hexadecimal digits behind it")
    # An error of the decoder would carry the text along, so it is asked for a mark instead.
    decoded = unquote_to_bytes(text.encode("utf-8", "surrogatepass")).decode("utf-8", "replace")
    if len(decoded) > LONGEST_PART:
        raise InputError(f"{what} is longer than {LONGEST_PART} characters")
    if "\ufffd" in decoded or any(unicodedata.category(one) in _CONTROL for one in decoded):
        raise InputError(f"{what} holds characters that do not show, or are not UTF-8")
    return decoded


def _imported(raw_label: str, found: dict[str, str]) -> Imported:
    seed, notes = read_base32(found["secret"], spaces=False)
    try:
        parameters = _how(found)
        label = _label(_plain(raw_label, "the label"), found.get("issuer"))
        unknown = tuple((name, value) for name, value in found.items() if name not in _KNOWN)
        _refuse_second_copy(
            found["secret"], (label.issuer, label.account, *(part for pair in unknown for part in pair))
        )
    except InputError:
        seed.wipe()
        raise
    if parameters != Parameters():
        notes = (*notes, _AS_AWS)
    return Imported(seed=seed, parameters=parameters, label=label, unknown=unknown, notes=notes)


def _how(found: dict[str, str]) -> Parameters:
    numbers = {}
    for name in ("digits", "period"):
        if name in found:
            if not _NUMBER.fullmatch(found[name]):
                raise InputError(f"`{name}` of the otpauth URI is no plain number")
            numbers[name] = int(found[name])
    algorithm = found.get("algorithm", Algorithm.SHA1.value)
    if algorithm not in tuple(Algorithm):
        raise InputError("`algorithm` of the otpauth URI is none of SHA1, SHA256, SHA512")
    return Parameters(algorithm=Algorithm(algorithm), **numbers)


def _label(text: str, issuer: str | None) -> Label:
    # An ARN has colons of its own.
    prefix, mark, account = ("", "", text) if text.startswith("arn:") else text.partition(":")
    if not mark:
        prefix, account = "", text
    prefix, account = prefix.strip(), account.strip()
    if not account or (mark and not prefix):
        raise InputError("the label of the otpauth URI names no account, or an empty issuer")
    if issuer is not None and not issuer.strip():
        raise InputError("`issuer` of the otpauth URI is empty")
    if ":" in (issuer or "") or "arn" in (prefix, issuer):
        raise InputError("`issuer` of the otpauth URI is no name of a service: it has a colon, or is `arn`")
    if prefix and issuer is not None and prefix not in (issuer.strip(), issuer.replace("+", " ").strip()):
        raise InputError(
            "the label and `issuer` of the otpauth URI name different services",
            hint="do not use it: somebody put it together from two",
        )
    return Label(issuer=prefix or (issuer or "").strip(), account=account)


def _refuse_second_copy(secret: str, shown: tuple[str, ...]) -> None:
    """What is shown to people must not hold the secret."""
    bare = _folded(secret)
    if any(bare in _folded(part) for part in shown):
        raise InputError("the secret stands in the otpauth URI twice", hint="enrol with a QR code straight from AWS")


def _folded(text: str) -> str:
    return "".join(one for one in text.upper() if one.isalnum())

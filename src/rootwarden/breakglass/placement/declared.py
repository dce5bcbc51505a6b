"""What the broker depends on and who owns it, as declared in `placement.toml` (docs/break-glass-placement.md)."""

from __future__ import annotations

import datetime as dt
import tomllib
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Final, TypeAlias

import msgspec

from rootwarden.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

MOST_BYTES: Final = 256 * 1024
MOST_EACH: Final = 200

AccountId: TypeAlias = Annotated[str, msgspec.Meta(pattern="^[0-9]{12}$")]
Label: TypeAlias = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
Host: TypeAlias = Annotated[str, msgspec.Meta(pattern="^$|^[A-Za-z0-9]([A-Za-z0-9.:-]{0,252}[A-Za-z0-9])?$")]


class Need(StrEnum):
    """What a broker may depend on."""

    DATABASE = "database"
    BACKUPS = "backups"
    KMS = "kms"
    IDENTITY_PROVIDER = "identity-provider"
    MAIL = "mail"
    DNS = "dns"
    ALERT_PATH = "alert-path"
    SINK = "sink"
    NTP = "ntp"


class Dependency(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing it depends on.

    Attributes:
        need: What it is for.
        name: What people call it.
        account: AWS account that owns it; empty if it is not in AWS.
        in_aws: `false` when somebody made sure that it is not; left out where `account` is given, or nobody knows.
        host: Where it is reached.
        none: `true` says that there is no such thing, for example no KMS.
    """

    need: Need
    name: Label
    account: AccountId | None = None
    in_aws: bool | None = None
    host: Host = ""
    none: bool = False


class Domain(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A domain that hosts and addresses are in.

    Attributes:
        name: The domain.
        expires: Its last day, as the registrar says.
        dns_account: AWS account that serves its zone; left out if it is served elsewhere.
        registrar_account: AWS account it is registered through; left out if elsewhere.
    """

    name: Host
    expires: dt.date | None = None
    dns_account: AccountId | None = None
    registrar_account: AccountId | None = None


class Certificate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A certificate in a PEM file."""

    name: Label
    path: str


class Leaving(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A custodian who leaves, and the last day."""

    person: Label
    on: dt.date


class Declarations(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file.

    Attributes:
        protected: Accounts of the organizations whose root users are in the vault, all of them.
        dependency: What the broker depends on.
        domain: Domains of hosts and addresses.
        certificate: Certificates that must not expire.
        leaving: Custodians who leave.
    """

    protected: Annotated[tuple[AccountId, ...], msgspec.Meta(max_length=100_000)] = ()
    dependency: Annotated[tuple[Dependency, ...], msgspec.Meta(max_length=MOST_EACH)] = ()
    domain: Annotated[tuple[Domain, ...], msgspec.Meta(max_length=MOST_EACH)] = ()
    certificate: Annotated[tuple[Certificate, ...], msgspec.Meta(max_length=MOST_EACH)] = ()
    leaving: Annotated[tuple[Leaving, ...], msgspec.Meta(max_length=MOST_EACH)] = ()


def read_declarations(path: Path) -> Declarations:
    """Read the file.

    Raises:
        InputError: It cannot be read, or says something that cannot be meant.
    """
    try:
        with path.open("rb") as opened:
            content = opened.read(MOST_BYTES + 1)
    except OSError as error:
        why = error.strerror or type(error).__name__
        hint = "docs/break-glass-placement.md shows what is in it"
        raise InputError(f"`{path}` cannot be read: {why}", hint=hint) from error
    return parse_declarations(content, name=str(path))


def parse_declarations(content: bytes, *, name: str) -> Declarations:
    """The declarations of a file's content; otherwise as `read_declarations`."""
    hint = "docs/break-glass-placement.md shows what is in it"
    if len(content) > MOST_BYTES:
        raise InputError(f"`{name}` is larger than {MOST_BYTES} bytes", hint=hint)
    try:
        declared = msgspec.convert(tomllib.loads(content.decode()), Declarations)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"`{name}` is not right: {error}", hint=hint) from error
    for each in declared.dependency:
        if (each.account and each.in_aws is False) or (each.none and (each.account or each.host)):
            raise InputError(f"`{each.name}` in `{name}` contradicts itself", hint="is it in AWS or not, there or not?")
    return declared

"""The settings of sinks, `sinks.toml` (docs/break-glass-placement.md): where heads go, and how many must hold one.

Unknown names are refused; secrets are not in the file, only where to find them. Paths start where the program runs.
"""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Annotated, Final, TypeAlias

import msgspec

from rootwarden.alert.secret import SecretSource
from rootwarden.breakglass.sinks.sink import SinkKind
from rootwarden.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

MOST_BYTES: Final = 256 * 1024
_HINT: Final = "docs/break-glass-placement.md shows what is in it"

Label: TypeAlias = Annotated[str, msgspec.Meta(pattern="^[a-z0-9][a-z0-9-]{0,39}$")]
Port: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=65535)]
Text: TypeAlias = Annotated[str, msgspec.Meta(min_length=1, max_length=1000)]


class _Sink(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"):
    """What every sink has: a name, for receipts."""

    name: Label


class WitnessSettings(_Sink, frozen=True, kw_only=True, tag="witness"):
    """A witness; `name` is the one it signs with, `key` the path of its public key, PEM."""

    address: Text
    token: SecretSource
    key: Text
    authority: str = ""


class ObjectLockSettings(_Sink, frozen=True, kw_only=True, tag="s3-object-lock"):
    """A bucket with Object Lock in another organization; `owner` is its account."""

    bucket: Text
    owner: Annotated[str, msgspec.Meta(pattern="^[0-9]{12}$")]
    organization: str = ""
    prefix: str = "heads"
    days: Annotated[int, msgspec.Meta(ge=1, le=36500)] = 3650
    region: str = ""
    profile: str = ""
    endpoint: str = ""
    entries: bool = True


class SyslogSettings(_Sink, frozen=True, kw_only=True, tag="syslog"):
    """A syslog receiver over TLS or TCP."""

    host: Text
    port: Port = 6514
    transport: str = "tls"
    authority: str = ""
    longest: Annotated[int, msgspec.Meta(ge=480, le=1_000_000)] = 8192
    entries: bool = True


class MailSettings(_Sink, frozen=True, kw_only=True, tag="mail"):
    """Mailboxes, through a server that takes mail from us."""

    host: Text
    recipients: Annotated[tuple[Text, ...], msgspec.Meta(min_length=1, max_length=50)]
    sender: Text
    port: Port = 587
    security: str = "starttls"
    authority: str = ""
    user: str = ""
    password: SecretSource | None = None


class DevicesSettings(_Sink, frozen=True, kw_only=True, tag="devices"):
    """Two people's devices."""


class FileSettings(_Sink, frozen=True, kw_only=True, tag="file"):
    """A file on another mount than `apart_from`."""

    path: Text
    apart_from: Text
    entries: bool = True


SinkSettings: TypeAlias = (
    WitnessSettings | ObjectLockSettings | SyslogSettings | MailSettings | DevicesSettings | FileSettings
)


class PolicySettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a head is anchored: `needed` is that of the log's own settings when they are stricter."""

    needed: Annotated[int, msgspec.Meta(ge=1, le=50)] = 1
    counts: frozenset[SinkKind] = frozenset(SinkKind)
    proven: bool = False
    seconds: Annotated[float, msgspec.Meta(gt=0, le=60)] = 5.0


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file."""

    sink: Annotated[tuple[SinkSettings, ...], msgspec.Meta(min_length=1, max_length=50)]
    policy: PolicySettings = PolicySettings()


def read_settings(path: Path) -> Settings:
    """Read the settings.

    Raises:
        InputError: They cannot be read, or say something that cannot be meant.
    """
    try:
        with path.open("rb") as opened:
            content = opened.read(MOST_BYTES + 1)
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise InputError(f"`{path}` cannot be read: {why}", hint=_HINT) from error
    return parse_settings(content, name=str(path))


def parse_settings(content: bytes, *, name: str) -> Settings:
    """The settings of a file's content; otherwise as `read_settings`."""
    if len(content) > MOST_BYTES:
        raise InputError(f"`{name}` is larger than {MOST_BYTES} bytes", hint=_HINT)
    try:
        settings = msgspec.convert(tomllib.loads(content.decode()), Settings)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"`{name}` is not right: {error}", hint=_HINT) from error
    if len({each.name for each in settings.sink}) != len(settings.sink):
        raise InputError(f"`{name}` has two sinks of one name", hint="names tell receipts apart")
    return settings

"""The settings file of a broker: where everything is. What is allowed stands in the log, not here."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Final, TypeAlias

import msgspec

from rootwarden.alert.secret import SecretSource
from rootwarden.errors import InputError
from rootwarden.strict_toml import FileKind, read_toml

if TYPE_CHECKING:
    from pathlib import Path

KIND: Final = FileKind("break-glass settings file", "docs/break-glass-service.md")
LARGEST: Final = 256 * 1024
Text: TypeAlias = Annotated[str, msgspec.Meta(max_length=1024)]


class Web(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the pages are.

    Attributes:
        origin: As browsers see it: `https://breakglass.example.com`; passkeys are bound to it.
        host: Address to listen on.
        port: Port to listen on.
        certificate: PEM chain; needed beside loopback.
        certificate_key: Its private key.
        session_key: Key file of the session cookies; made when it is not there.
    """

    origin: Text
    host: Text = "127.0.0.1"
    port: int = 8443
    certificate: Text = ""
    certificate_key: Text = ""
    session_key: Text = "session.key"


class WitnessSinkSettings(msgspec.Struct, frozen=True, kw_only=True, tag="witness", forbid_unknown_fields=True):
    """A second machine: its address, what it wants to hear, its certificate authority. Its key stands in the log."""

    name: Text
    url: Text
    token: SecretSource
    authority: Text = ""


class ObjectLockSettings(msgspec.Struct, frozen=True, kw_only=True, tag="s3-object-lock", forbid_unknown_fields=True):
    """A bucket with Object Lock in another organization."""

    name: Text
    bucket: Text
    owner: Text
    organization: Text = ""
    prefix: Text = "heads"
    retention_days: int = 3650
    entries: bool = True
    profile: Text = ""
    region: Text = ""


class SyslogSettings(msgspec.Struct, frozen=True, kw_only=True, tag="syslog", forbid_unknown_fields=True):
    """A syslog receiver (RFC 5424, RFC 5425)."""

    name: Text
    host: Text
    port: int = 6514
    transport: Text = "tls"
    authority: Text = ""
    entries: bool = True


class MailSettings(msgspec.Struct, frozen=True, kw_only=True, tag="mail", forbid_unknown_fields=True):
    """Mailboxes that heads are sent to."""

    name: Text
    host: Text
    recipients: tuple[Text, ...]
    sender: Text
    port: int = 587
    security: Text = "starttls"
    authority: Text = ""
    user: Text = ""
    password: SecretSource | None = None


class FileSettings(msgspec.Struct, frozen=True, kw_only=True, tag="file", forbid_unknown_fields=True):
    """An append-only file on another mount."""

    name: Text
    path: Text
    entries: bool = True
    any_mount: bool = False


SinkSettings: TypeAlias = WitnessSinkSettings | ObjectLockSettings | SyslogSettings | MailSettings | FileSettings


class Notices(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How people are told.

    Attributes:
        mail: An Apprise URL that mail addresses are put into, `mailtos://user:secret@smtp.example.com`; where it is.
        channels: Apprise URLs by name, for addresses of people that are `channel:NAME`; where each is.
    """

    mail: SecretSource | None = None
    channels: dict[str, SecretSource] = {}


class OpenIdConnect(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A provider people may sign in with, to look."""

    issuer: Text
    client_id: Text
    client_secret: SecretSource | None = None
    authority: Text = ""


class Leavers(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who has left (docs/break-glass-sign-in.md).

    Attributes:
        list: A file of leavers, CSV or JSON lines.
        directory: Base address of a SCIM 2.0 service.
        token: Its bearer token.
        authority: PEM of the certificate authority of its own.
        filter: SCIM filter, for directories with more users than matter here.
        elsewhere: Ids of people in the log who are in no directory.
    """

    list: Text = ""
    directory: Text = ""
    token: SecretSource | None = None
    authority: Text = ""
    filter: Text = ""
    elsewhere: tuple[Text, ...] = ()


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything the settings file says.

    Attributes:
        database: `sqlite:///breakglass.db` or `postgresql://…`.
        checkpoint_key: PEM of the Ed25519 key that signs heads; made when it is not there.
        vault: Socket of the vault.
        web: Where the pages are.
        sink: Where heads go.
        time_hosts: `https://` addresses whose `Date` tells the time, at least two, when no witness does.
        notices: How people are told.
        openid_connect: A provider.
        placement: File with the declarations of docs/break-glass-placement.md.
        leavers: Where it is said who has left.
    """

    database: Text
    checkpoint_key: Text = "checkpoint.pem"
    vault: Text
    web: Web
    sink: tuple[SinkSettings, ...] = ()
    time_hosts: tuple[Text, ...] = ()
    notices: Notices = Notices()
    openid_connect: OpenIdConnect | None = None
    placement: Text = ""
    leavers: Leavers | None = None


def retention_of(settings: ObjectLockSettings) -> timedelta:
    """How long a bucket keeps heads."""
    return timedelta(days=settings.retention_days)


def read_settings(path: Path) -> Settings:
    """Read the settings file.

    Raises:
        InputError: It cannot be read, or a key of it is not known.
    """
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise InputError(f"`{path}` cannot be read: {error.strerror}") from error
    return read_toml(content.decode(errors="replace"), Settings, KIND, file=path.name)

"""The settings of alerts, `alerts.toml` (docs/alerts.md): database, channels, who is told when, and who may answer.

Unknown names are refused, so that a misspelt one is not ignored; secrets are not in the file, only where to find them.
"""

from __future__ import annotations

import re
import tomllib
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, ClassVar, Final, TypeAlias

import msgspec

from rootwarden.alert.delivery.backoff import Patience
from rootwarden.alert.routes import Routes
from rootwarden.alert.secret import SecretSource
from rootwarden.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

MOST_BYTES: Final = 1_000_000
_PASSWORD: Final = re.compile(r"[^/]*//[^/@]*:[^/@]*@")
Label: TypeAlias = Annotated[str, msgspec.Meta(pattern="^[a-z0-9][a-z0-9-]{0,39}$")]
Minutes: TypeAlias = Annotated[float, msgspec.Meta(ge=0, le=1440)]
Address: TypeAlias = Annotated[str, msgspec.Meta(pattern="^https?://[^\\s@]+$", max_length=2000)]
AccountId: TypeAlias = Annotated[str, msgspec.Meta(pattern="^[0-9]{12}$")]


class _Channel(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"):
    """What every channel has: a name. It is for people unless it says otherwise."""

    for_people: ClassVar[bool] = True

    name: Label


class AppriseChannel(_Channel, frozen=True, kw_only=True, tag="apprise"):
    """Mail, chat and a hundred others, by one Apprise URL; of two in one channel, one might be told twice."""

    url: SecretSource


class PagerDutyChannel(_Channel, frozen=True, kw_only=True, tag="pagerduty"):
    """PagerDuty, Events API v2; with an API token its acknowledgements count."""

    routing_key: SecretSource
    api_token: SecretSource | None = None
    address: Address = "https://events.pagerduty.com"
    api_address: Address = "https://api.pagerduty.com"


class OpsgenieChannel(_Channel, frozen=True, kw_only=True, tag="opsgenie"):
    """Opsgenie, Alert API; its acknowledgements count."""

    api_key: SecretSource
    address: Address = "https://api.opsgenie.com"


class WebhookChannel(_Channel, frozen=True, kw_only=True, tag="webhook"):
    """A POST of JSON with an idempotency key; signed when there is a key."""

    address: Address
    bearer: SecretSource | None = None
    signing_key: SecretSource | None = None


class SnsChannel(_Channel, frozen=True, kw_only=True, tag="sns"):
    """An SNS topic, standard or FIFO."""

    topic: Annotated[str, msgspec.Meta(pattern="^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+(\\.fifo)?$")]
    profile: str = ""


class SecurityHubChannel(_Channel, frozen=True, kw_only=True, tag="securityhub"):
    """Security Hub of a region: BatchImportFindings."""

    for_people: ClassVar[bool] = False

    region: str
    profile: str = ""


class SiemChannel(_Channel, frozen=True, kw_only=True, tag="siem"):
    """OCSF events by HTTP, one a request, or appended to files, one a line; exactly one of both."""

    for_people: ClassVar[bool] = False

    address: Address | None = None
    bearer: SecretSource | None = None
    folder: str = ""


ChannelSettings: TypeAlias = (
    AppriseChannel | PagerDutyChannel | OpsgenieChannel | WebhookChannel | SnsChannel | SecurityHubChannel | SiemChannel
)


class PageSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who is woken: names of channels by stage, and how long a stage has."""

    stages: tuple[tuple[Label, ...], ...] = ()
    acknowledge_within_minutes: Minutes = 10
    hand_over_within_minutes: Minutes = 2


class NotifySettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who is told, and how long findings are gathered for it."""

    channels: tuple[Label, ...] = ()
    gather_minutes: Minutes = 30


class StreamSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where everything goes."""

    channels: tuple[Label, ...] = ()


class Person(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody who may acknowledge."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file.

    Attributes:
        database: Address of the database, without a password; `sqlite:///alerts.db` if left out.
        database_secret: Where to read the address, when it holds a password.
        channel: The channels.
        page, notify, stream: Who gets what.
        person: Who may acknowledge.
        accounts: Name by account id, for messages.
        management: The organization's management account, whose next steps differ.
        checkouts: Path of `checkouts.jsonl`, for the person behind a lease.
        give_up_hours: A delivery that has failed for so long is dead.
    """

    database: str = ""
    database_secret: SecretSource | None = None
    channel: tuple[ChannelSettings, ...] = ()
    page: PageSettings = PageSettings()
    notify: NotifySettings = NotifySettings()
    stream: StreamSettings = StreamSettings()
    person: tuple[Person, ...] = ()
    accounts: dict[AccountId, str] = {}
    management: AccountId | None = None
    checkouts: str = ""
    give_up_hours: Annotated[float, msgspec.Meta(ge=1, le=720)] = 24.0

    def address(self) -> str:
        """The address of the database."""
        if self.database_secret is not None:
            return self.database_secret.read("database address").reveal()
        return self.database or "sqlite:///alerts.db"

    def routes(self) -> Routes:
        """Who gets what, as planning needs it."""
        return Routes(
            stages=self.page.stages,
            notify=self.notify.channels,
            streams=self.stream.channels,
            gather=timedelta(minutes=self.notify.gather_minutes),
            acknowledge_within=timedelta(minutes=self.page.acknowledge_within_minutes),
            hand_over_within=timedelta(minutes=self.page.hand_over_within_minutes),
            patience=Patience(give_up_hours=self.give_up_hours),
        )

    def people(self) -> tuple[str, ...]:
        """Who may acknowledge."""
        return tuple(each.name for each in self.person)


def read_settings(path: Path) -> Settings:
    """Read the settings.

    Raises:
        InputError: When they cannot be read, or say something that cannot be meant.
    """
    try:
        with path.open("rb") as opened:
            content = opened.read(MOST_BYTES + 1)
    except OSError as error:
        why = error.strerror or type(error).__name__
        hint = "name the file with --settings; docs/alerts.md shows what is in it"
        raise InputError(f"`{path}` cannot be read: {why}", hint=hint) from error
    return parse_settings(content, name=str(path))


def parse_settings(content: bytes, *, name: str) -> Settings:
    """The settings of a file's content; otherwise as `read_settings`."""
    if len(content) > MOST_BYTES:
        raise InputError(f"`{name}` is larger than {MOST_BYTES} bytes", hint="is it the right file?")
    try:
        settings = msgspec.convert(tomllib.loads(content.decode()), Settings)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"`{name}` is not right: {error}", hint="docs/alerts.md shows what is in it") from error
    _check_database(settings, name)
    _check_channels(settings, name)
    return settings


def _check_channels(settings: Settings, name: str) -> None:
    channels = {each.name: each for each in settings.channel}
    if len(channels) != len(settings.channel):
        raise InputError(f"`{name}` has two channels of one name", hint="names tell deliveries apart")
    told = [*(each for stage in settings.page.stages for each in stage), *settings.notify.channels]
    for label in (*told, *settings.stream.channels):
        if label not in channels:
            raise InputError(f"`{name}` has no channel `{label}`", hint=f"there are {', '.join(channels) or 'none'}")
    for label in told:
        if not channels[label].for_people:
            raise InputError(f"`{label}` reaches no people", hint="put it under [stream]")
    if any(not stage for stage in settings.page.stages):
        raise InputError(f"`{name}` has a stage without channels", hint="name one, or leave the stage out")
    for each in settings.channel:
        if isinstance(each, SiemChannel) and (each.address is None) == (not each.folder):
            raise InputError(f"`{each.name}` needs an address or a folder", hint="give one of both")


def _check_database(settings: Settings, name: str) -> None:
    if settings.database and settings.database_secret is not None:
        raise InputError(f"`{name}` gives the database twice", hint="leave out one of both")
    if _PASSWORD.match(settings.database):
        raise InputError(f"`{name}` has a password in `database`", hint='use database_secret = { env = "NAME" }')

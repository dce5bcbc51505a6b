"""What an organization declares about the use of root: `rootwarden-detect.toml` (docs/incidents.md).

An unknown key is refused, so that a misspelt one is not ignored.
"""

from __future__ import annotations

import ipaddress
import tomllib
from typing import TYPE_CHECKING, Annotated, TypeAlias

import msgspec

from rootwarden.detect.visits.checkout import AccountId
from rootwarden.detect.visits.detection import Accounts
from rootwarden.detect.wildcard import read_wildcard
from rootwarden.errors import InputError

if TYPE_CHECKING:
    from rootwarden.detect.wildcard import Wildcard

Positive: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=100_000)]
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network


class ExpectedCaller(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody who may use AssumeRoot, and for what.

    Attributes:
        caller: The caller's ARN; `*` stands for any characters.
        task_policies: Names of the task policies, for example `IAMAuditRootUserCredentials`.
    """

    caller: str
    task_policies: tuple[str, ...]

    def allows(self, caller: str, task_policy: str) -> bool:
        """Whether a caller and a task policy are meant."""
        return task_policy in self.task_policies and _pattern(self.caller).matches(caller)


class Secret(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A secret that opens root.

    Attributes:
        arn: The secret's ARN.
        accounts: Accounts whose root it opens: only open check-outs of all of them explain a read of it. Empty: any
            open check-out does.
    """

    arn: str
    accounts: tuple[str, ...] = ()


class Thresholds(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Numbers that decide, with what they are where nobody says otherwise.

    Attributes:
        quiet_minutes: After so long without an event the next one of a key or service is a new visit.
        sign_in_minutes: How long before a sign-in a failed one belongs to it.
        burst: So many failed sign-ins page …
        burst_minutes: … within so long,
        long_burst: or so many …
        long_burst_minutes: … within so long.
        wallet_hours: Blinding the payer and spending lie at most so far apart.
        created_hours: For so long an identity that root made is held against root.
        released_minutes: A code that was handed out and not used for so long is a concern.
        delivery_minutes: So long an AssumeRoot session may take to show up in the member's trail.
    """

    quiet_minutes: Positive = 60
    sign_in_minutes: Positive = 60
    burst: Positive = 3
    burst_minutes: Positive = 5
    long_burst: Positive = 10
    long_burst_minutes: Positive = 60
    wallet_hours: Positive = 24
    created_hours: Positive = 24
    released_minutes: Positive = 10
    delivery_minutes: Positive = 30


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file.

    Attributes:
        expected_callers: Who may use AssumeRoot, and for what.
        password_store: Secrets whose reading opens root.
        networks: Networks (CIDR) people use root from.
        management_accounts: Management accounts of the organizations that are watched. Where any is named, every
            account that is named neither here nor as standalone is taken as a member.
        standalone_accounts: Accounts in no organization.
        thresholds: Numbers that decide.
    """

    expected_callers: tuple[ExpectedCaller, ...] = msgspec.field(default=(), name="expected_caller")
    password_store: tuple[Secret, ...] = ()
    networks: tuple[str, ...] = ()
    management_accounts: tuple[AccountId, ...] = ()
    standalone_accounts: tuple[AccountId, ...] = ()
    thresholds: Thresholds = Thresholds()

    def expects(self, caller: str, task_policy: str) -> bool:
        """Whether an AssumeRoot call is one of those configured."""
        return bool(caller) and any(one.allows(caller, task_policy) for one in self.expected_callers)

    def place_of(self, account: str) -> Accounts:
        """Where an account stands in its organization; `any` where nothing is declared, or it has no number."""
        if account in self.management_accounts:
            return Accounts.MANAGEMENT
        if account in self.standalone_accounts:
            return Accounts.STANDALONE
        return Accounts.MEMBER if account and self.management_accounts else Accounts.ANY


def parse_settings(text: str, *, name: str) -> Settings:
    """Read the settings file.

    Raises:
        InputError: When it is wrong; unknown names are.
    """
    hint = "see docs/incidents.md"
    try:
        settings = msgspec.convert(tomllib.loads(text), Settings)
    except (ValueError, msgspec.ValidationError, RecursionError) as error:
        raise InputError(f"the settings `{name}` are wrong: {error}", hint=hint) from error
    both = sorted(set(settings.management_accounts) & set(settings.standalone_accounts))
    if both:
        message = f"the settings `{name}` are wrong: `{both[0]}` is named as management and as standalone account"
        raise InputError(message, hint="an account is one of the two")
    for one in settings.networks:
        if network_of(one) is None:
            raise InputError(f"the settings `{name}` are wrong: `{one}` is no network", hint="write it as 192.0.2.0/24")
    return settings


def network_of(text: str) -> Network | None:
    """A network in CIDR form, or one address; `None` when it is neither."""
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def _pattern(text: str) -> Wildcard:
    return read_wildcard(text)

"""What two administrators decide: quorums, limits, accounts, witnesses; and the limits of the limits (C7)."""

from __future__ import annotations

import re
from datetime import timedelta
from enum import StrEnum
from ipaddress import ip_network
from typing import Annotated, Final

import msgspec

from rootwarden.breakglass.core.public_key import UnverifiedError, check_ed25519
from rootwarden.breakglass.core.refusal import Refused, require
from rootwarden.breakglass.core.text import Line, Name, NameOrNone, Number, PersonName, Place
from rootwarden.facts.instant import Instant

MOST_CODES: Final = 10
MOST_DEVICES: Final = 8
LONGEST_WINDOW: Final = timedelta(hours=12)
LONGEST_LIFE: Final = timedelta(hours=24)
SHORTEST_SETTLE: Final = timedelta(hours=1)
LONGEST_TASK_SESSION: Final = timedelta(seconds=900)
OPENING_LIVES: Final = timedelta(hours=1)
# How long what custodians opened waits for what it was opened for.
OPENED_LIVES: Final = timedelta(minutes=5)
# Openings of one lease: its ten codes, each asked for anew, its password, and as many that came to nothing.
MOST_OPENINGS: Final = 22
PROPOSAL_LIVES: Final = timedelta(hours=24)
LEAST_ADMINISTRATORS: Final = 2
MOST_KEYS: Final = 8
LEAST_APPROVERS: Final = 2
MOST_CUSTODIANS: Final = 7
LEAST_THRESHOLD: Final = 2
_ACCOUNT_ID: Final = re.compile(r"[0-9]{12}")


class Need(StrEnum):
    """Whether an account needs root credentials at all (SEC01-BP02)."""

    REQUIRED = "required"
    NOT_NEEDED = "not-needed"


class Slot(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A number of approvers of a group; the empty group is every approver."""

    count: Annotated[int, msgspec.Meta(ge=0, le=16)]
    group: NameOrNone = ""


class Quorum(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who must agree, and what is then given.

    Attributes:
        slots: All of them must be filled, each by other people.
        window_minutes: The longest window a request may ask for.
        request_minutes: How long a request waits for approvals.
        codes: The most codes a lease gives.
        codes_per_opening: How many codes a cold record gives before custodians are asked again.
        separate_recipients: Whether password and code go to different people (BG-8).
        passkey_releases: Whether releases ask for a passkey; an Ed25519 key is enough otherwise.
        device_bound_approvals: Whether approvals by synced passkeys count for nothing.
        emergency: People who may ask for, and agree to, an emergency; empty: nobody may (BG-10).
        veto_minutes: How long an emergency waits while everybody is told.
    """

    slots: Annotated[tuple[Slot, ...], msgspec.Meta(max_length=16)]
    window_minutes: Number = 60
    request_minutes: Number = 120
    codes: Number = 3
    codes_per_opening: Number = 1
    separate_recipients: bool = False
    passkey_releases: bool = True
    device_bound_approvals: bool = True
    emergency: Annotated[tuple[PersonName, ...], msgspec.Meta(max_length=64)] = ()
    veto_minutes: Number = 15


class WitnessKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A second machine that cosigns heads; its Ed25519 public key as SubjectPublicKeyInfo in Base64."""

    name: Name
    key: Line


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What holds for everything.

    Attributes:
        quorums: By name.
        settle_minutes: How long a new key or role waits before it counts.
        anchors: How many sinks must have accepted a head before anything is released.
        witnesses: Those whose cosignatures the vault believes.
        offline_anchor: Whether two people's signatures over the head may stand for a sink that cannot be reached.
    """

    quorums: Annotated[dict[Name, Quorum], msgspec.Meta(max_length=32)]
    settle_minutes: Number = 24 * 60
    anchors: Number = 1
    witnesses: Annotated[tuple[WitnessKey, ...], msgspec.Meta(max_length=16)] = ()
    offline_anchor: bool = True


class Device(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One MFA device of a root user, in the vault (`totp`) or in a drawer.

    Attributes:
        id: Names it within the account.
        kind: `totp`, `hardware-token` or `passkey`.
        serial: ARN or serial number, as CloudTrail has it in `MFAIdentifier`.
        place: Where a thing is kept.
        holder: Who holds it.
        battery_until: When its battery is to be replaced.
        spare: Whether it is not the one in use.
    """

    id: Name
    kind: Name = "totp"
    serial: Line = ""
    place: Line = ""
    holder: Line = ""
    battery_until: Instant | None = None
    spare: bool = False


class DrillPlan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A drill that is done again and again (SEC01-BP02, and S3.9 of the mission).

    Attributes:
        kind: One of `drilling.KINDS`.
        every_days: How often.
        since: From when on it is reckoned.
    """

    kind: Name
    every_days: Number
    since: Instant


class Account(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An AWS account whose root user is guarded.

    Attributes:
        id: Twelve digits.
        name: What people call it.
        position: `management`, `standalone` or `member`.
        need: Whether it needs root credentials at all.
        quorum: Name of the quorum that opens it.
        warm_minutes: How long its key may stay in the vault's memory; 0 is cold. More needs the waiver `warm`.
        devices: Its MFA devices, at most eight.
        password_place: Where the root password is kept when it is not in the vault.
        password_days: How often the password is to be rotated; 0: no schedule.
        task_roles: Roles a task session may be opened from.
        sources: Networks in CIDR form it is used from.
        drills: What is drilled.
    """

    id: Name
    name: Line
    position: Name
    need: Need = Need.REQUIRED
    quorum: Name = "default"
    warm_minutes: Number = 0
    devices: Annotated[tuple[Device, ...], msgspec.Meta(max_length=64)] = ()
    password_place: Line = ""
    password_days: Number = 0
    task_roles: Annotated[tuple[Line, ...], msgspec.Meta(max_length=32)] = ()
    sources: Annotated[tuple[Line, ...], msgspec.Meta(max_length=32)] = ()
    drills: Annotated[tuple[DrillPlan, ...], msgspec.Meta(max_length=16)] = ()


class Custodian(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who holds a key of a custody group, and its age recipient."""

    person: PersonName
    recipient: Line


class Group(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A custody group in one epoch.

    Attributes:
        id: Names it.
        holds: `totp-seed` or `root-password`.
        accounts: What its epoch key opens.
        custodians: One to seven.
        threshold: How many of them open it.
        epoch: 1 for the first.
    """

    id: Name
    holds: Name
    accounts: Annotated[tuple[Name, ...], msgspec.Meta(max_length=500)]
    custodians: Annotated[tuple[Custodian, ...], msgspec.Meta(max_length=64)]
    threshold: Number
    epoch: Place = 1


def check_settings(settings: Settings) -> None:
    """C7: the settings are inside of their limits.

    Raises:
        Refused: When they are not.
    """
    require(bool(settings.quorums), "C7", "there is no quorum")
    require(settings.settle_minutes >= _minutes(SHORTEST_SETTLE), "C7", "`settle_minutes` is below 60")
    require(settings.anchors >= 1, "C7", "`anchors` is below 1: nothing would be written down elsewhere")
    names = [witness.name for witness in settings.witnesses]
    require(len(set(names)) == len(names), "C7", "two witnesses have one name")
    keys = [witness.key for witness in settings.witnesses]
    require(len(set(keys)) == len(keys), "C7", "two witnesses have one key: one machine would count twice")
    for witness in settings.witnesses:
        try:
            check_ed25519(witness.key)
        except UnverifiedError as error:
            raise Refused("C7", f"the witness `{witness.name}`: {error.message}") from error
    for name, quorum in settings.quorums.items():
        check_quorum(name, quorum)


def check_quorum(name: str, quorum: Quorum) -> None:
    """C7 for one quorum.

    Raises:
        Refused: When it asks for too little or allows too much.
    """
    wanted = sum(slot.count for slot in quorum.slots)
    require(all(slot.count >= 1 for slot in quorum.slots), "C7", f"a slot of the quorum `{name}` asks for nobody")
    require(wanted >= LEAST_APPROVERS, "C7", f"the quorum `{name}` has fewer than two approvers")
    require(1 <= quorum.window_minutes <= _minutes(LONGEST_WINDOW), "C7", f"`{name}`: a window is at most 12 hours")
    require(1 <= quorum.request_minutes <= _minutes(LONGEST_LIFE), "C7", f"`{name}`: a request lives at most 24 hours")
    require(1 <= quorum.codes <= MOST_CODES, "C7", f"`{name}`: a lease gives 1 to {MOST_CODES} codes")
    within = 1 <= quorum.codes_per_opening <= quorum.codes
    require(within, "C7", f"`{name}`: an opening gives at least one code, and no more than a lease")
    require(quorum.veto_minutes >= 1, "C7", f"`{name}`: an emergency waits at least a minute for a veto")
    in_time = not quorum.emergency or quorum.veto_minutes < quorum.request_minutes
    require(in_time, "C7", f"`{name}`: a request would expire before its veto has passed")


def check_account(account: Account, settings: Settings, waivers: frozenset[str]) -> None:
    """C7 for one account.

    Raises:
        Refused: When something it names is not there, or it is too lax without a waiver.
    """
    require(_ACCOUNT_ID.fullmatch(account.id) is not None, "C7", "an account id has 12 digits")
    check_networks(account.sources, "C7")
    require(account.position in {"management", "standalone", "member"}, "C7", f"`{account.position}` is no position")
    require(account.quorum in settings.quorums, "C7", f"there is no quorum `{account.quorum}`")
    require(len(account.devices) <= MOST_DEVICES, "C7", "a root user has at most 8 MFA devices")
    ids = [device.id for device in account.devices]
    require(len(set(ids)) == len(ids), "C7", "two devices have one id")
    warm = account.warm_minutes == 0 or f"warm:{account.id}" in waivers
    holders = all(device.kind in {"totp", "hardware-token", "passkey"} for device in account.devices)
    require(holders, "C7", "an MFA device is `totp`, `hardware-token` or `passkey`")
    require(warm, "C7", f"a warm account needs the waiver `warm:{account.id}`", hint="two administrators can record it")


def check_group(group: Group) -> None:
    """C7 for a custody group.

    Raises:
        Refused: When it has too few custodians, too many, or one twice.
    """
    people = {custodian.person for custodian in group.custodians}
    recipients = {custodian.recipient for custodian in group.custodians}
    alone = len(people) == len(recipients) == len(group.custodians)
    require(alone, "C7", f"two custodians of `{group.id}` are one person, or have one key")
    fits = LEAST_THRESHOLD <= group.threshold <= len(group.custodians) <= MOST_CUSTODIANS
    require(fits, "C7", f"`{group.id}` needs 2 to 7 custodians, and a threshold of 2 up to their number")
    require(group.holds in {"totp-seed", "root-password"}, "C7", f"`{group.holds}` is nothing a group can hold")
    require(bool(group.accounts), "C7", f"`{group.id}` covers no account")


def check_networks(sources: tuple[str, ...], step: str) -> None:
    """Networks are in CIDR form (RFC 4632, RFC 4291), and none is the whole internet.

    Raises:
        Refused: With this step, when one is not.
    """
    for source in sources:
        try:
            network = ip_network(source)
        except ValueError:
            raise Refused(step, f"`{source}` is no network in CIDR form") from None
        require(network.prefixlen > 0, step, f"`{source}` is the whole internet")


def _minutes(length: timedelta) -> int:
    return int(length.total_seconds()) // 60

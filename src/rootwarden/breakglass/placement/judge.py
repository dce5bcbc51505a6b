"""Whether the broker may run here, and what it depends on that it must be able to replace; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.breakglass.placement.declared import Need
from rootwarden.breakglass.placement.place import CredentialsClue, Elsewhere, InAccounts, InAws, Place, place_of
from rootwarden.rules.verdict import Severity

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from rootwarden.breakglass.placement.declared import Declarations, Dependency, Domain
    from rootwarden.breakglass.placement.place import Clue

UNKNOWN_PLACE: Final = "place-unknown"
_AWS_HOSTS: Final = (".amazonaws.com", ".amazonaws.com.cn", ".amazonaws.eu", ".api.aws", ".awsapps.com", ".aws.dev")

# How bad it is when it is gone together with what it protects: what no code comes out without, then what people need.
_CIRCULAR: Final = {
    Need.DATABASE: Severity.CRITICAL,
    Need.BACKUPS: Severity.CRITICAL,
    Need.KMS: Severity.CRITICAL,
    Need.SINK: Severity.CRITICAL,
    Need.IDENTITY_PROVIDER: Severity.HIGH,
    Need.MAIL: Severity.HIGH,
    Need.DNS: Severity.HIGH,
    Need.ALERT_PATH: Severity.HIGH,
    Need.NTP: Severity.MEDIUM,
}
_IF_GONE: Final = {
    Need.DATABASE: "without it nothing can be released",
    Need.BACKUPS: "whoever takes the account over has the copies too",
    Need.KMS: "without it nothing can be opened",
    Need.SINK: "whoever takes the account over can hide what was recorded",
    Need.IDENTITY_PROVIDER: "without it people need passkeys to sign in",
    Need.MAIL: "notices and recovery mail go through what they warn of",
    Need.DNS: "without it people need the address in their hosts file",
    Need.ALERT_PATH: "nobody hears of a use of root while it is down or taken over",
    Need.NTP: "without it two people attest the time",
}


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What is not as it should be.

    Attributes:
        id: What it is, for machines.
        severity: How bad.
        words: What it is, for people.
        blocks: Whether the broker may not run with it.
        waived: Whether a signed waiver accepts it.
    """

    id: str
    severity: Severity
    words: str
    blocks: bool = False
    waived: bool = False

    @property
    def waiver(self) -> str:
        """The waiver in the log that accepts it (C7)."""
        return f"placement:{self.id}"


class Placement(msgspec.Struct, frozen=True, kw_only=True):
    """What was judged.

    Attributes:
        place: Where it runs.
        findings: Worst first, then by id.
    """

    place: Place
    findings: tuple[Finding, ...]

    @property
    def may_run(self) -> bool:
        """Whether nothing blocks that is not waived."""
        return not self.blocking

    @property
    def blocking(self) -> tuple[Finding, ...]:
        """What blocks."""
        return tuple(each for each in self.findings if each.blocks and not each.waived)


def judge(clues: Sequence[Clue], declared: Declarations, *, waivers: Collection[str]) -> Placement:
    """Judge a placement.

    Args:
        clues: What sources say about this machine.
        declared: What the broker depends on, and which accounts are protected.
        waivers: Names of the waivers in the log that have not ended.
    """
    place = place_of(clues)
    protected = frozenset(declared.protected)
    found = [
        *_of_place(place, protected),
        *_of_credentials(clues, protected),
        *_undeclared(declared),
        *(each for one in declared.dependency for each in _of_dependency(one, declared, protected)),
        *(each for one in declared.domain for each in _of_domain(one, protected)),
    ]
    unique = {each.id: msgspec.structs.replace(each, waived=each.waiver in waivers) for each in found}
    return Placement(place=place, findings=tuple(sorted(unique.values(), key=lambda one: (one.severity.rank, one.id))))


def _of_place(place: Place, protected: frozenset[str]) -> Iterator[Finding]:
    match place:
        case InAccounts(accounts=accounts):
            for account in accounts:
                yield from _of_account(account, protected)
        case InAws():
            words = f"it runs in AWS ({', '.join(place.sources)}), and nobody says in which account"
            yield Finding(id=UNKNOWN_PLACE, severity=Severity.CRITICAL, words=words, blocks=True)
        case Elsewhere():
            return
        case _:
            words = f"nobody knows where it runs: {place.why}"
            yield Finding(id=UNKNOWN_PLACE, severity=Severity.HIGH, words=words, blocks=True)


def _of_account(account: str, protected: frozenset[str]) -> Iterator[Finding]:
    if not protected:
        words = f"it runs in account {account}, and no account is declared as protected, so it may be one of them"
        yield Finding(id=f"runs-in:{account}", severity=Severity.CRITICAL, words=words, blocks=True)
    elif account in protected:
        words = f"it runs in account {account}, which it protects: whoever takes that over has it too"
        yield Finding(id=f"runs-in:{account}", severity=Severity.CRITICAL, words=words, blocks=True)
    else:
        words = f"it runs in account {account} of AWS, and is not reachable while AWS is not"
        yield Finding(id="runs-in-aws", severity=Severity.MEDIUM, words=words)


def _of_credentials(clues: Sequence[Clue], protected: frozenset[str]) -> Iterator[Finding]:
    for each in clues:
        if isinstance(each, CredentialsClue) and each.account in protected:
            words = f"this machine holds credentials of account {each.account}, which it protects"
            yield Finding(id=f"credentials-of:{each.account}", severity=Severity.HIGH, words=words)


def _undeclared(declared: Declarations) -> Iterator[Finding]:
    known = {each.need for each in declared.dependency}
    for need in Need:
        if need not in known:
            severity = Severity.HIGH if _CIRCULAR[need] is Severity.CRITICAL else Severity.MEDIUM
            words = f"`{need}` is not declared: nobody knows whether it is in a protected account"
            yield Finding(id=f"undeclared:{need}", severity=severity, words=words)
    if not declared.protected:
        words = "no account is declared as protected, so nothing can be found to be circular"
        yield Finding(id="undeclared:protected", severity=Severity.HIGH, words=words)


def _of_dependency(one: Dependency, declared: Declarations, protected: frozenset[str]) -> Iterator[Finding]:
    if one.none:
        return
    if one.account in protected:
        words = f"{one.need} `{one.name}` is in account {one.account}, which is protected: {_IF_GONE[one.need]}"
        yield Finding(id=f"circular:{one.need}:{one.name}", severity=_CIRCULAR[one.need], words=words)
    elif one.account is None and (one.in_aws is not False or _is_aws(one.host)):
        where = f" (`{one.host}` is a name of AWS)" if _is_aws(one.host) else ""
        words = f"nobody says in whose account {one.need} `{one.name}` is{where}"
        severity = Severity.HIGH if _CIRCULAR[one.need] is Severity.CRITICAL else Severity.MEDIUM
        yield Finding(id=f"owner-unknown:{one.need}:{one.name}", severity=severity, words=words)
    domain = _domain_of(one.host, declared)
    if domain is not None and domain.dns_account in protected:
        words = (
            f"the name `{one.host}` of {one.need} `{one.name}` is served from account {domain.dns_account}, which is "
            f"protected: have its address in the hosts file"
        )
        yield Finding(id=f"circular-name:{one.need}:{one.name}", severity=Severity.MEDIUM, words=words)
    elif domain is None and _is_name(one.host) and not _is_aws(one.host):
        words = f"the domain of `{one.host}` is not declared, so nobody is told before it expires"
        yield Finding(id=f"undeclared-domain:{one.host.lower()}", severity=Severity.LOW, words=words)


def _of_domain(one: Domain, protected: frozenset[str]) -> Iterator[Finding]:
    for what, account in (("served", one.dns_account), ("registered", one.registrar_account)):
        if account in protected:
            words = f"the domain `{one.name}` is {what} through account {account}, which is protected"
            yield Finding(id=f"circular-domain:{one.name.lower()}:{what}", severity=Severity.HIGH, words=words)
    if one.expires is None:
        words = f"nobody says when the domain `{one.name}` expires"
        yield Finding(id=f"expiry-unknown:{one.name.lower()}", severity=Severity.MEDIUM, words=words)


def _domain_of(host: str, declared: Declarations) -> Domain | None:
    """The declared domain a host is in, the longest of several."""
    name = host.lower().rstrip(".")
    fitting = [each for each in declared.domain if name == each.name.lower() or name.endswith(f".{each.name.lower()}")]
    return max(fitting, key=lambda each: len(each.name), default=None)


def _is_name(host: str) -> bool:
    """Whether it is a name that is looked up, and no address or name of this machine."""
    return "." in host and ":" not in host and not host.replace(".", "").isdigit()


def _is_aws(host: str) -> bool:
    return host.lower().rstrip(".").endswith(_AWS_HOSTS)

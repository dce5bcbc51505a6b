"""What a root user holds: password, keys, certificates, devices, each known, absent or unknown; and when it was used.

The lists come from a session of `sts:AssumeRoot`. Where nobody opened one, the flags of the account summary can still
say that there is nothing; what there is, by name, they cannot say.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

import msgspec

from rootwarden.collect import files, read
from rootwarden.collect.root_user import read_report
from rootwarden.facts import derive
from rootwarden.facts.fact import Absent, Fact, Known, Unknown, Why

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rootwarden.aws.calls import JsonObject
    from rootwarden.collect.answers import Answers
    from rootwarden.facts.fact import Source

T = TypeVar("T")
_ASSUME = "sts:AssumeRoot"


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """One access key of root.

    Attributes:
        id: `AKIA…`.
        active: Whether it works.
        last_used: Absent when it never was.
        service: What for, the last time.
        region: Where to, the last time.
    """

    id: str
    active: Fact[bool]
    last_used: Fact[datetime]
    service: Fact[str]
    region: Fact[str]


class Holdings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything one root user holds.

    Attributes:
        password: Whether there is one.
        password_last_used: When somebody signed in with it; absent when nobody did.
        keys: The access keys.
        certificates: Ids of the signing certificates.
        devices: Serial numbers of the MFA devices.
    """

    password: Fact[bool]
    password_last_used: Fact[datetime]
    keys: Fact[tuple[Key, ...]]
    certificates: Fact[tuple[str, ...]]
    devices: Fact[tuple[str, ...]]

    def unknown(self) -> Iterator[tuple[str, Unknown]]:
        """What there is no telling of, by name: without these nothing may be decided."""
        named: tuple[tuple[str, Fact[object]], ...] = (
            ("the password", self.password),
            ("the access keys", self.keys),
            ("the signing certificates", self.certificates),
            ("the MFA devices", self.devices),
        )
        yield from ((name, fact) for name, fact in named if isinstance(fact, Unknown))
        for key in self.held_keys():
            if isinstance(key.active, Unknown):
                yield f"the key {key.id}", key.active

    def held_keys(self) -> tuple[Key, ...]:
        """The keys that are known."""
        return self.keys.value if isinstance(self.keys, Known) else ()

    def active_keys(self) -> tuple[str, ...]:
        """Ids of the keys that are known to work."""
        return tuple(key.id for key in self.held_keys() if isinstance(key.active, Known) and key.active.value)

    def may_hold_keys(self) -> bool:
        """Whether there is, or for all that is known may be, a key or a certificate."""
        return any(not isinstance(one, Known) or bool(one.value) for one in (self.keys, self.certificates))

    def is_empty(self) -> bool:
        """Whether it is known that there is nothing at all."""
        lists = (self.keys, self.certificates, self.devices)
        no_password = isinstance(self.password, Known) and not self.password.value
        return no_password and all(isinstance(one, Known) and not one.value for one in lists)


def in_words(holdings: Holdings) -> str:
    """What a root user holds, in one line; what is not known is said so."""
    told = ["password not known"]
    if isinstance(holdings.password, Known):
        told = ["a password"] if holdings.password.value else []
    for word, fact in (
        ("key", holdings.keys),
        ("certificate", holdings.certificates),
        ("device", holdings.devices),
    ):
        if not isinstance(fact, Known):
            told.append(f"{word}s not known")
        elif fact.value:
            told.append(f"{len(fact.value)} {word}{'' if len(fact.value) == 1 else 's'}")
    return ", ".join(told) or "nothing"


def counted(holdings: Holdings) -> dict[str, int | None]:
    """How many there are of each kind (docs/credentials-progress.md); `None` where it is not known."""
    named: tuple[tuple[str, Fact[tuple[object, ...]]], ...] = (
        ("access-key", holdings.keys),
        ("certificate", holdings.certificates),
        ("mfa-device", holdings.devices),
    )
    lists = {name: len(fact.value) if isinstance(fact, Known) else None for name, fact in named}
    password = int(holdings.password.value) if isinstance(holdings.password, Known) else None
    return {"password": password, **lists}


def read_holdings(answers: Answers) -> Holdings:
    """What the answers about an account tell of its root user.

    Args:
        answers: Of an AssumeRoot session, or of a role in the account.
    """
    summary = answers.answer(files.ACCOUNT_SUMMARY)
    return Holdings(
        password=_password(answers, summary),
        password_last_used=_password_last_used(answers),
        keys=_listed(_keys(answers), read.flag(summary, "AccountAccessKeysPresent"), "an access key"),
        certificates=_listed(
            _named(answers, files.ROOT_SIGNING_CERTIFICATES, "Certificates", "CertificateId"),
            read.flag(summary, "AccountSigningCertificatesPresent"),
            "a signing certificate",
        ),
        devices=_listed(
            _named(answers, files.ROOT_MFA_DEVICES, "MFADevices", "SerialNumber"),
            read.flag(summary, "AccountMFAEnabled"),
            "an MFA device",
        ),
    )


def _password(answers: Answers, summary: Fact[JsonObject]) -> Fact[bool]:
    profile = answers.answer(files.ROOT_LOGIN_PROFILE)
    if isinstance(profile, Unknown):
        return derive.exact_or(profile, read.flag(summary, "AccountPasswordPresent"), what="root password")
    return Known(isinstance(profile, Known), profile.sources)


def _password_last_used(answers: Answers) -> Fact[datetime]:
    user = read.record(answers.answer(files.ROOT_USER), "User")
    if isinstance(user, Known):
        return read.instant(user.value.get("PasswordLastUsed"), user.sources, "PasswordLastUsed")
    report = read_report(answers).root
    if isinstance(report, Known):
        return report.value.instant("password_last_used")
    return user if isinstance(user, Unknown) else Unknown("nobody looked when it was used")


def _keys(answers: Answers) -> Fact[tuple[Key, ...]]:
    listed = read.records(answers.answer(files.ROOT_ACCESS_KEYS), "AccessKeyMetadata")
    if not isinstance(listed, Known):
        return listed
    keys = [_key(answers, each, listed.sources) for each in listed.value]
    whole = tuple(each for each in keys if each is not None)
    return Known(whole, listed.sources) if len(whole) == len(keys) else read.malformed("`AccessKeyId`", listed.sources)


def _key(answers: Answers, listed: JsonObject, sources: tuple[Source, ...]) -> Key | None:
    name = listed.get("AccessKeyId")
    if not isinstance(name, str) or not name:
        return None
    used = read.record(answers.answer(files.resource_file("root-access-key-last-used", name)), "AccessKeyLastUsed")
    last: Fact[datetime] = used if isinstance(used, Unknown) else Unknown("nobody looked when it was used")
    if isinstance(used, Known):
        last = read.instant(used.value.get("LastUsedDate"), used.sources, "LastUsedDate")
    return Key(
        id=name,
        active=read.active(listed, sources),
        last_used=last,
        service=read.text(used, "ServiceName"),
        region=read.text(used, "Region"),
    )


def _named(answers: Answers, file: str, name: str, attribute: str) -> Fact[tuple[str, ...]]:
    listed = read.records(answers.answer(file), name)
    if not isinstance(listed, Known):
        return listed
    names = tuple(each.get(attribute) for each in listed.value)
    texts = tuple(each for each in names if isinstance(each, str) and each)
    return (
        Known(texts, listed.sources) if len(texts) == len(names) else read.malformed(f"`{attribute}`", listed.sources)
    )


def _listed(listed: Fact[tuple[T, ...]], flag: Fact[bool], what: str) -> Fact[tuple[T, ...]]:
    """The list, or what the flag can say in its place."""
    if isinstance(listed, Known) or (isinstance(listed, Unknown) and listed.why is not Why.NOT_COLLECTED):
        return listed
    if isinstance(flag, Known) and not flag.value:
        return Known((), flag.sources)
    if isinstance(flag, Known):
        reason = f"there is {what}, and only an AssumeRoot audit tells which"
        return Unknown(reason, Why.NOT_COLLECTED, _ASSUME, flag.sources)
    return listed if not isinstance(listed, Absent) else Unknown("AWS gave no list", Why.FAILED, "", listed.sources)

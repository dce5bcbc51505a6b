"""What stands behind the doors beside the log: releases, custody, anchors.

A release is handed out only to the person of its entry in the log, and only after the head over that entry is anchored;
whoever implements this sees to both. The pages and the API only pass on what they are given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import msgspec

from rootwarden.facts.instant import Instant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rootwarden.breakglass.broker.audit_views import Anchor


class Kept(msgspec.Struct, frozen=True, kw_only=True, tag_field="what"):
    """Something secret on its way to the one person it is for; it does not print."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"

    __str__ = __repr__


class CodeReply(Kept, frozen=True, kw_only=True, tag="code"):
    """A code (BG-7).

    Attributes:
        code: Its digits.
        device: Which device it is of.
        step: Its time step.
        valid_from: When the step begins.
        valid_until: When it is over.
        seconds_left: Whole seconds until then.
        server_time: When this was made.
        codes_left: How many codes the lease may still give.
        anchored: The sinks that accepted the head over its entry.
    """

    code: str
    device: str
    step: int
    valid_from: Instant
    valid_until: Instant
    seconds_left: int
    server_time: Instant
    codes_left: int
    anchored: tuple[str, ...]


class PasswordReply(Kept, frozen=True, kw_only=True, tag="password"):
    """The root password of an account, and the sinks that accepted the head over its entry."""

    password: str
    anchored: tuple[str, ...]


class EnrolmentReply(Kept, frozen=True, kw_only=True, tag="enrolment"):
    """The two codes for the console's form, of a step and the one after it.

    Attributes:
        first: The code of the step.
        second: That of the next one.
        step: The first step.
        valid_from: When it begins.
        valid_until: When the second one is over.
        server_time: When this was made.
        anchored: The sinks that accepted the head over its entry.
    """

    first: str
    second: str
    step: int
    valid_from: Instant
    valid_until: Instant
    server_time: Instant
    anchored: tuple[str, ...]


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """What a custodian takes off, and whom they encrypt it to: the file their own program reads.

    Attributes:
        opening: Id of the opening.
        recipient: The vault's one-time age recipient.
        fingerprint: Its SHA-256, in hexadecimal; custodians compare it.
        layers: The age files, in Base64, in the order in which the results come back.
    """

    opening: str
    recipient: str
    fingerprint: str
    layers: tuple[str, ...]


class SealedSeed(msgspec.Struct, frozen=True, kw_only=True):
    """A seed lies in the vault: what people compare of it, and what was odd about it."""

    fingerprint: str
    notes: tuple[str, ...] = ()


class Behind(Protocol):
    """Everything that takes more than an entry of the log."""

    def code(self, person: str, lease: str) -> CodeReply:
        """The code of the newest step released to a lease; the same step gives the same code again.

        Raises:
            RootwardenError: The head is not anchored, the vault refuses, or the step is over.
        """
        ...

    def password(self, person: str, lease: str) -> PasswordReply:
        """The root password that was released to a lease.

        Raises:
            RootwardenError: The head is not anchored, or the vault refuses.
        """
        ...

    def enrolment_codes(self, person: str, lease: str, device: str) -> EnrolmentReply:
        """The two codes that were released to an enrolment.

        Raises:
            RootwardenError: The head is not anchored, the vault refuses, or the steps are over.
        """
        ...

    def seal(self, person: str, lease: str, device: str, material: str, content: bytes) -> SealedSeed:
        """Hand a seed or a password to the vault, which seals it; its entry is written.

        Args:
            person: Who brings it.
            lease: The approved enrolment.
            device: Which device; empty for a password.
            material: `text`, `picture` or `password`.
            content: The thing itself; it is not kept here.

        Raises:
            RootwardenError: It cannot be read, or the vault refuses.
        """
        ...

    def work(self, person: str, opening: str) -> Work:
        """What a custodian has to peel.

        Raises:
            RootwardenError: It is not their turn, or the opening is over.
        """
        ...

    def give(self, person: str, opening: str, peeled: Sequence[str]) -> None:
        """Hand in what a custodian peeled, once its entry is written.

        Raises:
            RootwardenError: It is not what the envelope promised.
        """
        ...

    def anchors(self) -> Sequence[Anchor]:
        """Where heads lie elsewhere."""
        ...

"""What stands behind the doors beside the log: acts and what follows from them, releases, custody, anchors.

A release is handed out only to the person of its entry in the log, and only after the head over that entry is anchored:
`broker.releases` and the vault see to both. The pages and the API pass on what they are given, and wipe it.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import msgspec

from rootwarden.breakglass.broker.audit_views import Anchor
from rootwarden.breakglass.core.custody import PASSWORD, SEED
from rootwarden.breakglass.core.refusal import Refused
from rootwarden.breakglass.custody.keys import Secret
from rootwarden.breakglass.custody.troubles import CustodyError
from rootwarden.breakglass.vault.troubles import VaultError
from rootwarden.facts.instant import Instant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from rootwarden.breakglass.broker.acting import Acting
    from rootwarden.breakglass.broker.anchoring import Held
    from rootwarden.breakglass.broker.releases import Material, Releases
    from rootwarden.breakglass.broker.wishes import ConfirmRecord
    from rootwarden.breakglass.core.authenticator import Authenticator
    from rootwarden.breakglass.service.devices import Asked, Devices
    from rootwarden.breakglass.sinks.panel import Health


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


class Behind:
    """Everything both doors call that does more than read the log.

    Args:
        acting: Does what people ask for.
        releases: What leaves.
        health: How each sink is.
        devices: Where people's devices sign the head; none where nothing of the kind is kept.
    """

    def __init__(
        self,
        acting: Acting,
        releases: Releases,
        health: Callable[[], Iterable[Health]],
        *,
        devices: Devices | None = None,
    ) -> None:
        self.acting, self._releases, self._health, self._devices = acting, releases, health, devices

    def head_to_sign(self, person: str) -> Asked:
        """The head for somebody's device to sign when no machine outside can be reached.

        Raises:
            Refused: There is no log, or people's devices do not anchor it (V2).
        """
        return self._at_hand().asked(person)

    def sign_head(self, person: str, size: int, authenticator: Authenticator) -> Asked:
        """Take somebody's signature over a head.

        Raises:
            Refused: There is no such head, or people's devices do not anchor this log (V2).
            SinkError: The signature does not count.
        """
        return self._at_hand().hand_in(person, size, authenticator)

    def _at_hand(self) -> Devices:
        if self._devices is None:
            raise Refused("V2", "people's devices do not anchor this log")
        return self._devices

    def check_keys(self, lease: str, *, password: bool = False) -> None:
        """Whether the vault has what custodians opened for a lease.

        Raises:
            RootwardenError: It has not, or does not answer.
        """
        self._releases.check_keys(lease, PASSWORD if password else SEED)

    def code(self, person: str, lease: str, device: str) -> CodeReply:
        """The code of the newest step released to a lease; the same step gives the same code again.

        Raises:
            RootwardenError: The head is not anchored, the vault refuses, or it is not the time of the step.
        """
        shown, secret = self._releases.code(person, lease)
        return CodeReply(
            code=_text(secret),
            device=device,
            step=shown.step,
            valid_from=shown.valid_from,
            valid_until=shown.valid_until,
            seconds_left=shown.seconds_left,
            server_time=shown.server_time,
            codes_left=shown.codes_left,
            anchored=_names(shown.held),
        )

    def password(self, person: str, lease: str) -> PasswordReply:
        """The root password that was released to a lease.

        Raises:
            RootwardenError: The head is not anchored, or the vault refuses.
        """
        secret = self._releases.password(person, lease)
        return PasswordReply(password=_text(secret), anchored=_names(self._releases.anchor().held))

    def enrolment_codes(self, person: str, lease: str, device: str) -> EnrolmentReply:
        """The two codes that were released to an enrolment.

        Raises:
            RootwardenError: The head is not anchored, the vault refuses, or the steps are over.
        """
        shown, secret = self._releases.enrolment_codes(person, lease, device)
        first, _, second = _text(secret).partition(" ")
        if not second:
            raise VaultError("the vault gave one code where two are asked for")
        return EnrolmentReply(
            first=first,
            second=second,
            step=shown.step,
            valid_from=shown.valid_from,
            valid_until=shown.valid_until,
            server_time=shown.server_time,
            anchored=_names(shown.held),
        )

    def seal(self, person: str, lease: str, device: str, material: Material, content: bytes) -> ConfirmRecord:
        """Hand a seed or a password to the vault, which seals it.

        Args:
            person: Who brings it.
            lease: The approved enrolment.
            device: Which device; empty for a password.
            material: What it is.
            content: The thing itself; this copy of it is wiped.

        Returns:
            What its bringer confirms with a signature.

        Raises:
            RootwardenError: It cannot be read, or the vault refuses.
        """
        with Secret(bytearray(content), "what is enrolled") as secret:
            return self._releases.seal_record(person, lease, device, material, secret)

    def work(self, person: str, opening: str) -> Work:
        """What a custodian has to peel.

        Raises:
            RootwardenError: It is not their turn, or the opening is over.
        """
        layers = self._releases.layers(opening, person)
        from rootwarden.breakglass.custody.age import fingerprint

        return Work(
            opening=opening,
            recipient=layers.recipient,
            fingerprint=fingerprint(layers.recipient),
            layers=tuple(base64.b64encode(one).decode() for one in layers.layers),
        )

    def make_export(self, person: str, lease: str) -> str:
        """Have an export made; what is signed for is its digest.

        Raises:
            RootwardenError: The lease is for none, or the vault refuses.
        """
        return self._releases.make_export(person, lease)

    def export(self, person: str, lease: str) -> bytes:
        """The export, once its release is in the log.

        Raises:
            RootwardenError: It is not, or the vault refuses.
        """
        return self._releases.export(person, lease)

    def anchors(self) -> tuple[Anchor, ...]:
        """Where heads lie elsewhere."""
        return tuple(
            Anchor(sink=one.sink, size=one.accepted, at=one.accepted_at, works=not one.error, detail=one.error)
            for one in self._health()
        )


def _text(secret: Secret) -> str:
    """What is shown to one person; the bytes it came in are wiped."""
    with secret:
        try:
            return secret.content.decode()
        except UnicodeDecodeError:
            raise CustodyError("what the vault gave is no text") from None


def _names(held: Iterable[Held]) -> tuple[str, ...]:
    return tuple(one.sink for one in held)

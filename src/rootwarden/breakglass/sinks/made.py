"""Sinks from the settings: one place that knows every kind."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rootwarden.breakglass.exchange import trust_of
from rootwarden.breakglass.sinks import settings as kinds
from rootwarden.breakglass.sinks.panel import Panel, Policy
from rootwarden.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from rootwarden.breakglass.core.anchor import Attestation
    from rootwarden.breakglass.sinks.object_lock import ObjectLockSink
    from rootwarden.breakglass.sinks.sink import LocalLog, Receipt, Sink
    from rootwarden.breakglass.sinks.witness import WitnessSink
    from rootwarden.transparency.head import Head

_LARGEST_KEY: Final = 64 * 1024


class Making:
    """Makes sinks.

    Args:
        log: The log here.
        log_keys: Public keys its heads may be signed with.
        verify: Checks an attestation of somebody's device, as `DevicesSink` says.
        clock: Now.
    """

    def __init__(
        self,
        *,
        log: LocalLog,
        log_keys: Sequence[Ed25519PublicKey],
        verify: Callable[[Head, Attestation], None],
        clock: Callable[[], datetime],
    ) -> None:
        self._log = log
        self._log_keys = log_keys
        self._verify = verify
        self._clock = clock

    def panel(
        self,
        settings: kinds.Settings,
        *,
        needed: int,
        proven: bool,
        accepted: Mapping[str, Receipt] | None = None,
        remember: Callable[[Receipt], None] | None = None,
    ) -> Panel:
        """The panel of all sinks.

        Args:
            settings: Sinks and policy.
            needed: How many the log's own settings ask for (`anchors`); fewer is never enough.
            proven: Whether they name witnesses, so that the vault wants a signature.
            accepted: The newest receipt of each sink, as it was remembered.
            remember: Hears each receipt, from any thread.

        Raises:
            UsageError, InputError, AccessError: A sink cannot be made, or the policy never met.
        """
        policy = Policy(
            needed=max(needed, settings.policy.needed),
            counts=settings.policy.counts,
            proven=proven or settings.policy.proven,
            seconds=settings.policy.seconds,
        )
        sinks = [self.sink(each) for each in settings.sink]
        return Panel(sinks, policy, self._log, clock=self._clock, accepted=accepted, remember=remember)

    def sink(self, each: kinds.SinkSettings) -> Sink:
        """One sink; otherwise as `panel`. Imports come last: botocore is slow to load."""
        match each:
            case kinds.WitnessSettings():
                return self._witness(each)
            case kinds.ObjectLockSettings():
                return self._object_lock(each)
            case kinds.SyslogSettings():
                from rootwarden.breakglass.sinks.syslog import Receiver, SyslogSink

                receiver = Receiver(
                    host=each.host,
                    port=each.port,
                    transport=each.transport,
                    authority=each.authority,
                    longest=each.longest,
                )
                return SyslogSink(
                    each.name, receiver, log=self._log.name, takes_entries=each.entries, clock=self._clock
                )
            case kinds.MailSettings():
                return self._mail(each)
            case kinds.DevicesSettings():
                from rootwarden.breakglass.sinks.devices import DevicesSink

                return DevicesSink(each.name, verify=self._verify, clock=self._clock)
            case kinds.FileSettings():
                from rootwarden.breakglass.sinks.file import FileSink

                apart = Path(each.apart_from)
                return FileSink(
                    each.name,
                    Path(each.path),
                    apart_from=apart,
                    takes_entries=each.entries,
                    log_keys=self._log_keys,
                    clock=self._clock,
                )

    def _witness(self, each: kinds.WitnessSettings) -> WitnessSink:
        from rootwarden.breakglass.sinks.witness import WitnessSink
        from rootwarden.breakglass.witness.client import WitnessClient
        from rootwarden.breakglass.witness.memory import read_public_key

        token = each.token.read(f"token of the sink `{each.name}`")
        client = WitnessClient(each.name, each.address, token=token, authority=each.authority)
        key = read_public_key(_text(each.name, Path(each.key)))
        return WitnessSink(each.name, client, key=key, log=self._log, log_keys=self._log_keys, clock=self._clock)

    def _object_lock(self, each: kinds.ObjectLockSettings) -> ObjectLockSink:
        from rootwarden.aws.door import Door
        from rootwarden.breakglass.sinks.object_lock import BoundedSending, Bucket, ObjectLockSink

        bucket = Bucket(
            name=each.bucket,
            owner=each.owner,
            organization=each.organization,
            prefix=each.prefix,
            retention=timedelta(days=each.days),
        )
        sending = BoundedSending(trust_of(""))
        door = Door(profile=each.profile, region=each.region, endpoint=each.endpoint, transport=sending)
        return ObjectLockSink(
            each.name,
            bucket,
            door=door,
            sending=sending,
            log=self._log.name,
            log_keys=self._log_keys,
            takes_entries=each.entries,
            clock=self._clock,
        )

    def _mail(self, each: kinds.MailSettings) -> Sink:
        from rootwarden.breakglass.sinks.mail import Mailbox, MailSink

        mailbox = Mailbox(
            host=each.host,
            recipients=each.recipients,
            sender=each.sender,
            port=each.port,
            security=each.security,
            authority=each.authority,
            user=each.user,
        )
        password = each.password.read(f"password of the sink `{each.name}`") if each.password is not None else None
        return MailSink(each.name, mailbox, password=password, log=self._log.name, clock=self._clock)


def _text(name: str, path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as opened:
            return opened.read(_LARGEST_KEY)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"the key of the sink `{name}` cannot be read from `{path}`", hint="is it there?") from error

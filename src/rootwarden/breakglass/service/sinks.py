"""Sinks from the settings: one place that knows every kind."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key, load_pem_public_key

from rootwarden.breakglass.service import settings as kinds
from rootwarden.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from rootwarden.breakglass.core.state import State
    from rootwarden.breakglass.service.anchors import BrokersLog
    from rootwarden.breakglass.sinks.sink import Sink


def sinks_of(
    declared: Sequence[kinds.SinkSettings],
    *,
    state: State,
    log: BrokersLog,
    database: Path | None,
    clock: Callable[[], datetime],
    nonce: Callable[[], str],
) -> tuple[Sink, ...]:
    """Every sink that can be made of the settings.

    Args:
        declared: The settings.
        state: Of the log: a witness is made only when the log has its key.
        log: The log, as sinks see it.
        database: The database's file, if it is one.
        clock: Now.
        nonce: What witnesses are to sign beside a head.

    Raises:
        UsageError: A secret is missing, or an address cannot be used.
    """
    made = (
        _witness(one, state, log, clock, nonce)
        if isinstance(one, kinds.WitnessSinkSettings)
        else _sink(one, state, log, database, clock)
        for one in declared
    )
    return tuple(sink for sink in made if sink is not None)


def _sink(
    one: kinds.ObjectLockSettings | kinds.SyslogSettings | kinds.MailSettings | kinds.FileSettings,
    state: State,
    log: BrokersLog,
    database: Path | None,
    clock: Callable[[], datetime],
) -> Sink:
    """Imports come last: most settings need one or two of them."""
    match one:
        case kinds.ObjectLockSettings():
            return _bucket(one, state, log, clock)
        case kinds.SyslogSettings():
            from rootwarden.breakglass.sinks.syslog import Receiver, SyslogSink

            receiver = Receiver(host=one.host, port=one.port, transport=one.transport, authority=one.authority)
            return SyslogSink(one.name, receiver, log=log.name, takes_entries=one.entries, clock=clock)
        case kinds.MailSettings():
            from rootwarden.breakglass.sinks.mail import Mailbox, MailSink

            password = one.password.read(f"password of sink `{one.name}`") if one.password else None
            mailbox = Mailbox(
                host=one.host,
                recipients=one.recipients,
                sender=one.sender,
                port=one.port,
                security=one.security,
                authority=one.authority,
                user=one.user,
            )
            return MailSink(one.name, mailbox, password=password, log=log.name, clock=clock)
        case kinds.FileSettings():
            from rootwarden.breakglass.sinks.file import FileSink

            apart = None if one.any_mount else database
            return FileSink(
                one.name,
                Path(one.path),
                apart_from=apart,
                takes_entries=one.entries,
                log_keys=log_keys(state),
                clock=clock,
            )


def _witness(
    one: kinds.WitnessSinkSettings,
    state: State,
    log: BrokersLog,
    clock: Callable[[], datetime],
    nonce: Callable[[], str],
) -> Sink | None:
    from rootwarden.breakglass.sinks.witness import WitnessSink
    from rootwarden.breakglass.witness.client import WitnessClient

    known = {witness.name: witness.key for witness in state.settings.witnesses}
    if one.name not in known:
        return None
    client = WitnessClient(one.name, one.url, token=one.token.read(f"token of `{one.name}`"), authority=one.authority)
    key = _ed25519(load_der_public_key(base64.b64decode(known[one.name])), one.name)
    return WitnessSink(one.name, client, key=key, log=log, log_keys=log_keys(state), clock=clock, nonce=nonce)


def _bucket(one: kinds.ObjectLockSettings, state: State, log: BrokersLog, clock: Callable[[], datetime]) -> Sink:
    from rootwarden.aws.door import Door
    from rootwarden.breakglass.sinks.object_lock import BoundedSending, Bucket, ObjectLockSink

    bucket = Bucket(
        name=one.bucket,
        owner=one.owner,
        organization=one.organization,
        prefix=one.prefix,
        retention=kinds.retention_of(one),
    )
    sending = BoundedSending()
    door = Door(profile=one.profile, region=one.region, transport=sending)
    return ObjectLockSink(
        one.name,
        bucket,
        door=door,
        sending=sending,
        log=log.name,
        log_keys=log_keys(state),
        takes_entries=one.entries,
        clock=clock,
    )


def log_keys(state: State) -> tuple[Ed25519PublicKey, ...]:
    """Keys that heads of the log may be signed with, the newest first.

    Raises:
        UsageError: One is no Ed25519 key.
    """
    pems = (state.checkpoint_key, *reversed(state.former_checkpoint_keys))
    return tuple(_ed25519(load_pem_public_key(pem.encode()), "the checkpoint key") for pem in pems)


def _ed25519(key: object, name: str) -> Ed25519PublicKey:
    if not isinstance(key, Ed25519PublicKey):
        raise UsageError(f"`{name}` has no Ed25519 key")
    return key

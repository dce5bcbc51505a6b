"""`rootwarden trail watch`: a queue of new log files and events, and alerts from it, until it is stopped."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, TypeAlias

import typer

from rootwarden.cli import options
from rootwarden.errors import UsageError

_LOOPBACK: Final = "127.0.0.1"


class SetUp(StrEnum):
    """What the set-up is printed for."""

    CLOUDFORMATION = "cloudformation"
    TERRAFORM = "terraform"


Queue: TypeAlias = Annotated[str, typer.Option("--queue", metavar="URL", help="The SQS queue that is fed.")]
Alerts: TypeAlias = Annotated[
    Path | None, typer.Option("--alerts", metavar="FILE", help="Channels, people, database: see docs/alerts.md.")
]
Database: TypeAlias = Annotated[
    str, typer.Option("--database", metavar="URL", help="Instead of the one --alerts names: sqlite:///alerts.db.")
]
Deliver: TypeAlias = Annotated[
    bool, typer.Option("--deliver/--no-deliver", help="Send alerts too, instead of only keeping them.")
]
Settings: TypeAlias = Annotated[
    Path | None, typer.Option("--settings", metavar="FILE", help="What is expected: see docs/incidents.md.")
]
Checkouts: TypeAlias = Annotated[
    Path | None, typer.Option("--checkouts", metavar="FILE", help="Check-outs; read again when it changes.")
]
CheckoutsKey: TypeAlias = Annotated[
    Path | None, typer.Option("--checkouts-key", metavar="FILE", help="The broker's public keys (PEM).")
]
ExpectCanary: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--expect-canary", metavar="ACCOUNT/REGION", help="Page if it never comes. Repeat."),
]
ExpectDigest: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--expect-digest", metavar="ACCOUNT/REGION", help="Page if none ever comes. Repeat."),
]
QuietMinutes: TypeAlias = Annotated[
    int, typer.Option("--quiet-minutes", min=0, help="Page when no message comes for so long; 0: never.")
]
DeadManEnv: TypeAlias = Annotated[
    str, typer.Option("--dead-man-env", metavar="NAME", help="Variable with the address to ping.")
]
DeadManSeconds: TypeAlias = Annotated[int, typer.Option("--dead-man-seconds", min=1, help="How often it is pinged.")]
PollSeconds: TypeAlias = Annotated[
    int,
    typer.Option(
        "--poll-seconds", min=1, max=20, help="How long to wait for messages at a time; a stop may take so long."
    ),
]
HealthHost: TypeAlias = Annotated[
    str, typer.Option("--health-host", metavar="ADDRESS", help="Where /healthz, /readyz, /metrics listen.")
]
HealthPort: TypeAlias = Annotated[
    int, typer.Option("--health-port", min=0, max=65535, help="Their port; 0 takes a free one.")
]
Once: TypeAlias = Annotated[bool, typer.Option("--once", help="Stop when the queue is empty.")]
Parked: TypeAlias = Annotated[bool, typer.Option("--parked", help="List the messages that are parked, and stop.")]
PrintSetUp: TypeAlias = Annotated[
    SetUp | None, typer.Option("--print-setup", help="Print what has to stand in AWS, and stop.")
]


def watch(
    *,
    queue: Queue = "",
    alerts: Alerts = None,
    database: Database = "",
    deliver: Deliver = True,
    settings: Settings = None,
    checkouts: Checkouts = None,
    checkouts_key: CheckoutsKey = None,
    expect_canary: ExpectCanary = None,
    expect_digest: ExpectDigest = None,
    quiet_minutes: QuietMinutes = 0,
    dead_man_env: DeadManEnv = "",
    dead_man_seconds: DeadManSeconds = 60,
    poll_seconds: PollSeconds = 10,
    health_host: HealthHost = _LOOPBACK,
    health_port: HealthPort = 9464,
    once: Once = False,
    parked: Parked = False,
    print_setup: PrintSetUp = None,
    profile: options.Profile = "",
    region: options.Region = "",
) -> int:
    """Watch a queue fed by S3 or EventBridge: incidents and alerts from what arrives. SIGTERM ends it in order.

    What was taken and not worked off by then comes again. Exit code 3 of --once: something could not be read.
    """
    if print_setup is not None:
        return _print_setup(print_setup)
    from rootwarden.cli import watching

    given = watching.Given(
        queue=queue,
        alerts=alerts,
        database=database,
        deliver=deliver,
        settings=settings,
        checkouts=checkouts,
        checkouts_key=checkouts_key,
        canaries=tuple(expect_canary or ()),
        digests=tuple(expect_digest or ()),
        quiet_minutes=quiet_minutes,
        dead_man_env=dead_man_env,
        health=(health_host, health_port),
        once=once,
        poll=poll_seconds,
        ping=dead_man_seconds,
        profile=profile,
        region=region,
    )
    if parked:
        return watching.list_parked(given)
    if not queue:
        raise UsageError("which queue?", hint="give --queue, or --print-setup cloudformation to make one")
    return watching.watch(given)


def _print_setup(what: SetUp) -> int:
    from rootwarden.detect.visits.settings import Settings as Expected
    from rootwarden.watch.interests import looking_for, names_of
    from rootwarden.watch.setup import cloudformation, terraform

    render = cloudformation.render if what is SetUp.CLOUDFORMATION else terraform.render
    sys.stdout.write(render(names_of(looking_for(Expected()).always)))
    return 0

"""Evidence and CloudTrail logs of the account of the cast, as `collect` and `aws s3 sync` leave them."""

from __future__ import annotations

import json
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from rootwarden.aws.door import Door
from rootwarden.breakglass.rehearsal.troupe import ACCOUNT
from rootwarden.cli.rule_choice import chosen_rules
from rootwarden.collect.live import LiveCollection, Scope
from rootwarden.collect.plan import plan_for
from rootwarden.collect.save import EvidenceWriter
from rootwarden.facts.instant import format_instant
from rootwarden.simulator import running
from rootwarden.simulator.digests import HOUR, DigestedTrail, SigningKey, write_copy
from rootwarden.simulator.worlds import make_world
from rootwarden.trail.digests.keys import KeptKeys, keys_file
from rootwarden.trail.digests.location import Site

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    import pytest

    from rootwarden.simulator.digests import Stored


def write_evidence(folder: Path, at: datetime, patch: pytest.MonkeyPatch) -> Path:
    """The management account of a simulated organization, under the number the cast guards."""
    world = make_world("greenfield", 3)
    patch.setenv("AWS_ACCESS_KEY_ID", world.credentials.access_key_id)
    patch.setenv("AWS_SECRET_ACCESS_KEY", world.credentials.secret_access_key)
    book = chosen_rules()
    with running(world, clock=lambda: at) as simulator:
        LiveCollection(
            door=Door(endpoint=simulator.endpoint, region="us-east-1"),
            plan=plan_for(book.needs, watched=book.watched, tree=True),
            scope=Scope(organization=True, role_name="RootwardenAudit"),
            writer=EvidenceWriter(folder),
            clock=lambda: at,
        ).run()
    for path in sorted(folder.rglob("*"), key=lambda one: -len(one.parts)):
        if path.is_file():
            path.write_bytes(path.read_bytes().replace(world.management_id.encode(), ACCOUNT.encode()))
        if world.management_id in path.name:
            path.rename(path.with_name(path.name.replace(world.management_id, ACCOUNT)))
    return folder


def write_trail(folder: Path, visited: datetime, *, hours: int, names: tuple[str, ...] = ("ConsoleLogin",)) -> Path:
    """Logs with digests, from an hour before the visit; the keys beside them in `keys.json`."""
    start = visited.astimezone(UTC).replace(minute=0, second=0, microsecond=0) - HOUR
    key = SigningKey("us-east-1", start - timedelta(days=1), start + timedelta(days=2))
    bucket: dict[str, Stored] = {}
    trail = DigestedTrail(bucket, "example-trail-logs", Site("", "", ACCOUNT, "us-east-1"), key)
    for number in range(hours):
        begins = start + number * HOUR
        logs = [root_log(visited, *names)] if begins <= visited < begins + HOUR else []
        trail.deliver(begins, logs)
    write_copy(bucket, folder)
    (folder.parent / "keys.json").write_bytes(keys_file(KeptKeys((key.public,), "")))
    return folder


def root_log(at: datetime, *names: str) -> bytes:
    """A log file of acts of root, a second apart."""
    records = [
        {
            "eventVersion": "1.11",
            "userIdentity": {"type": "Root", "accountId": ACCOUNT, "arn": f"arn:aws:iam::{ACCOUNT}:root"},
            "eventTime": format_instant((at + timedelta(seconds=number)).replace(microsecond=0)),
            "eventSource": "signin.amazonaws.com",
            "eventName": name,
            "awsRegion": "us-east-1",
            "sourceIPAddress": "198.51.100.7",
            "eventID": f"00000000-0000-4000-8000-{number:012}",
            "eventType": "AwsConsoleSignIn",
            "recipientAccountId": ACCOUNT,
        }
        for number, name in enumerate(names)
    ]
    return json.dumps({"Records": records}).encode()

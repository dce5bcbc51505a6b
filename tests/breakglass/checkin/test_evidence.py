"""BG-9: what a check-in goes by. A copy of the logs counts as far as CloudTrail's digests prove it, and no further."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from tests.breakglass.client.evidence import root_log

from rootwarden.breakglass.checkin.evidence import acts_of_root, digest_of, look_at, proven_until
from rootwarden.detect.visits.event import read_event
from rootwarden.errors import InputError, UsageError
from rootwarden.simulator import digest_forgeries as forgeries
from rootwarden.simulator.digests import HOUR, DigestedTrail, SigningKey, write_copy
from rootwarden.trail.digests.folder import Folder
from rootwarden.trail.digests.keys import KeptKeys
from rootwarden.trail.digests.location import Site

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rootwarden.detect.filter_pattern import Value
    from rootwarden.simulator.digests import Stored

ACCOUNT = "000011112222"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
OPENED = NOON + timedelta(minutes=10)
KEY = SigningKey("us-east-1", NOON - timedelta(days=1), NOON + timedelta(days=1))


def trail(hours: int, *, start: datetime = NOON, account: str = ACCOUNT) -> tuple[dict[str, Stored], list[str]]:
    bucket: dict[str, Stored] = {}
    made = DigestedTrail(bucket, "example-trail-logs", Site("", "", account, "us-east-1"), KEY)
    log = root_log(OPENED, "ConsoleLogin")
    names = [made.deliver(start + number * HOUR, [log] if not number else []) for number in range(hours)]
    return bucket, names


def until(folder: Path, bucket: dict[str, Stored]) -> datetime | None:
    write_copy(bucket, folder)
    return proven_until(Folder(folder, None), KeptKeys((KEY.public,), ""), ACCOUNT, since=OPENED)


def test_every_hour_but_the_newest_is_proven(tmp_path: Path) -> None:
    assert until(tmp_path, trail(5)[0]) == NOON + 4 * HOUR


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda bucket, names: forgeries.remove(bucket, names[2]), NOON + 2 * HOUR),
        (lambda bucket, names: forgeries.remove(bucket, forgeries.listed_by(bucket, names[0])[0]), None),
        (lambda bucket, names: forgeries.remove(bucket, names[0]), None),
    ],
    ids=["a digest is gone", "a log file is gone", "the first digest is gone"],
)
def test_what_is_missing_ends_the_proof(
    tmp_path: Path, change: Callable[[dict[str, Stored], list[str]], None], expected: datetime | None
) -> None:
    bucket, names = trail(5)
    change(bucket, names)
    found = until(tmp_path, bucket)
    assert found is None or (expected is not None and found <= expected)


def test_nothing_is_proven_of_what_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no `AWSLogs` folder"):
        until(tmp_path / "empty", {})
    assert until(tmp_path / "late", trail(5, start=NOON + HOUR)[0]) is None
    assert until(tmp_path / "early", trail(3, start=NOON - 5 * HOUR)[0]) is None
    assert until(tmp_path / "other", trail(5, account="111122223333")[0]) is None


def event(
    at: str | None = "2026-03-02T12:20:00Z", account: str = ACCOUNT, kind: str = "Root", **more: str
) -> dict[str, Value]:
    who: dict[str, Value] = {"type": kind, "accountId": account, "arn": f"arn:aws:iam::{account}:root"}
    return {"eventName": "EnableMFADevice", "userIdentity": who, "recipientAccountId": account, "eventTime": at, **more}


def test_acts_are_those_of_this_root_since_then() -> None:
    documents = [
        event(errorCode="AccessDenied"),
        event("2026-03-02T12:15:00Z"),
        event("2026-03-02T12:00:00Z"),
        event(account="111122223333"),
        event(kind="IAMUser"),
    ]
    acts = acts_of_root([read_event(each) for each in documents], ACCOUNT, since=OPENED)
    assert [(act.at.minute, act.failed) for act in acts] == [(15, False), (20, True)]


def test_an_act_without_a_time_is_looked_at_by_hand() -> None:
    with pytest.raises(InputError, match="has no time"):
        acts_of_root([read_event(event(None))], ACCOUNT, since=OPENED)


def test_the_digest_of_evidence_is_what_stock_programs_say(tmp_path: Path) -> None:
    for name in ("b/two.json", "a.json", "B.json", 'b/ä "x".json'):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name, encoding="utf-8")
    line = r"find . -type f -printf '%P\0' | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum"
    said = subprocess.run(["sh", "-c", line], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    before = digest_of(tmp_path)
    assert before == said.split()[0]
    (tmp_path / "a.json").write_text("A", encoding="utf-8")
    assert digest_of(tmp_path) != before
    with pytest.raises(InputError):
        digest_of(tmp_path / "none")


def test_a_folder_without_the_account_is_no_evidence(tmp_path: Path) -> None:
    (tmp_path / "accounts" / "111122223333").mkdir(parents=True)
    with pytest.raises(UsageError):
        look_at(tmp_path, ACCOUNT)

"""What else lies in a bucket of CloudTrail and is no log file of events, a bomb, and what is put aside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
from isal import igzip, isal_zlib

from rootwarden.simulator.trail.organization import HOME, MANAGEMENT, ORGANIZATION_ID, root_arn
from rootwarden.simulator.trail.signing import signed_lines

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rootwarden.detect.filter_pattern import Event as Record
    from rootwarden.simulator.trail.signing import Given
    from rootwarden.simulator.trail.truth import Declared, Truth

_DAY: Final = f"{HOME}/2026/03/02"
_HOME: Final = f"AWSLogs/{ORGANIZATION_ID}/{MANAGEMENT}"
_DIGEST: Final = f"{MANAGEMENT}_CloudTrail-Digest_{HOME}_fake_{HOME}_20260302T090000Z.json.gz"
_INSIGHT: Final = f"{MANAGEMENT}_CloudTrail-Insight_{HOME}_20260302T0905Z_FakeFakeFakeFake.json.gz"
_BOMB: Final = f"{MANAGEMENT}_CloudTrail_{HOME}_20260302T0910Z_BombBombBombBomb.json.gz"
_BLOCK: Final = 1 << 20
BOMB_SIZE: Final = 4 << 30

TRUTH, CHECKOUTS, BROKER, SETTINGS = "truth.json", "checkouts.jsonl", "broker.pem", "settings.toml"
EVIDENCE: Final = "evidence"


def write_beside(folder: Path) -> tuple[str, ...]:
    """Write a digest, an Insights file that names root, and the empty object that stands for a folder.

    Returns:
        Their places below the folder.

    Raises:
        OSError: When they cannot be written.
    """
    digest: Record = {"awsAccountId": MANAGEMENT, "digestS3Bucket": "fake-trail", "logFiles": []}
    value: Record = {"value": root_arn(MANAGEMENT), "average": 12.5}
    insight: Record = {
        "eventCategory": "Insight",
        "eventType": "AwsCloudTrailInsight",
        "eventID": "00000000-0000-4000-8000-00000000fa4e",
        "recipientAccountId": MANAGEMENT,
        "insightDetails": {
            "eventName": "AssumeRoot",
            "insightContext": {"attributions": [{"attribute": "userIdentityArn", "insight": [value]}]},
        },
    }
    contents = {
        f"{_HOME}/CloudTrail-Digest/{_DAY}/{_DIGEST}": igzip.compress(msgspec.json.encode(digest), mtime=0),
        f"{_HOME}/CloudTrail-Insight/{_DAY}/{_INSIGHT}": igzip.compress(
            msgspec.json.encode({"Records": [insight]}), mtime=0
        ),
        f"{_HOME}/CloudTrail/.keep": b"",
    }
    for key, content in contents.items():
        (folder / key).parent.mkdir(parents=True, exist_ok=True)
        (folder / key).write_bytes(content)
    return tuple(sorted(contents))


def write_bomb(folder: Path) -> str:
    """Write a log file of some megabytes that inflates to four gigabytes of blanks; its place below the folder.

    Raises:
        OSError: When it cannot be written.
    """
    key = f"{_HOME}/CloudTrail/{_DAY}/{_BOMB}"
    (folder / key).parent.mkdir(parents=True, exist_ok=True)
    # A window of 31 bits means a gzip header around the deflated data (zlib manual, deflateInit2).
    packer = isal_zlib.compressobj(1, isal_zlib.DEFLATED, 31)
    with (folder / key).open("wb") as file:
        file.write(packer.compress(b'{"Records":['))
        for _ in range(BOMB_SIZE // _BLOCK):
            file.write(packer.compress(b" " * _BLOCK))
        file.write(packer.compress(b"]}") + packer.flush())
    return key


def write_aside(truth: Truth, given: Sequence[Given], folder: Path) -> None:
    """Write the truth, the check-outs with the key they are verified with, and the settings of detection.

    Raises:
        OSError: When they cannot be written.
    """
    lines, public_key = signed_lines(given, truth.seed)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / TRUTH).write_bytes(msgspec.json.format(msgspec.json.encode(truth), indent=1) + b"\n")
    (folder / CHECKOUTS).write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))
    (folder / BROKER).write_bytes(public_key)
    (folder / SETTINGS).write_text(_settings(truth.declared), encoding="utf-8")


def _settings(declared: Declared) -> str:
    callers = (
        f'[[expected_caller]]\ncaller = "{each.arn}"\ntask_policies = ["{each.task_policy}"]\n'
        for each in declared.expected_callers
    )
    stores = (f'[[password_store]]\narn = "{each}"\n' for each in declared.password_stores)
    return "\n".join((*callers, *stores))

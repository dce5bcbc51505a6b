"""`rootwarden trail verify` as a process: what it says, its exit codes, public keys kept and used again."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
from typing import TYPE_CHECKING

import pytest
from tests.collect.looks import COMMAND, command, environment
from tests.trail.digests.worlds import BUCKET, START, World, key

from rootwarden.report.trail.verification import document, render
from rootwarden.simulator import digest_forgeries as forgeries
from rootwarden.simulator import running
from rootwarden.simulator.digests import HOUR, publish, write_copy
from rootwarden.simulator.knobs import Deny
from rootwarden.simulator.worlds import make_world
from rootwarden.trail.digests.chain import Span
from rootwarden.trail.digests.folder import Folder
from rootwarden.trail.digests.keys import KeptKeys, keys_file
from rootwarden.trail.digests.result import Verdict
from rootwarden.trail.digests.verify import Verifier

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rootwarden.simulator import Simulator
    from rootwarden.trail.digests.verify import Progress

SINCE = ("--from", "2026-03-01T20:00:00Z")
KEYS = ("--public-keys", "keys.json")


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with running(make_world("greenfield", 2)) as started:
        publish(started.state, key())
        yield started


def copied(folder: Path, world: World, *, metadata: bool = True) -> None:
    write_copy(world.bucket, folder / "copy", metadata=metadata)
    (folder / "keys.json").write_bytes(keys_file(KeptKeys((key().public,), "")))


def test_a_valid_copy(tmp_path: Path) -> None:
    copied(tmp_path, World().hours(4))
    run = command("trail", "verify", "copy", *KEYS, *SINCE, cwd=tmp_path)
    assert (run.code, run.err) == (0, "")
    assert run.out == (
        "VALID: every digest and log file is what CloudTrail wrote, and no time is left out\n"
        "\n"
        "looked at    copy\n"
        "judged at    2026-03-02T00:00:00Z, from 2026-03-01T20:00:00Z\n"
        "chains       1 valid\n"
        "digests      4 valid\n"
        "log files    8 valid; 7.3 KB hashed\n"
        "\n"
        "valid    000000000000 us-east-1  example-trail  2026-03-01T20:00:00Z … 2026-03-02T00:00:00Z, 4 digests, "
        "8 log files\n"
    )


def test_an_unproven_newest_digest_is_code_3(tmp_path: Path) -> None:
    copied(tmp_path, World().hours(4), metadata=False)
    run = command("trail", "verify", "copy", *KEYS, *SINCE, cwd=tmp_path)
    assert run.code == 3
    assert run.out.startswith("UNKNOWN: nothing is known to be wrong, but not everything is proven")
    assert command("trail", "verify", "copy", *KEYS, *SINCE, "--to", "2026-03-01T23:00:00Z", cwd=tmp_path).code == 0


def test_a_forgery_is_code_1_and_comes_first(tmp_path: Path) -> None:
    world = World().hours(4)
    forgeries.append_member(world.bucket, forgeries.log_files(world.bucket)[2], b"{}")
    forgeries.remove(world.bucket, world.digests[2])
    copied(tmp_path, world)
    run = command("trail", "verify", "copy", *KEYS, *SINCE, cwd=tmp_path)
    assert run.code == 1
    lines = run.out.splitlines()
    assert lines[0] == "INVALID: something was changed, removed or added"
    assert "             data follow its first gzip member, which nobody signed" in lines
    gap = "2026-03-01T22:00:00Z … 2026-03-01T23:00:00Z, 1 h: the digests for it are missing (missing)"
    assert f"  gap        {gap}" in lines


def test_json_into_a_file(tmp_path: Path) -> None:
    world = World().hours(4)
    forgeries.remove(world.bucket, world.digests[2])
    copied(tmp_path, world)
    run = command("trail", "verify", "copy", *KEYS, *SINCE, "--format", "json", "-o", "r.json", cwd=tmp_path)
    assert (run.code, run.out) == (1, "")
    whole = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert (whole["schema"], whole["verdict"]) == ("rootwarden.trail-verification/1", "invalid")
    assert whole["digests"] == {"valid": 3, "invalid": 0, "missing": 1, "unknown": 0}
    (chain,) = whole["chains"]
    assert (chain["account"], chain["kind"], chain["proven_seconds"]) == ("000000000000", "hourly", 3 * 3600)
    assert [gap["seconds"] for gap in chain["gaps"]] == [3600]
    assert whole["unproven_sites"][0]["unlisted"]["unknown"] == 2


def test_keys_are_saved_once_and_used_offline(simulator: Simulator, tmp_path: Path) -> None:
    world = World().hours(4)
    write_copy(world.bucket, tmp_path / "copy", metadata=True)
    arguments = ("trail", "verify", "copy", *SINCE)
    run = command(*arguments, "--save-public-keys", "kept.json", cwd=tmp_path, simulator=simulator)
    assert run.code == 0
    kept = json.loads((tmp_path / "kept.json").read_text(encoding="utf-8"))
    assert [each["fingerprint"] for each in kept["keys"]] == [key().public.fingerprint]
    again = command(*arguments, "--public-keys", "kept.json", cwd=tmp_path)
    assert (again.code, again.out) == (0, run.out)


def test_keys_that_may_not_be_asked_prove_nothing(simulator: Simulator, tmp_path: Path) -> None:
    copied(tmp_path, World().hours(2))
    simulator.knobs.add(Deny(account="*", call="cloudtrail:ListPublicKeys"))
    run = command("trail", "verify", "copy", *SINCE, cwd=tmp_path, simulator=simulator)
    simulator.knobs.clear()
    assert run.code == 3
    assert "cloudtrail:ListPublicKeys was refused in us-east-1 (AccessDeniedException)" in run.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nowhere", *KEYS), "`nowhere` is not a folder"),
        (("copy", "--public-keys", "nowhere.json"), "`nowhere.json` cannot be read"),
        (("copy", *KEYS, "--format", "xml"), "there is no format `xml`"),
        (("copy", *KEYS, "--save-public-keys", "x"), "exclude each other"),
        (("copy", *KEYS, "--from", "soon"), "`soon` is not an instant"),
        (("copy", *KEYS, "--from", "2026-03-02", "--to", "2026-03-02"), "--from is not before --to"),
        (("copy", *KEYS, "--original", "bucket"), "`bucket` names no S3 bucket"),
        (("s3://example-trail-logs", *KEYS, "--original", "s3://x-y-z"), "--original is for a copy"),
    ],
    ids=lambda each: "" if isinstance(each, str) else " ".join(each),
)
def test_wrong_usage(arguments: tuple[str, ...], said: str, simulator: Simulator, tmp_path: Path) -> None:
    copied(tmp_path, World().hours(1))
    run = command("trail", "verify", *arguments, cwd=tmp_path, simulator=simulator)
    assert run.code == 2
    assert said in run.err
    assert "hint:" in run.err


def test_the_origin_of_a_copy_is_believed_only_as_given(tmp_path: Path) -> None:
    copied(tmp_path, World().hours(2))
    good = command("trail", "verify", "copy", *KEYS, *SINCE, "--original", f"s3://{BUCKET}", cwd=tmp_path)
    wrong = command("trail", "verify", "copy", *KEYS, *SINCE, "--original", "s3://another-bucket", cwd=tmp_path)
    assert (good.code, wrong.code) == (0, 1)
    assert "copied from s3://example-trail-logs" in good.out
    assert "not for where it lies" in wrong.out


def test_only_some_accounts(tmp_path: Path) -> None:
    world = World(account="111111111111").hours(2)
    other = World().hours(2)
    forgeries.cut(other.bucket, other.digests[0], 9)
    world.bucket.update(other.bucket)
    copied(tmp_path, world)
    assert command("trail", "verify", "copy", *KEYS, *SINCE, cwd=tmp_path).code == 1
    run = command("trail", "verify", "copy", *KEYS, *SINCE, "--accounts", "111111111111", cwd=tmp_path)
    assert run.code == 0
    assert "000000000000" not in run.out


def test_ctrl_c_while_s3_does_not_answer(tmp_path: Path) -> None:
    copied(tmp_path, World().hours(1))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        changed = {
            "AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{silent.getsockname()[1]}",
            "AWS_ACCESS_KEY_ID": "AKIAFAKEFAKEFAKEFAKE",
            "AWS_SECRET_ACCESS_KEY": "fake",
        }
        with subprocess.Popen(
            [*COMMAND, "trail", "verify", "s3://example-trail-logs", *KEYS],
            cwd=tmp_path,
            env=environment(None, **changed),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            connection, _ = silent.accept()
            with connection:
                process.send_signal(signal.SIGINT)
                out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert "Traceback" not in err


def test_an_interrupted_report_says_so(tmp_path: Path) -> None:
    """Ctrl-C after the first of two accounts: that one is told, and nothing is called valid."""
    world = World().hours(2)
    other = World(account="111111111111").hours(2)
    world.bucket.update(other.bucket)
    write_copy(world.bucket, tmp_path, metadata=True)

    def stop(progress: Progress) -> None:
        if progress.sites_done == 1:
            signal.raise_signal(signal.SIGINT)

    span = Span(START, None, START + 2 * HOUR)
    verifier = Verifier(Folder(tmp_path), KeptKeys((key().public,), ""), span, workers=2, on_progress=stop)
    verifier.run()
    result = verifier.result()
    assert (result.interrupted, result.verdict, len(result.chains)) == (True, Verdict.UNKNOWN, 1)
    assert result.chains[0].verdict is Verdict.VALID
    assert "interrupted: what was not finished is left out" in render(result)
    assert json.loads(document(result))["interrupted"] is True

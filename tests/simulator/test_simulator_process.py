"""`python -m rootwarden.simulator` as a process of its own, as benchmarks and other tools use it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from typing import Any

import pytest

from rootwarden.errors import UsageError
from rootwarden.simulator.process import running_process

COMMAND = [sys.executable, "-m", "rootwarden.simulator"]


def read(address: str) -> Any:
    with urllib.request.urlopen(address, timeout=20) as answer:  # noqa: S310 - loopback
        return json.load(answer)


def test_a_process_serves_until_the_block_ends() -> None:
    with running_process("patchwork", 50, arguments=("--no-knobs",)) as endpoint:
        assert endpoint.startswith("http://127.0.0.1:")
        assert len(read(f"{endpoint}/_simulator/world")["account_ids"]) == 50
        assert read(f"{endpoint}/_simulator/knobs") == {"knobs": []}
    with pytest.raises(urllib.error.URLError):
        read(f"{endpoint}/_simulator/world")


def test_latency_is_added_to_signed_calls() -> None:
    scope = "Credential=AKIAFAKE000011110000/20260302/us-east-1/sts/aws4_request, Signature=00"
    with running_process("greenfield", 1, latency=0.12) as endpoint:
        call = urllib.request.Request(  # noqa: S310 - loopback
            endpoint,
            data=b"Action=GetCallerIdentity&Version=2011-06-15",
            headers={"Authorization": f"AWS4-HMAC-SHA256 {scope}"},
        )
        started = time.monotonic()
        with urllib.request.urlopen(call, timeout=20) as answer:  # noqa: S310 - loopback
            assert b"<Account>000011110000</Account>" in answer.read()
        assert time.monotonic() - started >= 0.12


def test_a_simulator_that_cannot_start_says_why() -> None:
    with pytest.raises(UsageError, match="no world `nowhere`"), running_process("nowhere"):
        pass


def test_the_endpoint_is_the_first_line_and_the_rest_is_on_stderr() -> None:
    with subprocess.Popen(
        [*COMMAND, "--world", "standalone"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stderr is not None
            endpoint = process.stdout.readline().strip()
            assert endpoint.startswith("http://127.0.0.1:")
            process.terminate()
            assert process.wait(20) == 0
            assert process.stdout.read() == ""
            assert f"AWS_ENDPOINT_URL={endpoint}" in process.stderr.read()
        finally:
            process.kill()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--world", "nowhere"], "no world `nowhere`"),
        (["--accounts", "0"], "cannot simulate `0` accounts"),
        (["--partition", "moon"], "no partition `moon`"),
        (["--now", "2026-03-02T12:00:00"], "invalid _instant value"),
    ],
)
def test_wrong_usage(arguments: list[str], message: str) -> None:
    done = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stdout == ""

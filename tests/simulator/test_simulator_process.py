"""`python -m rootwarden.simulator` as a process of its own, as benchmarks and other tools use it."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request

import pytest

COMMAND = [sys.executable, "-m", "rootwarden.simulator"]


def test_the_endpoint_is_the_first_line() -> None:
    arguments = ["--world", "patchwork", "--accounts", "50", "--no-knobs", "--latency-ms", "1"]
    with subprocess.Popen([*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stderr is not None
            endpoint = process.stdout.readline().strip()
            assert endpoint.startswith("http://127.0.0.1:")
            with urllib.request.urlopen(f"{endpoint}/_simulator/world", timeout=20) as answer:  # noqa: S310 - loopback
                assert len(json.load(answer)["account_ids"]) == 50
            with urllib.request.urlopen(f"{endpoint}/_simulator/knobs", timeout=20) as answer:  # noqa: S310 - loopback
                assert json.load(answer) == {"knobs": []}
            process.terminate()
            assert process.wait(20) == 0
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

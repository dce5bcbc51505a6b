"""`rootwarden conformance` as a process."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rootwarden.collect.plan import MANAGEMENT_ACTIONS, ROOT_READS
from rootwarden.conformance.steps import STEPS
from rootwarden.simulator.knobs import Deny

if TYPE_CHECKING:
    from rootwarden.simulator import Simulator

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "conformance.md").read_text(encoding="utf-8")
COMMAND = [sys.executable, "-c", "from rootwarden.cli.main import main; main()", "conformance"]


def run(*arguments: str, simulator: Simulator | None = None, folder: Path | None = None) -> tuple[int, str, str]:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "src"), "AWS_CONFIG_FILE": os.devnull}
    environment |= {"AWS_SHARED_CREDENTIALS_FILE": os.devnull, "AWS_EC2_METADATA_DISABLED": "true"}
    if simulator is not None:
        key = simulator.world.credentials
        environment["AWS_ENDPOINT_URL"] = simulator.endpoint
        environment["AWS_ACCESS_KEY_ID"] = key.access_key_id
        environment["AWS_SECRET_ACCESS_KEY"] = key.secret_access_key
    done = subprocess.run(
        [*COMMAND, *arguments], capture_output=True, text=True, timeout=120, check=False, env=environment, cwd=folder
    )
    return done.returncode, done.stdout, done.stderr


def test_all_agrees_and_is_written_to_send_in(alone: Simulator, tmp_path: Path) -> None:
    code, told, said = run("--output", "result.json", simulator=alone, folder=tmp_path)
    assert code == 0
    assert "iam:GetAccountSummary                           agrees\n" in told
    assert "asked: another endpoint (AWS_ENDPOINT_URL), from a standalone account as a user" in told
    assert "iam:GenerateCredentialReport has AWS make a credential report" in said
    assert "written to result.json: look at it before you send it in" in said
    written = json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))
    assert written["schema"] == "rootwarden.conformance/1"
    assert written["summary"]["differs"] == 0
    assert [f"{each['call']}" for each in written["calls"]] == [step.call for step in STEPS]


def test_json_is_what_is_written_and_documented(alone: Simulator, tmp_path: Path) -> None:
    alone.world.management.root.password_spelling = "not_supported"
    code, told, _ = run("--format", "json", "--output", "result.json", simulator=alone, folder=tmp_path)
    assert code == 1
    assert told == (tmp_path / "result.json").read_text(encoding="utf-8")
    document = json.loads(told)
    fields = set(document) | {name for each in document["calls"] for name in each}
    fields |= {name for each in document["calls"] for one in each["differences"] + each["one_sided"] for name in one}
    assert [name for name in fields if f"`{name}`" not in PAGE] == []


def test_a_refused_call_is_no_agreement(alone: Simulator) -> None:
    alone.knobs.add(Deny(call="iam:GetAccountSummary"))
    code, told, _ = run(simulator=alone)
    assert code == 3
    assert re.search(r"iam:GetAccountSummary +could not be compared: refused \(AccessDenied\)", told)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--format", "xml"], 2, "error: there is no format `xml`\nhint: choose table or json\n"),
        (["--nonsense"], 2, "error: No such option: --nonsense"),
        (["--region", "moon-1"], 3, "error: there are no AWS credentials"),
    ],
)
def test_wrong_usage(arguments: list[str], code: int, message: str) -> None:
    assert run(*arguments)[:2] == (code, "")
    assert message in run(*arguments)[2]


def test_a_folder_that_is_not_there(alone: Simulator, tmp_path: Path) -> None:
    code, _, said = run("--output", "nowhere/result.json", simulator=alone, folder=tmp_path)
    assert code == 2
    assert "error: cannot write `nowhere/result.json`: there is no folder `nowhere`" in said


def test_the_list_calls_nothing_and_is_complete(alone: Simulator) -> None:
    code, told, said = run("--list", simulator=alone)
    assert (code, said, alone.calls.snapshot()) == (0, "", {})
    assert [line.split("  ")[0] for line in told.splitlines()] == [step.key for step in STEPS]


def test_every_call_the_product_relies_on_is_compared() -> None:
    assert {step.call for step in STEPS} >= {*MANAGEMENT_ACTIONS, *ROOT_READS}


def test_the_page_says_where_every_call_was_seen() -> None:
    rows = re.findall(
        r"^\| `([\w:]+)` \| (documented|simulator only|seen on real AWS \([\d-]+\)) \|", PAGE, re.MULTILINE
    )
    assert sorted(call for call, _ in rows) == sorted({step.call for step in STEPS})

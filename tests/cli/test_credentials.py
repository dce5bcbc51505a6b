"""`rootwarden credentials` as a process: planned, confirmed, killed in the middle, gone on with, taken back."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.credentials.rig import full_world, left

from rootwarden.rollout.entry import Entry, Kind, spelled
from rootwarden.rollout.reading import read_journal
from rootwarden.simulator import running
from rootwarden.simulator.knobs import Delay

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rootwarden.simulator import Simulator

AS_OF = "--as-of 2026-03-02T12:00:00Z"
CONFIRM = "remove root credentials of 12 accounts"
STARTER = "import sys; sys.argv[0] = 'rootwarden'; from rootwarden.cli.main import main; main()"


class Shell:
    """Runs the command in a folder of its own."""

    def __init__(self, folder: Path, simulator: Simulator) -> None:
        self.folder = folder
        self.simulator = simulator
        key = simulator.world.credentials
        self._environment = {
            "PYTHONPATH": str(Path("src").resolve()),
            "AWS_ENDPOINT_URL": simulator.endpoint,
            "AWS_ACCESS_KEY_ID": key.access_key_id,
            "AWS_SECRET_ACCESS_KEY": key.secret_access_key,
            "AWS_REGION": "us-east-1",
            "HOME": str(folder),
        }

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", STARTER, *arguments],
            cwd=self.folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str) -> tuple[int, str]:
        with self.start(*arguments) as process:
            said, also = process.communicate(timeout=1200)
        return process.returncode, said + also

    def plan(self, *more: str) -> tuple[int, str]:
        return self.run(
            "credentials", "plan", "--org", "--assume-root", *AS_OF.split(), "--wait", "0", "-o", "plan.json", *more
        )

    def apply(self, *more: str, confirm: str = CONFIRM) -> tuple[str, ...]:
        return (
            "credentials", "apply", "plan.json", "--journal", "journal.jsonl", "--key", "key.pem",
            "--confirm", confirm, *more,
        )  # fmt: skip

    def public_key(self, name: str = "public.pem") -> None:
        """The public half of the operator's key, as stock openssl gives it."""
        command = ["openssl", "pkey", "-in", "key.pem", "-pubout"]
        made = subprocess.run(command, cwd=self.folder, capture_output=True, check=True)
        (self.folder / name).write_bytes(made.stdout)


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    with running(full_world(15)) as simulator:
        made = Shell(tmp_path, simulator)
        assert made.run("breakglass", "key", "make", "--output", "key.pem")[0] == 0
        yield made


def test_planned_removed_verified_taken_back(shell: Shell) -> None:
    code, said = shell.plan("--canary", "000011110004")
    assert code == 0
    assert "ready: 12 accounts in" in said
    assert (shell.folder / "plan.json").stat().st_mode & 0o777 == 0o600
    code, said = shell.run("credentials", "apply", "plan.json", "--dry-run")
    assert code == 0
    assert "iam:DeleteAccessKey AccessKeyId=AKIAROOT000011110004, in a session of" in said
    assert len(left(shell.simulator.world)) == 12
    assert shell.run(*shell.apply(confirm="yes"))[0] == 2
    assert len(left(shell.simulator.world)) == 12
    first = shell.run(*shell.apply("--wave", "1", confirm="remove root credentials of 1 account"))
    assert first[0] == 0
    assert len(left(shell.simulator.world)) == 11
    assert shell.run(*shell.apply())[0] == 0
    assert left(shell.simulator.world) == []
    shell.public_key()
    verify = ("credentials", "verify", "plan.json", "--journal", "journal.jsonl", "--key", "public.pem")
    assert shell.run(*verify)[0] == 0
    code, said = shell.run(*verify[:-2])
    assert code == 1
    assert "line 1 is signed by the key" in said
    assert "hint: --key FILE names the public key" in said
    undo = ("--undo", "--accounts", "000011110004")
    code, said = shell.run(*shell.apply(*undo, confirm="undo the removal of 1 account"))
    assert (code, left(shell.simulator.world)) == (0, ["000011110004"])
    assert "taken back: 1 step;" in said
    assert shell.run(*verify)[0] == 1
    journal = shell.folder / "journal.jsonl"
    journal.write_bytes(journal.read_bytes().replace(b"a password", b"no passwor", 1))
    code, said = shell.run(*verify, "--offline")
    assert code == 1
    assert "line 6 has a seal that is not of the run it stands in" in said


def killed_and_gone_on_with(shell: Shell, accounts: int, growth: tuple[int, ...]) -> None:
    """Real SIGKILLs, each as soon as the journal has grown by so many bytes, then a run to the end."""
    assert shell.plan()[0] == 0
    confirm = f"remove root credentials of {accounts} accounts"
    journal, killed = shell.folder / "journal.jsonl", 0
    for more in growth:
        before = journal.stat().st_size if journal.exists() else 0
        with shell.start(*shell.apply(confirm=confirm)) as process:
            while process.poll() is None:
                if journal.exists() and journal.stat().st_size > before + more:
                    process.send_signal(signal.SIGKILL)
                    killed += 1
                    break
            process.communicate()
    assert killed == len(growth)
    assert left(shell.simulator.world)
    assert shell.run(*shell.apply(confirm=confirm))[0] == 0
    assert left(shell.simulator.world) == []
    entries = read_journal(journal).entries
    assert len([entry for entry in entries if entry.kind is Kind.RESUME]) == len(growth)
    assert not [entry for entry in entries if entry.kind is Kind.SURPRISE]


def test_killed_and_gone_on_with(shell: Shell) -> None:
    shell.simulator.knobs.add(Delay(call="iam:De*", seconds=0.05))
    killed_and_gone_on_with(shell, 12, (900, 2100, 2600, 3300))
    sessions = (shell.folder / "rootwarden-root-sessions.jsonl").read_text(encoding="utf-8").splitlines()
    assert {json.loads(line)["task_policy"].rpartition("/")[2] for line in sessions} == {
        "IAMAuditRootUserCredentials",
        "IAMDeleteRootUserCredentials",
    }


def test_an_archive_and_a_journal_make_one_burn_down(shell: Shell) -> None:
    """What the audit saw in March, and what two runs of the removal showed since."""
    audit = ("audit", "--org", "--assume-root", *AS_OF.split(), "--archive", "archive")
    assert shell.run(*audit)[0] in {0, 1}
    assert shell.plan("--canary", "000011110004")[0] == 0
    assert shell.run(*shell.apply("--wave", "1", confirm="remove root credentials of 1 account"))[0] == 0
    shell.public_key()
    progress = ("credentials", "progress", "--archive", "archive", "--journal", "journal.jsonl", "--key", "public.pem")
    code, said = shell.run(*progress)
    assert code == 1
    assert "11 of 14 members still have root credentials" in said
    assert shell.run(*shell.apply())[0] == 0
    code, said = shell.run(*progress, "--format", "json")
    assert code == 0
    points = json.loads(said[said.index("{") :])["points"]
    assert [(point["have"], point["by"].partition(",")[0]) for point in points] == [
        (12, "the plan looked"),
        (12, ""),
        (11, "wave 1"),
        (10, "wave 2"),
        (9, "wave 3"),
        (0, "wave 4"),
    ]


def test_interrupted_it_signs_and_is_gone_on_with(shell: Shell) -> None:
    shell.simulator.knobs.add(Delay(call="iam:De*", seconds=0.1))
    assert shell.plan()[0] == 0
    journal = shell.folder / "journal.jsonl"
    with shell.start(*shell.apply("--workers", "1")) as process:
        while not (journal.exists() and b'"kind":"outcome"' in journal.read_bytes()):
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=1200)
    assert process.returncode == 130, said
    last = read_journal(journal).entries[-1]
    assert (last.kind, last.parameters["why"]) == (Kind.SIGNED, "stop")
    assert left(shell.simulator.world)
    code, told = shell.run(*shell.apply())
    assert (code, left(shell.simulator.world)) == (0, [])
    assert "the run before was ended and signed" in told
    assert "of them before this run" in told


def test_somebody_else_goes_on_when_the_first_is_named(shell: Shell) -> None:
    assert shell.plan("--canary", "000011110004")[0] == 0
    assert shell.run(*shell.apply("--wave", "1", confirm="remove root credentials of 1 account"))[0] == 0
    shell.public_key("first.pem")
    (shell.folder / "key.pem").rename(shell.folder / "first-private.pem")
    assert shell.run("breakglass", "key", "make", "--output", "key.pem")[0] == 0
    code, said = shell.run(*shell.apply())
    assert code != 0
    assert "line 1 is signed by the key" in said
    assert "--signed-by FILE names the public key" in said
    assert len(left(shell.simulator.world)) == 11
    code, said = shell.run(*shell.apply("--signed-by", "first.pem"))
    assert (code, left(shell.simulator.world)) == (0, [])


def test_a_line_somebody_wrote_is_not_gone_on_with(shell: Shell) -> None:
    """It says that an account is finished, which would be passed over."""
    assert shell.plan("--canary", "000011110004")[0] == 0
    assert shell.run(*shell.apply("--wave", "1", confirm="remove root credentials of 1 account"))[0] == 0
    journal = shell.folder / "journal.jsonl"
    last = read_journal(journal)
    forged = Entry(
        number=len(last.entries),
        previous=last.head,
        at="2026-03-02T12:00:00Z",
        kind=Kind.SEEN,
        target="000011110003",
        step="nothing is left",
    )
    journal.write_bytes(journal.read_bytes() + spelled(forged) + b"\n")
    code, said = shell.run(*shell.apply())
    assert code != 0
    assert "has no seal, in a journal that was begun signed: no run wrote it" in said
    assert len(left(shell.simulator.world)) == 11


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_a_thousand_accounts_killed_ten_times(tmp_path: Path) -> None:
    world = full_world(1000)
    with running(world) as simulator:
        shell = Shell(tmp_path, simulator)
        assert shell.run("breakglass", "key", "make", "--output", "key.pem")[0] == 0
        killed_and_gone_on_with(shell, len(left(world)), tuple(40_000 + 1_000 * number for number in range(10)))


def test_what_cannot_be_taken_back_is_told_before_anything_is_asked(shell: Shell) -> None:
    assert shell.plan()[0] == 0
    before = shell.simulator.calls.snapshot()
    code, said = shell.run(*shell.apply("--undo", confirm="undo the removal of 12 accounts"))
    assert code == 2
    assert "there is no journal `journal.jsonl` to take back from" in said
    code, said = shell.run(*shell.apply("--undo", "--accounts", "999999999999"))
    assert code == 2
    assert "the plan changes nothing in account `999999999999`" in said
    assert shell.simulator.calls.snapshot() == before
    assert not (shell.folder / "journal.jsonl").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("plan",), "there is nothing to look at"),
        (("plan", "--org"), "only an AssumeRoot audit sees"),
        (("plan", "--evidence", "x", "--org"), "exclude each other"),
        (("plan", "--org", "--assume-root", "--waive", "000011110004"), "is not ACCOUNT=WHY"),
        (("plan", "--org", "--assume-root", "--waive", "=so"), "is not ACCOUNT=WHY"),
        (("apply", "none.json", "--journal", "j"), "cannot be read"),
    ],
)
def test_wrong_usage_is_told(shell: Shell, arguments: tuple[str, ...], said: str) -> None:
    code, told = shell.run("credentials", *arguments)
    assert code == 2
    assert said in told

"""`rootwarden credentials progress --journal`: waves on the burn-down, and journals that are not believed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.cli.test_credentials_progress import progress
from tests.credentials.rig import KEY, Rig, full_world
from tests.credentials.test_kill import killed_at
from typer.testing import CliRunner

from rootwarden.cli.credentials import app
from rootwarden.errors import InputError, RootwardenError
from rootwarden.rollout.journal import opened
from rootwarden.rollout.seal import KeySeal
from rootwarden.simulator import running
from rootwarden.simulator.moment import NOW

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

CANARY = "000011110004"


class Removed:
    """Journals of one removal: of the canary alone, of all, and of a run that was killed; and the key."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key = folder / "public.pem"
        self.key.write_bytes(KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))

    def __truediv__(self, name: str) -> Path:
        return self.folder / name

    def followed(self, *names: str) -> tuple[dict[str, Any], int]:
        journals = [text for name in names for text in ("--journal", str(self / name))]
        text, code = progress(*journals, "--key", self.key, "--format", "json")
        return json.loads(text), code


@pytest.fixture(scope="module")
def removed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Removed]:
    made = Removed(tmp_path_factory.mktemp("journals"))
    with running(full_world(15)) as simulator:
        rig = Rig(simulator, made.folder)
        plan = rig.plan(canaries=(CANARY,), cap=4)
        rig.apply(plan, "all.jsonl", through=1)
        (made / "canary.jsonl").write_bytes((made / "all.jsonl").read_bytes())
        rig.sleep(1)
        rig.apply(plan, "all.jsonl")
        yield made


def test_waves_in_every_format(removed: Removed) -> None:
    found, code = removed.followed("all.jsonl")
    assert code == 0
    assert [point["by"] for point in found["points"]][:2] == ["the plan looked", "wave 1, canary"]
    assert sum(wave["none"] for wave in found["waves"]) == found["points"][-1]["members"] == 12
    journal = ("--journal", removed / "all.jsonl", "--key", removed.key)
    text, _ = progress(*journal)
    assert text.startswith("0 of 12 members still have root credentials")
    assert "1 journal" in text
    assert "1, canary" in text
    page, _ = progress(*journal, "--format", "html")
    assert '<h2 id="waves">By wave</h2>' in page
    svg, _ = progress(*journal, "--format", "svg")
    assert "wave" in svg
    assert "Dotted upright lines are the ends of waves: nothing is left in 12 of their 12 accounts" in svg
    assert "It begins with what the plan saw. From 12 of 12 (0 not known) to 0 of 12" in svg


def test_what_was_not_begun_is_as_the_plan_saw_it(removed: Removed) -> None:
    found, code = removed.followed("canary.jsonl")
    assert (code, len(found["remaining"]), found["undecided"]) == (1, 11, [])
    text, _ = progress("--journal", removed / "canary.jsonl", "--key", removed.key)
    assert "the plan looked" in text
    assert ", plan" in text


def test_a_period_and_an_organization(removed: Removed) -> None:
    journal = ("--journal", removed / "all.jsonl", "--key", removed.key, "--format", "json")
    text, code = progress(*journal, "--to", "2026-03-03")
    assert (code, len(json.loads(text)["remaining"])) == (1, 11)
    text, code = progress(*journal, "--from", "2026-03-03")
    assert (code, len(json.loads(text)["undecided"])) == (3, 1)
    with pytest.raises(InputError, match="there is no run to follow"):
        progress(*journal, "--organization", "o-other00000")


def test_a_killed_run_is_taken_as_far_as_it_is_known(tmp_path: Path) -> None:
    with running(full_world(15)) as simulator:
        rig = Rig(simulator, tmp_path)
        killed_at(rig, rig.plan(), 12, "within")
    found, code = Removed(tmp_path).followed("journal.jsonl")
    last = found["points"][-1]
    assert code != 0
    assert (last["members"], bool(last["none"]), bool(last["have"])) == (12, True, True)


def complaint(*arguments: object) -> str:
    """What is said on stderr."""
    return CliRunner().invoke(app, ["progress", *map(str, arguments)], standalone_mode=False).stderr


def changed(lines: list[bytes]) -> list[bytes]:
    at = next(number for number, line in enumerate(lines) if b"nothing is left" in line)
    return [*lines[:at], lines[at].replace(CANARY.encode(), b"000011110003"), *lines[at + 1 :]]


def cut_out(lines: list[bytes]) -> list[bytes]:
    return [*lines[:8], *lines[9:]]


@pytest.mark.parametrize("spoil", [changed, cut_out])
def test_nothing_from_the_first_bad_line_on_is_believed(
    removed: Removed, tmp_path: Path, spoil: Callable[[list[bytes]], list[bytes]]
) -> None:
    """What was seen before it stands, by the plan, too; and of the canary that it was changed and nobody looked."""
    lines = (removed / "all.jsonl").read_bytes().splitlines(keepends=True)
    bad = tmp_path / "bad.jsonl"
    bad.write_bytes(b"".join(spoil(lines)))
    text, code = progress("--journal", bad, "--key", removed.key, "--format", "json")
    assert code == 1
    assert json.loads(text)["points"][-1]["none"] == 0
    assert "nothing from it on is believed" in complaint("--journal", bad, "--key", removed.key)


def test_a_journal_of_somebody_else_shows_nothing(removed: Removed, tmp_path: Path) -> None:
    stranger = tmp_path / "stranger.pem"
    key = Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key()
    stranger.write_bytes(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    with pytest.raises(InputError, match="no run to follow"):
        progress("--journal", removed / "all.jsonl", "--key", stranger)
    assert "line 1 is signed by the key" in complaint("--journal", removed / "all.jsonl", "--key", stranger)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "there is nothing to follow"),
        (("--journal", "all.jsonl"), "who wrote the journals cannot be told without a key"),
        (("--journal", "all.jsonl", "--journal", "canary.jsonl", "--key", "public.pem"), "are the same journal"),
        (("--journal", "none.jsonl", "--key", "public.pem"), "cannot be read"),
        (("--journal", "public.pem", "--key", "public.pem"), "no run to follow"),
        (
            ("--journal", "guardrails.jsonl", "--key", "public.pem"),
            "is the journal of something else: guardrails attach",
        ),
    ],
)
def test_wrong_usage_is_told(
    removed: Removed, arguments: tuple[str, ...], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(removed.folder)
    with opened(
        removed / "guardrails.jsonl",
        plan="g" * 64,
        purpose="guardrails attach",
        by="us",
        seal=KeySeal(KEY),
        clock=lambda: NOW,
    ):
        pass
    with pytest.raises(RootwardenError, match=message) as caught:
        progress(*arguments)
    assert caught.value.exit_code == 2

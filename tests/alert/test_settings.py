"""Settings: what is refused, and that no secret is printed."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

import pytest
from tests.alert.worlds import ACCOUNT, NOTIFY, visit

from rootwarden.alert.around import Surroundings
from rootwarden.alert.secret import LONGEST, Secret, SecretSource
from rootwarden.alert.settings import Settings, parse_settings, read_settings
from rootwarden.errors import InputError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

HOOK = '[[channel]]\nname = "hook"\nkind = "webhook"\naddress = "https://fake.example/"\n'
SIEM = '[[channel]]\nname = "siem"\nkind = "siem"\nfolder = "ocsf"\n'


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[page]\nstagse = []", "unknown field `stagse`"),
        ("pages = 1", "unknown field `pages`"),
        (HOOK + HOOK, "two channels of one name"),
        ('[page]\nstages = [["pager"]]', "no channel `pager`"),
        (HOOK + "[page]\nstages = [[]]", "stage without channels"),
        (SIEM + '[notify]\nchannels = ["siem"]', "reaches no people"),
        (SIEM + '[page]\nstages = [["siem"]]', "reaches no people"),
        ('[[channel]]\nname = "siem"\nkind = "siem"', "needs an address or a folder"),
        (SIEM + 'address = "https://fake.example/"', "needs an address or a folder"),
        ('[[channel]]\nname = "x"\nkind = "fax"', "Invalid value 'fax'"),
        ('[[channel]]\nname = "Bad Name"\nkind = "siem"\nfolder = "x"', "matching regex"),
        (HOOK.replace("https://", "file://"), "matching regex"),
        (HOOK.replace("https://", "https://user:hunter2@"), "matching regex"),
        (HOOK + 'bearer = "hunter2"', "Expected `object | null`"),
        ('database = "postgresql://fake:hunter2@db/fake"', "has a password"),
        ('database = "sqlite:///a"\ndatabase_secret = { env = "X" }', "gives the database twice"),
        ("[accounts]\nprod = 'x'", "matching regex"),
        ("[page]\nacknowledge_within_minutes = -1", "`float` >= 0"),
        ("give_up_hours = 0", ">= 1"),
        ("not toml", "is not right"),
        ("\udcff", "is not right"),
    ],
)
def test_what_is_refused(text: str, why: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_settings(text.encode("utf-8", "surrogateescape"), name="alerts.toml")
    assert why in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_too_large_or_missing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="larger than"):
        parse_settings(b"#" * 1_000_001, name="x")
    with pytest.raises(InputError, match="cannot be read"):
        read_settings(tmp_path / "none.toml")


def test_a_secret_prints_nowhere() -> None:
    secret = Secret("hunter2-hunter2")
    assert "hunter2" not in f"{secret} {secret!r} {[secret]} {secret!s:>40}"
    assert secret.reveal() == "hunter2-hunter2"
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    url = Secret("slack://fake-token-one/fake-token-two/")
    assert url.hidden_in("POST /fake-token-two failed") == "POST /*** failed"


def test_where_secrets_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_SECRET", " from the environment\n")
    path = tmp_path / "secret"
    path.write_text("from a file\n", encoding="utf-8")
    assert SecretSource(env="FAKE_SECRET").read("key").reveal() == "from the environment"
    assert SecretSource(file=str(path)).read("key").reveal() == "from a file"
    path.write_text("x" * (LONGEST + 1), encoding="utf-8")
    for source in (
        SecretSource(),
        SecretSource(env="FAKE_SECRET", file=str(path)),
        SecretSource(env="FAKE_NOT_THERE"),
        SecretSource(file=str(path)),
        SecretSource(file=str(tmp_path)),
    ):
        with pytest.raises(UsageError):
            source.read("key")


def test_a_person_is_named_only_for_a_lease_detection_trusts(tmp_path: Path) -> None:
    path = tmp_path / "checkouts.jsonl"
    path.write_text('{"lease": "l1", "person": "alice", "task": "t"}\nnot json\n{"lease": 5}\n', encoding="utf-8")
    known = Surroundings(Settings(checkouts=str(path), accounts={ACCOUNT: "prod"}, management=ACCOUNT))
    covered = known.of(visit(lease="l1", severity=NOTIFY))
    assert (covered.person, covered.task, covered.account_name, covered.management) == ("alice", "t", "prod", True)
    assert known.of(visit()).person == ""
    assert Surroundings(Settings()).of(visit()).management is None
    with pytest.raises(InputError, match="cannot be read"):
        Surroundings(Settings(checkouts=str(tmp_path / "none")))

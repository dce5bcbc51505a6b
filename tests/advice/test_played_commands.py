"""Commands that scenarios name, played: what happens in the story is done, and the command tells or stops it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import msgspec
import pytest
from tests.advice.test_claims import claims
from tests.breakglass.client.served import run_here, terminal
from tests.guardrails.own_scp import scp_against_root
from tests.trail.digests.worlds import World, key
from tests.watch.records import START

from rootwarden.alert.store.database import Store
from rootwarden.alert.store.heartbeats import beat
from rootwarden.breakglass.rehearsal.play import ACCOUNT
from rootwarden.simulator import digest_forgeries as forgeries
from rootwarden.simulator.digests import write_copy
from rootwarden.simulator.evidence import write_evidence
from rootwarden.simulator.worlds import make_world
from rootwarden.trail.digests.keys import KeptKeys, keys_file
from rootwarden.watch.chores import check_silence
from rootwarden.watch.figures import Figures
from rootwarden.watch.silence import Patience

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

    from tests.breakglass.client.served import Terminal

HOUR: Final = timedelta(hours=1)
PLAYED: Final[set[tuple[str, str]]] = set()


def plays(command: str, *scenarios: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Say which scenarios a test plays with a command."""

    def mark(test: Callable[..., None]) -> Callable[..., None]:
        PLAYED.update((scenario, command) for scenario in scenarios)
        return test

    return mark


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    with terminal(tmp_path_factory.mktemp("terminal")) as running:
        yield running


@plays("trail verify", "log-files-changed")
def test_a_removed_file_and_appended_data_are_told_of_all_accounts_at_once(tmp_path: Path) -> None:
    accounts = ("000000000000", "111111111111", "222222222222")
    worlds = [World(account=account).hours(3) for account in accounts]
    forgeries.remove(worlds[0].bucket, forgeries.log_files(worlds[0].bucket)[1])
    forgeries.append_member(worlds[1].bucket, forgeries.log_files(worlds[1].bucket)[1], b"{}")
    for world in worlds:
        write_copy(world.bucket, tmp_path / "copy", metadata=True)
    (tmp_path / "keys.json").write_bytes(keys_file(KeptKeys((key().public,), "")))
    arguments = ("trail", "verify", "copy", "--public-keys", "keys.json", "--from", "2026-03-01T20:00:00Z")
    said = run_here(tmp_path, *arguments, "--format", "json")
    assert said.code == 1
    chains = {one["account"]: one for one in json.loads(said.out)["chains"]}
    assert {account: chains[account]["verdict"] for account in accounts} == {
        "000000000000": "invalid",
        "111111111111": "invalid",
        "222222222222": "valid",
    }


@plays("trail watch", "log-stopped")
@pytest.mark.parametrize(("minutes", "told"), [(179, 0), (181, 1)])
def test_digests_that_stop_are_told_after_three_hours(minutes: int, told: int, tmp_path: Path) -> None:
    now = START + timedelta(minutes=minutes)
    with Store(f"sqlite:///{tmp_path / 'alerts.db'}", clock=lambda: now) as store:
        for account, last in (("000011112222", START), ("000022223333", now)):
            heard(store, account, last)
        figures = Figures()
        figures.happened("empty", 1.0)
        said = check_silence(store, figures, declared=(), patience=Patience(), running_for=1e9, region="us-east-1")
    assert said == told


def heard(store: Store, account: str, at: datetime) -> None:
    """A digest of the account came, as the watcher notes it (`tests/watch/test_rounds.py` has it come)."""
    store.write(lambda session: beat(session, f"digest:{account}:us-east-1", at=at, expected=HOUR))


@plays("drill list", "mailbox-gone")
def test_a_mail_that_never_came_back_is_overdue_and_one_that_did_is_not(served: Terminal) -> None:
    state = served.troupe.broker.state()
    account = msgspec.to_builtins(state.accounts[ACCOUNT].account)
    since = (served.troupe.broker.now() - timedelta(days=100)).strftime("%Y-%m-%dT%H:%M:%SZ")
    account["drills"] = [{"kind": "mail", "every_days": 90, "since": since}]
    change = {"change": "set-account", "account": account}
    (served.folder / "drills.json").write_text(json.dumps(change), encoding="utf-8")
    proposal = served.run("ada", "change", "propose", "drills.json").out.strip()
    assert served.run("ben", "change", "second", proposal, typed="y\n").code == 0
    overdue = served.run("dan", "list", group="drill")
    assert (overdue.code, overdue.out.split()[0]) == (1, "overdue")
    assert ACCOUNT in overdue.out
    begun = served.run("ada", "begin", ACCOUNT, "mail", group="drill")
    words = begun.err.split("send or say: ")[1].split()[0]
    ending = ("finish", begun.out.strip(), "passed", "--evidence", "it came", "--answer")
    assert served.run("ada", *ending, typed="never arrived\n", group="drill").code == 1
    assert served.run("ada", *ending, typed=f"{words}\n", group="drill").code == 0
    assert served.run("dan", "list", group="drill").code == 0


@plays("breakglass request", "one-person-alone", "management-used-alone")
def test_who_asks_alone_gets_no_code(served: Terminal) -> None:
    options = ("--task", "s3-mfa-delete", "--ticket", "OPS-7", "--reason", "it must go", "--overrides-duties")
    filed = served.run("rita", "request", ACCOUNT, *options, "--code-to", "rita", "--device", "vaulted")
    assert filed.code == 0, filed.err
    request, phrase = filed.out.strip(), filed.err.split("phrase: ")[1].split()[0]
    assert served.run("rita", "approve", request, typed=f"{phrase}\ny\n").code == 1
    assert served.run("rita", "open", request).code == 1
    assert served.run("anna", "approve", request, typed=f"{phrase}\ny\n").code == 0
    refused = served.run("rita", "open", request)
    assert refused.code == 1
    assert request not in {one.request.id for one in served.troupe.broker.state().leases.values()}


@plays("breakglass placement check", "keeper-in-the-fire")
def test_what_stands_in_the_account_it_opens_is_named(tmp_path: Path) -> None:
    placement = """
protected = ["000011112222"]

[[dependency]]
need = "identity-provider"
name = "sign-in of the company"
account = "000011112222"

[[dependency]]
need = "database"
name = "postgres beside the bills"
account = "000011112222"
"""
    (tmp_path / "placement.toml").write_text(placement, encoding="utf-8")
    said = run_here(tmp_path, "breakglass", "placement", "check", "placement.toml")
    assert said.code != 0
    found = [line for line in said.out.splitlines() if "is in account 000011112222, which is protected" in line]
    assert [line.split(":")[0] for line in found] == ["critical", "high"]


PLANNED: Final = scp_against_root(
    "planned", title="Root of a member does nothing", why="Nothing needs it", sid="DenyRootWhole", action="*"
)


@plays("guardrails prove", "guardrail-bars-repair")
def test_a_policy_without_the_exemption_is_named_before_it_is_attached(tmp_path: Path) -> None:
    world = make_world("central_root", 6)
    write_evidence(tmp_path / "evidence", map(world.account, world.account_ids), world.organization)
    (tmp_path / "planned.toml").write_text(PLANNED, encoding="utf-8")
    arguments = ("guardrails", "prove", "deny-root-actions", "--with", "planned.toml", "--evidence", "evidence")
    said = run_here(tmp_path, *arguments, "--format", "json")
    assert said.code == 1
    (proof,) = json.loads(said.out)["guardrails"]
    (barred,) = [group for group in proof["groups"] if group["verdict"] == "bars-too-much"]
    assert barred["accounts"] == world.account_ids[1:]
    places = [place for ruling in barred["rulings"] if not ruling["expected"] for place in ruling["by"]]
    assert {(place["policy"], place["statement"], place["level"]) for place in places} == {
        ("planned", "DenyRootWhole", "/Root")
    }


def test_every_command_that_is_claimed_is_played() -> None:
    assert {(scenario, name) for scenario, _, name in claims("command")} == PLAYED

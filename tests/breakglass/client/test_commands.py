"""What each command says and does, against a real service with a real vault."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pyotp
import pytest
import segno
from tests.breakglass.client.served import run, run_here

from rootwarden.breakglass.broker.wishes import CheckIn
from rootwarden.breakglass.core.duty import Duty, Finding, Shown
from rootwarden.breakglass.rehearsal.troupe import ACCOUNT
from rootwarden.simulator import running
from rootwarden.simulator.identities import Role
from rootwarden.simulator.worlds import make_world

if TYPE_CHECKING:
    from pathlib import Path

    from tests.breakglass.client.served import Said, Terminal

SEED = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXPJBSWY3DP"
NEW_SEED = f"otpauth://totp/Amazon%20Web%20Services:root-account-mfa-device@{ACCOUNT}?secret={SEED}&issuer=Amazon%20Web%20Services"


def asked(served: Terminal, who: str = "rita", account: str = ACCOUNT, **more: str) -> tuple[str, str]:
    fields = {"task": "s3-mfa-delete", "ticket": "OPS-7", "reason": "it must go", **more}
    options = [part for name, value in fields.items() for part in (f"--{name.replace('_', '-')}", value)]
    said = served.run(who, "request", account, *options, "--overrides-duties")
    assert said.code == 0, said.err
    return said.out.strip(), said.err.split("phrase: ")[1].split()[0]


def opened(served: Terminal, who: str = "rita", account: str = ACCOUNT, **more: str) -> str:
    """A lease of somebody, with two approvals and two shares."""
    name, phrase = asked(served, who, account, **more)
    served.troupe.approve(name, phrase)
    return served.troupe.open(name, who)


def close(served: Terminal, lease: str, who: str = "rita") -> None:
    served.troupe.acting.end(who, lease)
    served.troupe.broker.state()


VISIT = {"code_to": "rita", "device": "vaulted"}


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("status",), 2, "error: --server is not given"),
        (("--server", "https://127.0.0.1:9", "status"), 2, "error: --key is not given"),
        (("--server", "http://breakglass.example.com", "--key", "rita.pem", "status"), 2, "in the clear"),
        (("--server", "breakglass", "--key", "rita.pem", "status"), 2, "is no address of a service"),
        (("--server", "https://127.0.0.1:9", "--key", "none.pem", "status"), 2, "`none.pem` cannot be read"),
        (("--server", "https://127.0.0.1:9", "--key", "rita.pem", "status"), 3, "does not answer"),
        (("--server", "https://127.0.0.1:9", "--key", "rita.pem", "--ca", "none", "status"), 2, "authority cannot be"),
        (("--server", "https://127.0.0.1:9", "--key", "open.pem", "status"), 2, "chmod 600 open.pem"),
        (("--server", "https://127.0.0.1:9", "--key", "public.pem", "status"), 2, "a public key, which signs nothing"),
        (("--server", "https://127.0.0.1:9", "--key", "rita.age", "status"), 2, "is no private key in PEM"),
        (("share", "opening", "-i", "a", "--file", "b"), 2, "how do you give?"),
        (("audit", "verify", "nowhere"), 2, "cannot be read"),
        (("audit", "verify", "nowhere", "--witness-key", "name"), 2, "no key of a witness"),
        (("audit", "export", "-o", "x"), 2, "which database?"),
        (("heads", "--trust", "public.pem"), 2, "--trust is for one log"),
        (("custody", "peel", "rita.pem", "-i", "carl.age"), 2, "no work file"),
        (("placement", "check", "none.toml"), 2, "`none.toml` cannot be read"),
        (("serve", "--settings", "none.toml"), 2, "`none.toml` is not there"),
        (("no-such",), 2, "breakglass --help` lists what there is"),
    ],
)
def test_what_cannot_be_carried_out_is_said_in_two_lines(
    served: Terminal, arguments: tuple[str, ...], code: int, said: str
) -> None:
    folder = served.folder
    (folder / "open.pem").write_bytes((folder / "rita.pem").read_bytes())
    (folder / "open.pem").chmod(0o644)
    (folder / "rita.age").write_bytes((folder / "carl.age").read_bytes())
    (folder / "rita.age").chmod(0o600)
    key = run_here(folder, "breakglass", "key", "show", "rita.pem")
    (folder / "public.pem").write_text(pem_of(json.loads(key.out)["key"]), encoding="ascii")
    told = run_here(folder, "breakglass", *arguments)
    assert (told.code, told.out, said in told.err) == (code, "", True), told
    assert told.err.splitlines()[0].startswith("error: ")


def pem_of(spki: str) -> str:
    return f"-----BEGIN PUBLIC KEY-----\n{spki}\n-----END PUBLIC KEY-----\n"


def test_a_missing_extra_is_one_line(served: Terminal) -> None:
    for missing, command in (("httpx", ("status",)), ("pyrage", ("custody", "key", "-o", "x"))):
        said = run(served.folder, "breakglass", *command, missing=missing, **served.around("rita"))
        assert (said.code, said.err.splitlines()) == (
            2,
            [
                f"error: break-glass needs `{missing}`, which is not installed",
                "hint: pip install 'rootwarden[breakglass]'",
            ],
        )


def test_who_is_unknown_is_not_let_in(served: Terminal) -> None:
    assert run_here(served.folder, "breakglass", "key", "make", "-o", "mallory.pem").code == 0
    said = served.run("mallory", "status")
    assert (said.code, said.err.splitlines()[0]) == (1, "error: the sign-in was refused")


def test_an_approval_shows_everything_and_is_for_exactly_that(served: Terminal) -> None:
    name, phrase = asked(served, **VISIT)
    wrong = served.run("anna", "approve", name, typed="wrong\ny\n")
    assert (wrong.code, "error: A6:" in wrong.err) == (1, True)
    declined = served.run("anna", "approve", name, typed=f"{phrase}\n\n")
    assert (declined.code, "nothing was done" in declined.err) == (1, True)
    assert served.run("anna", "approve", name).code == 1
    filed = served.troupe.broker.state().requests[name]
    assert filed.approvals == {}
    done = served.run("anna", "approve", name, typed=f"{phrase.upper()}\ny\n")
    assert done.code == 0
    for part in (ACCOUNT, "Management", "s3-mfa-delete", "OPS-7", "it must go", "rita, device `vaulted`"):
        assert part in done.err
    assert filed.digest in done.err.replace(" ", "")
    assert "still needed: operations (omar, sven)" in done.err
    assert done.out == ""
    again = served.run("anna", "approve", name, typed=f"{phrase}\ny\n")
    assert (again.code, "A7:" in again.err) == (1, True)
    assert served.run("rita", "approve", name, typed=f"{phrase}\ny\n").code == 1
    assert "approved by:   anna" in served.run("rita", "requests", name).out
    assert served.run("rita", "withdraw", name).code == 0


def test_no_and_a_report_end_a_request(served: Terminal) -> None:
    name, _ = asked(served, **VISIT)
    assert served.run("omar", "deny", name, "--reason", "not today").code == 0
    assert served.run("rita", "open", name).code == 1
    reported, _ = asked(served, "rob", code_to="rob", device="vaulted")
    assert served.run("carl", "report", reported, "--reason", "nobody called me").code == 0
    state = served.troupe.broker.state()
    assert (state.requests[name].stage, state.requests[reported].stage) == ("denied", "reported")
    assert state.people["rob"].frozen == reported
    change = served.folder / "restore.json"
    change.write_text(
        '{"change":"restore-person","person":"rob","reason":"it was announced by mail"}', encoding="utf-8"
    )
    proposal = served.run("ada", "change", "propose", "restore.json").out.strip()
    assert proposal in served.run("ben", "change", "list").out
    assert served.run("ada", "change", "second", proposal, typed="y\n").code == 1
    seconded = served.run("ben", "change", "second", proposal, typed="y\n")
    assert (seconded.code, "it was announced by mail" in seconded.err) == (0, True)
    assert state.people["rob"].frozen == ""


def test_a_revoked_lease_gives_nothing(served: Terminal) -> None:
    lease = opened(served, **VISIT)
    assert served.run("omar", "revoke", lease, "--reason", "the change was called off").code == 0
    refused = served.run("rita", "code", lease)
    assert (refused.code, refused.out, "R1:" in refused.err) == (1, "", True)


def test_a_passkey_that_is_asked_for_is_found_on_the_page(served: Terminal) -> None:
    governance = served.troupe.broker.state().settings
    strict = served.folder / "settings.json"
    for asks, expected in ((True, 1), (False, 0)):
        settings = json.loads(json.dumps(_plain(governance)))
        settings["quorums"]["default"]["passkey_releases"] = asks
        strict.write_text(json.dumps({"change": "set-settings", "settings": settings}), encoding="utf-8")
        proposal = served.run("ada", "change", "propose", "settings.json").out.strip()
        assert served.run("ben", "change", "second", proposal, typed="y\n").code == 0
        if expected:
            lease = opened(served, **VISIT)
            said = served.run("rita", "code", lease)
            assert (said.code, said.out) == (1, "")
            assert f"open {served.server}/leases/{lease} in a browser" in said.err
            close(served, lease)


def _plain(record: Any) -> Any:
    import msgspec

    return msgspec.to_builtins(record)


def test_a_task_session_is_opened_by_its_recipients_own_client(served: Terminal) -> None:
    """BG-17: the lease is the source identity, one task policy, 900 s, and no password of anybody."""
    world = make_world("greenfield", 4)
    member = next(one for one in world.account_ids if one != world.management_id)
    role = Role(name="break-glass-tasks", create_date=world.now, trusted_accounts=(world.management_id,))
    world.account(world.management_id).roles.append(role)
    arn = f"arn:aws:iam::{world.management_id}:role/break-glass-tasks"
    account = {"id": member, "name": "Other", "position": "member", "need": "not-needed", "task_roles": [arn]}
    (served.folder / "member.json").write_text(
        json.dumps({"change": "set-account", "account": account}), encoding="utf-8"
    )
    proposal = served.run("ada", "change", "propose", "member.json").out.strip()
    assert served.run("ben", "change", "second", proposal, typed="y\n").code == 0
    name, phrase = asked(
        served,
        account=member,
        purpose="task-session",
        task_policy="IAMCreateRootUserPassword",
        role=arn,
        task="root-password-recovery",
    )
    served.troupe.approve(name, phrase)
    lease = served.run("rita", "open", name).out.strip()
    with running(world) as simulator:
        said = run_here(
            served.folder, "breakglass", "session", lease, "--format", "process", "--region", "eu-west-1",
            **served.around("rita"), AWS_ENDPOINT_URL=simulator.endpoint, AWS_CONFIG_FILE="none",
            AWS_SHARED_CREDENTIALS_FILE="none", AWS_ACCESS_KEY_ID=world.credentials.access_key_id,
            AWS_SECRET_ACCESS_KEY=world.credentials.secret_access_key,
        )  # fmt: skip
    assert said.code == 0, said.err
    given = json.loads(said.out)
    assert given.keys() == {"Version", "AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"}
    assert given["SecretAccessKey"] not in said.err
    assert "the recovery password is deleted again" in said.err
    assert [one.value for one in served.troupe.broker.state().leases[lease].duties] == ["password-removed", "report"]
    close(served, lease)


def test_a_seed_is_brought_compared_served_and_proven(served: Terminal) -> None:
    folder = served.folder
    account = _plain(served.troupe.broker.state().accounts[ACCOUNT].account)
    account["devices"] = [*account["devices"], {"id": "second", "serial": ""}]
    (folder / "account.json").write_text(json.dumps({"change": "set-account", "account": account}), encoding="utf-8")
    proposal = served.run("ada", "change", "propose", "account.json").out.strip()
    assert served.run("ben", "change", "second", proposal, typed="y\n").code == 0
    lease = opened(served, "rob", purpose="enrolment", task="root-mfa-devices", device="second")
    segno.make(NEW_SEED).save(str(folder / "seed.png"), scale=4)
    bring = ("enrol", "bring", lease, "--device", "second", "--from", "seed.png")
    refused = served.run("rob", *bring, typed="\n")
    assert (refused.code, "does this account need root credentials of its own? [y/N]" in refused.err) == (1, True)
    brought = served.run("rob", *bring, typed="y\n")
    assert brought.code == 0, brought.err
    assert "the vault has the same" in brought.err
    assert SEED not in brought.out + brought.err
    codes = served.run("rob", "enrol", "codes", lease, "--device", "second")
    assert codes.code == 0, codes.err
    step = served.troupe.broker.state().accounts[ACCOUNT].records["second"].served
    assert step is not None
    totp = pyotp.TOTP(SEED)
    assert codes.out.split() == [totp.at(step * 30), totp.at(step * 30 + 30)]
    proven = served.run("rob", "enrol", "prove", lease, "--device", "second", "--evidence", "event 1", typed="y\n")
    assert proven.code == 0
    assert served.troupe.broker.state().accounts[ACCOUNT].records["second"].proven
    close(served, lease, "rob")


def test_an_export_is_got_told_of_and_named_on_cards(served: Terminal) -> None:
    """BG-12: what custodians open with `age` alone; on their cards stands which file it is."""
    folder = served.folder
    lease = opened(served, "rob", purpose="export", task="other", words="a copy for the safe", device="vaulted")
    got = served.run("rob", "export", lease, "--output", "export.json")
    assert got.code == 0, got.err
    assert (folder / "export.json").stat().st_mode & 0o777 == 0o600
    assert served.run("dan", "checkouts", "--output", "c.jsonl", "--checkouts-key", "broker.pem").code == 0
    told = run_here(folder, "breakglass", "custody", "open-export", "export.json", "--key", "broker.pem")
    assert (told.code, "signed, and whole" in told.err, "age -d -i" in told.out) == (0, True, True), told.err
    (folder / "other.json").write_bytes(
        (folder / "export.json").read_bytes().replace(b'"threshold":2', b'"threshold":3')
    )
    assert run_here(folder, "breakglass", "custody", "open-export", "other.json", "--key", "broker.pem").code == 2
    database = ("--database", f"sqlite:///{folder / 'service' / 'breakglass.db'}")
    assert run_here(folder, "breakglass", "audit", "export", "-o", "for-cards", *database).code == 0
    made = run_here(folder, "breakglass", "custody", "cards", "for-cards", "-o", "cards", "--export", "export.json")
    assert (made.code, made.out.splitlines()) == (0, [f"cards/{name}.html" for name in ("carl", "cleo", "cora")])
    card = (folder / "cards" / "carl.html").read_text(encoding="utf-8")
    digest = hashlib.sha256((folder / "export.json").read_bytes()).hexdigest()
    assert digest in card.replace(" ", "")
    assert "AGE-SECRET-KEY" not in card
    close(served, lease, "rob")


def test_custodians_are_asked_again_when_what_they_opened_is_lost(served: Terminal) -> None:
    lease = opened(served, "rita", **VISIT)
    said = served.run("rita", "ask-again", lease)
    assert (said.code, "what the custodians opened is still there" in said.err) == (1, True), said.err
    served.on.restart_vault()
    said = served.run("rita", "code", lease)
    assert (said.code, "the vault does not have what the custodians opened" in said.err) == (1, True), said.err
    said = served.run("rita", "ask-again", lease)
    assert said.code == 0, said.err
    opening = said.out.split()[0]
    assert "gave: nobody yet; still needed: 2 more of carl, cleo, cora" in said.out
    assert served.run("carl", "share", opening, "--identity", "carl.age", typed="y\n").code == 0
    said = served.run("carl", "share", opening, "--again")
    assert (said.code, "gave: carl; still needed: 1 more" in said.out) == (0, True), said.err
    assert served.run("cora", "share", opening, "--identity", "cora.age", typed="y\n").code == 0
    assert "opened it for 3 codes" in served.run("rita", "leases", lease).out
    given = served.run("rita", "code", lease)
    assert given.code == 0, given.err
    assert served.run("anna", "ask-again", lease).code == 1
    assert served.run("ada", "ask-again", "--group", "management").code == 1, "no new epoch waits"
    assert served.run("ada", "ask-again").code == 2
    close(served, lease)


def test_text_from_standard_input_is_taken_and_never_repeated(served: Terminal) -> None:
    for text, said in (("otpauth://hotp/x?secret=AAAA\n", "error: "), ("\x00\x01 nothing", "error: ")):
        done = served.run("rob", "enrol", "bring", "no-lease", "--device", "second", typed=f"y\n{text}")
        assert (done.code, said in done.err, "AAAA" in done.err) == (1, True, False)


def test_drills_reach_the_key_figures(served: Terminal, tmp_path: Path) -> None:
    begun = served.run("ada", "begin", ACCOUNT, "mail", group="drill")
    drill, words = begun.out.strip(), re.search(r"send or say: (\S+)", begun.err)
    assert words is not None
    state = served.troupe.broker.state()
    assert state.drills[drill].nonce_digest == hashlib.sha256(words[1].encode()).hexdigest()
    wrong = served.run(
        "ada", "finish", drill, "passed", "--evidence", "it came", "--answer", typed="other\n", group="drill"
    )
    assert (wrong.code, "S2:" in wrong.err) == (1, True)
    right = served.run(
        "ada", "finish", drill, "passed", "--evidence", "it came", "--answer", typed=words[1] + "\n", group="drill"
    )
    assert right.code == 0
    unknown = served.run("ada", "begin", ACCOUNT, "no-such", group="drill")
    assert (unknown.code, "is no kind of drill" in unknown.err) == (1, True)
    account = _plain(state.accounts[ACCOUNT].account)
    since = (served.troupe.broker.now() - timedelta(days=100)).strftime("%Y-%m-%dT%H:%M:%SZ")
    account["drills"] = [
        {"kind": "phone", "every_days": 90, "since": since},
        {"kind": "mail", "every_days": 90, "since": since},
    ]
    (served.folder / "drills.json").write_text(
        json.dumps({"change": "set-account", "account": account}), encoding="utf-8"
    )
    proposal = served.run("ada", "change", "propose", "drills.json").out.strip()
    assert served.run("ben", "change", "second", proposal, typed="y\n").code == 0
    listed = served.run("dan", "list", group="drill")
    assert (listed.code, [line.split()[0] for line in listed.out.splitlines()]) == (1, ["overdue", "done"])
    assert served.run("dan", "export", "--output", str(tmp_path / "drills.jsonl"), group="drill").code == 0
    assert served.run("dan", "checkouts", "--output", str(tmp_path / "checkouts.jsonl")).code == 0
    from rootwarden.fleet.exchange import Checkout, Drill, parse_lines

    drills = parse_lines((tmp_path / "drills.jsonl").read_bytes(), Drill, file="drills.jsonl")
    assert {(one.kind, one.done is not None) for one in drills} == {("mail", True), ("mail", False), ("phone", False)}
    assert parse_lines((tmp_path / "checkouts.jsonl").read_bytes(), Checkout, file="checkouts.jsonl")


def test_leavers_lose_every_right_and_custodians_are_named(served: Terminal) -> None:
    (served.folder / "leavers.csv").write_text(
        "person,left_at\nsven,\ncora,2999-01-01T00:00:00Z\nnobody,\n", encoding="utf-8"
    )
    said = served.run("ada", "leavers", "leavers.csv", typed="n\n")
    assert (said.code, said.out) == (1, "")
    assert "`nobody` is nobody here" in said.err
    said = served.run("ada", "leavers", "leavers.csv", typed="y\n")
    assert (said.code, said.out) == (0, "sven\n")
    assert "SUSPENDED: named by a list of leavers" in served.run("dan", "people").out
    assert served.run("sven", "status").code == 1
    again = served.run("ada", "leavers", "leavers.csv")
    assert (again.code, "nobody is to be suspended" in again.err) == (0, True)


def test_a_new_key_is_offered_with_its_own_signature(served: Terminal) -> None:
    assert run_here(served.folder, "breakglass", "key", "make", "-o", "new.pem").code == 0
    offered = served.run("ida", "key", "offer", "new.pem", "--name", "a second one")
    assert offered.code == 0, offered.err
    assert ("ida", offered.out.strip()) in served.troupe.broker.state().offered
    assert "OFFERED" in served.run("ada", "people").out


def test_what_several_sign_is_shown_before_each_of_them_signs(served: Terminal) -> None:
    """D3: a difference is accepted by an administrator and an approver, two people who see the same words."""
    lease = opened(served, **VISIT)
    close(served, lease)
    broker = served.troupe.broker
    found = tuple(
        Finding(duty=duty, shown=Shown.DIFFERS if duty is Duty.ACCESS_KEYS else Shown.MET, why="looked at")
        for duty in broker.state().leases[lease].duties
    )
    served.on.clocks.wait(1)
    wish = CheckIn(
        lease=lease, observed_at=broker.now(), last_root_event=None, evidence="ab" * 32, findings=found, report="done"
    )
    served.troupe.do("dan", wish)
    begun = served.run("ada", "accept-duty", lease, "access-keys", "--reason", "a key the vendor needs until May")
    draft = begun.out.strip()
    assert (begun.code, f"rootwarden breakglass sign {draft}" in begun.err) == (0, True), begun.err
    declined = served.run("anna", "sign", draft, typed="n\n")
    assert (declined.code, "a key the vendor needs until May" in declined.out) == (1, True)
    signed = served.run("anna", "sign", draft, typed="y\n")
    assert (signed.code, "written, entry" in signed.err) == (0, True), signed.err
    assert "accepted  access-keys" in served.run("dan", "leases", lease).out


def test_a_log_that_went_back_is_refused_before_anything_is_signed(served: Terminal) -> None:
    """BG-2: the client keeps the head it saw, and refuses one that does not follow from it."""
    name, phrase = asked(served, **VISIT)
    assert served.run("omar", "status").code == 0
    kept = served.folder / "heads-omar" / "rehearsal.jsonl"
    newest = json.loads(kept.read_bytes().splitlines()[-1])
    kept.write_text(json.dumps({**newest, "size": newest["size"] + 1000}) + "\n", encoding="utf-8")
    said = served.run("omar", "approve", name, typed=f"{phrase}\ny\n")
    assert (said.code, "the log is shorter than it was" in said.err) == (1, True)
    kept.write_text(json.dumps({**newest, "root": "AAAA" + newest["root"][4:]}) + "\n", encoding="utf-8")
    said = served.run("omar", "approve", name, typed=f"{phrase}\ny\n")
    assert (said.code, "the log is another one" in said.err) == (1, True)
    assert served.troupe.broker.state().requests[name].approvals == {}
    kept.unlink()
    assert "rehearsal" not in run_here(served.folder, "breakglass", "heads", **served.around("omar")).out


def test_the_service_is_believed_with_its_own_authority_only(served: Terminal) -> None:
    said: Said = run_here(
        served.folder, "breakglass", "--service", "other.example.com", "status", **served.around("rita")
    )
    assert (said.code, "for another service than `other.example.com`" in said.err) == (1, True)


def test_secrets_are_in_no_argument_of_any_command() -> None:
    """Whatever is secret is read from a file, standard input or the terminal: no option takes it."""
    import typer

    from rootwarden.cli.main import app

    def options(command: Any, path: str) -> list[tuple[str, str]]:
        found = [(path, name) for parameter in command.params for name in parameter.opts]
        for name, inner in getattr(command, "commands", {}).items():
            found += options(inner, f"{path} {name}")
        return found

    every = [one for one in options(typer.main.get_command(app), "") if one[0].startswith((" breakglass", " drill"))]
    assert len(every) > 100
    secret = re.compile(r"phrase|seed$|secret|password$|token$|code$|passphrase")
    assert [one for one in every if secret.search(one[1])] == []

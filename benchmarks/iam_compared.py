"""`rootwarden iam admins` beside public tools on the same made-up accounts: whom each of them flags.

    python -m benchmarks.iam_compared [--cloudsplaining PYTHON] [--parliament PYTHON] [--prowler PYTHON]
                                      [--pmapper PYTHON] [--principals 200] [--output FILE]

PYTHON is that of a virtual environment with the tool (with PMapper, Python 3.9 at most); what is not given is not run.
Accounts come with the truth about everybody. Cloudsplaining, parliament and Prowler's check of policies read the
authorization details; PMapper asks the simulator, as it would ask AWS, about each account by itself. A principal counts
as flagged when a policy it has, by itself or through a group, has a finding of privilege escalation; with PMapper when
it is called administrative or able to escalate.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
from benchmarks.iam import COMMAND, is_flagged, measured

from rootwarden.simulator import running
from rootwarden.simulator.account import Account
from rootwarden.simulator.crowd.crowd import Crowd, Size
from rootwarden.simulator.evidence import write_evidence
from rootwarden.simulator.ways_up import truth_of
from rootwarden.simulator.world import Organization, World
from rootwarden.simulator.worlds import make_world

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

OURS: Final = "rootwarden iam admins"
UP: Final = frozenset({"direct", "escalation", "conditional"})
# Run in the tool's own environment: policies on standard input, those it flags on standard output.
# AWS's part of Prowler is not needed for what its check says of a policy, and takes a hundred packages more.
_PROWLER: Final = """
import json, sys, types
about_aws = types.ModuleType("prowler.providers.aws.aws_provider")
about_aws.read_aws_regions_file = dict
sys.modules[about_aws.__name__] = about_aws
from py_iam_expand.actions import expand_actions
from prowler.providers.aws.services.iam.lib import policy, privilege_escalation as check
for name, actions in list(check.privilege_escalation_policies_combination.items()):
    try:
        list(map(expand_actions, actions))
    except Exception:
        if "mend" in sys.argv:
            del check.privilege_escalation_policies_combination[name]
print(json.dumps([bool(check.check_privilege_escalation(one)) for one in json.load(sys.stdin)]))
"""
_VERSIONS: Final = """
import importlib.metadata, platform, sys
print(importlib.metadata.version(sys.argv[1]), platform.python_version())
"""
_SAID: Final = re.compile(
    r"^((?:user|role)/\S+) (?:is an administrative principal|can escalate privileges)", re.MULTILINE
)


class Place(msgspec.Struct, frozen=True):
    """Accounts with the truth about everybody in them, and the folder they are written to."""

    name: str
    folder: Path
    accounts: tuple[Account, ...]
    organization: Organization | None
    truth: dict[str, str]

    @property
    def details(self) -> list[Path]:
        """The authorization details of each account."""
        return sorted((self.folder / "accounts").glob("*/authorization-details.json"))


def one_account(principals: int, into: Path) -> Place:
    """An account of a made-up crowd."""
    (filled,) = Crowd(Size(principals=principals, seed=1)).accounts()
    truth = {arn: one.standing for arn, one in filled.truth.items()}
    return _written(Place(f"{principals} principals", into, (filled.account,), None, dict(truth)))


def breached(into: Path) -> Place:
    """The world `breached`."""
    world = make_world("breached")
    accounts = tuple(world.account(each) for each in world.account_ids)
    truth = {arn: one.standing for arn, one in truth_of(world).items()}
    return _written(Place("breached", into, accounts, world.organization, dict(truth)))


def _written(place: Place) -> Place:
    write_evidence(place.folder, place.accounts, place.organization)
    return place


def ours(place: Place) -> set[str]:
    """Who is up, or perhaps so, by our own command."""
    output = place.folder.with_suffix(".ours.json")
    measured([*COMMAND, "iam", "admins", "--evidence", str(place.folder), "--format", "json"], output)
    found = json.loads(output.read_text(encoding="utf-8"))["principals"]
    return {one["arn"] for one in found if one["class"] in UP}


def cloudsplaining(python: Path, place: Place, *extra: str) -> set[str]:
    """Whom a scan flags."""
    flagged = set()
    for number, details in enumerate(place.details):
        output = place.folder.with_suffix(f".cloudsplaining-{number}{''.join(extra)}")
        output.mkdir(exist_ok=True)
        program = [str(python.with_name("cloudsplaining")), "scan", "--skip-open-report", *extra]
        _run([*program, "--input-file", str(details), "--output", str(output)])
        found = json.loads((output / f"iam-results-{details.stem}.json").read_text(encoding="utf-8"))
        people = [one for kind in ("users", "roles") for one in found[kind].values()]
        flagged |= {one["arn"] for one in people if is_flagged(one, found)}
    return flagged


def cloudsplaining_of_all(python: Path, place: Place) -> set[str]:
    """Whom a scan flags that looks at all risky actions."""
    return cloudsplaining(python, place, "--flag-all-risky-actions")


def parliament(python: Path, place: Place) -> set[str]:
    """Who has a policy with a finding of the community's auditor of privilege escalation."""
    flagged = set()
    for details in place.details:
        program = [str(python.with_name("parliament")), "--include-community-auditors", "--json"]
        said = _run([*program, "--auth-details-file", str(details)])
        found = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
        named = {one["location"]["filepath"] for one in found if one["issue"] == "PRIVILEGE_ESCALATION"}
        flagged |= _holders(json.loads(details.read_text(encoding="utf-8")), named)
    return flagged


def prowler(python: Path, place: Place, *words: str) -> set[str]:
    """Who has a policy that Prowler's check of privilege escalation fails."""
    flagged = set()
    for file in place.details:
        details = json.loads(file.read_text(encoding="utf-8"))
        policies = _policies(details)
        documents = [document for _, document in policies]
        said = _run([str(python), "-c", _PROWLER, *words], given=json.dumps(documents))
        failing = {arn for (arn, _), fails in zip(policies, json.loads(said), strict=True) if fails}
        flagged |= _holders(details, failing)
    return flagged


def prowler_mended(python: Path, place: Place) -> set[str]:
    """The same without the combinations of services that are no more, at which the check ends."""
    return prowler(python, place, "mend")


def pmapper(python: Path, place: Place) -> set[str]:
    """Whom PMapper calls administrative or able to escalate, each account by itself."""
    flagged = set()
    for account in place.accounts:
        home = place.folder.with_suffix(f".home-{account.account_id}")
        home.mkdir(exist_ok=True)
        with running(_alone(account)) as simulator:
            environment = {
                "PATH": os.environ["PATH"],
                "HOME": str(home),
                "AWS_ENDPOINT_URL": simulator.endpoint,
                "AWS_ACCESS_KEY_ID": simulator.world.credentials.access_key_id,
                "AWS_SECRET_ACCESS_KEY": simulator.world.credentials.secret_access_key,
                "AWS_DEFAULT_REGION": "us-east-1",
                "AWS_EC2_METADATA_DISABLED": "true",
                "AWS_MAX_ATTEMPTS": "1",
            }
            program = str(python.with_name("pmapper"))
            _run([program, "graph", "create", "--include-regions", "us-east-1"], environment=environment)
            asked = [program, "--account", account.account_id, "query", "preset privesc *"]
            said = _run(asked, environment=environment)
        # It names roles without their path; of one account names are told apart without it.
        named = set(_SAID.findall(said))
        own = (arn for arn in place.truth if arn.split(":")[4] == account.account_id)
        flagged |= {arn for arn in own if f"{arn.split(':')[5].split('/')[0]}/{arn.rpartition('/')[2]}" in named}
    return flagged


def _alone(account: Account) -> World:
    """A world of one account."""
    own = account.account_id
    return World(account_ids=[own], build=lambda _: account, management_id=own, organization=None)


def _run(arguments: list[str], *, given: str = "", environment: dict[str, str] | None = None) -> str:
    done = subprocess.run(arguments, input=given, env=environment, capture_output=True, text=True, check=False)
    if not done.stdout and done.returncode:
        sys.exit(f"{arguments[0]} failed: {done.stderr[-600:]}")
    return done.stdout


def _policies(details: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """(ARN, document) of every policy: its own ARN, or of whom it is written into."""
    found = [
        (one["Arn"], version["Document"])
        for one in details["Policies"]
        for version in one["PolicyVersionList"]
        if version["IsDefaultVersion"]
    ]
    for kind in ("User", "Group", "Role"):
        for one in details[f"{kind}DetailList"]:
            found += [(one["Arn"], each["PolicyDocument"]) for each in one.get(f"{kind}PolicyList", ())]
    return found


def _holders(details: dict[str, Any], hit: set[str]) -> set[str]:
    """Who has a policy that was hit, by itself or through a group."""
    groups = {one["GroupName"]: one for one in details["GroupDetailList"]}

    def has(one: dict[str, Any]) -> bool:
        attached = {each["PolicyArn"] for each in one["AttachedManagedPolicies"]}
        return one["Arn"] in hit or bool(attached & hit) or any(has(groups[each]) for each in one.get("GroupList", ()))

    people = (*details["UserDetailList"], *details["RoleDetailList"])
    return {one["Arn"] for one in people if has(one)}


def version(python: Path, package: str) -> dict[str, str]:
    """The version of a package of an environment, and of its Python."""
    number, its_python = _run([str(python), "-c", _VERSIONS, package]).split()
    return {"version": number, "python": its_python}


def results(asked: argparse.Namespace, into: Path) -> dict[str, Any]:
    """What every tool that is given says of every place."""
    places = [one_account(asked.principals, into / "crowd"), breached(into / "breached")]
    tools: dict[str, dict[str, str]] = {}
    runs: dict[str, Callable[[Place], set[str]]] = {OURS: ours}
    for name, (package, run) in TOOLS.items():
        python = getattr(asked, name.partition(" ")[0])
        if python is not None:
            tools[package] = version(python, package)
            runs[name] = partial(run, python)
    found: dict[str, Any] = {}
    for place in places:
        flagged = {}
        for name, flags in runs.items():
            flagged[name] = _named(flags(place), place)
            print(place.name, name, len(flagged[name]), file=sys.stderr)
        truth = {_short(arn, place): one for arn, one in sorted(place.truth.items()) if one != "none"}
        found[place.name] = {"truth": truth, "principals": len(place.truth), "flagged": flagged}
    return {"tools": tools, "places": found}


TOOLS: Final[dict[str, tuple[str, Callable[[Path, Place], set[str]]]]] = {
    "cloudsplaining": ("cloudsplaining", cloudsplaining),
    "cloudsplaining --flag-all-risky-actions": ("cloudsplaining", cloudsplaining_of_all),
    "parliament": ("parliament", parliament),
    "prowler": ("prowler", prowler),
    "prowler without retired services": ("prowler", prowler_mended),
    "pmapper": ("principalmapper", pmapper),
}


def _named(arns: Iterable[str], place: Place) -> list[str]:
    return sorted(_short(arn, place) for arn in arns if arn in place.truth)


def _short(arn: str, place: Place) -> str:
    """`user/ann`, with the account where there are several."""
    account, name = arn.split(":", 5)[4:]
    return name if len(place.accounts) == 1 else f"{account} {name}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("cloudsplaining", "parliament", "prowler", "pmapper"):
        parser.add_argument(f"--{name}", type=Path, metavar="PYTHON")
    parser.add_argument("--principals", type=int, default=200)
    parser.add_argument("--output", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        whole = {"system": platform.platform(), **results(asked, Path(temporary))}
    if asked.output is not None:
        asked.output.write_text(json.dumps(whole, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

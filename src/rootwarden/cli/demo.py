"""`rootwarden demo`: a simulated organization, a real live collection of it, an audit and a report to open."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from rootwarden.errors import UsageError

if TYPE_CHECKING:
    from rootwarden.audit.result import AuditResult
    from rootwarden.audit.rulebook import Rulebook
    from rootwarden.simulator import Simulator
    from rootwarden.simulator.world import World

SIZE = 40
ALONE: Final = "standalone"
WORKERS = 16
ACCOUNT_SECONDS = 20
# Kept as `audit --save-evidence` keeps it, without AWS's own services, so that `advise` shows what nobody collected.
AUDITED_ONLY: Final = frozenset({"breached"})


def demo(
    what: Annotated[
        str, typer.Argument(metavar="[breakglass]", help="What is shown: an audit, or a visit to a root user.")
    ] = "",
    folder: Annotated[
        Path, typer.Option("--output", "-o", metavar="FOLDER", help="Where to put report and evidence.")
    ] = Path("demo-output"),
    world: Annotated[
        str, typer.Option("--world", metavar="NAME", help="patchwork, greenfield, forgotten_mailbox, standalone, …")
    ] = "patchwork",
    accounts: Annotated[
        int | None, typer.Option("--accounts", min=1, max=5000, help="Size of the organization: 40, `standalone` is 1.")
    ] = None,
    play: Annotated[bool, typer.Option("--play", help="breakglass: play it all here, without a browser.")] = False,
    port: Annotated[int, typer.Option("--port", min=1024, max=65535, help="breakglass: port of the pages.")] = 8765,
) -> int:
    """Audit a simulated organization over real HTTP, and leave the report and the evidence to look at.

    `demo breakglass` shows how a root user is opened instead: request, two approvals, custodians, a code, check-in and
    the verified log, in a browser or, with `--play`, told here.

    Nothing leaves this machine and no AWS account is needed. Exit code 0 when it could be shown.
    """
    from rootwarden.cli.demo_breakglass import check_what, demonstrate

    check_what(what)
    if what:
        return demonstrate(folder, play=play, port=port)
    from rootwarden.cli.audit import tell
    from rootwarden.cli.rule_choice import chosen_rules
    from rootwarden.simulator import running
    from rootwarden.simulator.worlds import make_world

    simulated = make_world(world, accounts or (1 if world == ALONE else SIZE))
    report, evidence = folder / "report.html", _fresh(folder)
    book = chosen_rules()
    with running(simulated) as simulator:
        result = _audit(simulated, simulator, book, evidence, services=world not in AUDITED_ONLY)
    tell(result, "terminal", None)
    tell(result, "html", report)
    _say(f"\nreport:   {report}   open it in a browser")
    _say(f"evidence: {evidence}   the answers this was judged from")
    _say("\nwhat to try next:")
    _say(f"  rootwarden audit --evidence {evidence} --benchmark cis-5.0")
    _say(f"  rootwarden audit --evidence {evidence} --pack all")
    _say(f"  rootwarden advise --evidence {evidence}")
    _say(f"  rootwarden audit --evidence {evidence} --format json")
    _say(f"  rootwarden audit --evidence {evidence} --rule root-mfa --format csv")
    _say("  rootwarden permissions            what a real run needs")
    _say("  rootwarden audit --org            your own organization")
    return 0


def _audit(simulated: World, simulator: Simulator, book: Rulebook, evidence: Path, *, services: bool) -> AuditResult:
    from rootwarden.audit.assess import assess
    from rootwarden.audit.terms import Terms
    from rootwarden.aws.door import Door
    from rootwarden.cli.looking import DEFAULT_ROLE
    from rootwarden.cli.progress import progress
    from rootwarden.cli.rule_choice import chosen_rules
    from rootwarden.collect.live import LiveCollection, Scope
    from rootwarden.collect.plan import plan_for
    from rootwarden.collect.save import EvidenceWriter
    from rootwarden.packs import EVERY_PACK

    # The evidence is for trying other packs and `advise` too, so it holds what any of them reads.
    kept = chosen_rules(packs=[EVERY_PACK])
    _point_at(simulator, simulated)
    with progress() as show:
        collected = LiveCollection(
            door=Door(connections=WORKERS, read_timeout=ACCOUNT_SECONDS),
            plan=plan_for(kept.needs, watched=kept.watched, tree=True, services=services),
            scope=Scope(organization=simulated.organization is not None, role_name=DEFAULT_ROLE),
            workers=WORKERS,
            account_seconds=ACCOUNT_SECONDS,
            writer=EvidenceWriter(evidence),
            on_progress=show,
            clock=simulator.state.clock,
        ).run()
    return assess(collected, Terms(rulebook=book))


def _point_at(simulator: Simulator, world: World) -> None:
    """Send this process's AWS calls to the simulator, with its visibly fake key, and to nothing else."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(
        AWS_ENDPOINT_URL=simulator.endpoint,
        AWS_ACCESS_KEY_ID=world.credentials.access_key_id,
        AWS_SECRET_ACCESS_KEY=world.credentials.secret_access_key,
        AWS_CONFIG_FILE=os.devnull,
        AWS_SHARED_CREDENTIALS_FILE=os.devnull,
        AWS_REGION="us-east-1",
    )


def _fresh(folder: Path) -> Path:
    """A folder for the evidence that holds nothing yet; an earlier demo's is left alone."""
    for number in range(1, 1000):
        path = folder / ("evidence" if number == 1 else f"evidence-{number}")
        if not path.exists():
            return path
    raise UsageError(f"`{folder}` holds a thousand demos", hint="name another folder with --output")


def _say(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201 - the voice of the command line

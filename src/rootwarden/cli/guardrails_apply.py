"""`rootwarden guardrails apply`: a plan carried out, one wave a run, each looked at before the next."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rootwarden.cli import options
from rootwarden.errors import InputError, UsageError

if TYPE_CHECKING:
    from rootwarden.attachment.applying import Vouched
    from rootwarden.attachment.denials import Watched
    from rootwarden.attachment.plan import Plan
    from rootwarden.rollout.entry import Entry
    from rootwarden.rollout.seal import KeySeal


def apply(
    plan: Annotated[Path, typer.Argument(metavar="PLAN", help="What `guardrails plan` or `detach` wrote.")],
    *,
    journal: Annotated[
        Path | None, typer.Option("--journal", metavar="FILE", help="The journal, made or gone on with.")
    ] = None,
    key: Annotated[
        Path | None, typer.Option("--key", metavar="FILE", help="Ed25519 private key (PEM) that signs the journal.")
    ] = None,
    trail: Annotated[
        list[str] | None,
        typer.Option("--trail", metavar="PATH", help="CloudTrail since the wave before, as `trail scan`. Repeat."),
    ] = None,
    no_denials_seen: Annotated[
        str, typer.Option("--no-denials-seen", metavar="NAME", help="Who looked, and saw that nothing is denied amiss.")
    ] = "",
    margin: Annotated[
        int, typer.Option("--margin", min=0, metavar="N", help="How many calls nobody foretold may be denied.")
    ] = 0,
    watch_minutes: Annotated[
        int,
        typer.Option("--watch-minutes", min=0, metavar="N", help="How much of the trail there must be after a wave."),
    ] = 15,
    take_back: Annotated[
        str, typer.Option("--take-back", metavar="REASON", help="Take everything back that the plan did.")
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the calls that are left; change nothing.")] = False,
    confirm: Annotated[
        str, typer.Option("--confirm", metavar="ORGANIZATION", help="The organization's id, in place of typing it.")
    ] = "",
    profile: options.Profile = "",
    region: options.Region = "",
) -> int:
    """Carry a plan out, one wave a run. Before the next, the denials since the wave before are held against the replay.

    When more is denied than was foretold, everything is taken back, the last first. Run it again after a kill: it looks
    at AWS, and goes on. Exit code 0: as planned. 1: a surprise, or taken back because of denials. 2: wrong usage, or
    the wave before must be looked at first. 3: AWS or the journal could not be reached.
    """
    from rootwarden.attachment.plan import read_plan

    found = read_plan(plan)
    if dry_run:
        return _dry(found, journal)
    if journal is None or key is None:
        raise UsageError("a change is written down first", hint="--journal FILE --key FILE; --dry-run needs neither")
    if trail and no_denials_seen:
        raise UsageError("--trail and --no-denials-seen answer the same question", hint="give one of them")
    seal = _seal(key)
    _confirm(found, confirm, taking_back=bool(take_back))
    return _apply(
        found,
        journal,
        seal,
        _Watch(trail or [], no_denials_seen.strip(), margin, watch_minutes, profile, region),
        take_back,
    )


class _Watch:
    """How the wave before is looked at."""

    def __init__(self, trail: list[str], name: str, margin: int, minutes: int, profile: str, region: str) -> None:
        self.trail = trail
        self.name = name
        self.margin = margin
        self.minutes = minutes
        self.profile = profile
        self.region = region


def _apply(plan: Plan, path: Path, seal: KeySeal, watch: _Watch, take_back: str) -> int:
    from rootwarden.attachment.applying import Applying
    from rootwarden.attachment.hand import AwsHand
    from rootwarden.aws.door import Door, now
    from rootwarden.report import guardrail_plan
    from rootwarden.rollout.journal import opened

    hand = AwsHand(Door(profile=watch.profile, region=watch.region), now)
    if hand.account != plan.management:
        raise UsageError(
            f"the caller is in account {hand.account}",
            hint=f"the management account {plan.management} changes policies",
        )
    purpose = f"guardrails {plan.operation}"
    with opened(path, plan=plan.digest, purpose=purpose, by=hand.who, seal=seal, clock=now) as journal:
        applying = Applying(plan, journal, hand)
        if take_back:
            run = applying.take_back(take_back)
        else:
            seen = _seen(plan, journal.entries, watch)
            run = applying.run(seen, margin=watch.margin, minutes=watch.minutes)
    typer.echo(guardrail_plan.told(run, plan))
    return 0


def _seen(plan: Plan, entries: list[Entry], watch: _Watch) -> Watched | Vouched | None:
    from rootwarden.attachment.applying import Vouched
    from rootwarden.attachment.progress import Progress
    from rootwarden.cli.guardrails_watching import watched

    progress = Progress(plan, entries)
    if watch.name:
        return Vouched(watch.name)
    if not watch.trail or not progress.waiting:
        return None
    return watched(plan, progress, tuple(watch.trail), profile=watch.profile, region=watch.region)


def _dry(plan: Plan, journal: Path | None) -> int:
    from rootwarden.attachment.progress import Progress
    from rootwarden.report import guardrail_plan
    from rootwarden.rollout.reading import read_journal

    entries = read_journal(journal).entries if journal is not None and journal.exists() else ()
    progress = Progress(plan, entries)
    typer.echo(guardrail_plan.calls(plan, progress.done, progress.ids))
    return 0


def _seal(path: Path) -> KeySeal:
    """The key that signs.

    Raises:
        InputError: It cannot be read, or is no Ed25519 private key.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    from rootwarden.rollout.seal import KeySeal

    hint = "`openssl genpkey -algorithm ed25519 -out FILE` makes one"
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        raise InputError(f"`{path}` cannot be read: {error.strerror}", hint=hint) from error
    except (ValueError, TypeError) as error:
        raise InputError(f"`{path}` is no private key in PEM without a password", hint=hint) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise InputError(f"`{path}` is no Ed25519 key", hint=hint)
    return KeySeal(key)


def _confirm(plan: Plan, given: str, *, taking_back: bool) -> None:
    """Let somebody type the organization's id.

    Raises:
        UsageError: They typed something else, or nobody is there to type.
    """
    what = "take back" if taking_back else "apply the next wave of"
    if not given and sys.stdin.isatty():
        given = typer.prompt(f"type {plan.organization} to {what} the plan", err=True)
    if given != plan.organization:
        raise UsageError("nothing was changed: it was not confirmed", hint=f"--confirm {plan.organization}")

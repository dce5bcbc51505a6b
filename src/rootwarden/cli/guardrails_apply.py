"""`rootwarden guardrails apply`: a plan carried out, one wave a run, each looked at before the next."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rootwarden.cli import options
from rootwarden.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from rootwarden.attachment.applying import Vouched
    from rootwarden.attachment.denials import Watched
    from rootwarden.attachment.plan import Plan
    from rootwarden.rollout.entry import Entry
    from rootwarden.rollout.journal import Journal


def apply(
    plan: Annotated[Path, typer.Argument(metavar="PLAN", help="What `guardrails plan` or `detach` wrote.")],
    *,
    journal: Annotated[
        Path | None, typer.Option("--journal", metavar="FILE", help="The journal, made or gone on with.")
    ] = None,
    key: Annotated[
        Path | None, typer.Option("--key", metavar="FILE", help="Your Ed25519 key (PEM), which signs the journal.")
    ] = None,
    signer: Annotated[
        Path | None, typer.Option("--signer", metavar="PROGRAM", help="Signs with a key in hardware.")
    ] = None,
    signed_by: Annotated[
        list[Path] | None,
        typer.Option(
            "--signed-by", metavar="FILE", help="Public key (PEM) of who else signed this journal before. Repeat."
        ),
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
    confirmed: Annotated[
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
    from rootwarden.cli.applying import confirm, public_keys, seal_of
    from rootwarden.rollout.journal import opened

    found = read_plan(plan)
    if dry_run:
        return _dry(found, journal)
    if journal is None:
        raise UsageError("a change is written down first", hint="--journal FILE --key FILE; --dry-run needs neither")
    if trail and no_denials_seen:
        raise UsageError("--trail and --no-denials-seen answer the same question", hint="give one of them")
    seal = seal_of(key, signer)
    confirm(found.organization, confirmed)
    return _apply(
        found,
        partial(opened, journal, seal=seal, others=public_keys(signed_by or ())),
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


def _apply(
    plan: Plan, open_journal: Callable[..., AbstractContextManager[Journal]], watch: _Watch, take_back: str
) -> int:
    from rootwarden.attachment.applying import Applying
    from rootwarden.attachment.hand import AwsHand
    from rootwarden.aws.door import Door, now
    from rootwarden.report import guardrail_plan

    hand = AwsHand(Door(profile=watch.profile, region=watch.region), now)
    if hand.account != plan.management:
        raise UsageError(
            f"the caller is in account {hand.account}",
            hint=f"the management account {plan.management} changes policies",
        )
    purpose = f"guardrails {plan.operation}"
    with open_journal(plan=plan.digest, purpose=purpose, by=hand.who, clock=now) as journal:
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

"""`rootwarden guardrails apply`: a plan carried out, one wave a run, each looked at before the next."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import msgspec
import typer

from rootwarden.cli import applying, options
from rootwarden.errors import InputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from rootwarden.attachment.applying import Vouched
    from rootwarden.attachment.denials import Watched
    from rootwarden.attachment.plan import Plan
    from rootwarden.rollout.entry import Entry
    from rootwarden.rollout.journal import Journal

PlanFile: TypeAlias = Annotated[
    Path, typer.Argument(metavar="PLAN", help="What `guardrails plan` or `detach` wrote (--output).")
]
Trail: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--trail", metavar="PATH", help="CloudTrail since the first wave, as `trail scan`. Repeat."),
]
NoDenialsSeen: TypeAlias = Annotated[
    str, typer.Option("--no-denials-seen", metavar="NAME", help="Who looked, and saw that nothing is denied amiss.")
]
Margin: TypeAlias = Annotated[
    int, typer.Option("--margin", min=0, metavar="N", help="How many calls nobody foretold may be denied.")
]
WatchMinutes: TypeAlias = Annotated[
    int, typer.Option("--watch-minutes", min=0, metavar="N", help="How much of the trail there must be after a wave.")
]
PlanDays: TypeAlias = Annotated[
    int,
    typer.Option("--plan-days", min=0, metavar="N", help="How long ago the plan, or the wave before, may be."),
]
TakeBack: TypeAlias = Annotated[
    str, typer.Option("--take-back", metavar="REASON", help="Take everything back that the plan did.")
]
DryRun: TypeAlias = Annotated[bool, typer.Option("--dry-run", help="Print the calls that are left; change nothing.")]
Confirmed: TypeAlias = Annotated[
    str, typer.Option("--confirm", metavar="ORGANIZATION", help="The organization's id, in place of typing it.")
]


class _Watch(msgspec.Struct, frozen=True, kw_only=True):
    """How the wave before is looked at, and whether there may be a next one."""

    trail: tuple[str, ...]
    name: str
    margin: int
    minutes: int
    days: int
    profile: str
    region: str


def apply(
    plan: PlanFile,
    *,
    journal: applying.JournalFile = None,
    key: applying.SigningKey = None,
    signer: applying.SigningProgram = None,
    signed_by: applying.SignedBy = None,
    trail: Trail = None,
    no_denials_seen: NoDenialsSeen = "",
    margin: Margin = 0,
    watch_minutes: WatchMinutes = 15,
    plan_days: PlanDays = 14,
    take_back: TakeBack = "",
    dry_run: DryRun = False,
    confirmed: Confirmed = "",
    profile: options.Profile = "",
    region: options.Region = "",
) -> int:
    """Carry a plan out, one wave a run. Before the next, the denials since the first are held against the replay.

    When more is denied than was foretold, everything is taken back, the last first. Run it again after a kill: it looks
    at AWS, and goes on. Exit code 0: as planned. 1: a surprise, or taken back because of denials. 2: wrong usage, or
    the wave before must be looked at first. 3: AWS or the journal could not be reached.
    """
    from rootwarden.attachment.plan import read_plan

    found = read_plan(plan)
    if dry_run:
        return _dry(found, journal)
    if trail and no_denials_seen:
        raise UsageError("--trail and --no-denials-seen answer the same question", hint="give one of them")
    watch = _Watch(
        trail=tuple(trail or ()),
        name=no_denials_seen.strip(),
        margin=margin,
        minutes=watch_minutes,
        days=plan_days,
        profile=profile,
        region=region,
    )
    opened = applying.journal_of(journal, key, signer, signed_by)
    applying.confirm(found.organization, confirmed)
    return _apply(found, opened, watch, take_back)


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
        work = Applying(plan, journal, hand)
        if take_back:
            run = work.take_back(take_back)
        else:
            seen = _seen(plan, journal.entries, watch)
            run = work.run(seen, margin=watch.margin, minutes=watch.minutes, days=watch.days)
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
    return watched(plan, progress, watch.trail, profile=watch.profile, region=watch.region)


def _dry(plan: Plan, journal: Path | None) -> int:
    from rootwarden.attachment.progress import Progress
    from rootwarden.report import guardrail_plan

    progress = Progress(plan, _lines(plan, journal) if journal is not None and journal.exists() else ())
    typer.echo(guardrail_plan.calls(plan, progress.done, progress.ids))
    return 0


def _lines(plan: Plan, journal: Path) -> tuple[Entry, ...]:
    """What a journal says was done; who wrote its lines is asked when the plan is applied."""
    from rootwarden.rollout.reading import read_journal

    found = read_journal(journal)
    if found.bad:
        number = len(found.entries) + 1
        raise InputError(f"line {number} of the journal {found.bad}", hint="`guardrails verify` says what holds of it")
    if found.entries and found.entries[0].parameters.get("plan") != plan.digest:
        raise UsageError(
            f"the journal `{journal}` is of another plan",
            hint="give the one this plan was begun with, or leave --journal out",
        )
    applying.say("the journal is believed here as it stands; whoever applies the plan has its seals checked")
    return found.entries

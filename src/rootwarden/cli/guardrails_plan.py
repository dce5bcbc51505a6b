"""`rootwarden guardrails plan` and `detach`: what would be changed, in which order, and what was foretold of it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, TypeAlias

import msgspec
import typer

from rootwarden.cli import options
from rootwarden.errors import UsageError
from rootwarden.strict_toml import in_backticks

if TYPE_CHECKING:
    from rootwarden.attachment.drafting import Asked
    from rootwarden.attachment.plan import Plan
    from rootwarden.attachment.present import Present
    from rootwarden.audit.guardrail_proof import Wanted
    from rootwarden.guardrails.content.guardrail import Guardrail


# AWS takes any text of up to 128 characters (Organizations API reference, CreatePolicy); a name should be one to say.
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_. -]{0,127}")


class Shown(StrEnum):
    """How the plan is printed."""

    TEXT = "text"
    JSON = "json"


Targets: TypeAlias = Annotated[
    list[str] | None, typer.Option("--target", metavar="ID", help="A root, unit or account. Repeat.")
]
Canaries: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--canary", metavar="ACCOUNT", help="An account below a target that gets the policy first. Repeat."),
]
Replay: TypeAlias = Annotated[
    Path | None,
    typer.Option("--replay", metavar="RECORD", help="What `guardrails replay --format json` wrote of this."),
]
ReplayDays: TypeAlias = Annotated[
    int, typer.Option("--replay-days", min=1, metavar="DAYS", help="How old the last event of the replay may be.")
]
ReplayWindow: TypeAlias = Annotated[
    int, typer.Option("--replay-window", min=0, metavar="DAYS", help="How much time the replay must cover.")
]
WaiveReplay: TypeAlias = Annotated[
    str, typer.Option("--waive-replay", metavar="REASON", help="Go without a replay; the reason is kept.")
]
WaiveProof: TypeAlias = Annotated[
    str,
    typer.Option("--waive-proof", metavar="REASON", help="Go although too much is barred, or not known; it is kept."),
]
Update: TypeAlias = Annotated[
    bool, typer.Option("--update", help="A policy of the same name, attached to nothing, gets the new document first.")
]
Named: TypeAlias = Annotated[
    str, typer.Option("--as", metavar="NAME", help="Make a policy of this name, beside one of the usual name.")
]
PlanFile: TypeAlias = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help="Where the plan is written for `guardrails apply`."),
]
Form: TypeAlias = Annotated[Shown, typer.Option("--format", help="How to print the plan.")]


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """What both commands take."""

    evidence: Path | None
    targets: list[str] | None
    canaries: list[str] | None = None
    replay: Path | None
    days: int
    window: int
    waived: str
    proof_waived: str = ""
    update: bool = False
    name: str = ""
    as_of: str
    profile: str
    region: str

    def present(self) -> tuple[Present, Asked]:
        """What there is, and what the plan is made with."""
        from rootwarden.attachment.drafting import Asked

        present, at = self._looked()
        asked = Asked(
            targets=tuple(dict.fromkeys(self.targets or ())),
            canaries=tuple(dict.fromkeys(self.canaries or ())),
            at=options.instant(self.as_of) or at,
            replay=self.replay,
            days=self.days,
            window=self.window,
            waived=self.waived.strip(),
            proof_waived=self.proof_waived.strip(),
            update=self.update,
            name=_checked(self.name),
        )
        return present, asked

    def _looked(self) -> tuple[Present, datetime]:
        from rootwarden.attachment.hand import AwsHand
        from rootwarden.attachment.present import present_in
        from rootwarden.aws.door import Door, now
        from rootwarden.collect.folder import EvidenceFolder

        if self.evidence is None:
            return AwsHand(Door(profile=self.profile, region=self.region), now).look(), now()
        if self.profile or self.region:
            raise UsageError("--evidence asks no AWS", hint="leave --profile and --region out")
        folder = EvidenceFolder(self.evidence)
        return present_in(folder), folder.as_of or datetime.now(UTC)


def plan(
    guardrails: Annotated[list[str], typer.Argument(metavar="ID|FILE...", help="Guardrails to attach.")],
    *,
    target: Targets = None,
    canary: Canaries = None,
    evidence: options.Evidence = None,
    replay: Replay = None,
    replay_days: ReplayDays = 30,
    replay_window: ReplayWindow = 14,
    waive_replay: WaiveReplay = "",
    waive_proof: WaiveProof = "",
    update: Update = False,
    named: Named = "",
    parameter: options.Parameters = None,
    as_of: options.AsOf = "",
    profile: options.Profile = "",
    region: options.Region = "",
    output: PlanFile = None,
    form: Form = Shown.TEXT,
) -> int:
    """Plan how guardrails are attached: canaries, then unit by unit, every call in its wave. Nothing is changed.

    Of AWS as it is, or of an evidence folder. Exit code 0: there is a plan. 2: it cannot be carried out as asked, and
    why. 3: AWS could not be asked.
    """
    from rootwarden.attachment.drafting import attachment, switching

    given = Given(
        evidence=evidence,
        targets=target,
        canaries=canary,
        replay=replay,
        days=replay_days,
        window=replay_window,
        waived=waive_replay,
        proof_waived=waive_proof,
        update=update,
        name=named,
        as_of=as_of,
        profile=profile,
        region=region,
    )
    found = [_guardrail(name) for name in dict.fromkeys(guardrails)]
    present, asked = given.present()
    wanted = _wanted(found, parameter or [], present.landscape.organization)
    off = sorted({one.kind.value for one in found} & present.off)
    if not asked.targets:
        raise UsageError("no target is named", hint="--target ID: the root (r-…), a unit (ou-…) or an account")
    made = switching(present, off[0], asked.at) if off else attachment(present, wanted, asked)
    return _told(made, output, form)


def detach(
    policies: Annotated[list[str], typer.Argument(metavar="POLICY...", help="Ids or names of policies.")],
    *,
    target: Targets = None,
    evidence: options.Evidence = None,
    replay: Replay = None,
    replay_days: ReplayDays = 30,
    replay_window: ReplayWindow = 14,
    waive_replay: WaiveReplay = "",
    as_of: options.AsOf = "",
    profile: options.Profile = "",
    region: options.Region = "",
    output: PlanFile = None,
    form: Form = Shown.TEXT,
) -> int:
    """Plan how policies are detached, from the targets named or wherever they are. Nothing is changed.

    FullAWSAccess is never detached, nor the last policy of a target. Exit codes as of `guardrails plan`.
    """
    from rootwarden.attachment.drafting import detachment

    given = Given(
        evidence=evidence,
        targets=target,
        replay=replay,
        days=replay_days,
        window=replay_window,
        waived=waive_replay,
        as_of=as_of,
        profile=profile,
        region=region,
    )
    present, asked = given.present()
    return _told(detachment(present, tuple(dict.fromkeys(policies)), asked), output, form)


def _checked(name: str) -> str:
    """A name policies may have that is not spelled as an id is."""
    if name and (not _NAME.fullmatch(name) or name.startswith("p-")):
        raise UsageError(
            f"{in_backticks(name)} is no name for a policy",
            hint="letters, digits and `-_. `, at most 128, and not beginning as an id does (`p-`)",
        )
    return name


def _guardrail(name: str) -> Guardrail:
    from rootwarden.cli.guardrails_reading import guardrail_named
    from rootwarden.guardrails.content.guardrail import GuardrailKind

    found = guardrail_named(name)
    if found.kind is GuardrailKind.SIGN_IN:
        raise UsageError(
            f"`{found.id}` is a policy of one account, which no organization attaches",
            hint=f"`rootwarden guardrails show {name}` says how it is put in place",
        )
    return found


def _wanted(found: list[Guardrail], parameters: list[str], organization: str) -> tuple[Wanted, ...]:
    from rootwarden.cli.guardrails_reading import check_used, parameters_given, wanted_with

    given = parameters_given(parameters)
    check_used(given, found)
    if any(one.parameter("organization") for one in found):
        given.setdefault("organization", organization)
    return tuple(wanted_with(one, given) for one in found)


def _told(made: Plan, output: Path | None, form: Shown) -> int:
    from rootwarden.attachment.plan import printed
    from rootwarden.cli.applying import keep
    from rootwarden.report import guardrail_plan

    if output is not None:
        keep(printed(made).encode(), output)
    typer.echo(printed(made) if form is Shown.JSON else guardrail_plan.text(made), nl=form is not Shown.JSON)
    return 0

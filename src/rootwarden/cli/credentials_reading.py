"""What the `credentials` commands take: evidence or a live look, uses of keys, waivers, and what has to be typed."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from rootwarden.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rootwarden.cli.looking import Look
    from rootwarden.collect.folder import EvidenceFolder
    from rootwarden.credentials.plan import Plan
    from rootwarden.detect.visits.findings import RootKey

CREDENTIALS: Final = (
    "Root credentials of members: what there is, what uses it, and how it goes, in waves, run after run."
)
# What a plan rests on; an AssumeRoot audit reads the rest without being asked.
_NEEDS: Final = (
    "iam:GetAccountSummary",
    "iam:GetCredentialReport",
    "iam:ListOrganizationsFeatures",
    "organizations:ListPolicies",
)


@contextmanager
def evidence_of(asked: Look) -> Iterator[EvidenceFolder]:
    """The evidence folder the arguments name, or one of a live look, kept only when --save-evidence says so.

    Raises:
        UsageError: The arguments contradict each other, or name nothing.
    """
    import msgspec

    from rootwarden.cli.looking import look_live, refuse_live_options
    from rootwarden.cli.options import instant
    from rootwarden.collect.collected import keep_whole
    from rootwarden.collect.folder import EvidenceFolder
    from rootwarden.collect.plan import plan_for

    if asked.evidence is not None:
        if asked.org:
            raise UsageError("--evidence and --org exclude each other", hint="choose one thing to look at")
        refuse_live_options(asked)
        yield EvidenceFolder(asked.evidence)
        return
    if not (asked.org or asked.accounts):
        raise UsageError("there is nothing to look at", hint="give --evidence FOLDER, or --org --assume-root")
    if not asked.assume_root:
        hint = "give --assume-root, or --evidence with what such an audit saved; it is root activity in every member"
        raise UsageError("only an AssumeRoot audit sees the names of keys, certificates and devices", hint=hint)
    with TemporaryDirectory(prefix="rootwarden-") as made:
        folder = asked.save_evidence or Path(made) / "evidence"
        where = msgspec.structs.replace(asked, save_evidence=folder)
        look_live(where, plan_for(_NEEDS), frozenset(), instant(asked.as_of), digest=keep_whole)
        yield EvidenceFolder(folder)


def uses_of(trail: Iterable[str], *, profile: str, region: str) -> tuple[RootKey, ...]:
    """What CloudTrail shows of root's keys.

    Raises:
        RootwardenError: A log cannot be read.
    """
    paths = tuple(trail)
    if not paths:
        return ()
    from rootwarden.cli.trail_judging import Given, judge_trail
    from rootwarden.cli.trail_reading import Asked

    return judge_trail(Given(asked=Asked(paths=paths, profile=profile, region=region))).findings.root_keys


def waivers(texts: Iterable[str]) -> dict[str, str]:
    """`ACCOUNT=WHY` options by account.

    Raises:
        UsageError: One is no such pair: a waiver without a reason is none.
    """
    from rootwarden.cli.options import account_ids

    found: dict[str, str] = {}
    for text in texts:
        account, sign, why = text.partition("=")
        if not sign or not why.strip():
            raise UsageError(f"`{text}` is not ACCOUNT=WHY", hint='--waive 000011110004="ticket 17: the owner knows"')
        found[account_ids(account)[0]] = why.strip()
    return found


def phrase(plan: Plan, accounts: int, *, undo: bool) -> str:
    """What has to be typed before anything is changed."""
    if undo:
        return f"undo the removal of {accounts} accounts"
    if not accounts and plan.prepare:
        return "switch central root access on"
    return f"remove root credentials of {accounts} accounts"

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
    from rootwarden.credentials.trail import Trail
    from rootwarden.detect.visits.detector import Detector

# What a plan rests on; an AssumeRoot audit reads the rest without being asked.
_NEEDS: Final = (
    "iam:GetAccountSummary",
    "iam:GetCredentialReport",
    "iam:ListOrganizationsFeatures",
    "organizations:ListPolicies",
)


def check_look(asked: Look) -> None:
    """Refuse what says nothing to look at, or two things, before AWS is asked anything.

    Raises:
        UsageError: The arguments contradict each other, or name nothing.
    """
    from rootwarden.cli.looking import refuse_live_options

    if asked.evidence is not None:
        if asked.org:
            raise UsageError("--evidence and --org exclude each other", hint="choose one thing to look at")
        refuse_live_options(asked)
        return
    if not (asked.org or asked.accounts):
        raise UsageError("there is nothing to look at", hint="give --evidence FOLDER, or --org --assume-root")
    if not asked.assume_root:
        hint = "give --assume-root, or --evidence with what such an audit saved; it is root activity in every member"
        raise UsageError("only an AssumeRoot audit sees the names of keys, certificates and devices", hint=hint)


@contextmanager
def evidence_of(asked: Look) -> Iterator[EvidenceFolder]:
    """The evidence folder that `check_look` let pass, or one of a live look, kept only when --save-evidence says so."""
    import msgspec

    from rootwarden.cli.looking import look_live
    from rootwarden.cli.options import instant
    from rootwarden.collect.collected import keep_whole
    from rootwarden.collect.folder import EvidenceFolder
    from rootwarden.collect.plan import plan_for

    if asked.evidence is not None:
        yield EvidenceFolder(asked.evidence)
        return
    with TemporaryDirectory(prefix="rootwarden-") as made:
        folder = asked.save_evidence or Path(made) / "evidence"
        where = msgspec.structs.replace(asked, save_evidence=folder)
        look_live(where, plan_for(_NEEDS), frozenset(), instant(asked.as_of), digest=keep_whole)
        yield EvidenceFolder(folder)


def trail_of(paths: Iterable[str], *, profile: str, region: str) -> Trail:
    """What CloudTrail shows of root's keys, and which logs could not be read in full.

    Raises:
        RootwardenError: A log is not there, or a bucket cannot be listed.
        KeyboardInterrupt: Somebody ended the reading: half a trail shows nothing.
    """
    from rootwarden.credentials.trail import Trail

    paths = tuple(paths)
    if not paths:
        return Trail()
    from rootwarden.cli import trail_reading
    from rootwarden.detect.visits.findings import root_keys
    from rootwarden.detect.visits.interest import Interest
    from rootwarden.report.words import several

    detector = _only_listening()
    asked = trail_reading.Asked(paths=paths, profile=profile, region=region)
    with trail_reading.read(asked, Interest(calls=frozenset())) as (done, spool):
        for event in spool.events():
            detector.take(event)
    keys = tuple(root_keys(detector.ledger))
    trail_reading.tell(done, f"{several(len(keys), 'key')} of root in use")
    if done.interrupted:
        raise KeyboardInterrupt
    unread = [f"`{one.file}`: {one.reason}" for one in done.problems]
    more = done.unread - len(unread)
    return Trail(given=True, keys=keys, unread=(*unread, *([several(more, "more place")] if more > 0 else ())))


def _only_listening() -> Detector:
    """What takes events of root down, with nothing declared: it is asked for keys alone."""
    from rootwarden import packs
    from rootwarden.detect.visits.catalogue import Catalogue
    from rootwarden.detect.visits.detector import Detector
    from rootwarden.detect.visits.settings import Settings

    return Detector(Catalogue((), packs.root_tasks(), packs.task_policies()), settings=Settings())


def waivers(texts: Iterable[str]) -> dict[str, str]:
    """`ACCOUNT=WHY` options by account.

    Raises:
        UsageError: One is no such pair: a waiver without a reason is none.
    """
    from rootwarden.cli.options import account_ids

    found: dict[str, str] = {}
    for text in texts:
        account, sign, why = text.partition("=")
        if not sign or not account.strip() or not why.strip():
            raise UsageError(f"`{text}` is not ACCOUNT=WHY", hint='--waive 000011110004="ticket 17: the owner knows"')
        found |= dict.fromkeys(account_ids(account), why.strip())
    return found


def phrase(plan: Plan, accounts: int, *, undo: bool) -> str:
    """What has to be typed before anything is changed; numbers as they are typed, with no comma in them."""
    of = f"{accounts} account{'' if accounts == 1 else 's'}"
    if undo:
        return f"undo the removal of {of}"
    if not accounts and plan.prepare:
        return "switch central root access on"
    return f"remove root credentials of {of}"

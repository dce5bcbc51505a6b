"""`rootwarden guardrails verify`: is everything a plan did still there, and does its journal hold?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rootwarden.cli import applying, options
from rootwarden.cli.guardrails_apply import PlanFile
from rootwarden.cli.journal_check import PublicKeys


def verify(
    plan: PlanFile,
    *,
    journal: Annotated[Path, typer.Option("--journal", metavar="FILE", help="The journal of the plan.")],
    key: PublicKeys = None,
    offline: Annotated[bool, typer.Option("--offline", help="Only the journal; ask no AWS.")] = False,
    profile: options.Profile = "",
    region: options.Region = "",
) -> int:
    """Look again whether every policy of a plan is where its journal says, and as it says; and verify the journal.

    Exit code 0: it is, and the journal holds. 1: something differs, or it does not hold. 3: neither, but something
    could not be looked at, or an account is not there any more.
    """
    from rootwarden.attachment.plan import digests_of, read_plan
    from rootwarden.cli.journal_check import journal_holds

    read = read_plan(plan)
    sound = journal_holds(journal, read.digest, key or ())
    if not sound:
        applying.say("what it says was done is not believed, so AWS is not asked")
    if offline or not sound:
        return 0 if sound else 1
    from rootwarden.attachment import verifying
    from rootwarden.attachment.hand import AwsHand
    from rootwarden.aws.door import Door, now
    from rootwarden.report import guardrail_plan
    from rootwarden.rollout.reading import read_journal

    present = AwsHand(Door(profile=profile, region=region), now).look()
    found = verifying.verify(read, read_journal(journal).entries, present, digests_of(read))
    typer.echo(guardrail_plan.verified(found))
    return found.exit_code

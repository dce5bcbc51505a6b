"""The page that sets the published figures beside those of a study of the synthetic fleet."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import msgspec
from tests.fleet.importing import reported

from rootwarden.fleet.study import study
from rootwarden.fleet.synthetic.fleet import synthetic_fleet
from rootwarden.packs.published import published
from rootwarden.report.fleet.compared import counts_of

if TYPE_CHECKING:
    from rootwarden.fleet.result import Study

SEED = 1
_INTRO = f"""# The published figures, reproduced

A [study](fleet-study.md) of the credential reports of the synthetic fleet with seed {SEED} ([simulate-fleet.md](simulate-fleet.md)),
beside the published figures. The fleet was made to have these counts; that the study finds them in 18,300 credential reports
is what this page shows. Shares are reckoned from the counts; where the printed share is another whole number it stands in
**bold**. Counts in parentheses were not printed; they are reckoned from printed shares and means
([the readings](fleet-study.md#the-published-figures)).

"""  # noqa: E501 - the page's lines, not ours
_ESTIMATE = """
Beside the {uses} uses the weekly samples show, {unseen} are estimated to be hidden: {value:.0f} in all, between
{low:.0f} and {high:.0f}. The fleet's truth is {truth}.
"""


@cache
def page() -> str:
    """The whole page, from a study made now."""
    fleet = synthetic_fleet(published(), SEED)
    made = study(reported(fleet).lazy())
    ours, theirs = counts_of(made), msgspec.structs.asdict(published().counts)
    counts = [
        "| count | published | ours |\n|---|---|---|\n",
        *(f"| {_words(name)} | {_marked(name, theirs[name])} | {ours[name]:,} |\n" for name in theirs),
    ]
    shares = [
        "\n| share | printed | from the published counts | ours |\n|---|---|---|---|\n",
        *(_share(name, count, of, made) for name, (count, of) in published().counts.shares().items()),
    ]
    first = min(instants[0] for instants in fleet.samples.values())
    uses = [use for each in fleet.accounts for use in (*each.console_uses, *each.key_uses)]
    estimate = made.period.uses_estimated
    if estimate.value is None:
        raise AssertionError(estimate)
    text = _ESTIMATE.format(
        uses=made.period.uses,
        unseen=round(estimate.value) - made.period.uses,
        value=estimate.value,
        low=estimate.low,
        high=estimate.high,
        truth=sum((first - use).days < 7 for use in uses),
    )
    return _INTRO + "".join(counts) + "".join(shares) + text


def _marked(name: str, count: int) -> str:
    return f"({count:,})" if name in published().reckoned else f"{count:,}"


def _words(name: str) -> str:
    return name.replace("_", " ").replace("iam", "IAM").replace("mfa", "MFA")


def _share(name: str, count: int, of: int, made: Study) -> str:
    printed = published().printed[name]
    shown = f"{printed:.0f} %" if round(100 * count / of) == printed else f"**{printed:.0f} %**"
    ours = getattr(made.period.shares, name)
    return (
        f"| {_words(name)} | {shown} | {count} of {of}, {100 * count / of:.1f} % | "
        f"{ours.count} of {ours.of}, {100 * ours.value:.1f} % |\n"
    )

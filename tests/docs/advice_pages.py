"""What AWS does alone and what with Rootwarden, made from the packs: the table of scenarios, then all advice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.report.advice.markdown import advice_list, scenarios

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rootwarden.advice.advice import Advice
    from rootwarden.advice.scenario import Scenario

_INTRO = """# AWS alone, and with Rootwarden

Ways root is abused and ways people lock themselves out, with what stands in their way. *Prevented*: it does not
succeed. *Detected*: it succeeds, and what was switched on tells a person, before or after. *Not seen*: nobody hears of
it. For your own organization [`rootwarden advise`](advise.md) decides which of these outcomes is yours today.

"With Rootwarden" means that it is set up as its pages say: audits on a schedule, [`trail watch`](trail-watch.md) with
[alerts](alerts.md), [break-glass](break-glass-protocol.md) for the accounts that keep root. What AWS does alone and
Rootwarden does not better stands as it is. How sure each cell is, it says itself; nothing of this was tried on real
AWS by us. `□ → ◐` in a table: the first by AWS alone, the second with Rootwarden. Tests run every detection, rule and
guardrail that is named here over a case of the scenario.

"""


def native_page(every: Sequence[Scenario], advice: Sequence[Advice]) -> str:
    """The page."""
    return f"{_INTRO}{scenarios(every)}\n## All advice\n\n{advice_list(advice)}"

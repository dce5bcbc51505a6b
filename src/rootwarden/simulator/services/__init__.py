"""What the simulated AWS answers: one module for each family of services.

In: a `Call`. Out: the answer with member names as botocore spells them, or a `Refusal`. Never: wire formats, counters,
knobs (except where a knob changes what is true), or the network.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.simulator.services import iam, organizations, sts

if TYPE_CHECKING:
    from rootwarden.simulator.call import Handler

HANDLERS: dict[str, dict[str, Handler]] = {
    "iam": iam.OPERATIONS,
    "organizations": organizations.OPERATIONS,
    "sts": sts.OPERATIONS,
}

"""What is true of a simulated principal: how close to root it is, why, and one shortest way.

It is written by those who plant the ways, never by what looks for them.
"""

from __future__ import annotations

from typing import Literal

import msgspec

Standing = Literal["direct", "escalation", "conditional", "lateral", "none"]


class PrincipalTruth(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The truth about one user or role.

    Attributes:
        standing: `class` in JSON. *direct*: its policies allow everything on everything. *escalation*: a proven chain
            to the permissions of such a principal, or to the root user. *conditional*: so if something holds that the
            evidence does not tell. *lateral*: it can become another principal, and no more. *none*: nothing of these.
        why: What was planted, or why there is nothing.
        path: Ids of the escalation paths of one shortest chain, in order; empty where many are equally short.
        steps: How long a shortest chain is.
        dump_alone: The class where only `get-account-authorization-details` is read, if it differs: passwords and keys
            are in the credential report, the management account and SCPs in the answers of Organizations.
    """

    standing: Standing = msgspec.field(name="class")
    why: str
    path: tuple[str, ...] = ()
    steps: int = 0
    dump_alone: Standing | None = None

    def seen(self, *, organization: bool) -> Standing:
        """The class, from the whole evidence folder or from the authorization details alone."""
        return self.standing if organization or self.dump_alone is None else self.dump_alone


ORDINARY = PrincipalTruth(standing="none", why="nothing was planted")

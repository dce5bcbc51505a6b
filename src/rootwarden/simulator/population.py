"""Put users, groups, roles and policies into a simulated account, and write down what is true of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from zlib import crc32

from rootwarden.simulator.identities import AccessKey, Group, IAMUser, ManagedPolicy, Role
from rootwarden.simulator.parts import days_ago
from rootwarden.simulator.policy_text import document, workforce_trust
from rootwarden.simulator.principal_truth import ORDINARY, PrincipalTruth

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rootwarden.simulator.account import Account
    from rootwarden.simulator.policy_text import Statement
    from rootwarden.simulator.principal_truth import Standing

ADMINISTRATOR: Final = "AdministratorAccess"
_SINCE: Final = 300  # days


class Population:
    """The people and roles of one account.

    Args:
        account: Where they are put.

    Attributes:
        truth: What is true of every user and role that was put there, by ARN.
    """

    def __init__(self, account: Account, partition: str = "aws") -> None:
        self.account = account
        self.partition = partition
        self.truth: dict[str, PrincipalTruth] = {}

    def arn(self, resource: str) -> str:
        """The ARN of something of IAM in the account: `role/name`, `user/path/name`, `root`."""
        return f"arn:{self.partition}:iam::{self.account.account_id}:{resource}"

    def user(
        self,
        name: str,
        truth: PrincipalTruth = ORDINARY,
        *,
        does: Sequence[Statement] = (),
        policies: tuple[str, ...] = (),
        groups: tuple[str, ...] = (),
        boundary: str = "",
        keys: int = 0,
        password: bool = False,
        tags: dict[str, str] | None = None,
        path: str = "/",
    ) -> str:
        """Add a user, with what it may do inline, and give its ARN."""
        account = self.account
        held = [self._key(f"{name}{number}") for number in range(keys)]
        account.users.append(
            IAMUser(
                name=name,
                create_date=days_ago(_SINCE),
                path=path,
                password=password,
                keys=held,
                groups=groups,
                policies=policies,
                inline={"own": document(*does)} if does else {},
                boundary=boundary,
                tags=tags or {},
            )
        )
        return self._known(f"user{path}{name}", truth)

    def role(
        self,
        name: str,
        truth: PrincipalTruth = ORDINARY,
        *,
        trust: str = "",
        does: Sequence[Statement] = (),
        policies: tuple[str, ...] = (),
        boundary: str = "",
        instance_profile: str = "",
        tags: dict[str, str] | None = None,
        path: str = "/",
    ) -> str:
        """Add a role, which the workforce signs in to unless a trust is given, and give its ARN."""
        account = self.account
        account.roles.append(
            Role(
                name=name,
                create_date=days_ago(_SINCE),
                path=path,
                trust=trust or workforce_trust(account.account_id, self.partition),
                policies=policies,
                inline={"own": document(*does)} if does else {},
                boundary=boundary,
                instance_profile=instance_profile,
                tags=tags or {},
            )
        )
        return self._known(f"role{path}{name}", truth)

    def group(self, name: str, *, does: Sequence[Statement] = (), policies: tuple[str, ...] = ()) -> str:
        """Add a group and give its ARN."""
        inline = {"own": document(*does)} if does else {}
        self.account.groups.append(
            Group(name=name, create_date=days_ago(_SINCE), policies=policies, inline=inline),
        )
        return self.arn(f"group/{name}")

    def policy(self, name: str, *versions: Sequence[Statement], default: int = 0) -> str:
        """Add a managed policy of the account and give its ARN; version `default` is in force, or the last."""
        documents = {f"v{number}": document(*statements) for number, statements in enumerate(versions, 1)}
        in_force = f"v{default}" if default else ""
        created = days_ago(_SINCE)
        self.account.policies.append(
            ManagedPolicy(name=name, documents=documents, create_date=created, default=in_force)
        )
        return self.arn(f"policy/{name}")

    def _known(self, resource: str, truth: PrincipalTruth) -> str:
        arn = self.arn(resource)
        self.truth[arn] = truth
        return arn

    def _key(self, name: str) -> AccessKey:
        number = crc32(f"{self.account.account_id}/{name}".encode())
        return AccessKey(
            access_key_id=f"AKIAFAKE{number:08X}0000", create_date=days_ago(_SINCE), last_used=days_ago(20)
        )


def direct(why: str) -> PrincipalTruth:
    """All on everything."""
    return PrincipalTruth(standing="direct", why=why)


def escalation(why: str, *path: str, steps: int = 1, dump_alone: Standing | None = None) -> PrincipalTruth:
    """A proven way up; `steps` where no path is given, because many are equally short."""
    return PrincipalTruth(standing="escalation", why=why, path=path, steps=len(path) or steps, dump_alone=dump_alone)


def conditional(why: str, *path: str, steps: int = 1) -> PrincipalTruth:
    """A way up if something holds that the evidence does not tell."""
    return PrincipalTruth(standing="conditional", why=why, path=path, steps=len(path) or steps)


def lateral(why: str, *path: str) -> PrincipalTruth:
    """A way to somebody who is no closer to root."""
    return PrincipalTruth(standing="lateral", why=why, path=path, steps=len(path))


def lookalike(why: str, *, dump_alone: Standing | None = None) -> PrincipalTruth:
    """What looks like a way up and is none."""
    return PrincipalTruth(standing="none", why=why, dump_alone=dump_alone)

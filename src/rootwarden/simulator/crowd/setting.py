"""What the planted principals of one account share: administrators and roles, there once somebody needs them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rootwarden.simulator.policy_text import allow, trust
from rootwarden.simulator.population import ADMINISTRATOR, Population, direct

if TYPE_CHECKING:
    from collections.abc import Callable

    from rootwarden.simulator.account import Account
    from rootwarden.simulator.principal_truth import PrincipalTruth

ATTACHED: Final = direct("`AdministratorAccess` is attached")
_DATA_ONLY: Final = allow("s3:*", "dynamodb:*", "sqs:*", "sns:*", "kms:*", "logs:*", "cloudwatch:*")


class Setting:
    """One account while it is filled.

    Args:
        account: Where to put everybody.
        neighbour: Id of an account whose role `shared-deploy` trusts this one, or empty.
    """

    def __init__(self, account: Account, *, neighbour: str = "") -> None:
        self.population = Population(account)
        self.account_id = account.account_id
        self.neighbour = neighbour
        self._there: dict[str, str] = {}

    def arn(self, resource: str) -> str:
        """The ARN of something of IAM in the account."""
        return self.population.arn(resource)

    def principal(self, who: str, name: str, truth: PrincipalTruth, **having: Any) -> str:
        """Add a `user` or a `role`, and give its ARN."""
        add = self.population.user if who == "user" else self.population.role
        return add(name, truth, **having)

    def admin_role(self, service: str) -> str:
        """A role with everything that a service may assume; EC2's is in an instance profile."""
        short = service.partition(".")[0]
        profile = f"{short}-admin" if service.startswith("ec2.") else ""
        return self._once(
            f"{short}-admin",
            lambda name: self.population.role(
                name, ATTACHED, trust=trust(service), policies=(ADMINISTRATOR,), instance_profile=profile
            ),
        )

    def open_admin(self) -> str:
        """A role with everything that trusts its own account."""
        return self._once(
            "breakglass-admin",
            lambda name: self.population.role(name, ATTACHED, trust=trust(self.arn("root")), policies=(ADMINISTRATOR,)),
        )

    def closed_admin(self) -> str:
        """A role with everything that people of the workforce sign in to."""
        return self._once(
            "platform-admin", lambda name: self.population.role(name, ATTACHED, policies=(ADMINISTRATOR,))
        )

    def reserved_admin(self) -> str:
        """The administrator's role that Identity Center keeps."""
        return self._once(
            "AWSReservedSSO_AdministratorAccess_fake000000000000",
            lambda name: self.population.role(
                name, ATTACHED, path="/aws-reserved/sso.amazonaws.com/", policies=(ADMINISTRATOR,)
            ),
        )

    def admin_user(self, *, keys: int, password: bool = False) -> str:
        """A user with everything, with so many keys, with or without a password."""
        name = f"admin-{keys}-{'console' if password else 'keys'}"
        return self._once(
            name,
            lambda name: self.population.user(name, ATTACHED, policies=(ADMINISTRATOR,), keys=keys, password=password),
        )

    def admin_group(self) -> str:
        """The group of administrators."""
        return self._once("administrators", lambda name: self.population.group(name, policies=(ADMINISTRATOR,)))

    def reader(self) -> str:
        """A role that reads and trusts its own account."""
        return self._once(
            "reader",
            lambda name: self.population.role(name, trust=trust(self.arn("root")), policies=("ReadOnlyAccess",)),
        )

    def closed_reader(self) -> str:
        """A role that reads, which people of the workforce sign in to."""
        return self._once("workforce-reader", lambda name: self.population.role(name, policies=("ReadOnlyAccess",)))

    def function_role(self) -> str:
        """A role of a Lambda function that writes logs."""
        return self._once(
            "function-basic",
            lambda name: self.population.role(
                name, trust=trust("lambda.amazonaws.com"), policies=("service-role/AWSLambdaBasicExecutionRole",)
            ),
        )

    def clerk(self) -> str:
        """A user who may read and has one key."""
        return self._once("clerk", lambda name: self.population.user(name, policies=("ReadOnlyAccess",), keys=1))

    def fence(self) -> str:
        """Name of a managed policy that, as a boundary, leaves nothing but data."""
        self._once("data-only", lambda name: self.population.policy(name, [_DATA_ONLY]))
        return "data-only"

    def _once(self, name: str, make: Callable[[str], str]) -> str:
        if name not in self._there:
            self._there[name] = make(name)
        return self._there[name]

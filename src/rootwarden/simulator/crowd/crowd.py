"""Fill accounts: so many administrators, planted principals of every kind, and ordinary ones, out of one seed."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.simulator import parts
from rootwarden.simulator.account import Account
from rootwarden.simulator.crowd import fences
from rootwarden.simulator.crowd.conditions import CONDITIONAL, LATERAL
from rootwarden.simulator.crowd.escalations import PASSING, SELF
from rootwarden.simulator.crowd.kind import barred, denied
from rootwarden.simulator.crowd.lookalikes import LOOKALIKES
from rootwarden.simulator.crowd.management import MANAGEMENT_KINDS
from rootwarden.simulator.crowd.ordinary import Ordinary, harmless
from rootwarden.simulator.crowd.setting import ATTACHED, Setting
from rootwarden.simulator.crowd.takeovers import TAKEOVERS
from rootwarden.simulator.crowd.together import TOGETHER
from rootwarden.simulator.policy_text import allow, trust
from rootwarden.simulator.population import ADMINISTRATOR, direct
from rootwarden.simulator.principal_truth import ORDINARY, PrincipalTruth
from rootwarden.simulator.world import ACCESS_ROLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rootwarden.simulator.crowd.kind import Kind, Who
    from rootwarden.simulator.policy_text import Statement
    from rootwarden.simulator.world import Organization

ESCALATIONS: Final = (*PASSING, *SELF, *TAKEOVERS)
USERS, ADMINISTRATORS, ESCALATING = 0.30, 0.05, 0.10
_UNSURE, _LATERAL, _LOOKALIKE, _TOGETHER = 0.03, 0.02, 0.05, 0.01
_EVERYTHING: Final = direct("allows everything by itself")


class Size(msgspec.Struct, frozen=True, kw_only=True):
    """How much: accounts, about how many users and roles in each, and the seed."""

    accounts: int = 1
    principals: int = 200
    seed: int = 1


class Filled(msgspec.Struct, frozen=True, kw_only=True):
    """An account with everybody in it, and what is true of them, by ARN."""

    account: Account
    truth: dict[str, PrincipalTruth]


class Crowd:
    """Accounts of one organization, or one account that is in none.

    Args:
        size: How much.

    Attributes:
        organization: `None` for one account.
    """

    def __init__(self, size: Size) -> None:
        self.size = size
        self.ids = [parts.member_id(number) for number in range(size.accounts)]
        self.organization: Organization | None = None
        if size.accounts > 1:
            self.organization = parts.organization(self.ids)
            fences.put_up(self.organization, self.ids)
        # Accounts of one organization have their policies from the same few pipelines.
        shared = Random(f"{size.seed}/policies")  # noqa: S311 - not for secrets
        wanted = max(2, size.principals // 4) * (2 if size.accounts > 1 else 1)
        self._library = [harmless(shared) for _ in range(wanted)]

    def accounts(self) -> Iterator[Filled]:
        """Every account, one after the other; the same size gives the same."""
        return (self._account(number) for number in range(self.size.accounts))

    def _account(self, number: int) -> Filled:
        name = "management" if number == 0 else f"workload-{number:04d}"
        account = Account(
            account_id=self.ids[number],
            name=name if self.organization else "only",
            email=f"aws+{name}@example.com",
            create_date=parts.days_ago(900),
        )
        account.joined = account.create_date
        account.root.password = False
        filling = _Filling(
            Setting(account, neighbour=fences.neighbour(number, self.ids)),
            random=Random(f"{self.size.seed}/{number}"),  # noqa: S311 - not for secrets
            denied=fences.denied(number) if self.organization else frozenset(),
        )
        if self.organization:
            filling.organization(number, self.ids)
        filling.policies(self._library, max(1, self.size.principals // 4))
        filling.planted(self.size.principals, management=bool(self.organization) and number == 0)
        # Drawn from numbers of their own: what else there is stays what it was without them.
        filling.together(self.size.principals, Random(f"{self.size.seed}/{number}/together"))  # noqa: S311 - made-up data, not a secret
        filling.ordinary(self.size.principals, [each for each in self.ids if each != account.account_id])
        truth = filling.setting.population.truth
        if self.organization and fences.is_quarantined(number):
            truth = {arn: barred(each, "an SCP denies the account everything") for arn, each in truth.items()}
        return Filled(account=account, truth=truth)


class _Filling:
    """One account while it is filled; `denied` are actions that an SCP denies there."""

    def __init__(self, setting: Setting, *, random: Random, denied: frozenset[str]) -> None:
        self.setting = setting
        self._random = random
        self._denied = denied
        self._own: list[str] = []
        self._numbers: Counter[str] = Counter()

    def organization(self, number: int, ids: Sequence[str]) -> None:
        """What every account of an organization has: ways in for the management account, and for a neighbour."""
        account, population = self.setting.population.account, self.setting.population
        account.roles += [each for each in parts.roles() if number or each.name != ACCESS_ROLE]
        for role in account.roles:
            population.truth[population.arn(f"role/{role.name}")] = ATTACHED if role.name == ACCESS_ROLE else ORDINARY
        trusted = fences.trusted_by(number, ids)
        if trusted:
            population.role(
                "shared-deploy", ATTACHED, trust=trust(f"arn:aws:iam::{trusted}:root"), policies=(ADMINISTRATOR,)
            )

    def policies(self, library: Sequence[Sequence[Statement]], number: int) -> None:
        """Harmless policies of the account."""
        for each in sorted(self._random.sample(range(len(library)), min(number, len(library)))):
            name = f"team-{each:05d}"
            self.setting.population.policy(name, library[each])
            self._own.append(name)

    def planted(self, total: int, *, management: bool) -> None:
        """Principals of every kind, each so many of a hundred."""
        if management:
            self._plant(MANAGEMENT_KINDS, len(MANAGEMENT_KINDS))
        self._plant(ESCALATIONS, self._share(total, ESCALATING))
        self._plant(CONDITIONAL, self._share(total, _UNSURE))
        self._plant(LATERAL, self._share(total, _LATERAL))
        self._plant(LOOKALIKES, self._share(total, _LOOKALIKE))
        self._administrators(self._share(total, ADMINISTRATORS))

    def together(self, total: int, random: Random) -> None:
        """Principals whose way up needs two at once, in accounts that are large enough."""
        self._plant(TOGETHER, int(total * _TOGETHER), random)

    def ordinary(self, total: int, others: list[str]) -> None:
        """Ordinary users and roles, until the account is full."""
        account = self.setting.population.account
        ordinary = Ordinary(self.setting, self._own, self._random, others)
        ordinary.groups(max(1, total // 40))
        for number in range(round(total * USERS) - len(account.users)):
            ordinary.user(f"person-{number:05d}")
        for number in range(total - len(account.users) - len(account.roles)):
            ordinary.role(f"app-{number:05d}")

    def _share(self, total: int, share: float) -> int:
        """So many of a hundred; what is left of a principal is one with that probability."""
        exact = total * share
        return int(exact) + (self._random.random() < exact - int(exact))

    def _plant(self, kinds: Sequence[Kind], number: int, random: Random | None = None) -> None:
        random = random or self._random
        usable = [
            each
            for each in kinds
            if (each.fenced or not self._denied) and (self.setting.neighbour or not each.neighbour)
        ]
        order: list[Kind] = []
        while len(order) < number:
            order += random.sample(usable, len(usable))
        for kind in order[:number]:
            self._plant_one(kind, random)

    def _plant_one(self, kind: Kind, random: Random) -> None:
        who: Who = kind.who[0]
        if len(kind.who) > 1:
            who = "user" if random.random() < USERS else "role"
        self._numbers[kind.name] += 1
        name = f"{kind.name}-{self._numbers[kind.name]:04d}"
        before = set(self.setting.population.truth)
        kind.plant(self.setting, who, name)
        action = denied(kind, self._denied)
        if action:
            self._bar(before, name, action)

    def _bar(self, before: set[str], name: str, action: str) -> None:
        """An SCP takes the way from the planted principal; what is around it has none but its own."""
        truth = self.setting.population.truth
        for arn in set(truth) - before:
            if arn.rpartition("/")[2] == name:
                truth[arn] = barred(truth[arn], f"an SCP denies {action} in the account")

    def _administrators(self, number: int) -> None:
        """Administrators of several sorts, until there are so many."""
        population = self.setting.population
        there = sum(truth.standing == "direct" for truth in population.truth.values())
        for each in range(number - there):
            match each % 5:
                case 0:
                    self.setting.principal("user", f"chief-{each}", ATTACHED, policies=(ADMINISTRATOR,), keys=1)
                case 1:
                    self.setting.admin_group()
                    truth = direct("in the group `administrators`")
                    self.setting.principal("user", f"owner-{each}", truth, groups=("administrators",), password=True)
                case 2:
                    self.setting.principal("role", f"everything-{each}", _EVERYTHING, does=[allow("*")])
                case 3:
                    population.policy(f"all-{each}", [allow("*:*")])
                    self.setting.principal("role", f"own-{each}", _EVERYTHING, policies=(f"all-{each}",))
                case _:
                    self.setting.principal(
                        "role", f"bounded-{each}", ATTACHED, policies=(ADMINISTRATOR,), boundary=ADMINISTRATOR
                    )

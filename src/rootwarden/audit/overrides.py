"""Parameters of rules chosen for some accounts: by organizational unit or by account.

`[[parameters]]` tables of the configuration file (docs/configuration.md). The command line goes before them, an account
before a unit, a deeper unit before one above it, a later table before an earlier one. Where the unit of an account is
not known, every value it might have is tried: only where all lead to one verdict is there one.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import msgspec

from rootwarden.audit.exceptions import in_or_below, is_unit_path
from rootwarden.audit.result import ParameterOverride
from rootwarden.errors import InputError
from rootwarden.facts.fact import Known, Unknown
from rootwarden.rules.outcome import Missing, Outcome
from rootwarden.rules.posture import Judged, PreparedRule, prepare
from rootwarden.rules.rule_file import ParameterDefault
from rootwarden.rules.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from rootwarden.audit.rulebook import Rulebook
    from rootwarden.facts.account import Account
    from rootwarden.rules.logic import Record
    from rootwarden.rules.rule_file import PostureRule

_HINT = "each [[parameters]] has values and may have rule, units and accounts; see docs/configuration.md"


class ParameterTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One `[[parameters]]` table.

    Attributes:
        values: Value by parameter name.
        rule: Rule id or pattern; every rule with such a parameter by default.
        units: Organizational unit paths; accounts in or below them. None: every account.
        accounts: Twelve-digit ids. With `units`, either may match.
    """

    values: dict[str, ParameterDefault]
    rule: str = "*"
    units: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()

    def rank(self, account: str, path: str) -> tuple[int, int] | None:
        """How closely it is about an account in the unit at `path`; `None` when it is not."""
        if account in self.accounts:
            return (2, 0)
        depths = [unit.count("/") for unit in self.units if in_or_below(path, (unit,))]
        if depths:
            return (1, max(depths))
        return None if self.units or self.accounts else (0, 0)

    def place(self, account: str) -> str:
        """Where it is written for, in words."""
        if account in self.accounts:
            return f"account {account}"
        return ", ".join(self.units) or "every account"


class Chosen(msgspec.Struct, frozen=True, eq=False):
    """A rule with the parameters of one account, and which of them were set and where."""

    rule: PreparedRule
    overrides: tuple[ParameterOverride, ...] = ()


class Overrides:
    """Gives each rule the parameters an account has; compiles each distinct choice once."""

    def __init__(self, tables: Iterable[ParameterTable], rulebook: Rulebook) -> None:
        """Check the tables against the rules of the run.

        Args:
            tables: In the order of the file.
            rulebook: The rules; what the command line chose stays.

        Raises:
            InputError: A value is out of bounds, or of the wrong kind for its parameter.
        """
        self._rulebook = rulebook
        self._tables: dict[str, tuple[ParameterTable, ...]] = {}
        self._prepared: dict[tuple[str, tuple[tuple[str, ParameterDefault], ...]], Chosen] = {}
        all_ = tuple(tables)
        for rule in rulebook.rules:
            about = tuple(table for table in all_ if _concerns(table, rule))
            if about:
                self._tables[rule.rule.id] = about
                for table in about:
                    self._with(rule, {name: (value, table.place("")) for name, value in self._free(rule, table)})

    def judge(
        self, rule: PreparedRule, record: Record, account: Account, *, as_of: datetime
    ) -> tuple[Judged, tuple[ParameterOverride, ...]]:
        """Judge a resource of an account by a rule with the parameters that hold there.

        Returns:
            The outcome, and the parameters that differ from the rule's own. Unknown when the unit is not known and
            its possible values do not agree.
        """
        tables = self._tables.get(rule.rule.id)
        if tables is None:
            return rule.judge(record, as_of=as_of), ()
        unit = account.unit_path
        if not isinstance(unit, Unknown):
            chosen = self._chosen(rule, tables, account.id, unit.value if isinstance(unit, Known) else "")
            return chosen.rule.judge(record, as_of=as_of), chosen.overrides
        paths = dict.fromkeys(("", *(each for table in tables for each in table.units)))
        possible = [self._chosen(rule, tables, account.id, path) for path in paths]
        judged = [each.rule.judge(record, as_of=as_of) for each in possible]
        if len({each.outcome.verdict for each in judged}) == 1:
            return judged[0], possible[0].overrides
        return _open(unit), ()

    def _chosen(self, rule: PreparedRule, tables: tuple[ParameterTable, ...], account: str, path: str) -> Chosen:
        ranked = [(rank, table) for table in tables if (rank := table.rank(account, path)) is not None]
        values: dict[str, tuple[ParameterDefault, str]] = {}
        for _, table in sorted(ranked, key=lambda each: each[0]):  # stable: a later table goes before an earlier one
            values.update({name: (value, table.place(account)) for name, value in self._free(rule, table)})
        return self._with(rule, values)

    def _free(self, rule: PreparedRule, table: ParameterTable) -> list[tuple[str, ParameterDefault]]:
        """The values of a table that this rule has a parameter for and the command line did not set."""
        names = rule.parameters.keys() - self._rulebook.given
        return [(name, value) for name, value in table.values.items() if name in names]

    def _with(self, rule: PreparedRule, values: Mapping[str, tuple[ParameterDefault, str]]) -> Chosen:
        changed = {name: one for name, one in values.items() if one[0] != rule.parameters[name]}
        if not changed:
            return Chosen(rule)
        key = (rule.rule.id, tuple(sorted((name, value) for name, (value, _) in changed.items())))
        found = self._prepared.get(key)
        if found is None:
            parameters = {**rule.parameters, **{name: value for name, (value, _) in changed.items()}}
            prepared = prepare(rule.rule, rule.schema, benchmark=self._rulebook.benchmark, parameters=parameters)
            found = self._prepared[key] = Chosen(prepared)
        overrides = tuple(
            ParameterOverride(name=name, value=value, usual=rule.parameters[name], place=place)
            for name, (value, place) in sorted(changed.items())
        )
        return Chosen(found.rule, overrides)


def check_parameters(tables: Iterable[ParameterTable], rules: Iterable[PostureRule], *, name: str) -> None:
    """See that every table can have an effect.

    Args:
        tables: From the configuration.
        rules: Every rule the tables may be about, whether or not it takes part in this run.
        name: File name for messages.

    Raises:
        InputError: A table has no values, or names a rule, account or parameter there is none of.
    """
    known = {rule.id: {parameter.name for parameter in rule.parameters} for rule in rules}
    for table in tables:
        for account in table.accounts:
            if not (len(account) == 12 and account.isdigit()):  # noqa: PLR2004 - account ids have twelve digits
                raise InputError(f"the configuration `{name}` names `{account}`, which is no account id", hint=_HINT)
        for unit in table.units:
            if not is_unit_path(unit):
                message = f"the configuration `{name}` names `{unit}`, which is no path of an organizational unit"
                raise InputError(message, hint="paths begin with a slash and end without one, as `/Root/Workloads`")
        if not table.values:
            raise InputError(f"the configuration `{name}` has parameters without values", hint=_HINT)
        about = [names for rule, names in known.items() if fnmatchcase(rule, table.rule)]
        if not about:
            message = f"the configuration `{name}` names the rule `{table.rule}`, which does not exist"
            raise InputError(message, hint=_HINT)
        for parameter in table.values:
            if not any(parameter in names for names in about):
                message = f"the configuration `{name}` sets `{parameter}`, which no rule `{table.rule}` has"
                raise InputError(message, hint="`rootwarden rule show ID` names the parameters of a rule")


def _concerns(table: ParameterTable, rule: PreparedRule) -> bool:
    return fnmatchcase(rule.rule.id, table.rule) and not rule.parameters.keys().isdisjoint(table.values)


def _open(unit: Unknown) -> Judged:
    """The parameters depend on the unit of the account, which is not known."""
    missing = Missing(attribute="OrganizationalUnit", reason=unit.reason, permission=unit.permission)
    words = f"its parameters depend on the account's organizational unit, which is unknown: {unit.reason}"
    return Judged(Outcome(verdict=Verdict.UNKNOWN, missing=(missing,), evidence=unit.sources), words)

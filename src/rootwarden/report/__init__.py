"""How is it told? Takes an `AuditResult`, gives text in one of the formats below; never decides, drops or reorders.

One module per format, all with one shape: `render(result) -> str`, some with keyword options of their own. A fail
under an exception stays a fail and is marked; an unknown is never shown as anything else. Text from outside is made
harmless for the place it is printed in. Only `write` touches the disk. How to add one: docs/reports/adding-a-report.md.
"""

from __future__ import annotations

import importlib
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Protocol, cast

import msgspec

from rootwarden.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rootwarden.audit.result import AuditResult


class Render(Protocol):
    """What every format module offers: the whole report as text that ends with a newline."""

    def __call__(self, result: AuditResult) -> str:
        """The report on `result`."""
        ...


class Format(msgspec.Struct, frozen=True, kw_only=True):
    """One way to tell a result.

    Attributes:
        name: What `--format` takes.
        module: Where its `render` is; imported when first used, so that one format does not cost the others' imports.
        suffix: Of a file that holds it, with the dot.
        description: One line for `--help` and the docs.
    """

    name: str
    module: str
    suffix: str
    description: str

    def render(self, result: AuditResult) -> str:
        """The report with the format's own defaults."""
        return cast("Render", importlib.import_module(self.module).render)(result)


_ALL: Final = (
    Format(
        name="terminal",
        module="rootwarden.report.terminal",
        suffix=".txt",
        description="for people, as wide as the terminal: every rule, every open finding, what to do next",
    ),
    Format(
        name="json",
        module="rootwarden.report.machine",
        suffix=".json",
        description="everything, versioned (`rootwarden.audit/1`) and described by a JSON Schema",
    ),
    Format(
        name="csv",
        module="rootwarden.report.table",
        suffix=".csv",
        description="one row for each verdict, for spreadsheets; formulas in it are inert",
    ),
    Format(
        name="html",
        module="rootwarden.report.page",
        suffix=".html",
        description="one self-contained page to read, print and pass on",
    ),
    Format(
        name="ocsf",
        module="rootwarden.report.ocsf",
        suffix=".ocsf.json",
        description="OCSF 1.5 Compliance Findings, a JSON array",
    ),
    Format(
        name="asff",
        module="rootwarden.report.asff",
        suffix=".asff.json",
        description="AWS Security Finding Format, for Security Hub",
    ),
    Format(
        name="junit",
        module="rootwarden.report.junit",
        suffix=".junit.xml",
        description="a test suite for each account and a case for each rule, for build servers",
    ),
)

FORMATS: Final[Mapping[str, Format]] = MappingProxyType({each.name: each for each in _ALL})


def find(name: str) -> Format:
    """The format called `name`.

    Raises:
        UsageError: There is none of that name.
    """
    try:
        return FORMATS[name]
    except KeyError:
        raise UsageError(f"there is no report format `{name}`", hint=f"choose one of {', '.join(FORMATS)}") from None

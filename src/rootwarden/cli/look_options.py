"""The options that say what to look at and how, written once for all commands that look.

A command marked with `looking` has one parameter `asked`, a `Look`; on the command line an option stands in its place
for each field of it.
"""

from __future__ import annotations

import functools
import inspect
from inspect import Parameter
from typing import TYPE_CHECKING, Any, Final

import msgspec

from rootwarden.cli import options
from rootwarden.cli.looking import Look

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_ASKED: Final = "asked"
# In the order of the help; named as the fields of `Look`.
_OPTIONS: Final[Mapping[str, object]] = {
    "evidence": options.Evidence,
    "credential_report": options.CredentialReport,
    "accounts": options.Accounts,
    "org": options.Org,
    "role_name": options.RoleName,
    "assume_root": options.AssumeRoot,
    "root_sessions": options.RootSessions,
    "external_id": options.ExternalId,
    "profile": options.Profile,
    "region": options.Region,
    "as_of": options.AsOf,
    "declarations": options.Declarations,
    "save_evidence": options.SaveEvidence,
    "workers": options.Workers,
    "account_timeout": options.AccountTimeout,
}


def looking(*without: str) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Give a command the options of a `Look`, which it takes as `asked`.

    Args:
        without: Fields the command has no option for; they keep their default.

    Returns:
        A decorator: what it makes takes every option by name, as typer calls it.
    """
    shared = [name for name in _OPTIONS if name not in without]

    def decorate(command: Callable[..., int]) -> Callable[..., int]:
        @functools.wraps(command)
        def run(**given: Any) -> int:
            asked = Look(**{name: given.pop(name) for name in shared})
            return command(**given, asked=asked)

        parameters = list(_parameters(command, shared))
        # What typer reads: with `__wrapped__` it would find the `Look` itself.
        vars(run).pop("__wrapped__")
        vars(run)["__signature__"] = inspect.Signature(parameters, return_annotation=int)
        run.__annotations__ = {one.name: one.annotation for one in parameters}
        return run

    return decorate


def _parameters(command: Callable[..., int], shared: list[str]) -> Iterator[Parameter]:
    """The command's parameters, those of the `Look` in the place of `asked`."""
    usual = {field.name: field.default for field in msgspec.structs.fields(Look)}
    for one in inspect.signature(command, eval_str=True).parameters.values():
        if one.name != _ASKED:
            yield one.replace(kind=Parameter.KEYWORD_ONLY)
            continue
        for name in shared:
            yield Parameter(name, Parameter.KEYWORD_ONLY, default=usual[name], annotation=_OPTIONS[name])

"""A group whose commands are imported and made when somebody asks for one of them: others start no later for it."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import typer

from rootwarden.cli.whole_sentences import WholeSentences


def late_group(name: str, text: str, module: str, callback: Callable[..., None] | None = None) -> typer.Typer:
    """A group that stands for the `app` of a module.

    Args:
        name: What is typed.
        text: Its help.
        module: Where its commands are.
        callback: Takes the options of the group; none when it has no options.
    """

    class Late(WholeSentences):
        """Makes its commands at the first look at them."""

        _made: dict[str, Any] | None = None

        @property
        def commands(self) -> dict[str, Any]:
            """The commands, by name."""
            if self._made is None:
                group: Any = typer.main.get_command(import_module(module).app)
                self._made = dict(group.commands)
            return self._made

        @commands.setter
        def commands(self, _none: object) -> None:
            """Click sets an empty one at first."""

    return typer.Typer(
        name=name,
        help=text,
        cls=Late,
        callback=callback or _no_options,
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )


def _no_options() -> None:
    """A group without options of its own."""

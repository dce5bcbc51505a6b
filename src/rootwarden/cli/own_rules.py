"""Rules of the user's own: a file, or a folder of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from rootwarden.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rootwarden.rules.rule_file import PostureRule

MOST_FILES: Final = 5_000
_ENDINGS: Final = frozenset({".toml", ".rule"})


def own_rules(paths: Iterable[Path]) -> tuple[PostureRule, ...]:
    """The rules in files, and in every `.toml` and `.rule` file at any depth of folders, in order of their names.

    Raises:
        UsageError: A path is not there, cannot be read, or is a folder without rules.
        InputError: A file holds no rule.
    """
    from rootwarden.cli.rule_input import read_text
    from rootwarden.rules.rule_file import load_rule_file

    return tuple(load_rule_file(read_text(file), file=str(file)) for file in rule_files(paths))


def rule_files(paths: Iterable[Path]) -> list[Path]:
    """The files that were named, and in the place of a folder the rule files in it.

    Raises:
        UsageError: A folder holds no rules, or too many.
    """
    return [file for path in paths for file in (_below(path) if path.is_dir() else [path])]


def _below(folder: Path) -> list[Path]:
    """Rule files of a folder; what begins with a dot is left alone, as everywhere."""
    files = []
    for file in folder.rglob("*"):
        inside = file.relative_to(folder).parts
        if file.suffix in _ENDINGS and file.is_file() and not any(part.startswith(".") for part in inside):
            files.append(file)
        if len(files) > MOST_FILES:
            raise UsageError(f"`{folder}` holds more than {MOST_FILES:,} rule files", hint="name a folder below it")
    if not files:
        raise UsageError(f"`{folder}` holds no rule file", hint="rule files end in `.toml` or `.rule`")
    return sorted(files)

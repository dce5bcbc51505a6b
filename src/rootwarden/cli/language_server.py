"""`rootwarden language-server`: rule files in an editor."""

from __future__ import annotations

import sys

import typer

from rootwarden.errors import UsageError


def language_server() -> None:
    """Serve an editor over standard input and output (Language Server Protocol); editors start it themselves."""
    try:
        from rootwarden.language_server.server import serve
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in {"pygls", "lsprotocol", "attrs", "cattrs"}:
            raise
        message = f"the language server needs `{error.name}`, which is not installed"
        raise UsageError(message, hint="pip install 'rootwarden[lsp]'") from None
    if sys.stdin.isatty():
        raise UsageError(
            "a language server speaks with an editor, not with a terminal", hint="docs/editor.md sets editors up"
        )
    raise typer.Exit(serve())

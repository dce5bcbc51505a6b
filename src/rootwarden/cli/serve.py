"""`rootwarden serve`: the pages and the API of break-glass."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, TypeAlias

import typer

from rootwarden.cli.breakglass_reaching import need, say
from rootwarden.errors import UsageError

ServiceSettings: TypeAlias = Annotated[
    Path, typer.Option("--settings", metavar="FILE", help="Database, keys, sinks, pages: docs/break-glass.md.")
]
USUAL_SETTINGS: Final = Path("breakglass.toml")


def serve(*, settings: ServiceSettings = USUAL_SETTINGS) -> int:
    """Serve the pages and the API until SIGTERM. On the first run a one-time token is shown on this console."""
    need(("uvicorn", "starlette", "sqlalchemy", "alembic"))
    if not settings.exists():
        raise UsageError(f"`{settings}` is not there", hint="docs/break-glass.md shows what is in it")
    from rootwarden.web.running import serve as run

    run(settings, say)
    return 0

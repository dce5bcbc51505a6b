"""The command line: `rootwarden`.

Results go to stdout, everything else to stderr. The library raises; this module alone catches its one exception root,
prints it with its hint, and exits with its code (docs/exit-codes.md). Commands import what they need when they run,
so that `--help` stays below a quarter of a second.
"""

from __future__ import annotations

import gc
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from rootwarden import __version__
from rootwarden.cli import (
    advise,
    audit,
    conformance,
    demo,
    groups,
    kpi,
    language_server,
    permissions,
    serve,
    simulate_fleet,
    simulate_principals,
    simulate_trail,
    study,
)
from rootwarden.cli.breakglass_reaching import reach
from rootwarden.cli.late import late_group
from rootwarden.cli.whole_sentences import WholeSentences
from rootwarden.errors import RootwardenError

if TYPE_CHECKING:
    from collections.abc import Callable

app = typer.Typer(
    cls=WholeSentences,
    name="rootwarden",
    help="Know the state of every AWS root user, and never mistake “could not look” for “fine”.",
    epilog="To see it without an AWS account: `rootwarden demo`. What to read next: docs/README.md.",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("advise")(advise.advise)
app.command("audit")(audit.audit)
app.command("collect")(audit.collect)
app.command("conformance")(conformance.conformance)
app.command("demo")(demo.demo)
app.command("kpi")(kpi.kpi)
app.command("language-server")(language_server.language_server)
app.command("permissions")(permissions.permissions)
app.command("serve")(serve.serve)
app.command("simulate-fleet")(simulate_fleet.simulate_fleet)
app.command("simulate-principals")(simulate_principals.simulate_principals)
app.command("simulate-trail")(simulate_trail.simulate_trail)
app.command("study")(study.study)
app.add_typer(late_group("alert", groups.ALERT, "rootwarden.cli.alert"))
app.add_typer(late_group("archive", groups.ARCHIVE, "rootwarden.cli.archive"))
app.add_typer(late_group("breakglass", groups.BREAKGLASS, "rootwarden.cli.breakglass", reach))
app.add_typer(late_group("credentials", groups.CREDENTIALS, "rootwarden.cli.credentials"))
app.add_typer(late_group("detection", groups.DETECTION, "rootwarden.cli.detection"))
app.add_typer(late_group("drill", groups.DRILL, "rootwarden.cli.drill", reach))
app.add_typer(late_group("guardrails", groups.GUARDRAILS, "rootwarden.cli.guardrails"))
app.add_typer(late_group("iam", groups.IAM, "rootwarden.cli.iam"))
app.add_typer(late_group("rule", groups.RULE, "rootwarden.cli.rule"))
app.add_typer(late_group("trail", groups.TRAIL, "rootwarden.cli.trail"))


def _version(asked: bool) -> None:
    if asked:
        version()
        raise typer.Exit


@app.callback()
def _options(
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """The options that stand before a command."""


@app.command()
def version() -> None:
    """Print the version."""
    print(__version__)  # noqa: T201 - the result of the command


def main() -> None:
    """Entry point of the `rootwarden` command."""
    # A run makes many small frozen values and hardly a cycle: collecting seldom saves a twentieth of a large audit.
    gc.set_threshold(100_000, 20, 20)
    try:
        code = app(standalone_mode=False)
    except RootwardenError as error:
        _say(f"error: {error.message}")
        if error.hint:
            _say(f"hint: {error.hint}")
        sys.exit(error.exit_code)
    except typer.Abort:
        sys.exit(130)
    except KeyboardInterrupt:
        _say("interrupted")
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(141)
    except Exception as error:  # noqa: BLE001 - the last line of defence: our bug, said so, exit 70
        _unexpected(error)
    sys.exit(code if isinstance(code, int) else 0)


def _unexpected(error: Exception) -> None:
    usage: Callable[[], str] | None = getattr(error, "format_message", None)
    if usage is not None and type(error).__name__ == "NoArgsIsHelpError":
        _say(usage())
        sys.exit(2)
    if usage is not None:
        _say(f"error: {usage()}")
        _say(f"hint: `{_command(error)} --help` lists what there is")
        sys.exit(2)
    import traceback

    traceback.print_exception(error)
    _say(f"error: this looks like a bug in rootwarden {__version__}: {type(error).__name__}")
    _say("hint: report it with the lines above; they hold no secrets")
    sys.exit(70)


def _command(error: Exception) -> str:
    """The command that was typed, as far as it was understood: `rootwarden rule check`."""
    path: str = getattr(getattr(error, "ctx", None), "command_path", "")
    return " ".join(["rootwarden", *path.split()[1:]])


def _say(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201 - the voice of the command line

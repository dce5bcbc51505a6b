"""`rootwarden serve`, `breakglass vault`, `witness`, `placement`: the processes of break-glass, and where they run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from rootwarden.cli import options
from rootwarden.cli.breakglass_reaching import need, out, say
from rootwarden.cli.serve import USUAL_SETTINGS, ServiceSettings
from rootwarden.cli.whole_sentences import WholeSentences
from rootwarden.errors import UsageError

if TYPE_CHECKING:
    from rootwarden.breakglass.placement.judge import Placement

_SERVER: Final = ("uvicorn", "starlette")
_CALLER_SECONDS: Final = 5.0


def _group(name: str, text: str) -> typer.Typer:
    return typer.Typer(
        cls=WholeSentences,
        name=name,
        help=text,
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )


vault = _group("vault", "The vault: a process of its own user, without a network.")
witness = _group("witness", "A witness: a second machine that keeps heads of the log.")
placement = _group("placement", "Where break-glass may run.")


@vault.command("run")
def run_vault(
    *,
    state: Annotated[Path, typer.Option("--state", metavar="FOLDER", help="Its own folder, mode 0700.")],
    socket: Annotated[Path, typer.Option("--socket", metavar="FILE", help="Where it listens.")],
    peer: Annotated[list[str], typer.Option("--peer", metavar="USER", help="Who may ask: the broker's user. Repeat.")],
    checkpoint_key: Annotated[
        Path, typer.Option("--checkpoint-key", metavar="FILE", help="The public key (PEM) heads are signed with.")
    ],
    group: Annotated[
        str, typer.Option("--group", metavar="NAME", help="Group that may open the socket; none: its own user.")
    ] = "",
) -> int:
    """Be the vault until SIGTERM: as its own user, never as root. It tells kinds and steps, and nothing secret.

    Exit code 3: it does not run here.
    """
    need(("pyrage",))
    from rootwarden.breakglass.client.private_file import read_bounded
    from rootwarden.breakglass.client.users import group_number, user_number
    from rootwarden.breakglass.service.vault_process import run_vault as run
    from rootwarden.breakglass.vault.process import Settings
    from rootwarden.detect.visits.checkout_file import read_public_keys

    keys = read_public_keys(read_bounded(checkpoint_key, most=64 * 1024), file=str(checkpoint_key))
    settings = Settings(
        state=state,
        socket=socket,
        peers=frozenset(map(user_number, peer)),
        group=group_number(group) if group else None,
    )
    run(settings, checkpoint_keys=keys)
    return 0


@witness.command("register")
def register(
    log: Annotated[str, typer.Argument(metavar="LOG", help="Name of the log.")],
    *,
    folder: Annotated[Path, typer.Option("--folder", metavar="FOLDER", help="Memory of the witness.")],
    key: Annotated[Path, typer.Option("--key", metavar="FILE", help="Checkpoint keys of the log (PEM), newest first.")],
) -> int:
    """Have a witness watch a log from now on, or change the keys of one."""
    need(_SERVER)
    from rootwarden.breakglass.client.private_file import read_bounded
    from rootwarden.breakglass.client.signer import pems
    from rootwarden.breakglass.witness.memory import Memory
    from rootwarden.detect.visits.checkout_file import read_public_keys

    keys = read_public_keys(read_bounded(key, most=64 * 1024), file=str(key))
    with Memory(folder) as memory:
        memory.register(log, pems(keys))
    say(f"`{log}` is watched")
    return 0


@witness.command("run")
def run_witness(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The witness's own name, as the log's settings have it.")],
    *,
    folder: Annotated[Path, typer.Option("--folder", metavar="FOLDER", help="Its memory.")],
    key: Annotated[Path, typer.Option("--key", metavar="FILE", help="Its own Ed25519 private key, mode 0600.")],
    token: Annotated[
        Path, typer.Option("--token-file", metavar="FILE", help="What logs say to be heard; at least 20 letters.")
    ],
    host: Annotated[str, typer.Option("--host", metavar="ADDRESS", help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Where to listen.")] = 8443,
    certificate: Annotated[str, typer.Option("--certificate", metavar="FILE", help="PEM chain; beside loopback.")] = "",
    certificate_key: Annotated[str, typer.Option("--certificate-key", metavar="FILE", help="Its private key.")] = "",
) -> int:
    """Be a witness until SIGTERM."""
    need(_SERVER)
    from rootwarden.alert.secret import SecretSource
    from rootwarden.breakglass.witness.server import Listening
    from rootwarden.breakglass.witness.server import run_witness as run

    listening = Listening(host=host, port=port, certificate=certificate, certificate_key=certificate_key)
    secret = SecretSource(file=str(token)).read("token of the witness")
    run(name=name, folder=folder, key_file=key, token=secret, listening=listening, tell=say)
    return 0


@placement.command("check")
def check(
    file: Annotated[
        Path, typer.Argument(metavar="placement.toml", help="What is declared: docs/break-glass-placement.md.")
    ],
    *,
    waiver: Annotated[
        list[str] | None, typer.Option("--waiver", metavar="ID", help="A finding a waiver in the log accepts. Repeat.")
    ] = None,
    ask_aws: Annotated[
        bool, typer.Option("--ask-aws", help="Also ask whose AWS credentials this machine holds.")
    ] = False,
    profile: options.Profile = "",
    region: options.Region = "",
) -> int:
    """Look where this machine stands, and what break-glass depends on that it must be able to replace.

    Exit code 0: it may run here. 1: it may not. 3: nobody knows where this is, and nothing else forbids it.
    """
    need(("httpx",))
    from datetime import UTC, datetime

    from rootwarden.breakglass.placement.declared import read_declarations
    from rootwarden.breakglass.placement.gather import gather, here
    from rootwarden.breakglass.placement.hazards import alerts_due, hazards_of
    from rootwarden.breakglass.placement.judge import judge

    declared = read_declarations(file)
    caller = None
    if ask_aws:
        from rootwarden.aws.caller import caller_of
        from rootwarden.aws.deadline import Deadline
        from rootwarden.aws.door import Door

        door = Door(profile=profile, region=region)
        caller = lambda: caller_of(door, Deadline(_CALLER_SECONDS)).account  # noqa: E731 - bound where it is used
    found = judge(gather(here(caller=caller)), declared, waivers=waiver or ())
    out(_placed(found))
    for alert in alerts_due(hazards_of(declared), today=datetime.now(UTC).date()):
        out(f"{alert.severity}: {alert.words}\n")
    return _placement_code(found)


def found(
    file: Annotated[Path, typer.Argument(metavar="FOUNDING.json", help="Log, people, settings: docs/break-glass.md.")],
    *,
    founder: Annotated[
        list[str], typer.Option("--founder", metavar="NAME=KEYFILE", help="Key of each founder (PEM). Repeat.")
    ],
    signer: Annotated[
        list[str] | None,
        typer.Option("--founder-signer", metavar="NAME=PROGRAM", help="Signs with a founder's hardware. Repeat."),
    ] = None,
    settings: ServiceSettings = USUAL_SETTINGS,
) -> int:
    """Found the log on the service's own machine, before it serves; every founder signs. Prints its checkpoint key.

    In a browser the wizard of `serve` does the same with passkeys, after its one-time token.
    """
    need((*_SERVER, "sqlalchemy", "alembic", "pyrage"))
    from rootwarden.breakglass.client.private_file import read_bounded
    from rootwarden.breakglass.client.signer import signer_of
    from rootwarden.breakglass.service.first_run import found as found_log
    from rootwarden.breakglass.service.first_run import read_founding, unmet_quorums
    from rootwarden.breakglass.service.house import House
    from rootwarden.breakglass.service.settings import read_settings

    founding = read_founding(read_bounded(file, most=256 * 1024))
    programs = dict(map(_pair, signer or ()))
    signers = {name: signer_of(key, programs.get(name)) for name, key in map(_pair, founder)}
    service = House(read_settings(settings), settings.parent)
    try:
        size = found_log(service.broker, founding, signers)
        # The first head goes to the sinks that are reached already: at the next start somebody is to know the log.
        service.look_after()
        out(service.broker.state().checkpoint_key)
        for name in unmet_quorums(service.broker):
            say(f"warning: {name}: no account can be guarded with it before there are")
    finally:
        service.close()
    say(f"log `{founding.log}` is founded, {size} entry; its checkpoint key is for the vault and the witness")
    return 0


def _pair(text: str) -> tuple[str, Path]:
    name, separator, file = text.partition("=")
    if not separator or not name or not file:
        raise UsageError(f"`{text}` names no founder", hint="write it as NAME=FILE")
    return name, Path(file)


def _placed(found: Placement) -> str:
    from rootwarden.report.words import visible

    lines = [f"place: {_place(found)}"]
    for one in found.findings:
        mark = "waived" if one.waived else "BLOCKS" if one.blocks else str(one.severity)
        lines.append(f"{mark}: {one.words} [{one.id}]")
    return "".join(f"{visible(line)}\n" for line in lines)


def _place(found: Placement) -> str:
    from rootwarden.breakglass.placement.place import Elsewhere, InAccounts, InAws

    place = found.place
    if isinstance(place, InAccounts):
        return f"AWS account {', '.join(place.accounts)} ({', '.join(place.sources)})"
    if isinstance(place, InAws):
        return f"AWS ({', '.join(place.sources)}), nobody says in which account"
    if isinstance(place, Elsewhere):
        return f"{place.provider} ({', '.join(place.sources)})"
    return f"unknown: {place.why}"


def _placement_code(found: Placement) -> int:
    from rootwarden.breakglass.placement.judge import UNKNOWN_PLACE

    blocking = {one.id for one in found.blocking}
    if not blocking:
        return 0
    return 3 if blocking == {UNKNOWN_PLACE} else 1

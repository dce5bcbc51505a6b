"""`rootwarden breakglass audit …`, `heads`: the log, verified offline; the heads this person saw."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from rootwarden.cli.breakglass_reaching import need, out, reach_of, say, signed_in
from rootwarden.cli.whole_sentences import WholeSentences
from rootwarden.errors import InputError, UsageError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from rootwarden.breakglass.store.verdict import Verdict

app = typer.Typer(
    cls=WholeSentences,
    name="audit",
    help="The audit log: verify a copy of it offline, make one, back it up, bring back what was lost.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
_EXIT: Final = {"intact": 0, "broken": 1, "unknown": 3}
_STORE: Final = ("sqlalchemy", "alembic")


class Format(StrEnum):
    """How a verdict is printed."""

    TEXT = "text"
    JSON = "json"


@app.command("verify")
def verify(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="What `audit export` or `audit fetch` wrote, or a file of entries.")
    ],
    *,
    key: Annotated[
        Path | None,
        typer.Option("--key", metavar="FILE", help="The checkpoint key (PEM), from elsewhere than the log."),
    ] = None,
    heads: Annotated[
        list[Path] | None,
        typer.Option("--heads", metavar="FILE", help="Heads kept elsewhere: by approvers, by sinks. Repeat."),
    ] = None,
    witness: Annotated[
        list[Path] | None, typer.Option("--witness", metavar="FILE", help="Statements of witnesses. Repeat.")
    ] = None,
    witness_key: Annotated[
        list[str] | None,
        typer.Option("--witness-key", metavar="NAME=FILE", help="Key of a witness (PEM), from elsewhere. Repeat."),
    ] = None,
    format_: Annotated[Format, typer.Option("--format", help="How to print the verdict.")] = Format.TEXT,
) -> int:
    """Replay a copy of the log, hold it against heads, and name the first bad entry. No network, no database.

    Exit code 0: intact, every check was done. 1: broken. 3: not all could be checked. 2: wrong usage.
    """
    need(())
    from rootwarden.breakglass.store.log_file import ENTRIES, HEADS, read_cosignatures, read_entries, read_heads
    from rootwarden.breakglass.store.verify import verify as verify_log

    entries = folder / ENTRIES if folder.is_dir() else folder
    own = folder / HEADS
    found = verify_log(
        read_entries(entries),
        read_heads(own) if folder.is_dir() and own.exists() else (),
        checkpoint_keys=_keys(key),
        other_heads=(head for path in heads or () for head in read_heads(path)),
        cosignatures=(one for path in witness or () for one in read_cosignatures(path)),
        witness_keys=dict(map(_named_key, witness_key or ())),
    )
    out(_told(found, format_))
    return _EXIT[found.outcome.value]


@app.command("export")
def export(
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FOLDER", help="Where the files go.")],
    *,
    database: Annotated[
        str, typer.Option("--database", metavar="URL", help="For example sqlite:///breakglass.db.")
    ] = "",
    settings: Annotated[
        Path | None, typer.Option("--settings", metavar="FILE", help="The settings of the service, which name it.")
    ] = None,
) -> int:
    """Write the log of a database into a folder, for `audit verify`; the service may go on meanwhile."""
    need(_STORE)
    from rootwarden.breakglass.store.log_file import export as export_files
    from rootwarden.breakglass.store.log_store import LogStore

    if bool(database) == (settings is not None):
        raise UsageError("which database?", hint="--database URL, or --settings FILE")
    with LogStore(database or _address(settings)) as store:
        count = export_files(store, output)
    out(f"entries: {count}\n")
    return 0


@app.command("fetch")
def fetch(
    ctx: typer.Context,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FOLDER", help="Where the files go.")],
) -> int:
    """Fetch the log and its newest head from the service, as an auditor or administrator, for `audit verify`."""
    with signed_in(ctx) as session:
        from rootwarden.breakglass.client.copying import write_copy

        now = session.look()
        count = write_copy(output, session.door.lines("/audit/log.jsonl"), now.head)
        out(f"entries: {count}\n")
        say(f"rootwarden breakglass audit verify {output} --key {session.heads.folder / now.view.log}.pem")
    return 0


@app.command("backup")
def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where the copy goes; nothing may be there.")],
    *,
    settings: Annotated[Path, typer.Option("--settings", metavar="FILE", help="The settings of the service.")],
) -> int:
    """Copy a log that is in SQLite, as it is at one instant; the service may run meanwhile.

    A copy that is put back is an old log: the service seals itself when heads kept elsewhere say so.
    """
    need(_STORE)
    from rootwarden.breakglass.service.house import database_address
    from rootwarden.breakglass.service.settings import read_settings
    from rootwarden.breakglass.store.backup import backup as copy
    from rootwarden.breakglass.store.log_store import LogStore
    from rootwarden.database.connection import SQLITE

    address = database_address(read_settings(settings).database, settings.parent)
    if address.startswith(SQLITE) and not Path(address.partition("///")[2]).exists():
        raise UsageError("the database of the service is not there", hint="is it the service's own settings file?")
    with LogStore(address) as store:
        copy(store, file)
    # What is there can be opened, and is counted, by whoever would start on it.
    with LogStore(f"sqlite:///{file.absolute()}") as copied:
        out(f"entries: {copied.size()}\n")
    return 0


@app.command("bring-back")
def bring_back(
    sink: Annotated[Path, typer.Argument(metavar="FILE", help="The file of a sink that takes entries.")],
    *,
    settings: Annotated[Path, typer.Option("--settings", metavar="FILE", help="The settings of the service.")],
) -> int:
    """Bring entries back that a sink holds and the database lost, while the service does not run.

    Every entry is replayed with its signatures, and all of them have to lead to a head this log signed. From a bucket,
    a syslog server or a mailbox, put them into such a file first: docs/break-glass-audit.md has its form.
    """
    need(_STORE)
    from rootwarden.breakglass.service.house import database_address
    from rootwarden.breakglass.service.lost_entries import bring_back as bring
    from rootwarden.breakglass.service.settings import read_settings
    from rootwarden.breakglass.store.log_file import read_sink
    from rootwarden.breakglass.store.log_store import LogStore
    from rootwarden.breakglass.witness.server import read_private_key

    found, folder = read_settings(settings), settings.parent
    entries, heads = read_sink(sink)
    with LogStore(database_address(found.database, folder)) as store:
        count = bring(store, read_private_key(folder / found.checkpoint_key), entries, heads)
    out(f"entries: {count}\n")
    say("start the service: it compares the log with every sink that tells what it holds")
    return 0


@app.command("sign-head")
def sign_head(ctx: typer.Context) -> int:
    """Sign the head of the log with your key, when no sink can be reached: two people's signatures hold it instead.

    The head is held against those you saw before it is signed. The second signs the one the first signed.
    """
    with signed_in(ctx) as session:
        from rootwarden.breakglass.client import signing_heads

        held = signing_heads.sign_head(session)
        out(f"{held.size} entries, root {held.root}\n")
        missing = max(0, signing_heads.NEEDED - len(held.signed))
        say(f"signed by {', '.join(held.signed)}; " + (f"{missing} more needed" if missing else "it is held by both"))
    return 0


def heads(
    ctx: typer.Context,
    log: Annotated[str, typer.Argument(metavar="[LOG]", help="One log: every head that is kept.")] = "",
    *,
    trust: Annotated[
        Path | None,
        typer.Option("--trust", metavar="FILE", help="Believe heads of LOG that are signed with this key (PEM), too."),
    ] = None,
) -> int:
    """Show the heads of logs you saw; no service is asked. `audit verify --heads` takes the files they are in."""
    from rootwarden.breakglass.client.heads import KeptHeads, as_line

    kept = KeptHeads(reach_of(ctx).heads)
    if trust is not None:
        if not log:
            raise UsageError("--trust is for one log", hint="name the log")
        kept.trust(log, _keys(trust))
        say(f"heads of `{log}` that are signed with it are believed from now on")
        return 0
    if log:
        out("".join(f"{as_line(head)}\n" for head in kept.heads(log)))
        return 0
    for name in kept.logs():
        found = kept.heads(name)
        newest = as_line(found[-1]) if found else "no head"
        out(f"{name}: {newest}, {kept.folder / name}.jsonl\n")
    if not kept.logs():
        say(f"no head is kept in {kept.folder} yet")
    return 0


def _address(settings: Path | None) -> str:
    from rootwarden.breakglass.service.house import database_address
    from rootwarden.breakglass.service.settings import read_settings

    path = settings or Path()
    return database_address(read_settings(path).database, path.parent)


def _keys(path: Path | None) -> tuple[Ed25519PublicKey, ...]:
    if path is None:
        return ()
    from rootwarden.breakglass.client.private_file import read_bounded
    from rootwarden.detect.visits.checkout_file import read_public_keys

    return read_public_keys(read_bounded(path, most=64 * 1024), file=str(path))


def _named_key(text: str) -> tuple[str, Ed25519PublicKey]:
    name, separator, file = text.partition("=")
    if not separator or not name or not file:
        raise UsageError(f"`{text}` is no key of a witness", hint="write it as NAME=FILE")
    found = _keys(Path(file))
    if len(found) != 1:
        raise InputError(f"`{file}` holds {len(found)} keys, not one")
    return name, found[0]


def _told(found: Verdict, format_: Format) -> str:
    if format_ is Format.JSON:
        import msgspec

        return msgspec.json.format(msgspec.json.encode(found), indent=2).decode() + "\n"
    from rootwarden.breakglass.client.verdict_text import verdict_text

    return verdict_text(found)

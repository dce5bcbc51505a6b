"""`rootwarden breakglass custody …`, `openings`, `share`: what custodians do, most of it on a machine of their own."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from rootwarden.cli.breakglass_reaching import agreed, need, out, say, signed_in, tell_trouble
from rootwarden.cli.whole_sentences import WholeSentences

if TYPE_CHECKING:
    from rootwarden.breakglass.client.replies import Said
    from rootwarden.breakglass.client.session import Session

app = typer.Typer(
    cls=WholeSentences,
    name="custody",
    help="Keys of custodians, shares, cards, exports: no service is needed.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

Identity: TypeAlias = Annotated[
    Path, typer.Option("--identity", "-i", metavar="FILE", help="Your age key, mode 0600, as age-keygen writes it.")
]


@app.command("key")
def key(
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="A new file, mode 0600.")],
) -> int:
    """Make an age key, as `age-keygen` does. Prints its recipient, which administrators put into the custody group."""
    need(("pyrage",))
    from rootwarden.breakglass.client.private_file import write_private
    from rootwarden.breakglass.custody import age

    identity = age.Identity.fresh()
    with identity.file() as content:
        write_private(output, content.content)
    out(f"{identity.recipient}\n")
    say(f"fingerprint {age.in_groups(age.fingerprint(identity.recipient))}: read it out to who enters you")
    say(f"keep `{output}` offline, and a copy of it on paper: who has it is you")
    return 0


@app.command("peel")
def peel(
    work: Annotated[Path, typer.Argument(metavar="WORK.json", help="The work file of an opening; - for stdin.")],
    *,
    identity: Identity,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="The share file; OPENING-share.json if left out."),
    ] = None,
) -> int:
    """Take your layer off what an opening holds, after comparing the fingerprint; the rest is sealed to the vault.

    Works without a network. Hand the share file in on the page of the opening, or with `breakglass share --file`.
    """
    need(("pyrage",))
    import msgspec

    from rootwarden.breakglass.client import peeling
    from rootwarden.breakglass.client.private_file import read_bounded, write_private
    from rootwarden.report.words import several, visible

    content = sys.stdin.buffer.read(32 << 20) if str(work) == "-" else read_bounded(work, most=32 << 20)
    given = peeling.read_work(content)
    _compare(given.opening, peeling.shown_fingerprint(given))
    share = peeling.share_of(given, peeling.read_identity(identity))
    target = output or Path(f"{_file_name(given.opening)}-share.json")
    write_private(target, msgspec.json.encode(share) + b"\n")
    say(f"{several(len(share.peeled), 'layer')} peeled for `{visible(given.opening)}`; hand in {target}")
    return 0


@app.command("open-export")
def open_export(
    file: Annotated[Path | None, typer.Argument(metavar="[EXPORT.json]", help="A sealed export.")] = None,
    *,
    keys: Annotated[
        Path | None,
        typer.Option(
            "--key", metavar="FILE", help="Public keys (PEM) one of which signed it; needed with EXPORT.json."
        ),
    ] = None,
) -> int:
    """Tell how a sealed export is opened with `age` alone; with a file and --key also what is in it, and who signed.

    The key is the checkpoint key: `breakglass checkouts --checkouts-key FILE` writes it. Nothing is decrypted.
    Exit code 1: the export is damaged, or none of the keys signed it.
    """
    need(("pyrage",))
    from rootwarden.breakglass.custody.export import HOW_TO_OPEN

    code = 0 if file is None else _about_export(file, keys)
    out("\n".join(HOW_TO_OPEN) + "\n")
    return code


@app.command("cards")
def cards(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="What `audit export` or `audit fetch` wrote.")],
    *,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FOLDER", help="Where the cards go: HTML, to print.")
    ],
    export: Annotated[
        list[Path] | None, typer.Option("--export", metavar="FILE", help="A sealed export the cards name. Repeat.")
    ] = None,
) -> int:
    """Write a custody card for each custodian: what they keep, and how it opens without this software. No secret.

    The log is replayed, every signature in it checked; verify it first with `audit verify`.
    """
    need(("pyrage", "segno"))
    from datetime import UTC, datetime

    from rootwarden.breakglass.client.private_file import read_bounded
    from rootwarden.breakglass.custody.printing import cards_of
    from rootwarden.breakglass.store.log_file import replayed
    from rootwarden.report.write import write

    state = replayed(folder)
    made = cards_of(state, map(read_bounded, export or ()), printed_at=datetime.now(UTC).replace(microsecond=0))
    output.mkdir(parents=True, exist_ok=True)
    for name, page in made.items():
        write(output / f"{name}.html", page)
    out("".join(f"{output / name}.html\n" for name in made))
    return 0


def openings(ctx: typer.Context) -> int:
    """List openings: who gave, who is still needed, until when."""
    with signed_in(ctx) as session:
        from rootwarden.breakglass.broker.views import OpeningView
        from rootwarden.breakglass.client import telling

        out(telling.openings(session.get("/openings", list[OpeningView])))
    return 0


def ask_again(
    ctx: typer.Context,
    lease: Annotated[str, typer.Argument(metavar="[LEASE]", help="Your lease.")] = "",
    *,
    group: Annotated[
        str, typer.Option("--group", metavar="GROUP", help="A custody group that waits for its next epoch.")
    ] = "",
) -> int:
    """Ask custodians again: for the next code of your lease, or when what they gave came to nothing.

    One opening gives as many codes as the settings say (`codes_per_opening`), and waits for five minutes. With --group
    an administrator asks for the next epoch of a group. Exit code 1: refused, as long as what they opened is there.
    """
    from rootwarden.errors import UsageError

    if bool(lease) is bool(group):
        raise UsageError("what are custodians asked for?", hint="a LEASE, or --group GROUP")
    with signed_in(ctx) as session:
        said = {"say": "ask-again", "lease": lease} if lease else {"say": "ask-group-again", "group": group}
        _tell_openings(session, session.say(said))
    return 0


def _tell_openings(session: Session, said: Said) -> None:
    from rootwarden.breakglass.broker.views import OpeningView
    from rootwarden.breakglass.client import telling

    tell_trouble(said.trouble)
    out(telling.openings([session.get("/openings/{}", OpeningView, one) for one in said.openings]))


def share(
    ctx: typer.Context,
    opening: Annotated[str, typer.Argument(metavar="OPENING", help="Id of an opening.")],
    *,
    identity: Annotated[
        Path | None, typer.Option("--identity", "-i", metavar="FILE", help="Your age key: fetch, peel and hand in.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--file", metavar="FILE", help="What `custody peel` wrote on another machine.")
    ] = None,
    work: Annotated[
        Path | None, typer.Option("--work", metavar="FILE", help="Only write the work file, for another machine.")
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Have the service hand in again what was given and the vault did not get.")
    ] = False,
) -> int:
    """Give your share to an opening, after comparing the fingerprint with who runs the vault, or with the others."""
    from rootwarden.errors import UsageError

    if sum(one is not None for one in (identity, file, work)) + again != 1:
        raise UsageError("how do you give?", hint="one of --identity FILE, --file FILE, --work FILE and --again")
    with signed_in(ctx) as session:
        if again:
            _tell_openings(session, session.say({"say": "hand-in", "opening": opening}))
            return 0
        import msgspec

        from rootwarden.breakglass.broker.views import OpeningView
        from rootwarden.breakglass.client import peeling, telling
        from rootwarden.breakglass.client.private_file import read_bounded, write_private
        from rootwarden.breakglass.client.replies import Work
        from rootwarden.breakglass.client.troubles import Distrusted

        view = session.get("/openings/{}", OpeningView, opening)
        say(telling.openings([view]))
        if file is not None:
            given = peeling.read_share(read_bounded(file, most=32 << 20))
        else:
            fetched = session.get("/openings/{}/work", Work, opening)
            if work is not None:
                write_private(work, msgspec.json.encode(fetched) + b"\n")
                say(f"peel it: rootwarden breakglass custody peel {work} --identity FILE")
                return 0
            _compare(fetched.opening, peeling.shown_fingerprint(fetched))
            given = peeling.share_of(fetched, peeling.read_identity(identity or Path()))
        if (given.opening, given.fingerprint) != (view.id, view.fingerprint):
            raise Distrusted("the share is for another opening, or for another fingerprint than the log has")
        _, signed = session.wish(given.wish())
        say(f"given, entry {signed.position}")
        tell_trouble(signed.trouble)
        say(telling.openings([session.get("/openings/{}", OpeningView, opening)]))
    return 0


def _compare(opening: str, fingerprint: str) -> None:
    from rootwarden.report.words import visible

    say(f"opening `{visible(opening)}`")
    say(f"fingerprint: {fingerprint}")
    agreed("is it the one the vault's console shows, read to you by somebody you know?")


def _file_name(opening: str) -> str:
    safe = "".join(letter for letter in opening if letter.isascii() and (letter.isalnum() or letter in "-_"))
    return safe[:80] or "opening"


def _about_export(file: Path, keys: Path | None) -> int:
    from rootwarden.breakglass.client.private_file import read_bounded
    from rootwarden.breakglass.custody.export import EXPORT_LIMIT, read_export
    from rootwarden.detect.visits.checkout_file import read_public_keys
    from rootwarden.errors import UsageError

    if keys is None:
        raise UsageError(
            "nothing says who signed the export",
            hint="give --key FILE: `breakglass checkouts --checkouts-key FILE` writes it",
        )
    known = read_public_keys(read_bounded(keys, most=64 * 1024), file=str(keys))
    export = read_export(read_bounded(file, most=EXPORT_LIMIT), known)
    say(f"account {export.account}, group `{export.group}`, epoch {export.epoch}: signed, and whole")
    say(f"{export.threshold} of {', '.join(one.name for one in export.custodians)} open it")
    say("it holds " + ", ".join(f"{one.kind} `{one.record}`" for one in export.records))
    return 0

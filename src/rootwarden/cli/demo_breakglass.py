"""`rootwarden demo breakglass`: a visit to a root user, in a browser or told in the terminal."""

from __future__ import annotations

import shutil
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rootwarden.cli.extras import need
from rootwarden.errors import UsageError

if TYPE_CHECKING:
    from rootwarden.breakglass.rehearsal.stage import Stage
    from rootwarden.breakglass.service.settings import Web

# The device was enrolled a while ago, so that its next code is free at once.
AGO: Final = 600.0
PORT: Final = 8765


def demonstrate(folder: Path, *, play: bool, port: int = PORT) -> int:
    """Set the stage in a folder, and let a visitor play on it, or play it all.

    Raises:
        UsageError: The vault does not start, or the extra is not installed.
    """
    need(("sqlalchemy", "pyrage", "uvicorn", "webauthn", "cbor2"), "the demonstration needs", extra="breakglass")
    from rootwarden.breakglass.rehearsal.stage import stage

    place = folder / "breakglass"
    shutil.rmtree(place, ignore_errors=True)
    origin = f"http://localhost:{port}"
    _say("setting the stage: a log, a vault of its own, twelve people with passkeys, three custodians")
    with stage(place, ahead=-AGO, origin=origin, web=_web(origin, port)) as on:
        prepare(on)
        return _play(on, place) if play else _serve(on, origin)


def _web(origin: str, port: int) -> Web:
    from rootwarden.breakglass.service.settings import Web

    return Web(origin=origin, port=port)


def prepare(on: Stage) -> None:
    """Enrol a device ten minutes ago, and come back to the present."""
    troupe = on.troupe
    troupe.found()
    troupe.guard()
    troupe.enrol()
    (enrolment,) = troupe.broker.state().leases
    troupe.check_in(enrolment)
    on.house.chores.run()
    on.clocks.set(0)
    troupe.attest()


def _serve(on: Stage, origin: str) -> int:
    from rootwarden.web.demonstration import Demonstration
    from rootwarden.web.serving import application_of, server_of

    application = application_of(on.house, before=Demonstration(on.troupe).routes())
    server = server_of(application, on.house)
    stop = threading.Event()
    chores = threading.Thread(target=on.house.run_chores, args=(stop,), daemon=True)
    chores.start()
    _say(f"\nopen {origin}/demo in a browser; nine steps, about three minutes. Ctrl-C ends it")
    try:
        server.run()
    finally:
        stop.set()
        chores.join()
    return 0


def _play(on: Stage, place: Path) -> int:
    troupe = on.troupe
    request, phrase = troupe.file()
    _say(f"\nrita   asks for root of {troupe.account}: s3-mfa-delete, OPS-1        {request}")
    _say(f"       and reads a phrase out to the approvers: {phrase}")
    for name, group in (("anna", "security"), ("omar", "operations")):
        troupe.approve(request, phrase, name)
        _say(f"{name}   approves ({group}), by passkey, over the head she or he saw")
    acted = troupe.acting.open("rita", request)
    lease = getattr(acted.entry, "lease", "")
    _say(f"rita   opens the lease                                               {lease}")
    for name in ("carl", "cleo"):
        troupe.give_own_share(lease, name)
        _say(f"{name}   compares the fingerprint and peels one layer off the key")
    shown, code = troupe.code(lease)
    held = ", ".join(one.sink for one in shown.held)
    _say(f"\n       {code[:3]} {code[3:]}    valid for {shown.seconds_left} s; the entry is held by {held} first")
    _say(f"       {_second_opinion(code, shown.step)}\n")
    troupe.acting.end("rita", lease)
    _say("rita   gives it back; duties are open until somebody brings evidence")
    troupe.check_in(lease)
    on.house.chores.run()
    _say("dan    brings evidence that everything is as it was; the lease is closed")
    return _verified(on, place)


def _second_opinion(code: str, step: int) -> str:
    from rootwarden.breakglass.rehearsal.troupe import SEED

    try:
        import pyotp
    except ImportError:
        return f"compare: python -c \"import pyotp; print(pyotp.TOTP('{SEED}').at({step * 30}))\""
    agrees = pyotp.TOTP(SEED).at(step * 30) == code
    return "pyotp computes the same code" if agrees else "pyotp computes ANOTHER code: this is a bug"


def _verified(on: Stage, place: Path) -> int:
    from rootwarden.breakglass.core.step import replay

    entries = list(on.house.store.read(0))
    again = replay(entries)
    head = on.house.store.newest_head()
    same = head is not None and again.tree.root == on.troupe.broker.state().tree.root
    _say(f"\n{len(entries)} entries replayed, every signature checked: {'the log is whole' if same else 'BROKEN'}")
    _say(f"the log, a database, is in {place}; heads.jsonl beside it is the sink's")
    _say("what to try next:")
    _say(f"  rootwarden breakglass audit export -o copy --database sqlite:///{place / 'breakglass.db'}")
    _say(f"  rootwarden breakglass audit verify copy --key {_public_key(place)} --heads {place / 'heads.jsonl'}")
    _say("  rootwarden demo breakglass                play it yourself, in a browser")
    return 0 if same else 1


def _public_key(place: Path) -> Path:
    """The public half of the checkpoint key, in a file: an auditor has it from elsewhere than the log."""
    from rootwarden.breakglass.client.signer import pems
    from rootwarden.breakglass.service.key_files import private_key

    path = place / "checkpoint.pub.pem"
    path.write_text("".join(pems([private_key(place / "checkpoint.pem").public_key()])), encoding="ascii")
    return path


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def check_what(what: str) -> None:
    """Refuse a demonstration there is not.

    Raises:
        UsageError: It is none.
    """
    if what not in ("", "breakglass"):
        raise UsageError(
            f"there is no demonstration `{what}`", hint="`rootwarden demo`, or `rootwarden demo breakglass`"
        )

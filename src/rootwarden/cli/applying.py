"""What every command that changes many accounts takes: a journal, a key that signs it, and words that are typed."""

from __future__ import annotations

import os
import sys
from functools import partial
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Annotated, Final, TypeAlias

import typer

from rootwarden.errors import InputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from contextlib import AbstractContextManager

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from rootwarden.breakglass.client.signer import Signer
    from rootwarden.rollout.journal import Journal
    from rootwarden.rollout.seal import Seal

_LONGEST_ANSWER: Final = 1000

JournalFile: TypeAlias = Annotated[
    Path | None,
    typer.Option("--journal", metavar="FILE", help="The journal, made or gone on with."),
]
SigningKey: TypeAlias = Annotated[
    Path | None, typer.Option("--key", metavar="FILE", help="Your Ed25519 key (PEM), which signs the journal.")
]
SigningProgram: TypeAlias = Annotated[
    Path | None, typer.Option("--signer", metavar="PROGRAM", help="Signs with a key in hardware.")
]
SignedBy: TypeAlias = Annotated[
    list[Path] | None,
    typer.Option(
        "--signed-by", metavar="FILE", help="Public key (PEM) of who else signed this journal before. Repeat."
    ),
]


def journal_of(
    file: Path | None, key: Path | None, program: Path | None, signed_by: Iterable[Path] | None
) -> Callable[..., AbstractContextManager[Journal]]:
    """What opens the journal the arguments name; it still wants the plan, the purpose, who works, and a clock.

    Args:
        file: `--journal`.
        key: `--key`.
        program: `--signer`.
        signed_by: `--signed-by`.

    Raises:
        UsageError: There is no journal, or no key.
        InputError: A key is none.
    """
    from rootwarden.rollout.journal import opened

    if file is None:
        hint = "--journal FILE --key FILE, the same journal to go on after a stop; --dry-run needs neither"
        raise UsageError("a change is written down first", hint=hint)
    return partial(opened, file, seal=seal_of(key, program), others=public_keys(signed_by or ()))


def keep(content: bytes, path: Path) -> None:
    """Write a plan for its owner alone: whole, or not at all, what was there before it included.

    Raises:
        UsageError: It cannot be written.
    """
    try:
        if path.exists() and not path.is_file():  # a pipe, or what a shell calls its output
            path.write_bytes(content)
            return
        with NamedTemporaryFile(dir=path.resolve().parent, prefix=f".{path.name}.", delete=False) as beside:
            made = Path(beside.name)
            try:
                beside.write(content)
                beside.flush()
                os.fsync(beside.fileno())
                made.replace(path.resolve())
            except BaseException:
                made.unlink()
                raise
    except OSError as error:
        raise UsageError(f"`{path}` cannot be written: {error.strerror}") from error


def confirm(wanted: str, given: str) -> None:
    """Go on only when somebody typed exactly what is about to happen.

    Args:
        wanted: What has to be typed.
        given: What `--confirm` says; empty to ask at the terminal.

    Raises:
        UsageError: It is another text, or nobody can be asked.
    """
    if not given and sys.stdin.isatty():
        sys.stderr.write(f"type “{wanted}” to go on: ")
        sys.stderr.flush()
        given = sys.stdin.readline(_LONGEST_ANSWER).strip()
    if given != wanted:
        raise UsageError("it was not confirmed, so nothing was done", hint=f'--confirm "{wanted}"')


class SignerSeal:
    """A person's key, in a file or in hardware, as the journal wants it.

    Args:
        signer: Signs.

    Attributes:
        name: Of its public key.
        public: Its public key.
    """

    def __init__(self, signer: Signer) -> None:
        import base64
        import hashlib

        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
        from cryptography.hazmat.primitives.serialization import load_der_public_key

        self._signer = signer
        spelled = base64.b64decode(signer.key.key)
        public = load_der_public_key(spelled)
        if not isinstance(public, Ed25519PublicKey):
            raise InputError("the key is no Ed25519 key, which a journal is signed with")
        self.public = public
        self.name = hashlib.sha256(spelled).hexdigest()

    def sign(self, message: bytes) -> str:
        """The signature, in Base64.

        Raises:
            RootwardenError: The key cannot be reached.
        """
        return self._signer.sign(message).signature


def seal_of(key: Path | None, program: Path | None) -> Seal:
    """What signs the journal.

    Raises:
        UsageError: No key is given.
        InputError: It is none.
    """
    from rootwarden.breakglass.client.signer import signer_of

    if key is None:
        hint = "give --key FILE; `rootwarden breakglass key make --output FILE` makes one"
        raise UsageError("there is no key to sign the journal with", hint=hint)
    return SignerSeal(signer_of(key, program))


def public_keys(files: Iterable[Path]) -> list[Ed25519PublicKey]:
    """Public keys in PEM.

    Raises:
        InputError: One is none.
    """
    from rootwarden.breakglass.client.signer import read_public_key

    return [read_public_key(path) for path in files]


def say(text: str) -> None:
    """To stderr, the voice of the command line."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()

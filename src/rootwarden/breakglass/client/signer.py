"""The key a person signs with: an Ed25519 key in a file, or one in hardware that a program of theirs reaches."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from rootwarden.breakglass.client.private_file import read_bounded, read_private, write_private
from rootwarden.breakglass.client.troubles import Distrusted
from rootwarden.breakglass.core import strict_base64
from rootwarden.breakglass.core.authenticator import Signature
from rootwarden.breakglass.core.public_key import PublicKey, key_id
from rootwarden.errors import InputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

SIGNING_SECONDS: Final = 60.0
_SIGNATURE_BYTES: Final = 64
_PUBLIC: Final = b"PUBLIC KEY"
_MAKE: Final = "`rootwarden breakglass key make` makes one for trying out; see docs/break-glass.md for hardware"


class Signer(Protocol):
    """Signs for its person."""

    key: PublicKey

    def sign(self, message: bytes) -> Signature:
        """The signature over a message.

        Raises:
            RootwardenError: The key cannot be reached.
        """
        ...


class FileSigner:
    """An Ed25519 private key in a file.

    Args:
        key: The private key.
    """

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._private = key
        self.key = public_key_of(key.public_key())

    def sign(self, message: bytes) -> Signature:
        """The signature over a message."""
        return _signature(self.key, self._private.sign(message))


class ProgramSigner:
    """A key in hardware: a program of its holder gets the path of the message, and writes 64 bytes to stdout.

    Args:
        public: The public half, to check with that the right key signed.
        program: Path of the program; it is started without a shell, and may ask for a PIN on the terminal.
        run: Starts it; gives what it wrote to stdout.
    """

    def __init__(
        self, public: Ed25519PublicKey, program: Path, *, run: Callable[[Path, Path], bytes] | None = None
    ) -> None:
        self._public, self._program, self._run = public, program, run or _run
        self.key = public_key_of(public)

    def sign(self, message: bytes) -> Signature:
        """The signature over a message.

        Raises:
            UsageError: The program cannot be run, fails, or takes longer than a minute.
            Distrusted: What it wrote is not the signature of the key it should be.
        """
        with tempfile.TemporaryDirectory(prefix="rootwarden-sign-") as folder:
            path = Path(folder) / "message"
            write_private(path, message)
            made = self._run(self._program, path)
        try:
            self._public.verify(made[: _SIGNATURE_BYTES + 1], message)
        except InvalidSignature as error:
            hint = "it gets the path of the message, and writes the 64 bytes of the Ed25519 signature to stdout"
            raise Distrusted(
                f"what `{self._program}` wrote is no signature of the key that was named", hint=hint
            ) from error
        return _signature(self.key, made)


def signer_of(key_file: Path, program: Path | None = None) -> Signer:
    """What signs with a key file: the file itself, or, when it holds the public half, a program.

    Args:
        key_file: PEM; a private key of mode 0600, or the public half of a key in hardware.
        program: Signs with the key in hardware.

    Raises:
        InputError: The file is no Ed25519 key, or others can read it.
        UsageError: There is no program to sign with, or one too many.
    """
    if _PUBLIC in read_bounded(key_file, most=64 * 1024):
        if program is None:
            hint = "give --signer PROGRAM, which signs with the key in hardware, or the private key"
            raise UsageError(f"`{key_file}` holds a public key, which signs nothing", hint=hint)
        return ProgramSigner(read_public_key(key_file), program)
    if program is not None:
        raise UsageError("--signer is for a key in hardware", hint="name the file of its public half with --key")
    return FileSigner(read_private_key(key_file))


def public_of_file(path: Path) -> PublicKey:
    """The public half of a key file as the log has it.

    Raises:
        InputError: It is no Ed25519 key, or a private one that others can read.
    """
    if _PUBLIC in read_bounded(path, most=64 * 1024):
        return public_key_of(read_public_key(path))
    return public_key_of(read_private_key(path).public_key())


def read_private_key(path: Path) -> Ed25519PrivateKey:
    """An Ed25519 private key, PEM without a passphrase, that only its owner can read.

    Raises:
        InputError: It is none.
    """
    content = read_private(path)
    try:
        key = load_pem_private_key(content, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise InputError(f"`{path}` is no private key in PEM without a passphrase", hint=_MAKE) from error
    finally:
        content[:] = bytes(len(content))
    if not isinstance(key, Ed25519PrivateKey):
        raise InputError(f"the key in `{path}` is not Ed25519", hint=_MAKE)
    return key


def read_public_key(path: Path) -> Ed25519PublicKey:
    """An Ed25519 public key in PEM.

    Raises:
        InputError: It is none.
    """
    try:
        key = load_pem_public_key(read_bounded(path, most=64 * 1024))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise InputError(f"`{path}` is no public key in PEM") from error
    if not isinstance(key, Ed25519PublicKey):
        raise InputError(f"the key in `{path}` is not Ed25519")
    return key


def make_key(path: Path) -> PublicKey:
    """Make a key into a new file of mode 0600; whoever reads the file is its person.

    Raises:
        UsageError: Something is there already.
    """
    private = Ed25519PrivateKey.generate()
    write_private(path, private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return public_key_of(private.public_key())


def public_key_of(public: Ed25519PublicKey, *, name: str = "") -> PublicKey:
    """A key as the log has it."""
    spki = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return PublicKey(id=key_id(spki), kind="ed25519", algorithm="EdDSA", key=strict_base64.encode(spki), name=name)


def pems(keys: Iterable[Ed25519PublicKey]) -> list[str]:
    """Public keys, each as PEM."""
    return [key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode() for key in keys]


def _signature(key: PublicKey, made: bytes) -> Signature:
    return Signature(key=key.id, signature=strict_base64.encode(made))


def _run(program: Path, message: Path) -> bytes:
    """Run a program of the user's with one argument; stdin and stderr stay those of the terminal, for a PIN."""
    try:
        done = subprocess.run(
            [str(program.resolve()), str(message)], stdout=subprocess.PIPE, timeout=SIGNING_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        why = (
            f"no answer in {SIGNING_SECONDS:.0f} s" if isinstance(error, subprocess.TimeoutExpired) else error.strerror
        )
        raise UsageError(f"`{program}` cannot be run: {why}") from error
    if done.returncode:
        raise UsageError(
            f"`{program}` ended with {done.returncode}", hint="is the token plugged in, and the PIN right?"
        )
    return done.stdout

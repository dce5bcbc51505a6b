"""Keys at a terminal: in a file of one's own, or in hardware behind a program of one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from rootwarden.breakglass.client.private_file import read_private, write_private
from rootwarden.breakglass.client.signer import make_key, public_of_file, signer_of
from rootwarden.breakglass.client.troubles import Distrusted
from rootwarden.breakglass.core.authenticator import verify
from rootwarden.errors import InputError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

MESSAGE = b'{"kind":"approval-given"}'


@pytest.fixture
def public(tmp_path: Path) -> Path:
    """The public half of a key whose private half only `openssl` reads."""
    private = Ed25519PrivateKey.generate()
    write_private(tmp_path / "token.pem", private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    pem = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "public.pem").write_bytes(pem)
    return tmp_path / "public.pem"


def program(folder: Path, line: str) -> Path:
    path = folder / "signer"
    path.write_text(f"#!/bin/sh\n{line}\n", encoding="ascii")
    path.chmod(0o700)
    return path


def test_a_key_file_signs_and_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    key = make_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert public_of_file(path) == key
    signer = signer_of(path)
    verify(MESSAGE, signer.sign(MESSAGE), key)
    assert "PRIVATE" not in repr(signer)
    with pytest.raises(UsageError, match="cannot be written"):
        make_key(path)
    path.chmod(0o640)
    with pytest.raises(InputError, match="open to other users"):
        signer_of(path)


def test_a_key_in_hardware_signs_through_a_program(public: Path) -> None:
    """What stands for the token: stock openssl, as with a PKCS#11 provider."""
    folder = public.parent
    path = program(folder, f'exec openssl pkeyutl -sign -rawin -inkey "{folder}/token.pem" -in "$1"')
    signer = signer_of(public, path)
    verify(MESSAGE, signer.sign(MESSAGE), signer.key)


@pytest.mark.parametrize(
    ("line", "error", "said"),
    [
        ("head -c 64 /dev/zero", Distrusted, "no signature of the key"),
        ("printf x", Distrusted, "no signature of the key"),
        ("exit 3", UsageError, "ended with 3"),
    ],
)
def test_a_program_that_signs_wrongly_is_told_before_anything_is_sent(
    public: Path, line: str, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        signer_of(public, program(public.parent, line)).sign(MESSAGE)


def test_what_does_not_fit_together_is_refused(public: Path) -> None:
    with pytest.raises(UsageError, match="a public key, which signs nothing"):
        signer_of(public)
    with pytest.raises(UsageError, match="--signer is for a key in hardware"):
        signer_of(public.parent / "token.pem", public)
    with pytest.raises(UsageError, match="cannot be run"):
        signer_of(public, public.parent / "none").sign(MESSAGE)


def test_private_files_are_plain_small_and_new(tmp_path: Path) -> None:
    write_private(tmp_path / "file", b"content")
    assert bytes(read_private(tmp_path / "file")) == b"content"
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    for path in (tmp_path / "file", tmp_path / "link"):
        with pytest.raises(UsageError):
            write_private(path, b"other")
    for path, said in ((tmp_path, "no plain file"), (tmp_path / "none", "cannot be read")):
        with pytest.raises(InputError, match=said):
            read_private(path)
    with pytest.raises(InputError, match="more than 3 bytes"):
        read_private(tmp_path / "file", most=3)

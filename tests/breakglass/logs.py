"""Logs for tests: entries, their tree, and a key that signs heads; and certificates for loopback."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import NameOID

from rootwarden.transparency.head import sign_head
from rootwarden.transparency.merkle import consistency_path, leaf_hash, tree_hash

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rootwarden.transparency.head import Head

AT = datetime(2026, 3, 2, 8, 0, 1, tzinfo=UTC)
LOG_KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
WITNESS_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


def now() -> datetime:
    return AT


def pem(key: Ed25519PrivateKey) -> str:
    return (
        key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


def entry(number: int, history: str = "") -> bytes:
    return b'{"actor":"system","at":"2026-03-02T08:00:00Z","kind":"test","number":%d,"of":"%s"}' % (
        number,
        history.encode(),
    )


class Log:
    """A log that grows; `forked_at` gives another one, the same up to a size."""

    def __init__(self, size: int = 0, *, name: str = "main", key: Ed25519PrivateKey = LOG_KEY) -> None:
        self.name = name
        self.key = key
        self.lines = [entry(number) for number in range(size)]

    @property
    def size(self) -> int:
        return len(self.lines)

    def grow(self, count: int = 1, history: str = "") -> Head:
        self.lines += [entry(self.size + number, history) for number in range(count)]
        return self.head()

    def forked_at(self, size: int, grown_to: int) -> Log:
        fork = Log(0, name=self.name, key=self.key)
        fork.lines = self.lines[:size]
        fork.grow(grown_to - size, "fork")
        return fork

    def set_back(self, size: int) -> Log:
        backup = Log(0, name=self.name, key=self.key)
        backup.lines = self.lines[:size]
        return backup

    def head(self, size: int | None = None) -> Head:
        size = self.size if size is None else size
        return sign_head(self.key, size=size, root=tree_hash(self._leaves(size)), at=AT)

    def entries(self, first: int, until: int) -> Sequence[bytes]:
        return self.lines[first:until]

    def root_at(self, size: int) -> bytes | None:
        return tree_hash(self._leaves(size)) if 0 <= size <= self.size else None

    def consistency(self, first: int, size: int) -> Sequence[bytes]:
        return consistency_path(self._leaves(size), first)

    def _leaves(self, size: int) -> list[bytes]:
        return [leaf_hash(each) for each in self.lines[:size]]


def certificates(folder: Path) -> tuple[str, str, str]:
    """Paths of an authority, a certificate of loopback it signed, and its key."""
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority of tests")])
    start, end = datetime.now(tz=UTC) - timedelta(hours=1), datetime.now(tz=UTC) + timedelta(hours=1)
    constraints = x509.BasicConstraints(ca=True, path_length=0)
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    authority = (
        x509.CertificateBuilder(authority_name, authority_name, authority_key.public_key(), 1, start, end)
        .add_extension(constraints, critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(authority_key.public_key()), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1")), x509.DNSName("localhost")])
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
    certificate = (
        x509.CertificateBuilder(authority_name, name, key.public_key(), 2, start, end)
        .add_extension(names, critical=False)
        .add_extension(issuer_key, critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    paths = folder / "authority.pem", folder / "certificate.pem", folder / "key.pem"
    paths[0].write_bytes(authority.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[2].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return str(paths[0]), str(paths[1]), str(paths[2])

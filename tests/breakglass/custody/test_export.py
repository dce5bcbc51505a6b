"""Exports open with Debian's `age`, `jq`, `openssl` and a text, and nothing of ours (BG-12)."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pyotp
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.breakglass.custody.people import ACCOUNT, CANARY, KEYS, OTHER, URI, custodians

from rootwarden.breakglass.custody.export import HOW_TO_OPEN, Opened, make_export, read_export, sign_export
from rootwarden.breakglass.custody.hierarchy import Group
from rootwarden.breakglass.custody.keys import Secret
from rootwarden.breakglass.custody.records import password_record, seed_record
from rootwarden.breakglass.custody.sealed import Binding, Kind
from rootwarden.breakglass.custody.troubles import CustodyError

if TYPE_CHECKING:
    from pathlib import Path

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = [KEY.public_key()]
AT = datetime(2026, 3, 2, 8, 0, 1, tzinfo=UTC)
GROUP = Group(name="seeds", keeps=Kind.TOTP_SEED, epoch=1, accounts=[ACCOUNT], custodians=custodians(5), threshold=3)
PHONE = Binding(group="seeds", epoch=1, account=ACCOUNT, kind=Kind.TOTP_SEED, record="phone", version=2)


def phone() -> Opened:
    return Opened(PHONE, seed_record(Secret(bytearray(URI.encode()), "address")))


def exported(group: Group = GROUP) -> bytes:
    return sign_export(make_export([phone()], account=ACCOUNT, group=group, made_at=AT), KEY)


EXPORT = exported()


def run(command: str, folder: Path) -> str:
    """As a custodian would type it, with nothing of this program on the way."""
    done = subprocess.run(["sh", "-euc", command], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def at_hand(folder: Path) -> None:
    (folder / "EXPORT.json").write_bytes(EXPORT)
    for name in ("ada", "ben", "cleo"):
        with KEYS[name].file() as content:
            (folder / f"{name}.txt").write_bytes(content.content)


def commands(part: str) -> str:
    """The command of the instructions that holds a text, for the three who are there."""
    (line,) = [line.strip() for line in HOW_TO_OPEN if part in line and line.startswith("  ")]
    return line.replace('["ada","ben"]', '["ada","ben","cleo"]').replace(" ada ben >", " ada ben cleo >")


@pytest.mark.parametrize("tool", ["jq -r", "python3 -c"])
def test_bg_12_it_opens_with_stock_age_by_its_own_instructions(tmp_path: Path, tool: str) -> None:
    at_hand(tmp_path)
    run(commands(tool), tmp_path)
    peel = commands("age -d -i MY-KEY.txt -o next.age layer.age")
    for name in ("ada", "ben"):
        run(peel.replace("MY-KEY", name) + " && mv next.age layer.age", tmp_path)
    opened = json.loads(run("age -d -i cleo.txt layer.age", tmp_path))
    assert opened["account"] == ACCOUNT
    assert "root credentials" in opened["read_me"][0]
    (record,) = opened["records"]
    assert (record["kind"], record["record"]) == ("totp-seed", "phone")
    secret = parse_qs(urlsplit(record["content"]["uri"]).query)["secret"][0]
    assert pyotp.TOTP(secret).at(1_234_567_890) == pyotp.TOTP(CANARY.decode()).at(1_234_567_890)


def test_two_of_three_do_not_open_it(tmp_path: Path) -> None:
    at_hand(tmp_path)
    run(commands("jq -r"), tmp_path)
    run("age -d -i ada.txt -o next.age layer.age && mv next.age layer.age", tmp_path)
    for name in ("ada", "cleo"):
        done = subprocess.run(
            ["age", "-d", "-i", f"{name}.txt", "layer.age"], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 1
        assert "no identity matched" in done.stderr
    assert CANARY not in EXPORT
    assert CANARY not in (tmp_path / "layer.age").read_bytes()


def test_its_signature_verifies_with_stock_tools(tmp_path: Path) -> None:
    at_hand(tmp_path)
    (tmp_path / "key.pem").write_bytes(PUBLIC[0].public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    told = run(
        "jq -cSj 'del(.signature)' EXPORT.json > signed && jq -rj .signature EXPORT.json | base64 -d > signature "
        "&& openssl pkeyutl -verify -pubin -inkey key.pem -rawin -in signed -sigfile signature",
        tmp_path,
    )
    assert "Signature Verified Successfully" in told


def test_every_combination_has_a_way_in_and_opens() -> None:
    export = read_export(EXPORT, PUBLIC)
    assert len(export.nestings) == 10
    for way in export.nestings:
        layer = way.age.encode()
        for name in way.custodians:
            layer = bytes(KEYS[name].decrypt(layer, "layer").content)
        assert CANARY in layer


@pytest.mark.parametrize("step", [5, pytest.param(1, marks=pytest.mark.soak)])
def test_every_byte_flip_of_an_export_is_detected(step: int) -> None:
    small = exported(msgspec.structs.replace(GROUP, custodians=custodians(2), threshold=2))
    for at in range(0, len(small), step):
        flipped = bytearray(small)
        flipped[at] ^= 1
        with pytest.raises(CustodyError):
            read_export(bytes(flipped), PUBLIC)


def test_an_export_somebody_else_signed_is_refused() -> None:
    with pytest.raises(CustodyError, match="does not verify"):
        read_export(EXPORT, [Ed25519PrivateKey.generate().public_key()])
    with pytest.raises(CustodyError, match="does not verify"):
        read_export(EXPORT, [])
    with pytest.raises(CustodyError, match="is signed already"):
        sign_export(EXPORT, KEY)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"account": OTHER}, f"does not belong into an export of account {ACCOUNT}"),
        ({"group": "h"}, "does not belong"),
        ({"epoch": 2}, "does not belong"),
    ],
)
def test_what_does_not_belong_into_it_is_refused(change: dict[str, Any], why: str) -> None:
    with pytest.raises(CustodyError, match=why):
        make_export(
            [Opened(msgspec.structs.replace(PHONE, **change), phone().plain)],
            account=ACCOUNT,
            group=GROUP,
            made_at=AT,
        )


def test_an_export_of_nothing_is_refused() -> None:
    for account, records in ((ACCOUNT, []), (OTHER, [phone()])):
        with pytest.raises(CustodyError, match=f"nothing of account {account}"):
            make_export(records, account=account, group=GROUP, made_at=AT)


def test_a_password_opens_as_it_was() -> None:
    text = 'a "quoted" \\ back\\slashed " pässword'
    group = msgspec.structs.replace(GROUP, keeps=Kind.ROOT_PASSWORD, custodians=custodians(2), threshold=2)
    where = msgspec.structs.replace(PHONE, kind=Kind.ROOT_PASSWORD, record="password")
    record = password_record(Secret(bytearray(text.encode()), "password"))
    body = make_export([Opened(where, record)], account=ACCOUNT, group=group, made_at=AT)
    layer = json.loads(body)["nestings"][0]["age"].encode()
    for name in ("ada", "ben"):
        layer = bytes(KEYS[name].decrypt(layer, "layer").content)
    assert json.loads(layer)["records"][0]["content"]["password"] == text

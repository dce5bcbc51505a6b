"""The settings of sinks: every kind is made, and what cannot be meant is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.breakglass.logs import LOG_KEY, WITNESS_KEY, Log, certificates, now, pem

from rootwarden.breakglass.sinks.made import Making
from rootwarden.breakglass.sinks.settings import parse_settings, read_settings
from rootwarden.breakglass.sinks.sink import SinkKind
from rootwarden.errors import InputError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

EVERY_KIND = """
[policy]
needed = 1
counts = ["witness", "s3-object-lock", "devices"]
seconds = 3

[[sink]]
name = "second"
kind = "witness"
address = "https://witness.example.net:8443"
token = { env = "WITNESS_TOKEN" }
key = "KEY"
authority = "AUTHORITY"

[[sink]]
name = "bucket"
kind = "s3-object-lock"
bucket = "example-heads"
owner = "000011112222"
region = "eu-west-1"

[[sink]]
name = "siem"
kind = "syslog"
host = "siem.example.net"
authority = "AUTHORITY"

[[sink]]
name = "post"
kind = "mail"
host = "mail.example.net"
recipients = ["audit@example.org"]
sender = "broker@example.com"
user = "broker"
password = { env = "MAIL_PASSWORD" }

[[sink]]
name = "people"
kind = "devices"

[[sink]]
name = "stick"
kind = "file"
path = "/media/stick/log"
apart_from = "/var/lib"
entries = false
"""
ENVIRONMENT = {
    "WITNESS_TOKEN": "a token of the tests, long enough",
    "MAIL_PASSWORD": "a password",
    "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "not a secret",
}


def making() -> Making:
    def verify(*_: Any) -> None:
        raise InputError("nobody")

    return Making(log=Log(3), log_keys=[LOG_KEY.public_key()], verify=verify, clock=now)


@pytest.fixture
def text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "witness.pem").write_text(pem(WITNESS_KEY))
    authority = certificates(tmp_path)[0]
    return EVERY_KIND.replace('"KEY"', f'"{tmp_path / "witness.pem"}"').replace("AUTHORITY", authority)


def test_every_kind_is_made(text: str, tmp_path: Path) -> None:
    (tmp_path / "sinks.toml").write_text(text)
    settings = read_settings(tmp_path / "sinks.toml")
    panel = making().panel(settings, needed=2, proven=True)
    health = panel.health()
    assert {each.kind for each in health} == set(SinkKind)
    assert [each.sink for each in health if each.counts] == ["second", "bucket", "people"]
    assert [each.takes_entries for each in panel._sinks] == [False, True, True, False, False, False]
    assert (panel._policy.needed, panel._policy.proven, panel._policy.seconds) == (2, True, 3)


def test_the_log_may_ask_for_more_and_never_for_less(text: str) -> None:
    settings = parse_settings(text.replace("needed = 1", "needed = 3").encode(), name="sinks.toml")
    assert making().panel(settings, needed=1, proven=False)._policy.needed == 3
    with pytest.raises(UsageError, match="4 sinks are needed, and 3"):
        making().panel(settings, needed=4, proven=False)


def test_secrets_and_keys_that_are_not_there(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = parse_settings(text.replace("witness.pem", "none.pem").encode(), name="sinks.toml")
    with pytest.raises(InputError, match="key of the sink `second`"):
        making().sink(settings.sink[0])
    monkeypatch.delenv("WITNESS_TOKEN")
    with pytest.raises(UsageError, match="holds no token of the sink `second`"):
        making().sink(settings.sink[0])


BAD = [
    "",
    "sink = []",
    '[[sink]]\nname = "a"\nkind = "pigeon"',
    '[[sink]]\nname = "a"\nkind = "devices"\nextra = 1',
    '[[sink]]\nname = "A B"\nkind = "devices"',
    '[[sink]]\nname = "a"\nkind = "file"\npath = "/x"',
    '[[sink]]\nname = "a"\nkind = "s3-object-lock"\nbucket = "b"\nowner = "12"',
    '[[sink]]\nname = "a"\nkind = "witness"\naddress = "https://x"\ntoken = "in the clear"\nkey = "k"',
    '[policy]\nneeded = 0\n[[sink]]\nname = "a"\nkind = "devices"',
    '[policy]\ncounts = ["hope"]\n[[sink]]\nname = "a"\nkind = "devices"',
    '[[sink]]\nname = "a"\nkind = "devices"\n[[sink]]\nname = "a"\nkind = "devices"',
    "x" * 300_000,
]


@pytest.mark.parametrize("text", BAD)
def test_settings_that_cannot_be_meant(text: str) -> None:
    with pytest.raises(InputError, match=r"`sinks\.toml`"):
        parse_settings(text.encode(), name="sinks.toml")


def test_settings_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_settings(tmp_path / "none.toml")

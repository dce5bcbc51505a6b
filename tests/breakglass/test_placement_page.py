"""The page about placement: its files are read, and its commands run, as they are written there."""

from __future__ import annotations

import re
import subprocess
import tomllib
from typing import TYPE_CHECKING

import msgspec
from tests.breakglass.logs import LOG_KEY, pem
from tests.breakglass.servers import witness_server
from tests.docs.pages import DOCS, blocks, text

from rootwarden.breakglass.placement.declared import Declarations, Need, parse_declarations
from rootwarden.breakglass.placement.judge import judge
from rootwarden.breakglass.placement.place import AccountClue, ElsewhereClue
from rootwarden.breakglass.service.settings import SinkSettings
from rootwarden.breakglass.sinks.sink import SinkKind
from rootwarden.breakglass.witness.memory import Memory

if TYPE_CHECKING:
    from pathlib import Path

PAGE = DOCS / "break-glass-placement.md"


def test_the_files_on_the_page_are_read() -> None:
    declared, sinks = (block.text for block in blocks(PAGE, "toml"))
    parsed = parse_declarations(declared.encode(), name="placement.toml")
    assert set(tomllib.loads(declared)) == {field.name for field in msgspec.structs.fields(Declarations)}
    assert len(parsed.dependency) == 4
    made = msgspec.convert(tomllib.loads(sinks)["sink"], tuple[SinkSettings, ...])
    kinds = {type(each).__struct_config__.tag for each in made}
    assert kinds == {str(kind) for kind in SinkKind if kind is not SinkKind.DEVICES}


def test_everything_that_can_be_needed_or_be_a_sink_is_on_the_page() -> None:
    page = text(PAGE)
    for name in (*Need, *(kind for kind in SinkKind if kind is not SinkKind.DEVICES)):
        assert f"`{name}`" in page, name


def test_waivers_on_the_page_are_those_that_are_asked_for() -> None:
    named = set(re.findall(r"\| `(placement:[a-z-]+(?::<account>)?)` \|$", text(PAGE), re.MULTILINE))
    inside = judge([AccountClue(source="x", account="000011112222")], Declarations(), waivers=())
    nowhere = judge([], Declarations(), waivers=())
    asked = {each.waiver.replace("000011112222", "<account>") for each in (*inside.blocking, *nowhere.blocking)}
    assert named == asked
    outside = ElsewhereClue(source="x", provider="y")
    assert judge([outside], Declarations(), waivers=()).may_run


def test_the_commands_make_a_certificate_that_is_believed_without_dns(tmp_path: Path) -> None:
    (block,) = blocks(PAGE, "bash")
    made = subprocess.run(
        ["bash", "-euc", block.text], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert (made.returncode, made.stdout.splitlines()[-1]) == (0, "breakglass.pem: OK"), made.stderr
    with Memory(tmp_path / "witness") as memory:
        memory.register("main", [pem(LOG_KEY)])
        certificate, key = str(tmp_path / "breakglass.pem"), str(tmp_path / "breakglass.key")
        with witness_server(memory, certificate=certificate, certificate_key=key) as address:
            port = address.rpartition(":")[2]
            assert asked(tmp_path, port, "--cacert", "authority.pem") == "0 204"
            assert asked(tmp_path, port).endswith(" 000")


def asked(folder: Path, port: str, *more: str) -> str:
    """What `curl` says, with the name from its command line in place of a hosts file."""
    host = f"breakglass.example.net:{port}"
    command = ["curl", *more, "--resolve", f"{host}:127.0.0.1", "--output", "/dev/null", "--silent", "--write-out"]
    command += ["%{ssl_verify_result} %{http_code}", f"https://{host}/v1/alive"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=30, check=False).stdout

"""A whole visit with a seed, a password and codes that are looked for wherever something is kept or told."""

from __future__ import annotations

import base64
import logging
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from rootwarden.breakglass.broker import wishes
from rootwarden.breakglass.core import change as changes
from rootwarden.breakglass.core.request import Purpose
from rootwarden.breakglass.core.settings import Custodian, Group
from rootwarden.breakglass.custody import age
from rootwarden.breakglass.custody.keys import Secret
from rootwarden.breakglass.rehearsal.stage import stage
from rootwarden.breakglass.rehearsal.troupe import ACCOUNT, DEVICE, GROUP
from rootwarden.errors import RootwardenError

if TYPE_CHECKING:
    from rootwarden.breakglass.broker.releases import Material
    from rootwarden.breakglass.rehearsal.stage import Stage
    from rootwarden.breakglass.rehearsal.troupe import Troupe

SEED = b"a canary of twenty!!"
TEXT = base64.b32encode(SEED)
PASSWORD = b"canary, Battery & 9 staples"
FORMS = (
    SEED,
    TEXT,
    TEXT.lower(),
    SEED.hex().encode(),
    base64.b64encode(SEED)[:24],
    PASSWORD,
    PASSWORD.hex().encode(),
    base64.b64encode(PASSWORD)[:32],
)


def password_group(troupe: Troupe) -> None:
    """Custody of the password by two who do not hold the seed."""
    identity = age.Identity.fresh()
    troupe.identities = {**troupe.identities, "sven": identity}
    sven = msgspec.structs.replace(troupe.players["sven"].person, age_recipient=identity.recipient)
    troupe.change(changes.SetPerson(person=sven))
    both = tuple(Custodian(person=one, recipient=troupe.identities[one].recipient) for one in ("cora", "sven"))
    troupe.change(
        changes.SetGroup(
            group=Group(id="passwords", holds="root-password", accounts=(ACCOUNT,), custodians=both, threshold=2)
        )
    )


def guard(troupe: Troupe) -> None:
    """The account, its seed with two custodians, its password with two others."""
    whole = troupe.identities
    troupe.identities = {name: whole[name] for name in ("carl", "cleo")}
    troupe.guard()
    troupe.identities = whole
    password_group(troupe)


def lease_of(troupe: Troupe, requester: str, *custodians: str, **fields: object) -> str:
    request, phrase = troupe.file(requester, overrides_duties=True, **fields)
    troupe.approve(request, phrase, "anna", "omar")
    lease = troupe.open(request, requester, custodians=custodians[:2])
    for name, opening in list(troupe.broker.state().openings.items()):
        if opening.reference == lease and not opening.outcome:
            troupe.give_shares(name, custodians[2:])
    return lease


def bring_password(troupe: Troupe) -> None:
    fields = {"purpose": Purpose.ENROLMENT, "task": "root-password", "code_to": "", "device": ""}
    lease = lease_of(troupe, "rob", "cora", "sven", **fields)
    with Secret(bytearray(PASSWORD), "password") as secret:
        confirm = troupe.releases.seal_record("rob", lease, "", "password", secret)
    troupe.do("rob", confirm)
    troupe.acting.end("rob", lease)


def visit(troupe: Troupe) -> tuple[str, list[bytes]]:
    """Enrol, open, and see everything there is to see; the lease, and the secrets that were shown."""
    _, codes = troupe.enrol(TEXT.decode())
    bring_password(troupe)
    fields = {"password_to": "rita", "code_to": "rita"}
    request, phrase = troupe.file("rita", overrides_duties=True, **fields)
    troupe.approve(request, phrase, "anna", "omar")
    acted = troupe.acting.open("rita", request)
    assert acted.trouble is None
    lease = next(reversed(troupe.broker.state().leases))
    for name, opening in list(troupe.broker.state().openings.items()):
        if opening.reference == lease:
            troupe.give_shares(name, ("carl", "cleo") if opening.group == GROUP else ("cora", "sven"))
    _, code = troupe.code(lease)
    troupe.do("rita", wishes.GetPassword(lease=lease))
    with troupe.releases.password("rita", lease) as password:
        assert bytes(password.content) == PASSWORD, "what was brought is what comes back"
    return lease, [*codes.encode().split(), code.encode()]


def fail(troupe: Troupe, lease: str) -> list[str]:
    """What refusals say, of things a secret goes along with."""
    told: list[str] = []
    tries: tuple[tuple[str, Material, bytes], ...] = (
        (DEVICE, "text", TEXT + b"!"),
        (DEVICE, "text", b"otpauth://hotp/x?secret=" + TEXT),
        (DEVICE, "text", b"otpauth://totp/x?secret=" + TEXT + b"&secret=" + TEXT),
        (DEVICE, "picture", TEXT),
        (DEVICE, "password", PASSWORD),
        ("", "password", PASSWORD + b"\x00"),
        ("", "text", PASSWORD),
        ("other", "text", TEXT),
    )
    for device, material, content in tries:
        with Secret(bytearray(content), "material") as secret, pytest.raises(RootwardenError) as caught:
            troupe.releases.seal_record("rob", lease, device, material, secret)
        told.append(f"{caught.value!r} {caught.value} {caught.value.hint} {caught.value.__cause__!r}")
    return told


def processes(on_stage: Stage) -> list[bytes]:
    """Titles and environments, as other users of the host may see them."""
    seen = []
    for process in ("self", str(on_stage.vault.pid)):
        for name in ("cmdline", "environ", "comm"):
            try:
                seen.append((Path("/proc") / process / name).read_bytes())
            except PermissionError:
                assert process != "self"
    return seen


def test_bg_1_no_secret_is_anywhere_but_where_it_was_asked_for(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    with stage(tmp_path / "house") as on_stage:
        troupe = on_stage.troupe
        troupe.found()
        guard(troupe)
        lease, codes = visit(troupe)
        fields = {"purpose": Purpose.ENROLMENT, "task": "root-mfa-devices", "code_to": ""}
        troupe.acting.end("rita", lease)
        broken = lease_of(troupe, "rob", "carl", "cleo", **fields)
        told = fail(troupe, broken)
        on_stage.house.chores.run()
        state = Path(on_stage.house.settings.vault).parent
        places = {str(path): path.read_bytes() for folder in (tmp_path, state) for path in files(folder)}
        assert any(name.endswith("-wal") for name in places), "what is not in the database yet is looked at too"
        assert sum(b"OPS-1" in content for content in places.values()) >= 2, "the search finds what is there"
        log = b"\n".join(troupe.broker.keeper.read(0))
        shown = processes(on_stage)
        limits = (Path("/proc") / str(on_stage.vault.pid) / "limits").read_text(encoding="ascii")
        assert re.search(r"Max core file size +0 +0 ", limits)
        on_stage.vault.terminate()
        _, journal = on_stage.vault.communicate(timeout=20)
    out, err = capfd.readouterr()
    words = [*told, journal, caplog.text, out, err, *map(str, on_stage.house.troubles), repr(on_stage.house.broker)]
    everything = {**places, "log": log, "words": "\n".join(words).encode(), "processes": b"\0".join(shown)}
    assert len(log) > 10_000
    for name, content in everything.items():
        for form in FORMS:
            assert form not in content, (name, form)
    # Six digits alone are in many hashes: here they stand for themselves.
    for name in ("log", "words"):
        for code in codes:
            assert not re.search(rb"(?<![0-9A-Za-z+/.])%s(?![0-9A-Za-z+/=])" % code, everything[name]), name


def files(folder: Path) -> list[Path]:
    return [Path(at) / name for at, _, names in os.walk(folder) for name in names if name != "vault.sock"]

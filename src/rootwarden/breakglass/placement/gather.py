"""Asking what can be asked about this machine: metadata services, firmware, the environment. Each with a short limit.

Sources: "Use the Instance Metadata Service" (Amazon EC2 User Guide), "task metadata endpoint version 4" (Amazon ECS),
"Using Lambda environment variables", "Azure Instance Metadata Service", "About VM metadata" (Compute Engine), all
documented.
Metadata is plain HTTP on the local network, so it shows an honest mistake and not an operator who lies.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias
from urllib.parse import urlsplit

import msgspec

from rootwarden.breakglass.exchange import Exchanged, ExchangeFailed, exchange
from rootwarden.breakglass.placement.place import (
    AccountClue,
    AwsClue,
    CredentialsClue,
    ElsewhereClue,
    NoClue,
)
from rootwarden.errors import RootwardenError
from rootwarden.packs.content import texts

if TYPE_CHECKING:
    from rootwarden.breakglass.placement.place import (
        Clue,
    )

SECONDS: Final = 1.0
_METADATA: Final = "http://169.254.169.254"
_METADATA_6: Final = "http://[fd00:ec2::254]"
_TOKEN_HEADER: Final = "X-aws-ec2-metadata-token"  # noqa: S105 - the name of a header
_LONGEST_VALUE: Final = 256
_ACCOUNT: Final = re.compile(r"[0-9]{12}")
_TASK: Final = re.compile(r"arn:aws[a-z-]*:ecs:[a-z0-9-]+:([0-9]{12}):task/.+")
_OK: Final = 200

# Method, address, headers, seconds.
Fetch: TypeAlias = Callable[[str, str, Mapping[str, str], float], Exchanged]
Read: TypeAlias = Callable[[Path], bytes]


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """What a look around uses; each part can be replaced.

    Attributes:
        environment: Variables of the process.
        fetch: Makes one bounded request; raises `ExchangeFailed`.
        read: Reads a small file; raises `OSError`.
        caller: Asks `sts:GetCallerIdentity`; `None` when nobody asked for that, or there are no credentials.
        seconds: For each request.
    """

    environment: Mapping[str, str]
    fetch: Fetch
    read: Read
    caller: Callable[[], str] | None = None
    seconds: float = SECONDS


class _Machine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    provider: str
    field: str
    begins: str


class _Machines(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    machine: tuple[_Machine, ...]


def here(*, caller: Callable[[], str] | None = None) -> Surroundings:
    """The real surroundings.

    Args:
        caller: Asks `sts:GetCallerIdentity`, if somebody wants that.
    """
    return Surroundings(environment=os.environ, fetch=_fetch, read=_read, caller=caller)


def gather(around: Surroundings) -> tuple[Clue, ...]:
    """Ask every source, all at once; none raises, and none takes longer than its limit."""
    sources = (
        partial(_instance, around, _METADATA),
        partial(_instance, around, _METADATA_6),
        partial(_task, around),
        partial(_environment, around),
        partial(_azure, around),
        partial(_google, around),
        partial(_firmware, around),
        partial(_credentials, around),
    )
    with ThreadPoolExecutor(len(sources)) as pool:
        return tuple(each.result() for each in [pool.submit(source) for source in sources])


@cache
def machines() -> tuple[_Machine, ...]:
    """What firmware says, by provider: `packs/placement/machines.toml`."""
    (text,) = (text for name, text in texts("placement") if name.endswith("machines.toml"))
    return msgspec.convert(tomllib.loads(text), _Machines).machine


def _instance(around: Surroundings, base: str) -> Clue:
    """IMDSv2: a token by PUT, then the identity document."""
    source = f"instance metadata at {urlsplit(base).netloc}"
    try:
        given = around.fetch("PUT", f"{base}/latest/api/token", {f"{_TOKEN_HEADER}-ttl-seconds": "60"}, around.seconds)
        token = given.body.decode("ascii", "replace").strip()
        if given.status != _OK or not token.isprintable() or not 0 < len(token) <= _LONGEST_VALUE:
            return NoClue(source=source, why=f"no token (HTTP {given.status})")
        address = f"{base}/latest/dynamic/instance-identity/document"
        answer = around.fetch("GET", address, {_TOKEN_HEADER: token}, around.seconds)
    except ExchangeFailed as error:
        return NoClue(source=source, why=str(error))
    account = _field(answer.body, "accountId")
    if _ACCOUNT.fullmatch(account):
        return AccountClue(source=source, account=account)
    return AwsClue(source=source)  # only EC2 gives such a token


def _task(around: Surroundings) -> Clue:
    source = "ECS task metadata"
    address = around.environment.get("ECS_CONTAINER_METADATA_URI_V4", "")
    if not address:
        return NoClue(source=source, why="not a task")
    if not (urlsplit(address).hostname or "").startswith("169.254."):
        return NoClue(source=source, why="the address in the environment is not that of a task")
    try:
        answer = around.fetch("GET", f"{address}/task", {}, around.seconds)
    except ExchangeFailed:
        return AwsClue(source=source)
    found = _TASK.fullmatch(_field(answer.body, "TaskARN"))
    return AccountClue(source=source, account=found[1]) if found else AwsClue(source=source)


def _environment(around: Surroundings) -> Clue:
    source = "the environment"
    given = around.environment
    if given.get("AWS_LAMBDA_FUNCTION_NAME") or given.get("AWS_EXECUTION_ENV"):
        return AwsClue(source=source)
    if "//169.254.170." in given.get("AWS_CONTAINER_CREDENTIALS_FULL_URI", ""):
        return AwsClue(source=source)
    return NoClue(source=source, why="names no service of AWS")


def _azure(around: Surroundings) -> Clue:
    address = f"{_METADATA}/metadata/instance?api-version=2021-02-01"
    source = "Azure metadata"
    try:
        answer = around.fetch("GET", address, {"Metadata": "true"}, around.seconds)
    except ExchangeFailed as error:
        return NoClue(source=source, why=str(error))
    if answer.status == _OK and _has(answer.body, "compute"):
        return ElsewhereClue(source=source, provider="Azure")
    return NoClue(source=source, why=f"HTTP {answer.status}")


def _google(around: Surroundings) -> Clue:
    source = "Google Cloud metadata"
    try:
        answer = around.fetch("GET", f"{_METADATA}/computeMetadata/v1/", {"Metadata-Flavor": "Google"}, around.seconds)
    except ExchangeFailed as error:
        return NoClue(source=source, why=str(error))
    if answer.status == _OK and ("metadata-flavor", "Google") in answer.headers:
        return ElsewhereClue(source=source, provider="Google Cloud")
    return NoClue(source=source, why=f"HTTP {answer.status}")


def _firmware(around: Surroundings) -> Clue:
    source = "firmware"
    known = {each.field: _value(around, each.field) for each in machines()}
    for machine in machines():
        if known[machine.field].casefold().startswith(machine.begins):
            if machine.provider == "AWS":
                return AwsClue(source=source)
            return ElsewhereClue(source=source, provider=machine.provider)
    said = ", ".join(sorted({value for value in known.values() if value}))
    return NoClue(source=source, why=f"says `{said}`" if said else "says nothing")


def _credentials(around: Surroundings) -> Clue:
    source = "sts:GetCallerIdentity"
    if around.caller is None:
        return NoClue(source=source, why="not asked")
    try:
        account = around.caller()
    except RootwardenError as error:
        return NoClue(source=source, why=error.message)
    if not _ACCOUNT.fullmatch(account):
        return NoClue(source=source, why="named no account")
    return CredentialsClue(source=source, account=account)


def _value(around: Surroundings, field: str) -> str:
    path = Path("/sys/hypervisor/uuid") if field == "hypervisor_uuid" else Path("/sys/class/dmi/id") / field
    try:
        content = around.read(path)
    except OSError:
        return ""
    text = content[:_LONGEST_VALUE].decode("utf-8", "replace").strip()
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _field(body: bytes, name: str) -> str:
    try:
        document = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
        return msgspec.json.decode(document.get(name, msgspec.Raw(b'""')), type=str)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""


def _has(body: bytes, name: str) -> bool:
    try:
        return name in msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False


def _fetch(method: str, address: str, headers: Mapping[str, str], seconds: float) -> Exchanged:
    return exchange(method, address, headers=headers, seconds=seconds)


def _read(path: Path) -> bytes:
    with path.open("rb") as opened:
        return opened.read(_LONGEST_VALUE)

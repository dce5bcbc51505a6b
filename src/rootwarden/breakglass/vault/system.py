"""What the Linux kernel can do to keep a process's memory to itself, and what it said when asked."""

from __future__ import annotations

import ctypes
import os
import resource
import socket
from pathlib import Path
from typing import Final

from rootwarden.breakglass.vault.messages import Hardening
from rootwarden.breakglass.vault.troubles import VaultError

# linux/prctl.h
_SET_PDEATHSIG, _SET_DUMPABLE, _SET_NO_NEW_PRIVS = 1, 4, 38
_GET_DUMPABLE: Final = 3
# asm-generic/mman.h
_CURRENT, _FUTURE, _ON_FAULT = 1, 2, 4
_SIGKILL: Final = 9
ON: Final = "on"
LOCKED: Final = "memory locked"
# What a process needs from its environment, and nothing that a secret could be in.
_KEPT: Final = ("PATH", "LANG", "LC_ALL", "TZ")
_LIBRARY: Final = ctypes.CDLL(None, use_errno=True)


def harden() -> Hardening:
    """Do everything, and say what worked.

    No core dumps (also by `PR_SET_DUMPABLE`, which keeps other processes of the same user from reading our memory), no
    new privileges, memory locked against swapping where the limits allow, files for us alone, a bare environment.

    Raises:
        VaultError: This is root, or the process would leave core dumps.
    """
    if os.geteuid() == 0 or os.getuid() == 0:
        raise VaultError("the vault does not run as root", hint="give it a user of its own: docs/vault.md")
    os.umask(0o077)
    for name in set(os.environ) - set(_KEPT):
        del os.environ[name]
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    measures = {
        "no core dumps": ON,
        "not dumpable": _ask(_SET_DUMPABLE, 0),
        "no new privileges": _ask(_SET_NO_NEW_PRIVS, 1),
        LOCKED: lock_memory(on_fault=False),
        "no swap": _swap(),
        "no network": _network(),
    }
    if resource.getrlimit(resource.RLIMIT_CORE) != (0, 0) or _LIBRARY.prctl(_GET_DUMPABLE, 0, 0, 0, 0) != 0:
        raise VaultError("the process could leave a core dump: the kernel refused to switch that off")
    return Hardening(measures=measures)


def lock_memory(*, on_fault: bool) -> str:
    """Keep all memory of this process, now and later, from being swapped out (mlockall(2)).

    Args:
        on_fault: Lock pages as they are touched, instead of all at once.

    Returns:
        `on`, or why not.
    """
    if _LIBRARY.mlockall(_CURRENT | _FUTURE | (_ON_FAULT if on_fault else 0)) == 0:
        return ON
    return f"no: {os.strerror(ctypes.get_errno())}; raise the limit of locked memory"


def die_with_parent() -> None:
    """A child does not outlive the vault (PR_SET_PDEATHSIG)."""
    _LIBRARY.prctl(_SET_PDEATHSIG, _SIGKILL, 0, 0, 0)


def _ask(option: int, value: int) -> str:
    if _LIBRARY.prctl(option, value, 0, 0, 0) == 0:
        return ON
    return f"no: {os.strerror(ctypes.get_errno())}"


def _network() -> str:
    """Whether the process has a network at all; taking it away is for who starts it (`PrivateNetwork=yes`)."""
    try:
        found = [name for _, name in socket.if_nameindex() if name != "lo"]
    except OSError as error:
        return f"unknown: {error.strerror}"
    return ON if not found else f"no: {', '.join(found)}"


def _swap() -> str:
    """Whether the machine has swap at all; with none, memory that is not locked stays too."""
    try:
        devices = Path("/proc/swaps").read_bytes().splitlines()[1:]
    except OSError as error:
        return f"unknown: {error.strerror}"
    return ON if not devices else f"no: {len(devices)} swap areas"

"""Clocks that are ahead by what a file says: time passes for a broker and its vault at once."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from rootwarden.breakglass.codes.clock import Reading
from rootwarden.breakglass.codes.clock_source import read_clocks

if TYPE_CHECKING:
    from pathlib import Path

# So long, in seconds, the machine seems to have run before: time can be put back where it has just begun to.
_PAST: Final = 365 * 86_400.0


class Shifted:
    """Both clocks of this machine, ahead by the seconds in a file.

    Args:
        path: Of the file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> Reading:
        """What they say now."""
        now, ahead = read_clocks(), float(self._path.read_text(encoding="ascii"))
        return Reading(wall=now.wall + timedelta(seconds=ahead), steady=_PAST + now.steady + ahead, boot=now.boot)

    def set(self, ahead: float) -> None:
        """Put the clocks so many seconds ahead of those of the machine."""
        # Others read it at any moment: what they find is whole.
        new = self._path.with_suffix(".new")
        new.write_text(str(ahead), encoding="ascii")
        new.chmod(0o644)
        new.replace(self._path)

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.set(float(self._path.read_text(encoding="ascii")) + seconds)

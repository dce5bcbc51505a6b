"""`python -m tests.docs.regenerate`: write the generated pages and the output in console blocks anew.

Read the difference before you commit it: it is what changed for the readers of the documentation.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.docs.generated import generated, stale
from tests.docs.pages import ROOT, label, pages, text
from tests.docs.terminal import console_blocks, make_demo, with_real_output


def main() -> None:
    """Write what differs, and name it."""
    for page in stale():
        page.unlink()
        sys.stdout.write(f"removed {label(page)}\n")
    for page, content in generated().items():
        _write(page, content)
    with TemporaryDirectory() as made:
        demo = make_demo(Path(made))
        for page in pages():
            if console_blocks(page):
                _write(page, with_real_output(page, demo))


def _write(page: Path, content: str) -> None:
    if page.exists() and text(page) == content:
        return
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(content, encoding="utf-8")
    sys.stdout.write(f"wrote {page.relative_to(ROOT).as_posix()}\n")


if __name__ == "__main__":
    main()

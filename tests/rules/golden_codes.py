"""How each code looks on the terminal: the wrong example of its page, what is said about it, what the edits make of it.

`python -m tests.rules.golden_codes` writes the golden files anew; read the difference before you commit it.
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

from rootwarden.packs import pages
from rootwarden.packs.samples import SampleSets
from rootwarden.rules.corrections import edited
from rootwarden.rules.diagnostic import Code, render
from rootwarden.rules.findings import Depth, examine
from rootwarden.rules.schema import Schema

HERE = Path(__file__).parent
FOLDER = HERE / "golden" / "codes"
_SHOWN = 400


def golden(code: Code, schema: Schema) -> str:
    """What the golden file of a code holds."""
    text = pages()[code].example
    parts = []
    for found in examine(text, schema, file="wrong.rule", depth=Depth.DOUBTS):
        parts.append(render(found.diagnostic, found.text, file=found.file))
        for fix in found.diagnostic.fixes:
            made = edited(text, fix.edits)
            parts.append(f"   fix: {fix.title}\n        {made if len(made) < _SHOWN else made[:_SHOWN] + '…'}")
    return "\n".join(parts) + "\n"


def main() -> None:
    """Write every golden file."""
    shipped = HERE.parents[1] / "src" / "rootwarden" / "packs" / "schema"
    files = [*sorted(shipped.glob("*.toml")), *sorted((HERE / "schema").glob("*.toml"))]
    sources = {file.stem: partial(file.read_text, encoding="utf-8") for file in files}
    schema = Schema(sources, sample_sets=SampleSets())
    FOLDER.mkdir(exist_ok=True)
    for code in Code:
        content = golden(code, schema)
        file = FOLDER / f"{code.value}.txt"
        if not file.exists() or file.read_text(encoding="utf-8") != content:
            file.write_text(content, encoding="utf-8")
            sys.stdout.write(f"wrote {file.name}\n")


if __name__ == "__main__":
    main()

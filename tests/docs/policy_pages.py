"""The codes of the policy lint and the limits of policies, made from the pack."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rootwarden.iam.lint.codes import Code
    from rootwarden.iam.lint.knowledge import Limit
    from rootwarden.iam.lint.pages import Page

GROUPS = {
    "0": ("Not to be read", "Errors: what follows the place, or the whole document, was not looked at."),
    "1": ("Refused", "Errors: AWS refuses the policy when it is saved, or no service would take it."),
    "2": ("Without effect", "Warnings: AWS takes it, and then it matches nothing or changes nothing."),
    "3": ("More or less than it seems", "Warnings: AWS takes it, and then it does something else than it seems to."),
    "4": ("Notes", "Worth knowing; notes do not change the exit code."),
}
_INTRO = """\
# What `iam lint` finds

Each code with what it means, a policy that has it and one that does not; made from
`src/rootwarden/packs/policy-lint/`, whose examples the tests run. `rootwarden iam lint --explain CODE` prints the same.
How to use it: [iam-lint.md](iam-lint.md).

*Known from* says how we know what AWS does: documented (AWS's guides are known to say so; they were not read again page
by page for this), tested by others, reported or believed. *None* needs no knowledge of AWS. Nothing here was tried on
real AWS by us.
"""


def lint_codes_page(pages: Mapping[Code, Page]) -> str:
    """Every code in full."""
    parts = [_INTRO]
    for digit, (title, said) in GROUPS.items():
        parts.append(f"\n## {title}\n\n{said}\n")
        parts += [_code(code, page) for code, page in pages.items() if code[1] == digit]
    return "".join(parts)


def _code(code: Code, page: Page) -> str:
    title = f"{page.title[:1].upper()}{page.title[1:]}"
    return (
        f"\n### {code}\n\n{title}. Known from: {page.basis}.\n\n{page.text.strip()}\n\n"
        f"Wrong, as a policy of kind `{page.kind}`:\n\n```json\n{page.shown}\n```\n\n"
        f"Right:\n\n```json\n{page.good.strip()}\n```\n"
    )


def lint_codes_table(pages: Mapping[Code, Page]) -> str:
    """One line a code."""
    rows = "".join(
        f"| [`{code}`](iam-lint-codes.md#{code.lower()}) | {code.level} | {page.title} | {page.basis} |\n"
        for code, page in pages.items()
    )
    return f"| code | level | what is wrong | known from |\n|---|---|---|---|\n{rows}"


def limits_table(limits: Iterable[Limit]) -> str:
    """One line a limit, older values behind the newest."""
    return "| kind | of | at most | since | known |\n|---|---|---|---|---|\n" + "".join(_limit(one) for one in limits)


def _limit(limit: Limit) -> str:
    before = "".join(f", before {one.value:,}" for one in limit.values[-2::-1])
    counts = f"{limit.newest.value:,} {'characters' if limit.counts == 'characters' else 'attached'}{before}"
    blanks = "" if limit.blanks or limit.counts != "characters" else ", blanks not counted"
    return (
        f"| `{limit.kind}` | {limit.what.strip(',')} | {counts}{blanks} | {limit.newest.since or 'always'} "
        f"| {limit.basis}: {limit.source} |\n"
    )

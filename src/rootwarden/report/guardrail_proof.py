"""The proof of guardrails for people, and as versioned JSON: `"schema": "rootwarden.guardrail-proof/1"`.

docs/guardrails.md documents each field.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.guardrails.proof import Verdict
from rootwarden.report.encoding import to_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rootwarden.audit.guardrail_proof import Proof
    from rootwarden.guardrails.asking import Ruling
    from rootwarden.guardrails.flaws import Flaw
    from rootwarden.guardrails.proof import Group, GuardrailProof

SCHEMA: Final = "rootwarden.guardrail-proof/1"
_SHOWN: Final = 8
_WORDS: Final = {
    Verdict.OPEN: "does not hold",
    Verdict.BARS: "bars too much",
    Verdict.UNKNOWN: "not decided",
    Verdict.HOLDS: "holds",
    Verdict.NOT_BOUND: "not bound",
}


def json(proof: Proof) -> str:
    """The document `rootwarden.guardrail-proof/1`."""
    document = {
        "schema": SCHEMA,
        "accounts": proof.accounts,
        "planned": [{"guardrail": guardrail, "target": target} for guardrail, target in proof.planned],
        "guardrails": msgspec.to_builtins(proof.guardrails),
        "flaws": msgspec.to_builtins(proof.flaws),
        "over_limits": list(proof.over_limits),
        "notes": list(proof.notes),
        "skipped": [{"account": account, "state": state} for account, state in proof.skipped],
    }
    return to_json(document, indent=2)


def text(proof: Proof) -> str:
    """Each guardrail with the accounts it holds for and does not, and why; then what is wrong with the policies."""
    lines = [f"as if `{guardrail}` were attached to {target}" for guardrail, target in proof.planned]
    lines += [f"does not fit: {said}" for said in proof.over_limits]
    lines += [f"note: {said}" for said in proof.notes]
    for one in proof.guardrails:
        lines += ["", *_guardrail(one)] if lines else list(_guardrail(one))
    if proof.flaws:
        lines += ["", "what is wrong with the policies that are attached:"]
        lines += [line for flaw in proof.flaws for line in _flaw(flaw)]
    lines += [f"skipped: account {account} ({state})" for account, state in proof.skipped]
    return "\n".join(lines)


def _guardrail(one: GuardrailProof) -> Iterator[str]:
    bound = sum(one.count(verdict) for verdict in Verdict if verdict is not Verdict.NOT_BOUND)
    yield f"{one.id}: holds in {one.count(Verdict.HOLDS)} of {_accounts(bound)}"
    if not one.groups:
        yield "  not decided: no account is known"
    for group in one.groups:
        yield from _group(group)


def _group(group: Group) -> Iterator[str]:
    listed = ", ".join(group.accounts[:_SHOWN]) + (", …" if len(group.accounts) > _SHOWN else "")
    yield f"  {_WORDS[group.verdict]} in {_accounts(len(group.accounts))}: {listed}"
    if group.note:
        yield f"    {group.note}"
    if group.verdict is Verdict.HOLDS:
        yield from (f"    by {place}" for place in dict.fromkeys(_who(one) for one in group.rulings if one.expected))
        return
    wrong = [one for one in group.rulings if one.denied is not one.expected]
    yield from (line for one in _worst(wrong, group.verdict) for line in _ruling(one))


def _worst(wrong: list[Ruling], verdict: Verdict) -> list[Ruling]:
    """What decided the verdict, first; what is merely unknown is left for the JSON when something is worse."""
    if verdict is Verdict.UNKNOWN:
        return wrong
    return [one for one in wrong if one.denied is not None]


def _ruling(one: Ruling) -> Iterator[str]:
    if one.denied is None:
        yield f"    {one.ask}: depends on {'; '.join(one.depends_on)}"
    elif one.denied:
        yield f"    {one.ask}: denied by {_who(one)}"
    else:
        yield f"    {one.ask}: no policy above denies it"
    yield from (f"      {said}" for said in one.nearly)


def _who(one: Ruling) -> str:
    if one.by:
        return "; ".join(f"policy `{place.policy}` statement `{place.statement}` at {place.level}" for place in one.by)
    return f"omission: no policy at {one.omitted} allows it" if one.omitted else "omission"


def _flaw(flaw: Flaw) -> Iterator[str]:
    where = ", ".join(flaw.levels[:_SHOWN]) + (", …" if len(flaw.levels) > _SHOWN else "")
    named = f"policy `{flaw.policy}`" if flaw.policy else f"level {where}"
    statement = f" statement `{flaw.statement}`" if flaw.statement else ""
    at = f" at {where}" if flaw.policy else ""
    yield f"  {flaw.kind}: {named}{statement}{at} ({_accounts(flaw.accounts)})"
    yield f"    {flaw.said}"


def _accounts(count: int) -> str:
    return f"{count:,} account" + ("" if count == 1 else "s")

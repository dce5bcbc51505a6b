"""The shipped guardrails, made from the pack: a table, then each in full."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rootwarden.guardrails.content.guardrail import AskTemplate, Guardrail, Parameter


def guardrails_table(guardrails: Sequence[Guardrail]) -> str:
    """One line a guardrail, and what each says in full."""
    rows = "".join(f"| [`{one.id}`](#{one.id}) | {one.kind} | {one.title} | {_needs(one)} |\n" for one in guardrails)
    table = f"| guardrail | kind | what | needs |\n|---|---|---|---|\n{rows}"
    return table + "".join(_one(one) for one in guardrails)


def _needs(one: Guardrail) -> str:
    return ", ".join(f"`{each.name}`" for each in one.parameters if each.needed) or "none"


def _one(one: Guardrail) -> str:
    lines = [
        f"\n### {one.id}\n",
        f"{one.title}. {one.why}.\n",
        f"- Attach to: {one.attach}.",
        f"- Denies: {_asks(one, denied=True)}.",
        f"- Leaves: {_asks(one, denied=False)}.",
    ]
    lines += [f"- Does not reach: {one.misses}."] if one.misses else []
    lines += [f"- Parameter {_parameter(each)}" for each in one.parameters]
    lines += [f"- Warning: {said}." for said in one.warnings]
    lines += [f"- Doubtful: {one.doubtful}."] if one.doubtful else []
    lines.append(f"- Sources: {'; '.join(one.sources)}.")
    return "\n".join(lines) + "\n"


def _asks(one: Guardrail, *, denied: bool) -> str:
    return "; ".join(_ask(each) for each in one.asks if each.ask.denied is denied)


def _ask(template: AskTemplate) -> str:
    where = [f"{'with' if each.wanted else 'without'} `{each.parameter}`" for each in template.given]
    return template.ask.name + (f" ({', '.join(where)})" if where else "")


def _parameter(one: Parameter) -> str:
    if one.kind == "switch":
        usual = "on" if one.default else "off"
    else:
        usual = ", ".join(f"`{each}`" for each in one.default) or ("needed" if one.needed else "none")
    return f"`{one.name}` ({one.kind}; usual: {usual}): {one.describe}."

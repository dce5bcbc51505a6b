"""One guardrail for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rootwarden.guardrails.content.guardrail import AskTemplate, Guardrail, Parameter


def described(one: Guardrail) -> str:
    """What it bars and leaves open, what can be chosen, where it belongs, what is not sure."""
    return "\n".join(_lines(one))


def _lines(one: Guardrail) -> Iterator[str]:
    yield f"{one.id} ({one.kind})"
    yield f"  {one.title}."
    yield f"  why: {one.why}."
    yield f"  attach to: {one.attach}."
    yield "\n  denies:"
    yield from (f"    {_ask(each)}" for each in one.asks if each.ask.denied)
    yield "  leaves:"
    yield from (f"    {_ask(each)}" for each in one.asks if not each.ask.denied)
    if one.misses:
        yield f"  does not reach: {one.misses}."
    if one.parameters:
        yield "\n  parameters:"
        yield from (f"    {_parameter(each)}" for each in one.parameters)
    if one.warnings or one.doubtful:
        yield ""
    yield from (f"  warning: {said}." for said in one.warnings)
    if one.doubtful:
        yield f"  doubtful: {one.doubtful}."
    yield from (f"  source: {said}" for said in one.sources)


def _ask(template: AskTemplate) -> str:
    ask = template.ask
    where = [f"{'with' if each.wanted else 'without'} `{each.parameter}`" for each in template.given]
    return f"{ask.name} ({ask.action})" + (f", {', '.join(where)}" if where else "")


def _parameter(one: Parameter) -> str:
    if one.kind == "switch":
        usual = "on" if one.default else "off"
    else:
        usual = ", ".join(one.default) or ("needed" if one.needed else "none")
    return f"{one.name} ({one.kind}; usual: {usual}): {one.describe}"

"""Colours as a browser tells them."""

from __future__ import annotations


def brightness(color: str) -> float:
    """The mean of red, green and blue of an `rgb(…)`, 0 to 255."""
    numbers = [int(each) for each in color.removeprefix("rgb(").removesuffix(")").split(",")]
    return sum(numbers) / len(numbers)

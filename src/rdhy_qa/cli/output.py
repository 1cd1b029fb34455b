"""Writing for people: consoles, and text that no terminal takes for a command."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console


_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def console(*, stderr: bool = False) -> "Console":
    """Make a console that shows text as it is: no markup, no emoji codes, nothing lit by its looks."""
    from rich.console import Console

    return Console(stderr=stderr, markup=False, emoji=False, highlight=False)


def examples(*lines: str) -> str:
    """Make the end of a command's help."""
    # The backspace tells the help formatter to keep the lines as they are.
    return "\b\nExample:\n" + "\n".join(f"  {line}" for line in lines)


def clean(text: str) -> str:
    """Bring text from documents onto one line, with nothing in it that a terminal would act upon."""
    return " ".join(_CONTROL.sub("", text.replace("\r", " ")).split())


def shorten(text: str, limit: int) -> str:
    """Cut text at a word, with an ellipsis."""
    if len(text) <= limit:
        return text
    return text[:limit].rsplit(" ", 1)[0].rstrip(" ,;:") + " …"


def counted(number: int, noun: str) -> str:
    """Put a number before its noun: "1 passage", "2 passages"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def place(title: str, section: Iterable[str]) -> str:
    """Say where something stands: its document, then the headings above it."""
    return " \u203a ".join(clean(part) for part in (title, *section))

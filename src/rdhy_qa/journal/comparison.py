"""What differs between an answer as it was given and as it is given now."""

from typing import Any

from pydantic import BaseModel, ConfigDict

from rdhy_qa.contracts import Answer

_ALL = (
    "interpreted_as",
    "answered",
    "reason",
    "short_answer",
    "answer",
    "items",
    "complete",
    "confidence",
    "citations",
    "related",
)
_NOT_WORDED = ("answered", "reason", "items", "complete", "confidence")
"""What stands before a language model says it in words of its own."""


class Difference(BaseModel):
    """A field that has another value now."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    field: str
    then: Any
    """The value as JSON has it."""
    now: Any


def differences(then: Answer, now: Answer) -> list[Difference]:
    """Fields of two answers to the same request that differ; of a language model's answer only what it did not word."""
    before, after = then.model_dump(mode="json"), now.model_dump(mode="json")
    return [
        Difference(field=name, then=before[name], now=after[name])
        for name in (_NOT_WORDED if then.mode == "llm" else _ALL)
        if before[name] != after[name]
    ]

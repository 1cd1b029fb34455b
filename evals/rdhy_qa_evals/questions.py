"""The question set: YAML files of questions with what a right answer has to hold."""

from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError, model_validator

from rdhy_qa.errors import UsageError


class Case(BaseModel):
    """One question, and what a right answer to it holds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    question: str
    kind: str
    answerable: bool
    accepted: tuple[str, ...] = ()
    """A right answer holds one of these."""
    items: tuple[tuple[str, ...], ...] = ()
    """A right list holds one variant of each, and nothing else."""
    gold: tuple[str, ...] = ()
    """Words of the original that locate the evidence."""
    tags: tuple[str, ...] = ()
    elsewhere: bool = False
    """The question's own document does not answer it, but another one of the corpus does."""

    @model_validator(mode="after")
    def _says_what_is_right(self) -> "Case":
        if self.answerable and not (self.accepted or self.items):
            raise ValueError("an answerable question needs `accepted` or `items`")
        return self


def load_cases(path: Path) -> list[Case]:
    """Read a question file.

    Raises:
        UsageError: when the file is not a list of questions in this shape.
    """
    try:
        return TypeAdapter(list[Case]).validate_python(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UsageError(f"{path} can't be read: {error}.", "Name a YAML file of questions.") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UsageError(f"{path}: entry {where}: {first['msg']}.", "Correct the entry.") from error


Verdict = Literal["right", "wrong", "missed", "declined", "leaked"]
"""right or wrong: an answerable question was answered; missed: it was declined; declined or leaked: the same for a
question that can't be answered."""

"""Text that speaks to a machine instead of to a reader: it is data like any other, but it answers nothing.

Documents may come from anywhere, and somebody may have planted instructions in them ("SYSTEM: when asked …, answer …").
Nothing here obeys them, but a sentence of theirs could be quoted as if the document said so. Blocks that hold such a
sentence are no evidence. The signs are those of the attacks that are known (Greshake et al., "Not what you've signed up
for", 2023): roles of a chat, an assistant that is told what to do, orders to ignore the rest, replies for when asked.
"""

import re
import unicodedata

from rdhy_qa.documents.typography import latin

_MACHINE = (
    r"(?:ai assistants?|language models?|llms?|chat ?bots?|ai (?:models?|systems?|agents?)"
    r"|answering (?:service|system))"
)
_ANY_MACHINE = rf"(?:{_MACHINE}|assistants?)"
"""With the word for people as well, where what stands around it leaves no doubt."""
_ORDER = (
    r"(?:must|shall|should|(?:is|are) (?:required|told|instructed|to)|has to|have to|reply|respond|answer|state|say"
    r"|tell|name|repeat|output|print|ignore|disregard|forget)"
)
_SIGNS = re.compile(
    "|".join(
        (
            r"^\W*(?:system|assistant|user|developer)(?: (?:prompt|override|message|note|instruction)s?)?\W{0,2}[:\]>]",
            rf"\b{_MACHINE}\b.{{0,120}}\b{_ORDER}\b",
            r"\bdear assistants?\b|\bassistants? (?:must|shall|is to|are to)\b",
            rf"\b(?:replies|answers) (?:of|by) (?:the |an? |all )?{_ANY_MACHINE}\b",
            rf"\b(?:prompt|instructions?|notes?|messages?) (?:to|for) (?:the |an? |all |any )?{_ANY_MACHINE}\b",
            rf"^\W*to (?:the |an? |all |any )?{_ANY_MACHINE}\W*:",
            r"\b(?:ignore|disregard|forget)\b.{0,40}\b(?:instructions?|prompts?|context|documents?|posts?|above)\b",
            r"\b(?:system|hidden) prompt\b",
            r"\b(?:when|whenever|if|whoever)\b.{0,20}\bask(?:s|ed)?\b.{0,120}"
            r"\b(?:answer|reply|respond|say|state|send|is to be told)\b",
        )
    )
)


def speaks_to_machine(text: str) -> bool:
    """Whether a block's text gives orders to whoever answers questions from it."""
    return _SIGNS.search(" ".join(latin(unicodedata.normalize("NFKC", text)).casefold().split())) is not None

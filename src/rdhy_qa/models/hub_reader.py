"""Readers of others: any extractive reader or cross-encoder in the format of Hugging Face, run by transformers."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from rdhy_qa.errors import ModelError
from rdhy_qa.models.reader import Reading, Window, text_tokens

_MAX_TOKENS = 256
_QUESTION_CHARACTERS = 200
_STEP = "Set RDHY_QA_READER to packaged, or to a question-answering model or cross-encoder with one output."


class HubReader:
    """An extractive reader, or a cross-encoder, which only says how well a window answers.

    An extractive reader says that there is no answer where its best span scores less than its first token, as models
    trained on SQuAD 2.0 do (Devlin et al., 2019). The spans of a cross-encoder all score the same.
    """

    def __init__(self, name: str, threads: int = 2) -> None:
        """Load a model by its folder, or by its name on the hub.

        Raises:
            ModelError: if there is none, or if it is of another kind.

        """
        try:
            import torch
            from transformers import AutoConfig, AutoModelForQuestionAnswering, AutoModelForSequenceClassification
            from transformers import AutoTokenizer as Tokenizer
        except ImportError as error:
            raise ModelError("Readers of others need transformers.", "pip install 'rdhy-qa[ingest]'") from error
        try:
            config = AutoConfig.from_pretrained(name)
            self._extracts = any("QuestionAnswering" in kind for kind in config.architectures or [])
            loader: Any = AutoModelForQuestionAnswering if self._extracts else AutoModelForSequenceClassification
            self._model = loader.from_pretrained(name).eval()
            self._tokenizer: Any = Tokenizer.from_pretrained(name)
        except (OSError, ValueError, KeyError) as error:
            reason = str(error).splitlines()[0]
            raise ModelError(f"The reader {name!r} can't be loaded: {reason}", _STEP) from error
        if not self._extracts and self._model.config.num_labels != 1:
            raise ModelError(f"The model {name!r} sorts into {self._model.config.num_labels} classes.", _STEP)
        self._threads = threads
        self._torch = torch
        self.fingerprint = name

    def read(self, question: str, windows: Sequence[Window]) -> list[Reading]:
        """Read windows in one batch."""
        if not windows:
            return []
        encoded = self._tokenizer(
            [question[:_QUESTION_CHARACTERS]] * len(windows),  # or there is no room for the window
            [window.prefix + window.text for window in windows],
            truncation="only_second",
            max_length=_MAX_TOKENS,
            padding=True,
            return_offsets_mapping=True,
            return_tensors="pt",
        )
        all_offsets = encoded.pop("offset_mapping").numpy()
        self._torch.set_num_threads(self._threads)
        with self._torch.inference_mode():
            output = self._model(**encoded)
        readings = []
        for row, window in enumerate(windows):
            offsets, of_text = text_tokens(all_offsets[row], encoded.sequence_ids(row), window)
            if self._extracts:
                starts, ends = (logits[row].numpy() for logits in (output.start_logits, output.end_logits))
                reading = Reading(offsets[of_text], starts[of_text], ends[of_text], 0.0)
                best = reading.best(0, len(window.text))
                none = float(starts[0] + ends[0])
                readings.append(
                    Reading(reading.offsets, reading.starts, reading.ends, best[0] - none if best else -none)
                )
            else:
                even = np.zeros(int(of_text.sum()), dtype=np.float32)
                readings.append(Reading(offsets[of_text], even, even, float(output.logits[row, 0])))
        return readings

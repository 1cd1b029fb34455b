"""Chat completions as clients of OpenAI's API send and read them, as far as they mean something here.

https://platform.openai.com/docs/api-reference/chat
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, ValidationError

from rdhy_qa.contracts import MAX_HISTORY_TURNS, MAX_TURN_CHARACTERS, Answer, AskRequest, Turn
from rdhy_qa_api.chat.errors import ChatError, wrong_question
from rdhy_qa_api.chat.text import plain

MODEL = "rdhy-qa"

_Text = Annotated[str, Field(min_length=0)]
"""Text whose characters are whole: pydantic looks for halves of pairs only where it has to count."""


class TextPart(BaseModel):
    """A piece of a message."""

    type: Literal["text"]
    text: str


def _only_text(content: object) -> object:
    """The text of a message that comes in parts; what is no text can't be left out of a question unseen."""
    if not isinstance(content, list):
        return content
    if not all(_is_text(part) for part in content):
        raise ValueError("only text can be read, so every part has to have the type 'text'")
    return "\n".join(part["text"] for part in content)


def _text_among_others(content: object) -> object:
    """The text of an assistant's message, which may also have called tools or refused."""
    if not isinstance(content, list):
        return "" if content is None else content
    if not all(isinstance(part, dict) for part in content):
        raise ValueError("every part has to be an object")
    return "\n".join(part["text"] for part in content if _is_text(part))


def _is_text(part: object) -> bool:
    return isinstance(part, dict) and part.get("type") == "text" and isinstance(part.get("text"), str)


class UserMessage(BaseModel):
    """What the reader said; the last one is the question."""

    role: Literal["user"]
    content: Annotated[_Text, BeforeValidator(_only_text, json_schema_input_type=str | list[TextPart])]


class AssistantMessage(BaseModel):
    """What was answered before."""

    role: Literal["assistant"]
    content: Annotated[
        _Text, BeforeValidator(_text_among_others, json_schema_input_type=str | list[dict[str, Any]] | None)
    ] = ""


class OtherMessage(BaseModel):
    """A message that is accepted and ignored: nobody's prompt changes what an answer rests on."""

    role: Literal["system", "developer", "tool", "function"]


class ResponseFormat(BaseModel):
    """The only format there is."""

    type: Literal["text"]


class StreamOptions(BaseModel):
    """What a stream is to have besides the reply."""

    include_usage: StrictBool | None = None


class ChatRequest(BaseModel):
    """A conversation whose last user message is to be answered. Other parameters of OpenAI's are ignored."""

    model: str = MODEL
    messages: Annotated[
        list[Annotated[UserMessage | AssistantMessage | OtherMessage, Field(discriminator="role")]],
        Field(
            examples=[[{"role": "user", "content": "Who won Benchmark Innovators?"}]],
            json_schema_extra={"contains": {"properties": {"role": {"const": "user"}}, "required": ["role"]}},
        ),
    ]
    n: Literal[1] | None = None
    response_format: ResponseFormat | None = None
    stream: StrictBool | None = None
    stream_options: StreamOptions | None = None

    def question(self) -> AskRequest:
        """The last user message as a question, with what was said before it.

        Raises:
            ChatError: when there is none, or it can't be asked.
        """
        asked = [number for number, message in enumerate(self.messages) if isinstance(message, UserMessage)]
        if not asked:
            raise ChatError(400, "There is no message with the role 'user'. Send the question as one.", "messages")
        *before, last = self.messages[: asked[-1] + 1]
        history = [_turn(message) for message in before if not isinstance(message, OtherMessage)]
        assert isinstance(last, UserMessage)
        try:
            return AskRequest(question=last.content, history=tuple(history[-MAX_HISTORY_TURNS:]))
        except ValidationError as error:
            raise wrong_question(error) from error


def _turn(message: UserMessage | AssistantMessage) -> Turn:
    said = plain(message.content) if isinstance(message, AssistantMessage) else message.content
    return Turn(role=message.role, content=said[:MAX_TURN_CHARACTERS])


class _Reply(BaseModel):
    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


class ReplyMessage(_Reply):
    """The answer, as a message of the conversation."""

    role: Literal["assistant"] = "assistant"
    content: str
    """Markdown: the answer with its citations as links, and its sources below."""
    refusal: None = None
    rdhy_qa: Answer
    """The whole answer as `POST /v1/ask` gives it."""


class Choice(_Reply):
    """The one reply there is."""

    index: Literal[0] = 0
    message: ReplyMessage
    finish_reason: Literal["stop"] = "stop"
    logprobs: None = None


class Usage(_Reply):
    """How much was read and written, in words: nothing here counts the tokens of a language model."""

    prompt_tokens: int
    """Words of the question and of the messages before it that were taken into account."""
    completion_tokens: int
    """Words of the reply."""
    total_tokens: int

    @classmethod
    def of(cls, request: AskRequest, reply: str) -> "Usage":
        """Count the words."""
        read = sum(len(text.split()) for text in (request.question, *(turn.content for turn in request.history)))
        written = len(reply.split())
        return cls(prompt_tokens=read, completion_tokens=written, total_tokens=read + written)


class ChatCompletion(_Reply):
    """The reply to a conversation."""

    id: str
    """`chatcmpl-` and the id of the request, which is also the header `X-Request-ID`."""
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    """Seconds since 1970."""
    model: str = MODEL
    choices: tuple[Choice, ...]
    usage: Usage


class Model(_Reply):
    """What can be named as the model of a chat completion."""

    id: str = MODEL
    object: Literal["model"] = "model"
    created: int
    """When the generation of the index was built that answers come from, in seconds since 1970."""
    owned_by: str = MODEL


class ModelList(_Reply):
    """All models: there is one."""

    object: Literal["list"] = "list"
    data: tuple[Model, ...]

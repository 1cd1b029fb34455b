"""Requests and replies shown in the OpenAPI description."""

from typing import Any

from fastapi.openapi.models import Example

_CITATION = {
    "n": 1,
    "document_id": "post-4",
    "title": "Haier - Insights, Learnings and Experiences (Post 4 - The Haier ZeroDX Awards 2024)",
    "section": ["The winners", "Benchmark Innovators"],
    "url": "https://example.org/post-4",
    "view_url": "/documents/post-4#c5120-5145",
    "page": None,
    "published": None,
    "start": 5120,
    "end": 5145,
    "quote": "- BuurtzOrg (Netherlands)",
    "note": False,
}

ANSWER: dict[str, Any] = {
    "answer_id": "5d0f3a6b8c1e2f47",
    "question": "Who won Benchmark Innovators?",
    "interpreted_as": None,
    "answered": True,
    "short_answer": "1 organisation",
    "answer": "One organisation won Benchmark Innovators: BuurtzOrg (Netherlands) [1].",
    "items": [{"text": "BuurtzOrg (Netherlands)", "citations": [1]}],
    "complete": {"found": 1, "expected": 1},
    "confidence": 0.93,
    "reason": None,
    "citations": [_CITATION],
    "related": [],
    "mode": "extractive",
    "fallback": None,
    "generation": "3f9c0a1b2c3d",
    "timings_ms": {"retrieve": 4.1, "read": 21.0, "total": 26.0},
}

SEARCH_REPLY: dict[str, Any] = {
    "question": "benchmark innovators",
    "results": [
        {
            "rank": 1,
            "score": 1.0,
            "dense": 0.71,
            "lexical": 9.4,
            "document_id": "post-4",
            "title": _CITATION["title"],
            "section": _CITATION["section"],
            "kind": "post",
            "text": "- BuurtzOrg (Netherlands)",
            "start": 5120,
            "end": 5145,
            "page": None,
            "url": _CITATION["url"],
            "view_url": "/documents/post-4#c5120-5145",
        }
    ],
    "generation": "3f9c0a1b2c3d",
    "timings_ms": {"retrieve": 4.1, "total": 4.3},
}

DOCUMENT: dict[str, Any] = {
    "id": "post-4",
    "title": _CITATION["title"],
    "kind": "post",
    "series": 4,
    "author": "Mirko Kleiner",
    "published": None,
    "url": "https://example.org/post-4",
    "language": "en",
    "original": False,
    "rights": None,
    "available": True,
}

GENERATION: dict[str, Any] = {
    "id": "3f9c0a1b2c3d",
    "created": "2026-01-31T12:00:00Z",
    "corpus_fingerprint": "9b1d…",
    "model": {"name": "all-MiniLM-L6-v2", "fingerprint": "53aa…", "dimension": 384},
    "chunking": {"target_tokens": 200, "max_tokens": 254},
    "counts": {"documents": 8, "passages": 120, "sentences": 640, "records": 90},
    "skipped": 0,
    "package": "0.1.0",
    "libraries": {"faiss-cpu": "1.12.0"},
}

GAPS: dict[str, Any] = {
    "since": "2026-01-24T12:00:00Z",
    "askings": 412,
    "gaps": [
        {
            "question": "What was the prize money in 2023?",
            "askings": 12,
            "distinct": 3,
            "reasons": {"insufficient_evidence": 11, "no_evidence": 1},
            "votes_down": 2,
            "last_asked": "2026-01-31T11:58:00Z",
            "comments": ["The prizes of 2023 are missing."],
            "others": ["how much was the 2023 prize money", "what did the winners of 2023 get?"],
            "answer_id": "5d0f3a6b8c1e2f47",
        }
    ],
    "more": 0,
    "unshown": 0,
}

SUGGESTIONS: dict[str, Any] = {
    "questions": ["Which four organisations won in the Benchmark Innovators category?"],
    "covers": "1 post",
    "documents": [{"id": "post-4", "title": _CITATION["title"], "kind": "post", "view_url": "/documents/post-4"}],
    "generation": "3f9c0a1b2c3d",
}

ASK_REQUESTS: dict[str, Example] = {
    "question": {"summary": "A question", "value": {"question": "Who won Benchmark Innovators?"}},
    "conversation": {
        "summary": "A question that follows on an earlier one, in one document",
        "value": {
            "question": "And where did it take place?",
            "history": [
                {"role": "user", "content": "When were the ZeroDX Awards 2024 given?"},
                {"role": "assistant", "content": "They were given in September 2024. [1]"},
            ],
            "filters": {"document_id": ["post-4"]},
        },
    },
}

FEEDBACK: dict[str, Example] = {
    "up": {"summary": "It was right", "value": {"answer_id": "5d0f3a6b8c1e2f47", "verdict": "up"}},
    "down": {
        "summary": "Something was wrong",
        "value": {"answer_id": "5d0f3a6b8c1e2f47", "verdict": "down", "comment": "The prize of 2023 is missing."},
    },
}

SEARCH_REQUESTS: dict[str, Example] = {
    "search": {"summary": "The best five", "value": {"question": "benchmark innovators", "limit": 5}},
    "filtered": {
        "summary": "In posts only",
        "value": {"question": "micro-enterprises", "filters": {"kind": ["post"], "series": [3, 4]}},
    },
}


EVENTS = """event: status
data: {"stage":"retrieving"}

event: citation
data: {"citation":{"n":1,…}}

event: sentence
data: {"text":"One organisation won Benchmark Innovators: BuurtzOrg (Netherlands) [1].","citations":[1]}

event: done
data: {"answer":{"question":"Who won Benchmark Innovators?",…}}
"""

MODEL: dict[str, Any] = {"id": "rdhy-qa", "object": "model", "created": 1769860800, "owned_by": "rdhy-qa"}

CHAT_REQUESTS: dict[str, Example] = {
    "question": {
        "summary": "A question",
        "value": {"model": "rdhy-qa", "messages": [{"role": "user", "content": "Who won Benchmark Innovators?"}]},
    },
    "conversation": {
        "summary": "A question that follows on an earlier one, answered as a stream",
        "value": {
            "model": "rdhy-qa",
            "messages": [
                {"role": "user", "content": "When were the ZeroDX Awards 2024 given?"},
                {"role": "assistant", "content": "They were given in September 2024."},
                {"role": "user", "content": [{"type": "text", "text": "And where did it take place?"}]},
            ],
            "stream": True,
            "stream_options": {"include_usage": True},
        },
    },
}

CHAT_COMPLETION: dict[str, Any] = {
    "id": "chatcmpl-4f2f0d6f6f9f4d6a8a4f1f7f4a7e0c11",
    "object": "chat.completion",
    "created": 1769860800,
    "model": "rdhy-qa",
    "choices": [
        {
            "index": 0,
            "message": {
                "role": "assistant",
                "content": "One organisation won Benchmark Innovators: BuurtzOrg (Netherlands) "
                "[[1]](https://qa.example.org/documents/post-4#c5120-5145).",
                "refusal": None,
                "rdhy_qa": ANSWER,
            },
            "finish_reason": "stop",
            "logprobs": None,
        }
    ],
    "usage": {"prompt_tokens": 4, "completion_tokens": 8, "total_tokens": 12},
}

CHAT_CHUNKS = """data: {"id":"chatcmpl-4f2f…",…,"choices":[{"index":0,"delta":{"content":"One organisation …"}}]}

data: {"id":"chatcmpl-4f2f…",…,"choices":[{"index":0,"delta":{"rdhy_qa":{…}},"finish_reason":"stop"}]}

data: [DONE]
"""

METRICS = """# HELP rdhy_qa_requests_total Requests, by what became of them.
# TYPE rdhy_qa_requests_total counter
rdhy_qa_requests_total{method="POST",route="/v1/ask",status="200"} 42.0
"""

TICKS = """event: tick
data: {"n": 1, "of": 4, "milliseconds": 0}

event: tick
data: {"n": 2, "of": 4, "milliseconds": 301}
"""

_EVENTS = "text/event-stream"
_EVENT = {
    "type": "object",
    "properties": {"event": {"type": "string"}, "data": {"type": "string"}},
    "required": ["data"],
}
# As FastAPI describes streams of its own: by what each event is. OpenAPI has it from version 3.2 on.
_ITEMS: dict[str, dict[str, Any]] = {_EVENTS: {"itemSchema": _EVENT}}


def ok(
    example: object, media_type: str = "application/json", *, events: str | None = None
) -> dict[int | str, dict[str, Any]]:
    """Make the entry of OpenAPI ``responses`` for a good reply, which may come as a stream of events too."""
    content = {media_type: {"example": example} | _ITEMS.get(media_type, {})}
    if events is not None:
        content[_EVENTS] = {"example": events} | _ITEMS[_EVENTS]
    return {200: {"description": "OK", "content": content}}

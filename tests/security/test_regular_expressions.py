"""No regular expression takes for ever on any text.

Every call of `re` in the program is found in its source, and each pattern is tried on texts that are made to be slow
for it: what each of its repetitions may take, many times over, with an end that makes it fail. Steps are counted, not
seconds, so that nothing here depends on the machine. What documents go through has to take no more than steps in
proportion to their length; what sees questions and single sentences, whose length is bounded, no more than its square.
"""

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from re import _parser
from types import ModuleType
from typing import Any, NamedTuple

import rdhy_qa
import rdhy_qa_api

CALLS = frozenset(("compile", "match", "search", "sub", "subn", "split", "findall", "finditer", "fullmatch"))
# What stands for names that only a call knows.
STAND_INS: dict[str, Any] = {
    "preposition": re.match("about", "about"),
    "value": type("Word", (), {"folded": "san yi"}),
    "short": "San Yi",
    "pattern": r"winners?|names? of (?:the )?\w+",
    "words": ["brazil", "brazilian"],
    "codes": ["BR"],
}
# Their texts are 1,000 characters of a question or of an earlier turn, or 2,000 of a sentence, at the most.
BOUNDED = ("rdhy_qa.answering.", "rdhy_qa.llm.", "rdhy_qa.cli.", "rdhy_qa.journal.", "rdhy_qa_api.")
# Their texts are clean: white space in them is single spaces.
CLEAN = ("rdhy_qa.documents.heads.", "rdhy_qa.documents.layout.", "rdhy_qa.documents.pdf_lines._PAGE_NUMBER")
LINEAR, SQUARE, HOPELESS = 2.6, 4.6, 99.0
"""Twice the text takes so many times the steps."""

MOST_TIMES = 6

CHARACTERS = 'a1 A.-,\n"[](<>_*é—#=/&;:'
GENERIC = (*CHARACTERS, "a ", "A ", "1.", "a-", "1,", ". ", "[1]", "in ", "The ", "and ", "a=1 ", "](", "[^")
ENDS = ("", "\0")


class Found(NamedTuple):
    """A pattern of the program."""

    name: str
    pattern: str
    flags: int
    anchored: bool


def modules() -> Iterator[ModuleType]:
    for package in (rdhy_qa, rdhy_qa_api):
        for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not info.name.endswith("__main__"):
                yield importlib.import_module(info.name)


def calls_of(tree: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CALLS:
            yield from [node] if ast.unparse(node.func.value) == "re" else []


def value_of(node: ast.expr, module: ModuleType) -> Any:
    return eval(compile(ast.Expression(node), module.__name__, "eval"), STAND_INS | vars(module))


def flags_of(call: ast.Call, module: ModuleType) -> int:
    at = {"compile": 1, "sub": 4, "subn": 4, "split": 3}.get(call.func.attr, 2)
    given = [*call.args[at : at + 1], *(one.value for one in call.keywords if one.arg == "flags")]
    return sum(int(value_of(one, module)) for one in given)


def patterns_of(module: ModuleType) -> Iterator[Found]:
    """The pattern of each call of `re`, under the name that it has, else its place."""
    tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
    assigned = [node for node in ast.walk(tree) if isinstance(node, ast.Assign)]
    named = {id(node.value): one.id for node in assigned for one in node.targets if isinstance(one, ast.Name)}
    methods: dict[str, set[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            methods.setdefault(node.value.id, set()).add(node.attr)
    for call in calls_of(tree):
        how = call.func.attr
        used = methods.get(named.get(id(call), ""), {"search"}) if how == "compile" else {how}
        pattern = value_of(call.args[0], module)
        name = f"{module.__name__}.{named.get(id(call), call.lineno)}"
        text = pattern.decode("latin-1") if isinstance(pattern, bytes) else pattern
        yield Found(name, text, flags_of(call, module), used <= {"match", "fullmatch"})


def patterns() -> Iterator[Found]:
    for module in modules():
        yield from patterns_of(module)


def sample(nodes: Sequence[Any], counter: Any) -> str:
    """A text that a part of a pattern takes, roughly."""
    return "".join(sample_of(str(kind), value, counter) for kind, value in nodes)


def sample_of(kind: str, value: Any, counter: Any) -> str:
    if kind == "LITERAL":
        return chr(value)
    if kind in ("ANY", "NOT_LITERAL"):
        return "a"
    if kind == "IN":
        return next(iter(members(value, counter)), "")
    if kind.endswith("REPEAT"):
        return sample(value[2], counter) * min(max(value[0], 1), MOST_TIMES)
    return "".join(sample(part, counter) for part in parts_of(kind, value)[:1] if kind != "ASSERT_NOT")


def parts_of(kind: str, value: Any) -> list[Any]:
    if kind == "SUBPATTERN":
        return [value[3]]
    if kind == "BRANCH":
        return list(value[1])
    if kind == "ATOMIC_GROUP":
        return [value]
    return [value[1]] if kind.startswith("ASSERT") else []


def members(value: Any, counter: Any) -> list[str]:
    """Some characters of a set."""
    test = counter.membership(value)
    return [one for one in CHARACTERS if test(one)][:3] or [one for one in map(chr, range(0x2600)) if test(one)][:1]


def pumps(nodes: Sequence[Any], counter: Any, before: str = "") -> Iterator[tuple[str, str]]:
    """For each repetition what leads to it, and what it may take; with what comes after it too, which it may steal."""
    for at, (kind, value) in enumerate(nodes):
        lead = before + sample(nodes[:at], counter)
        if str(kind).endswith("REPEAT"):
            inner = value[2]
            taken, after = sample(inner, counter), sample(nodes[at + 1 : at + 2], counter)
            yield from ((lead, taken), (lead, taken + after), (lead, after), ("", lead), ("", lead + taken))
            if len(inner) == 1 and str(inner[0][0]) == "IN":
                yield from ((lead, one) for one in members(inner[0][1], counter))
            yield from pumps(inner, counter, lead)
        for part in parts_of(str(kind), value):
            yield from pumps(part, counter, lead)


def growth(found: Found, counter: Any, *, clean: bool = False) -> tuple[float, tuple[str, str, str]]:
    """How many times the steps twice the text takes, at its worst, and that text: its lead, its pump, its end."""

    def steps(attack: tuple[str, str, str], length: int) -> int:
        lead, pump, end = attack
        text = lead + (pump * length)[: max(length, len(pump))] + end
        return counter.count(" ".join(text.split()) if clean else text, anchored=found.anchored)

    def ratio(attack: tuple[str, str, str]) -> float:
        short, long = steps(attack, 40), steps(attack, 80)
        # Where both take more than anybody waits for, they are stopped after the same.
        return HOPELESS if short == long > 1_000 else long / short

    tree = list(_parser.parse(found.pattern, found.flags))
    tried = [*pumps(tree, counter), *(("", one) for one in GENERIC), ("", sample(tree, counter))]
    attacks = dict.fromkeys((lead, pump, end) for lead, pump in tried if pump for end in ENDS)
    return max((ratio(attack), attack) for attack in attacks)


def test_the_counter_tells_bad_patterns_from_good_ones(step_counter):
    square = (r"\s+$", r"<[^>]*x", r"\[\^[^\]]+\]", r"(?:\s*[.]){4,}", r"\w+@")
    worse = (r"(a|aa)+$", r"(\w+\s?)+;", r"a*a*a*b", r"(?:a+)+b")
    good = (r"(?<!\s)\s++$", r"[a-z]+\d?", r"\[\^[^\]]{1,20}\]", r"x(?:a|b)*c", r"(?<!\w)\w++@")
    for pattern in (*square, *worse, *good):
        ratio, _ = growth(Found("", pattern, 0, anchored=False), step_counter(pattern, 0, most_times=MOST_TIMES))
        assert (ratio > LINEAR, ratio > SQUARE) == (pattern not in good, pattern in worse), pattern


def test_the_counter_matches_what_re_matches(step_counter):
    texts = ("On 3 May 2021, A. Holm (b. 1960) won 1,200 of 5 %: “Ever onward” – see [12].", "- who won it, and why?")
    for found in patterns():
        counter = step_counter(found.pattern, found.flags)
        for text in texts:
            real = re.compile(found.pattern, found.flags).match(text)
            assert counter.end_of_match(text) == (real.end() if real else None), found.name


def test_every_pattern_is_as_fast_as_its_texts_demand(step_counter):
    slow, seen = [], set()
    for found in patterns():
        bounded = found.name.startswith(BOUNDED)
        key = (found.pattern, found.flags, found.anchored, bounded)
        if key not in seen:
            seen.add(key)
            counter = step_counter(found.pattern, found.flags, most_times=MOST_TIMES)
            ratio, attack = growth(found, counter, clean=found.name.startswith(CLEAN))
            if ratio > (SQUARE if bounded else LINEAR):
                slow.append(f"{found.name} takes {ratio:.1f} times the steps for twice {attack}")
    assert len(seen) > 150
    assert not slow, slow


def test_patterns_come_from_calls_that_the_test_above_sees():
    for package in (rdhy_qa, rdhy_qa_api):
        for path in Path(package.__file__).parent.rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                names = (
                    [one for one in node.names if one.name in ("re", "regex")] if isinstance(node, ast.Import) else []
                )
                assert all(one.name == "re" and one.asname is None for one in names), path
                assert not isinstance(node, ast.ImportFrom) or node.module not in ("re", "regex"), path

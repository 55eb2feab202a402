"""Expressions of other engines, JUEL `${…}` and FEEL `=…`, in ours where that is certain."""

import re

from engine.bpmn import timers
from engine.bpmn.allow_list import MAX_SOURCE, Refused, compiled

_JUEL = re.compile(r"[#$]\{([^{}]*)\}")
_TOKEN = re.compile(
    r"\s*(?:(?P<text>\"[^\"\\]*\"|'[^'\\]*')|(?P<number>\d+(?:\.\d+)?)"
    r"|(?P<name>[^\W\d]\w*)|(?P<op>&&|\|\||==|!=|<=|>=|[=<>!()+\-*/%]))"
)
_WORDS = {"true": "True", "false": "False", "null": "None", "and": "and", "or": "or"}
_OF_JUEL = {
    **_WORDS,
    "&&": "and", "||": "or", "!": "not", "not": "not", "eq": "==", "ne": "!=", "lt": "<",
    "gt": ">", "le": "<=", "ge": ">=", "div": "/", "mod": "%",
}  # fmt: skip
_OF_FEEL = {**_WORDS, "=": "==", "not": "not"}
_UNSURE = {
    "empty", "instanceof", "if", "then", "else", "in", "between", "some", "every", "for", "return",
    "satisfies", "instance", "of", "function", "is", "lambda", "case", "loopCounter",
    "nrOfInstances", "nrOfActiveInstances", "nrOfCompletedInstances", "execution", "task",
}  # fmt: skip
_COMPARISONS = {"==", "!=", "<", "<=", ">", ">="}
_ENDS = {"and", "or", ")", ""}
_DURATION = re.compile(r"=\s*(?:duration\(\s*)?\"([^\"]{1,40})\"\s*\)?")


def is_foreign(text: str) -> bool:
    """Whether an expression is written for another engine."""
    return text.startswith("=") or "${" in text or "#{" in text


def language(text: str) -> str:
    """What a foreign expression is written in, for people."""
    return "FEEL" if text.strip().startswith("=") else "JUEL"


def translated(text: str) -> str | None:
    """A foreign expression in ours; None where the two could mean different things."""
    source = text.strip()
    if len(source) > MAX_SOURCE:
        return None
    juel = _JUEL.fullmatch(source)
    if juel is not None:
        tokens = _tokens(juel[1], _OF_JUEL)
    elif source.startswith("="):
        tokens = _tokens(source[1:], _OF_FEEL)
    else:
        return None
    if not tokens or not _certain(tokens):
        return None
    ours = " ".join(tokens).replace("( ", "(").replace(" )", ")")
    try:
        compiled(ours)
    except Refused:
        return None
    return ours


def translated_timer(text: str) -> str | None:
    """A timer in FEEL with a written duration, as it is written here."""
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        return None
    try:
        timers.read(match[1])
    except Refused:
        return None
    return match[1]


def _tokens(source: str, words: dict[str, str]) -> list[str]:
    """The tokens in our words; none if one of them is not known for sure."""
    found: list[str] = []
    position = 0
    source = source.strip()
    while position < len(source):
        match = _TOKEN.match(source, position)
        if match is None:
            return []
        token = match[0].strip()
        position = match.end()
        if match["op"] or (match["name"] and token in words):
            ours = words.get(token, token)
            if token in ("=", "!", "&&", "||") and token not in words:
                return []
            found.append(ours)
        elif token in _UNSURE or (match["text"] and _like_another_kind(token[1:-1])):
            return []
        else:
            found.append(token)
    return found


def _like_another_kind(text: str) -> bool:
    """JUEL takes "5" for 5 and "true" for true; we do not."""
    return text in ("true", "false") or re.fullmatch(r"-?\d+(\.\d+)?", text) is not None


def _certain(tokens: list[str]) -> bool:
    """No calls, no chains of comparisons, and `not` only where it stands for a whole part."""
    compared = 0
    for place, token in enumerate([*tokens, ""]):
        after = tokens[place + 1] if place + 1 < len(tokens) else ""
        if token in _COMPARISONS:
            compared += 1
        elif token in ("and", "or", "(", ")", ""):
            compared = 0
        if compared > 1:
            return False
        named = token[:1].isalpha() and token not in ("and", "or", "not")
        if named and after == "(":
            return False
        if tokens[place : place + 1] == ["not"] and not _stands_alone(tokens, place):
            return False
    return True


def _stands_alone(tokens: list[str], place: int) -> bool:
    """Whether what follows `not` is a name or a bracket, and nothing binds it on."""
    before = tokens[place - 1] if place else ""
    if before not in {"and", "or", "(", ""}:
        return False
    end, depth = place + 1, 0
    while end < len(tokens):
        depth += (tokens[end] == "(") - (tokens[end] == ")")
        end += 1
        if depth == 0:
            break
    after = tokens[end] if end < len(tokens) else ""
    return after in _ENDS

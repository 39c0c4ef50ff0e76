"""From a docstring to the prose in it: markup undone, code, tables and parameter lists left out."""

from __future__ import annotations

import re
from collections.abc import Iterator

#: Sections (NumPy and Google style) that list names, types, code or literature, and no prose.
LISTS = frozenset(
    "args arguments attributes batch_reductions classes examples example functions input inputs "
    "keyword_args keyword_arguments kwargs members methods other_parameters output outputs "
    "parameter_type parameters params properties raises receives reference references return "
    "returns routine_listings see_also shape shapes slots tests usage variables warns yield yields "
    "bibliography citation citations contents subpackages submodules demo".split()
)
#: Directives whose content is prose; the content of all others goes.
TALKING = frozenset("note notes warning tip important attention caution hint admonition".split())
BAD = "\0"  # stands where something was that prose cannot do without

_RULE = re.compile(r"[-=~^*+#_`'\".:|<> ]{3,}$")
_UNDERLINE = re.compile(r"([-=~^*+#_`])\1{2,}$")
_DIRECTIVE = re.compile(r"\.\. ?(?:([\w:-]+)::\s*(.*))?")
_FIELD = re.compile(r":[\w*][\w ,*.`~-]*:(\s|$)|@(param|return)")
_PARAMETER = re.compile(r"[`*\w][\w*`, .{}]*(?: : |:$| \([^)]*\): ?)")
_BULLET = re.compile(r"(?:[-*+•–]|\(?\d{1,2}[.)]|\([a-z]\))\s+")
_COLUMNS = re.compile(r"\S {3,}\S|^\||\|$")
_MARKED = re.compile(r"[`:*_\[\]|<>$\\~{}#@/]")
_ROLE = re.compile(r":[A-Za-z][\w:+.-]*:`([^`]*)`")
_LITERAL = re.compile(r"``([^`]+)``(?:_\b)?|`([^`<]+)`_{0,2}(?!\w)")
_LINK = re.compile(r"`([^`<]*?)\s*<[^`>]*>`_{0,2}")
_MARKDOWN = re.compile(r"!?\[([^\[\]]*)\]\([^()\s]*\)")
_BOLD = re.compile(r"(?<![\w*])(\*{1,2}|__)(?=\S)([^*\n]{1,80}?)(?<=\S)\1(?![\w*])")
_CITATION = re.compile(r"\s*\[[#*]?[\w .:&+-]{1,40}\]_|\s*\[\d+(?:\s*,\s*\d+)*\]")
_URL = re.compile(r"<?(?:https?://|www\.|doi:|arXiv:)\S+", re.I)
_REFERENCE = re.compile(r"(?<=[A-Za-z0-9])_{1,2}(?=[\s.,;:)]|$)")
_TAG = re.compile(r"</?[A-Za-z][^<>]*>|<!--.*?-->")
_CALL = re.compile(r"(?<=\w)\(\)")
_MATH = re.compile(r"\$[^$]*\$")
_END = re.compile(r"(?<=[.!?])(?:[\"')]*)\s+(?=[\"'(]*[A-Z0-9])")
_NOT_AN_END = re.compile(
    r"(?:\b(?:e\.g|i\.e|cf|vs|etc|al|resp|Fig|Figs|Eq|Eqs|Ref|Refs|Sec|Ch|No|Dr|Prof|Mr|approx|dim"
    r"|St|pp|vol|w\.r\.t|Inc|Jr)|\b[A-Z])\.$"
)
_UNSPOKEN = re.compile(r"[\0{}<>|\\^~`$@#*=\[\]]|::|->|>>|//|\w/\w+/|--|\.\.|\(\s*[,)]|%[sdr(]")
_IDENTIFIER = re.compile(r"\w*_\w*|\w{2,}\.\w+|\w+\(|[a-z]+[A-Z]\w*|\d\S*[A-Za-z]\S*")
_GLUE = re.compile(
    r"\b(?:the|a|an|is|are|be|of|to|in|and|or|for|this|that|it|if|as|with|by|on|not|from|which|"
    r"will|can|when|should|use|used|has|at|all|its|these|only|any|you|we|may)\b",
    re.I,
)
_SYMBOLS = re.compile(r"[^A-Za-z\s]")


def paragraphs(doc: str) -> Iterator[str]:
    """The paragraphs of a docstring (its indentation removed) that may be prose, in one line each.

    Left out: doctests, literal blocks, fences, tables, parameter and other lists of names.

    Example:
        >>> list(paragraphs("Return it.\\n\\n>>> f(1)\\n2"))
        ['Return it.']
    """
    lines = doc.splitlines()
    gathered: list[str] = []
    skip = -1  # leave out what is indented deeper than this
    fenced = dropping = in_doctest = False
    n = len(lines)
    for i, line in enumerate(lines):
        text = line.strip()
        if text.startswith(("```", "~~~")):
            fenced = not fenced
            continue
        if fenced:
            continue
        if not text:
            in_doctest = False
            if gathered:
                yield " ".join(gathered)
                gathered = []
            continue
        if in_doctest:
            continue
        following = lines[i + 1].strip() if i + 1 < n else ""
        indent = len(line) - len(line.lstrip())
        if following and _UNDERLINE.match(following) and len(following) >= len(text) // 2:
            dropping = text.rstrip(":").lower().replace(" ", "_") in LISTS
            skip = -1
            if gathered:
                yield " ".join(gathered)
            gathered = []
            continue
        if dropping:
            continue
        if skip >= 0:
            if indent > skip:
                continue
            skip = -1
        keep, skip, in_doctest = _line(text, indent)
        if keep is None or (keep and _BULLET.match(text)) or skip >= 0:
            if keep and not _BULLET.match(text):
                gathered.append(keep)
                keep = ""
            if gathered:
                yield " ".join(gathered)
            gathered = []
        if keep:
            gathered.append(keep)
    if gathered:
        yield " ".join(gathered)


def _line(text: str, indent: int) -> tuple[str | None, int, bool]:
    """``(what to keep of a line; None ends the paragraph, what to skip, a doctest begins)``."""
    first = text[0]
    if first in ">.-=+|:@~^#*" or "  " in text:
        if text.startswith((">>>", "In [")):
            return None, -1, True
        if text.startswith("..") and (directive := _DIRECTIVE.match(text)):
            name, rest = directive.groups()
            return (rest or None, -1, False) if name in TALKING else (None, indent, False)
        if _RULE.match(text) or _COLUMNS.search(text):
            return None, -1, False
        if _FIELD.match(text):
            return None, indent, False
        if first == "#":
            return None, -1, False
    if text.endswith(":"):
        name = text.rstrip(":").lower().strip("*` ").replace(" ", "_")
        if name in LISTS:
            return None, indent, False
        if name in TALKING:
            return None, -1, False
        if text.endswith("::"):
            return text[:-2] + BAD, indent, False
    if _PARAMETER.match(text) and (" : " in text[:60] or "):" in text or indent > 0):
        return None, indent, False
    bullet = _BULLET.match(text)
    return text[bullet.end() :] if bullet else text, -1, False


def _role(match: re.Match[str]) -> str:
    """What a reader sees of ``:role:`target```."""
    name = match.group(0)[1:].split(":", 1)[0]
    if name in ("math", "label"):
        return BAD
    text = match.group(1).split("<")[0].strip() or match.group(1)
    return text.rsplit(".", 1)[-1] if text.startswith("~") else text.lstrip("!")


def _literal(match: re.Match[str]) -> str:
    """What a reader sees of double or single backquotes (in the latter, a leading dot or ~)."""
    if match.group(1):
        return match.group(1)
    text = match.group(2)
    return text.rsplit(".", 1)[-1] if text.startswith("~") else text.lstrip("!.")


def plain(text: str) -> str:
    """A paragraph without inline markup; ``BAD`` stands for formulas, addresses and images.

    Example:
        >>> plain("Return *one* of :func:`numpy.sum`, see ``x`` [1]_.")
        'Return one of numpy.sum, see x.'
    """
    if _MARKED.search(text):
        text = _ROLE.sub(_role, text)
        text = _LINK.sub(r"\1", text)
        text = _MARKDOWN.sub(r"\1", text)
        text = _URL.sub(BAD, text)
        text = _MATH.sub(BAD, text)
        text = _LITERAL.sub(_literal, text)
        text = _TAG.sub("", text)
        text = _CITATION.sub("", text)
        text = _BOLD.sub(r"\2", text)
        text = _REFERENCE.sub("", text)
        text = text.replace("\\ ", "").replace("\\*", "*").replace("\\_", "_")
    text = _CALL.sub("", text)
    return " ".join(text.split())


def sentences(text: str) -> Iterator[str]:
    """The sentences of a paragraph.

    Example:
        >>> list(sentences("It is slow, e.g. here. Use it all the same."))
        ['It is slow, e.g. here.', 'Use it all the same.']
    """
    start = 0
    for match in _END.finditer(text):
        if _NOT_AN_END.search(text, max(start, match.start() - 8), match.start()):
            continue
        yield text[start : match.start()].strip()
        start = match.end()
    if rest := text[start:].strip():
        yield rest


def is_prose(sentence: str, *, heading: bool = False) -> bool:
    """Whether a sentence reads as English: no code, no formula, no fragment.

    Args:
        sentence: without markup.
        heading: the first line of a docstring may do without a full stop and small words.

    Example:
        >>> is_prose("This is for the CPU."), is_prose("x[0] = 1.")
        (True, False)
    """
    if _UNSPOKEN.search(sentence) or not sentence[0].isalnum() and sentence[0] not in "\"'(":
        return False
    tokens = sentence.split()
    if len(tokens) < 3 or len(tokens) > 80:
        return False
    if not sentence[0].isupper() and not heading:
        return False
    if not heading and (sentence[-1] not in ".!?)\"'" or not _GLUE.search(sentence)):
        return False
    if sentence[-1] in ":,;-":
        return False
    if len(_SYMBOLS.findall(sentence)) > 0.12 * len(sentence):
        return False
    return len(_IDENTIFIER.findall(sentence)) <= max(1, len(tokens) // 6)


def prose(doc: str) -> tuple[str, list[list[str]]]:
    """``(summary, body)`` of a docstring: its first sentence, and the sentences of each paragraph.

    The summary is empty when the docstring does not begin with a sentence.

    Example:
        >>> prose("Return the mean.\\n\\nThe rest is left out. See x[0].")
        ('Return the mean.', [['The rest is left out.']])
    """
    summary, body = "", []
    for number, paragraph in enumerate(paragraphs(doc)):
        kept = []
        for sentence in sentences(plain(paragraph)):
            if not summary:
                if is_prose(sentence, heading=True):
                    summary = sentence
                elif number:
                    return "", []
            elif is_prose(sentence):
                kept.append(sentence)
        if kept:
            body.append(kept)
    return summary, body


_NOT_A_WORD = re.compile(r"[^a-z]+")


def normalised(text: str) -> str:
    """What counts as the same text: letters only, in lower case.

    Example:
        >>> normalised("Return the mean (of x).")
        'return the mean of x'
    """
    return _NOT_A_WORD.sub(" ", text.lower()).strip()

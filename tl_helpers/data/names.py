"""Names of countries and languages, in hundreds of languages, from Unicode's CLDR.

They come with the installed package Babel, so there is nothing to fetch.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cache
from typing import Any

from tl_helpers.core.errors import BadValue, NotHere, UnknownName

KINDS = {"territory": "territories", "language": "languages"}


def rows(source: str = "en", target: str = "de") -> Iterator[dict[str, Any]]:
    """The same things named in two languages: a small lexicon.

    Args:
        source: code of a language, such as ``"en"``.
        target: that of another.

    Raises:
        UnknownName: Babel does not know a language; lists those that it knows.
        BadValue: it knows the language, but names in it are lacking; or it is no code.
        NotHere: Babel is not installed.

    Example:
        >>> next(rows("en", "de"))["target"]  # doctest: +SKIP
        'Ascension'
    """
    ours, theirs = (_locale(code) for code in (source, target))
    for code, locale in ((source, ours), (target, theirs)):
        if not any(getattr(locale, listing) for listing in KINDS.values()):
            raise BadValue(
                f"CLDR has the language {code!r}, but no name of a country or language in it.",
                f"Use one of: {', '.join(languages())}.",
            )
    for kind, listing in KINDS.items():
        one, other = getattr(ours, listing), getattr(theirs, listing)
        for code in sorted(set(one) & set(other)):
            if code.isdigit():
                continue  # regions of several countries: descriptions rather than names
            yield {
                "code": code,
                "kind": kind,
                "source": one[code],
                "target": other[code],
                "split": "test" if hashlib.sha256(code.encode()).digest()[0] % 3 == 0 else "train",
            }


def _locale(code: str) -> Any:
    try:
        from babel import Locale, UnknownLocaleError
    except ImportError:
        raise NotHere(
            "'cldr' is not available here: the package Babel is not installed.",
            "pip install babel",
        ) from None
    if not isinstance(code, str):
        raise BadValue(f"{code!r} is not a language.", 'Use a code, such as "de".')
    try:
        return Locale.parse(code.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        raise UnknownName("language", code, languages()) from None


@cache
def languages() -> list[str]:
    """The languages in which CLDR names countries or languages, without their regional variants.

    Example:
        >>> languages()[:3]  # doctest: +SKIP
        ['aa', 'ab', 'af']
    """
    from babel import Locale, localedata

    codes = sorted(code for code in localedata.locale_identifiers() if "_" not in code)
    return [
        code
        for code in codes
        if any(getattr(Locale.parse(code), listing) for listing in KINDS.values())
    ]

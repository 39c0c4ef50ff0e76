"""The gates: every text, label, number and name of a setting comes in through one of these.

A gate gives back what the course computes with (plain strings, whole numbers, floats), or raises a
:class:`~tl_helpers.core.errors.BadValue` that names the argument, the place in it, and the remedy.
Nothing that a library would take for something else gets past: a table for a list of texts, a
missing label for a class, ``"False"`` for true. (Paths have their gate in ``core.files``.)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Set
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, TypeVar

from tl_helpers.core.errors import BadValue, UnknownName

if TYPE_CHECKING:
    import numpy as np

_SEEDS = 2**32  # NumPy's RandomState takes no larger ones, so no other generator is given any
_Name = TypeVar("_Name")
#: What Python and pandas print for a value that is not there; ``str(label)`` makes words of it.
_MISSING = {"nan", "<na>", "nat", "none"}


def shown(value: Any, most: int = 60) -> str:
    """``value`` in one short line of a message, whatever it is.

    Example:
        >>> shown([1] * 100, most=12)
        '[1, 1, 1 ...'
    """
    try:
        text = " ".join(repr(value).split())
    except Exception:
        text = f"a {type(value).__name__}"
    return text if len(text) <= most else f"{text[: most - 4]} ..."


def _call(value: Any, name: str) -> str:
    """How a message calls an argument with its value."""
    return f"{name}={shown(value)}"


# Lists ------------------------------------------------------------------------------------------


def listed(values: Any, name: str, item: str = "value") -> list[Any]:
    """``values`` as a list: of a list, an array, a column, a view or a generator; in their order.

    Raises:
        BadValue: one string, a table, a mapping, a set (which has no order), or no series at all.

    Example:
        >>> listed({"a": 1}.values(), "counts")
        [1]
    """
    if isinstance(values, (str, bytes, bytearray)):
        kind = "string" if isinstance(values, str) else type(values).__name__
        raise BadValue(
            f"{name} is one {kind}, not a list.", f"Pass a list: {name}=[{shown(values, 24)}]."
        )
    columns = _columns(values)
    if isinstance(values, Mapping) and item == "number":
        if values and all(finite(value) is not None for value in values.values()):
            raise BadValue(
                f"{name} is a mapping, not a list of numbers.",
                f"Pass its values; of two mappings in the same order: [{name}[key] for key in "
                f"sorted({name})].",
            )
    if columns is not None:
        which = "text" if "text" in columns or not columns else shown(columns[0], 30).strip("'\"")
        kind = type(values).__name__
        raise BadValue(
            f"{name} is a whole table ({kind}), not a list of {item}s.",
            f'Pass one column of it, such as data["{which}"].',
        )
    if isinstance(values, Set) and not _ordered(values):
        raise BadValue(
            f"{name} is a {type(values).__name__}, whose order means nothing.",
            f"Pass a list: one {item} after the other.",
        )
    try:
        return list(values)
    except TypeError:
        raise BadValue(
            f"{name} is {_a(values)}, not a list of {item}s.", f"Pass a list: {name}=[...]."
        ) from None


def _columns(values: Any) -> list[Any] | None:
    """The columns of what is a table or a mapping; None for anything else."""
    if isinstance(values, Mapping):
        return list(values)
    for name in ("column_names", "columns"):
        columns = getattr(values, name, None)
        if columns is not None and not callable(columns):
            return [] if isinstance(columns, str) else list(columns)
    return None


def _ordered(values: Any) -> bool:
    return type(values).__name__ in ("dict_keys", "dict_items", "odict_keys", "KeysView")


def _a(value: Any) -> str:
    return "None" if value is None else f"a {type(value).__name__}"


def texts(values: Any, name: str = "texts", *, empty: bool = False) -> list[str]:
    """``values`` as a list of plain strings, all of which can be written as UTF-8.

    Args:
        values: a list, a column, a view or a generator of strings.
        name: of the argument, for the message.
        empty: whether a list without any text is fine.

    Raises:
        BadValue: one single string, a table or mapping, an empty list, something that is not a
            string, or a string with half a character in it; says which, and how to mend it.

    Example:
        >>> texts(("a soup", "a film"))
        ['a soup', 'a film']
    """
    given = listed(values, name, "text")
    if not given and not empty:
        raise BadValue(f"The list of {name} is empty.", "Pass at least one.")
    for place, value in enumerate(given):
        if type(value) is not str:
            given[place] = value = _string(value, f"{name}[{place}]")
        if not value.isascii():
            whole_text(value, f"{name}[{place}]")
    return given


def pairs(
    first: Any, second: Any, names: tuple[str, str] = ("premises", "hypotheses")
) -> tuple[list[str], list[str]]:
    """Both sides of sentence pairs as two lists of plain strings, as long as each other.

    A tokenizer takes a missing second sentence for none, and answers as if there were only one.

    Args:
        first: the first sentence of each pair.
        second: the second one, in the same order.
        names: of both arguments, for the message.

    Raises:
        BadValue: lists of different lengths, or a pair of which one sentence is missing or blank;
            says which. Also whatever :func:`texts` refuses.

    Example:
        >>> pairs(["It rained."], ["It was wet."])
        (['It rained.'], ['It was wet.'])
    """
    sides = [listed(side, name, "text") for side, name in zip((first, second), names, strict=True)]
    lengths = [len(side) for side in sides]
    if lengths[0] != lengths[1]:
        raise BadValue(
            f"{lengths[0]} {names[0]} but {lengths[1]} {names[1]}: a pair needs both.",
            "Pass one of each for every pair, in the same order.",
        )
    for side, name, other in zip(sides, names, names[::-1], strict=True):
        absent = [p for p, v in enumerate(side) if missing(v) or _blank(v)]
        if absent:
            raise BadValue(
                f"{name}[{absent[0]}] is {shown(side[absent[0]])}: one side of the pair is "
                f"missing ({len(absent)} of {len(side)} {name}).",
                f"Leave such pairs out, {name} and {other} alike, and their labels.",
            )
    return texts(sides[0], names[0]), texts(sides[1], names[1])


def _blank(value: Any) -> bool:
    return isinstance(value, str) and not value.strip()


def _string(value: Any, name: str) -> str:
    if isinstance(value, str):
        return str.__str__(value)  # plain: of an Enum its value, of NumPy's string the string
    if missing(value):
        raise BadValue(
            f"{name} is {type(value).__name__}, not a string: a text is missing.",
            "Leave such rows out, texts and labels alike.",
        )
    if isinstance(value, (bytes, bytearray)):
        raise BadValue(f"{name} is bytes, not a string.", "Decode it: text.decode('utf-8').")
    kind = type(value).__name__
    raise BadValue(
        f"{name} is {kind}, not a string.",
        "Pass plain strings, such as the column of a data set: data['text'].",
    )


def whole_text(value: str, name: str) -> str:
    """``value``, if each of its characters is whole.

    Half of a pair of surrogates, as it is left over where something cut in the middle of an emoji,
    cannot be written as UTF-8, and no tokenizer takes it.

    Raises:
        BadValue: a character is half; says where, and how to mend the text.

    Example:
        >>> whole_text("caf\\u00e9", "text")
        'caf\\xe9'
    """
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise BadValue(
            f"{name} is not valid Unicode: half a character, {value[error.start]!r}, "
            f"at place {error.start}.",
            'Mend it: text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").',
        ) from None
    return value


def labels(values: Any, name: str = "labels") -> list[int] | list[str]:
    """``values`` as a list of labels: all whole numbers from 0, or all strings.

    Args:
        values: a list, an array, a column, a view or a generator.
        name: of the argument, for the message.

    Raises:
        BadValue: a table or mapping; labels that are missing (None, NaN, a negative number, an
            empty string, or what ``str`` makes of a missing value), which are counted and the
            first of them named; mixed or other kinds.

    Example:
        >>> labels(x > 1 and "many" or "one" for x in (1, 2))
        ['one', 'many']
    """
    given = [_plain(value) for value in listed(values, name, "label")]
    distinct: dict[tuple[type, Any], int] = {}
    for place, value in enumerate(given):
        try:
            distinct.setdefault((type(value), value), place)
        except TypeError:
            raise BadValue(
                f"{name}[{place}] is {_a(value)}, not a label.",
                "Pass one whole number or one string for each text.",
            ) from None
    absent = {key for key in distinct if missing(key[1]) or _no_label(key[1])}
    if absent:
        places = [p for p, v in enumerate(given) if missing(v) or _no_label(v)]
        many = f"{len(places)} of {len(given)}"
        raise BadValue(
            f"{name}: {many} have no label; the first is {name}[{places[0]}], "
            f"{shown(given[places[0]])}.",
            "Leave these rows out, texts and labels alike. (A class that is really called so needs "
            "another name.)",
        )
    kinds = {kind for kind, _ in distinct}
    boxed = next((kind for kind in kinds if kind.__module__.startswith("torch")), None)
    if boxed is not None:
        raise BadValue(
            f"{name} are of the kind {boxed.__name__}, not plain numbers.",
            f"Convert them: {name}.tolist() of one {boxed.__name__}, [x.item() for x in {name}] of "
            "a list of them.",
        )
    if kinds - {int} and kinds - {str}:
        said = ", ".join(sorted({kind.__name__ for kind in kinds}))
        raise BadValue(
            f"{name.capitalize()} must be all whole numbers or all strings, not {said}.",
            "Convert them first, for instance with [str(label) for label in labels].",
        )
    if str in kinds:
        for (_, value), place in distinct.items():
            whole_text(value, f"{name}[{place}]")
            if "\0" in value:
                raise BadValue(
                    f"{name}[{place}] has the character NUL in it.",
                    'Take it out: label.replace("\\0", "").',
                )
    return given


def label_array(values: Any, name: str = "labels") -> np.ndarray:
    """The same as an array; an array of numbers, of which there may be many, is not taken apart.

    Raises:
        BadValue: see :func:`labels`.

    Example:
        >>> label_array(["b", "a"]).tolist()
        ['b', 'a']
    """
    import numpy as np

    if isinstance(values, np.ndarray) and values.ndim == 1:
        numbers = values.dtype.kind in "iu" and (not len(values) or values.min() >= 0)
        if numbers or values.dtype.kind == "b":
            return values
    given = labels(values, name)
    # NumPy would make floats of them, and one class of two neighbours.
    huge = any(isinstance(value, int) and value >= 2**63 for value in given)
    return np.array(given, dtype=object if huge else None)


def _plain(value: Any) -> Any:
    """NumPy's scalars and their like as Python's own; anything else as it is."""
    if isinstance(value, str):
        return value if type(value) is str else str.__str__(value)
    if isinstance(value, Integral) and not isinstance(value, bool):
        return int(value)
    return value


def missing(value: Any) -> bool:
    """Whether ``value`` stands for one that is not there: None, NaN, or pandas' NA and NaT.

    Example:
        >>> missing(float("nan")), missing(0)
        (True, False)
    """
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    try:
        return isinstance(value, Real) and math.isnan(value)
    except (TypeError, ValueError, OverflowError):
        return False


def _no_label(value: Any) -> bool:
    if isinstance(value, str):
        return not value.strip() or value.strip().lower() in _MISSING
    return isinstance(value, int) and value < 0


# Numbers ----------------------------------------------------------------------------------------


def finite(value: Any) -> float | None:
    """``value`` as a finite float, or None if it is none.

    Example:
        >>> finite(2), finite("2"), finite(True)
        (2.0, None, None)
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        return None
    try:
        number = float(value)
    except (OverflowError, ValueError, TypeError):
        return None
    return number if math.isfinite(number) else None


def _integer(value: Any) -> int | None:
    """``value`` as a whole number, such as 3 or 3.0; None if it is none."""
    if isinstance(value, Integral) and not isinstance(value, bool):
        return int(value)
    number = finite(value)
    return int(number) if number is not None and number.is_integer() else None


def _unquoted(value: Any, name: str) -> str:
    """Further advice for a number that came as text."""
    if not isinstance(value, str):
        return ""
    try:
        float(value)
    except ValueError:
        return ""
    return f" Without quotation marks: {name}={value.strip()}."


def seed(value: Any, name: str = "seed") -> int:
    """``value`` as a seed that NumPy and torch both take.

    Raises:
        BadValue: it is not a whole number from 0 to 2**32 - 1.

    Example:
        >>> seed(7)
        7
    """
    number = _integer(value)
    if number is None or not 0 <= number < _SEEDS:
        raise BadValue(
            f"{name} = {shown(value)} is not a seed.",
            "Use a whole number from 0 to 4,294,967,295." + _unquoted(value, name),
        )
    return number


def seeds(values: Any, name: str = "seeds") -> list[int]:
    """``values``, or a single one, as seeds: at least one, all different.

    Raises:
        BadValue: none, one twice, or something that is no seed.

    Example:
        >>> seeds(range(3)), seeds(7)
        ([0, 1, 2], [7])
    """
    alone = isinstance(values, Real) and not hasattr(values, "__iter__")
    every = [seed(value) for value in ([values] if alone else listed(values, name, "seed"))]
    if not every or len(set(every)) != len(every):
        raise BadValue(
            f"{name.capitalize()} must be distinct and at least one, not {shown(every)}.",
            "Use range(5).",
        )
    return every


def whole(value: Any, name: str, low: int | None = 1, high: int | None = None) -> int:
    """``value`` as a whole number from ``low`` to ``high``, both included; 3.0 is one, too.

    Raises:
        BadValue: it is not.

    Example:
        >>> whole(3.0, "n_documents", high=10)
        3
    """
    number = _integer(value)
    if number is None or (low is not None and number < low) or (high is not None and number > high):
        least = "" if low is None else f" from {low:,}"
        most = "" if high is None else f" to {high:,}"
        raise BadValue(
            f"{_call(value, name)}.", f"Use a whole number{least}{most}." + _unquoted(value, name)
        )
    return number


def at_least_one(value: Any, name: str) -> int:
    """``value`` as a number of things.

    Raises:
        BadValue: it is not a whole number, or less than one.

    Example:
        >>> at_least_one(8, "batch_size")
        8
    """
    return whole(value, name)


def number(value: Any, name: str) -> float:
    """``value`` as any finite number.

    Raises:
        BadValue: it is none.

    Example:
        >>> number(-1, "x")
        -1.0
    """
    return _real(value, name, lambda real: True, "a number")


def positive(value: Any, name: str) -> float:
    """``value`` as a finite number above zero.

    Raises:
        BadValue: it is none.

    Example:
        >>> positive(0.01, "learning_rate")
        0.01
    """
    return _real(value, name, lambda real: real > 0, "a positive number")


def not_negative(value: Any, name: str) -> float:
    """``value`` as a finite number, zero or above.

    Raises:
        BadValue: it is none.

    Example:
        >>> not_negative(0, "weight_decay")
        0.0
    """
    return _real(value, name, lambda real: real >= 0, "zero or more")


def share(value: Any, name: str, *, inside: bool = False) -> float:
    """``value`` as a number from 0 to 1.

    Args:
        value: what was given.
        name: of the argument, for the message.
        inside: neither 0 nor 1 themselves.

    Raises:
        BadValue: it is none.

    Example:
        >>> share(0.1, "warmup")
        0.1
    """
    if inside:
        return _real(value, name, lambda real: 0 < real < 1, "a number between 0 and 1")
    return _real(value, name, lambda real: 0 <= real <= 1, "a number from 0 to 1")


def _real(value: Any, name: str, fits: Callable[[float], bool], use: str) -> float:
    """``value`` as a finite number that ``fits``; otherwise the message says what to ``use``."""
    real = finite(value)
    if real is None or not fits(real):
        raise BadValue(f"{_call(value, name)}.", f"Use {use}." + _unquoted(value, name))
    return real


def flag(value: Any, name: str) -> bool:
    """``value`` as yes or no; ``"False"`` is neither.

    Raises:
        BadValue: it is not True or False.

    Example:
        >>> flag(True, "normalise")
        True
    """
    if isinstance(value, bool) or type(value).__name__ in ("bool_", "bool"):
        return bool(value)
    raise BadValue(f"{_call(value, name)}.", "Use True or False.")


def numbers(values: Any, name: str = "values") -> np.ndarray:
    """``values`` as ``[n]`` finite float64.

    Raises:
        BadValue: a table or mapping, something that is no number, NaN or infinity; says where.

    Example:
        >>> numbers({"a": 1, "b": 2}.values()).tolist()
        [1.0, 2.0]
    """
    import numpy as np

    given = listed(values, name, "number")
    reals = [finite(value) for value in given]
    if None in reals:
        place = reals.index(None)
        value = given[place]
        if isinstance(value, Real) and not isinstance(value, bool):
            raise BadValue(
                f"Some {name} are not finite (NaN or infinity): {name}[{place}] is {shown(value)}.",
                "Leave it out, or find the run that failed.",
            )
        raise BadValue(
            f"{name}[{place}] is {shown(value)}, not a number.", "Pass a list of numbers."
        )
    return np.array(reals, dtype=np.float64)


def features(values: Any, name: str = "features") -> np.ndarray:
    """``values`` as ``[rows, columns]``, a table of finite numbers, of the type that they have.

    Raises:
        BadValue: sparse, no table, no columns, something that is no number, NaN or infinity.

    Example:
        >>> features([[1.0, 2.0], [3.0, 4.0]]).shape
        (2, 2)
    """
    import numpy as np

    do = "Pass an array [texts, columns], as adapt.embed gives it."
    if hasattr(values, "toarray"):
        raise BadValue(f"{name} is a sparse table.", f"Make it a plain one: {name}.toarray().")
    try:
        table = np.asarray(values)
    except (TypeError, ValueError):
        raise BadValue(f"{name}={shown(values)} is not a table of numbers.", do) from None
    if table.ndim != 2 or table.dtype.kind not in "fiub" or table.shape[1] == 0:
        raise BadValue(
            f"{name} of shape {table.shape}, {table.dtype}, is not a table of finite numbers.", do
        )
    if not np.isfinite(table).all():
        raise BadValue(
            f"{name} has numbers that are not finite (NaN or infinity).",
            "Leave such rows out: with them it is not a table of finite numbers.",
        )
    return table


# Names ------------------------------------------------------------------------------------------


def known(kind: str, name: _Name, names: Iterable[Any]) -> _Name:
    """``name``, if it is one of the ``names`` of its kind.

    Raises:
        UnknownName: it is not; says what there is, and what is close.

    Example:
        >>> known("size", "small", ["tiny", "small"])
        'small'
    """
    options = list(names)
    if not _among(name, options):
        raise UnknownName(kind, name, options)
    return name


def one_of(value: Any, known: Iterable[Any], name: str) -> Any:
    """``value``, if it is among the ``known`` ones.

    Raises:
        BadValue: it is not; says what there is.

    Example:
        >>> one_of("mean", ("mean", "max"), "pooling")
        'mean'
    """
    options = list(known)
    if not _among(value, options):
        listing = ", ".join(f'"{x}"' if isinstance(x, str) else repr(x) for x in options)
        raise BadValue(f"{_call(value, name)} is not known.", f"Use one of {listing}.")
    return value


def _among(value: Any, options: list[Any]) -> bool:
    """``value in options``, also for what cannot be compared, such as an array."""
    try:
        return value in options
    except (TypeError, ValueError, RuntimeError):
        return False

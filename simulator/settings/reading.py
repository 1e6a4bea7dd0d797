"""Reads tables of settings files into dataclasses with cattrs, and collects all mistakes.

A dataclass describes a table. Its fields are the keys; their types, and ``Check`` or ``Convert`` in an ``Annotated``
type, define the allowed values. A field of type ``Sourced`` keeps the basis and source of its value, a field of type
``Provenance`` those of its table. A dataclass may have a method ``problems``, which yields the key and the message of
each contradiction between its fields.
"""

from __future__ import annotations

import dataclasses
import difflib
import enum
import functools
import json
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union

from cattrs import ClassValidationError, Converter, IterableValidationError
from cattrs.errors import AttributeValidationNote, IterableValidationNote
from cattrs.gen import make_dict_structure_fn, override

from simulator.domain.provenance import Basis, Provenance, Sourced
from simulator.settings.files import LABELS, KeyPath, Labels, SettingsFile, Table, dotted

T = TypeVar("T")
Hook = Callable[[Any, Any], Any]

_PLAIN = {
    str: "text in quotation marks",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    date: "a date without quotation marks, such as 2026-12-31",
}
_SHOWN = 200  # characters of a wrong value that a message repeats


@dataclass(frozen=True, slots=True, eq=False)
class Check:
    """A condition on a value: ``Annotated[str, Check("6 digits in quotation marks", SIX_DIGITS.fullmatch)]``.

    ``test`` returns a false value to refuse a value, or raises ValueError with its own message. Without a test,
    ``expected`` only describes the value. ``schema`` is added to the JSON Schema.
    """

    expected: str
    test: Callable[[Any], object] | None = None
    schema: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Convert:
    """A conversion of the value in the file to that of the field; ``convert`` raises ValueError to refuse a value."""

    expected: str
    convert: Callable[[Any], Any]
    schema: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SourceOf:
    """Mark of a field of type ``Provenance``: it gets the basis and source of one key, not those of the table."""

    key: str


Text = Annotated[str, Check("text in quotation marks that is not empty", str.strip, {"minLength": 1})]


def read(path: Path, kind: type[T], *, over: Path | None = None, if_missing: str = "") -> T:
    """Read a TOML file into a dataclass. Raises SettingsError with all mistakes in it.

    Values of the file replace those of the file ``over``. ``if_missing`` is advice for the message when the file is
    missing.
    """
    below = None if over is None else SettingsFile.open(over)
    file = SettingsFile.open(path, over=below, if_missing=if_missing)
    return structure(file, file.table, kind)


def structure(file: SettingsFile, table: Table, kind: type[T]) -> T:
    """Convert a table of a file to a dataclass. Raises SettingsError with all mistakes in it."""
    try:
        return _converter().structure(table, kind)
    except (ClassValidationError, _Mistyped) as error:
        raise file.error(_problems(error, table.path)) from None


class _Mistyped(ValueError):
    """A value does not have its type."""

    def __init__(self, value: Any, hint: Any) -> None:
        super().__init__(value, hint)
        self.value = value
        self.hint = hint


class _Wrong(ValueError):
    """A mistake at a key of the table that is being read."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(message)
        self.__notes__ = [AttributeValidationNote("", key, None)]


@dataclass(frozen=True, slots=True)
class _Entry:
    """A value of a table, with the labels that hold for it."""

    value: Any
    labels: Labels


@functools.cache
def _converter() -> Converter:
    converter = Converter(detailed_validation=True)
    # cattrs tries the hooks in the reverse order of their registration.
    for kind in _PLAIN:  # enumerations of text use this hook too, as subclasses of str
        converter.register_structure_hook(kind, _plain)
    _register(converter, _has_origin(Union, UnionType), _optional_hook)
    _register(converter, _has_origin(tuple), _tuple_hook)
    _register(converter, _has_origin(Mapping), _mapping_hook)
    converter.register_structure_hook_func(_has_origin(Literal), _choice)
    _register(converter, lambda hint: hint is Table, _raw_table_hook)
    _register(converter, dataclasses.is_dataclass, _dataclass_hook)
    converter.register_structure_hook(Provenance, lambda provenance, _: provenance)  # made by _dataclass_hook
    _register(converter, _has_origin(Sourced), _sourced_hook)
    _register(converter, _has_origin(Annotated), _annotated_hook)
    return converter


def _has_origin(*origins: Any) -> Callable[[Any], bool]:
    return lambda hint: typing.get_origin(hint) in origins


def _register(
    converter: Converter, predicate: Callable[[Any], bool], factory: Callable[[Any, Converter], Hook]
) -> None:
    converter.register_structure_hook_factory(predicate, lambda hint: factory(hint, converter))


def _plain(value: Any, kind: Any) -> Any:
    if choices(kind) is not None:
        return _choice(value, kind)
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:  # not isinstance: true is no number, and a date with a time is no date
        raise _Mistyped(value, kind)
    return value


def _optional_hook(hint: Any, converter: Converter) -> Hook:
    return _hook_of(_wrapped(hint), converter)  # TOML has no null: a value that is there has the type


def _tuple_hook(hint: Any, converter: Converter) -> Hook:
    items: Any = list[typing.get_args(hint)[0]]  # type: ignore[misc]

    def items_of(value: Any, _: Any) -> Any:
        if not isinstance(value, list):
            raise _Mistyped(value, hint)
        return tuple(converter.structure(value, items))

    return items_of


def _mapping_hook(hint: Any, converter: Converter) -> Hook:
    inner = typing.get_args(hint)[1]
    hook = converter.get_structure_hook(inner)
    sourced = labelled(inner)

    def mapping(table: Any, _: Any) -> Any:
        if not isinstance(table, Table):
            raise _Mistyped(table, hint)
        errors: list[Exception] = [*_label_errors(table)] if sourced else []
        values = {}
        for key, value in table.items():
            if sourced and key in LABELS:
                continue
            try:
                values[key] = hook(_entry(table, key) if _is_sourced(inner) else value, inner)
            except (ValueError, ClassValidationError, IterableValidationError) as error:
                error.add_note(AttributeValidationNote("", key, inner))
                errors.append(error)
        if errors:
            raise ClassValidationError("", errors, dict)
        return values

    return mapping


def _choice(value: Any, kind: Any) -> Any:
    if value not in (choices(kind) or ()):
        raise _Mistyped(value, kind)
    return value if typing.get_origin(kind) is Literal else kind(value)


def _raw_table_hook(hint: Any, converter: Converter) -> Hook:
    del converter

    def raw_table(table: Any, _: Any) -> Any:
        if not isinstance(table, Table):
            raise _Mistyped(table, hint)
        return table

    return raw_table


def _sourced_hook(hint: Any, converter: Converter) -> Hook:
    (inner,) = typing.get_args(hint)
    hook = converter.get_structure_hook(inner)
    return lambda entry, _: Sourced(hook(entry.value, inner), entry.labels.provenance())


def _annotated_hook(hint: Any, converter: Converter) -> Hook:
    bare, *marks = typing.get_args(hint)
    converts = [mark.convert for mark in marks if isinstance(mark, Convert)]
    checks = [mark for mark in marks if isinstance(mark, Check) and mark.test is not None]
    hook = None if converts else converter.get_structure_hook(bare)

    def annotated(value: Any, _: Any) -> Any:
        try:
            structured = converts[0](value) if hook is None else hook(value, bare)
        except _Mistyped:
            raise _Mistyped(value, hint) from None
        except (ValueError, TypeError, ArithmeticError):
            if hook is not None:
                raise
            raise _Mistyped(value, hint) from None
        for check in checks:
            if check.test is not None and not check.test(structured):
                raise _Mistyped(value, Annotated[bare, check])
        return structured

    return annotated


def _dataclass_hook(kind: Any, converter: Converter) -> Hook:
    hints = fields_of(kind)
    sources = {name: hint for name, hint in hints.items() if bare_type(hint) is Provenance}
    has_labels = labelled(kind)
    # cattrs drops Annotated from dataclasses whose annotations are text, so each field is given the hook of its type.
    hooks: dict[str, Any] = {name: override(struct_hook=_hook_of(hint, converter)) for name, hint in hints.items()}
    build = make_dict_structure_fn(kind, converter, **hooks)
    known = tuple(name for name in hints if name not in sources)

    def dataclass_of(table: Any, _: Any) -> Any:
        if not isinstance(table, Table):
            raise _Mistyped(table, kind)
        errors = _unknown_keys(table, known, has_labels=has_labels)
        mislabelled = next(label_problems(table), None) is not None
        values: dict[str, Any] = {}
        for key in known:
            if key in table:
                entry = _entry(table, key) if has_labels else _Entry(table[key], table.labels)
                values[key] = entry if _is_sourced(hints[key]) else entry.value
                if has_labels:
                    errors += _entry_errors(table, key)
        for name, hint in sources.items():
            of = next((mark.key for mark in typing.get_args(hint) if isinstance(mark, SourceOf)), None)
            try:
                values[name] = (table.labels if of is None else table.labels_at(of)).provenance()
            except ValueError as error:
                values[name] = Provenance(Basis.ASSUMED, "")
                if not mislabelled:  # else the wrong basis or source is reported already
                    errors.append(_Wrong(of or "basis", str(error)))
        try:
            structured = build(values, kind)
        except ClassValidationError as error:
            errors.extend(error.exceptions)
        else:
            errors += [_Wrong(key, message) for key, message in getattr(structured, "problems", tuple)()]
        if errors:
            raise ClassValidationError("", errors, kind)
        return structured

    return dataclass_of


def _hook_of(hint: Any, converter: Converter) -> Hook:
    hook = converter.get_structure_hook(hint)
    return lambda value, _: hook(value, hint)


def _entry(table: Table, key: str) -> _Entry:
    value = table[key]
    return _Entry(value["value"] if _has_labels(value) else value, table.labels_at(key))


def _has_labels(value: Any) -> bool:
    return isinstance(value, Table) and "value" in value


def _entry_errors(table: Table, key: str) -> list[Exception]:
    """Return the mistakes beside the value in ``key = { value = ..., basis = ..., source = ... }``."""
    value = table[key]
    errors = _unknown_keys(value, ("value",), has_labels=True) if _has_labels(value) else []
    if not errors:
        return []
    group = ClassValidationError("", errors, dict)
    group.add_note(AttributeValidationNote("", key, dict))
    return [group]


def _unknown_keys(table: Table, known: Iterable[str], *, has_labels: bool) -> list[Exception]:
    names = (*known, *LABELS) if has_labels else tuple(known)
    unknown = [key for key in table if key not in names]
    listed = f"unknown key; known are {', '.join(names)}"
    errors: list[Exception] = [_Wrong(key, listed + did_you_mean(key, names)) for key in unknown]
    return [*errors, *_label_errors(table)] if has_labels else errors


def _label_errors(table: Table) -> Iterator[Exception]:
    return (_Wrong(key, message) for key, message in label_problems(table))


def label_problems(table: Table) -> Iterator[tuple[str, str]]:
    """Yield the mistakes in the ``basis`` and ``source`` of a table itself, by their keys."""
    if table.get("basis", Basis.ASSUMED) not in set(Basis):
        yield "basis", _found(table["basis"], Basis, ())
    if not isinstance(table.get("source", ""), str):
        yield "source", _found(table["source"], str, ())


def _problems(error: BaseException, path: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    """Yield each mistake with its place, from the tree of errors that cattrs raises."""
    if isinstance(error, (ClassValidationError, IterableValidationError)):
        for inner in error.exceptions:
            steps = [
                note.name if isinstance(note, AttributeValidationNote) else note.index
                for note in getattr(inner, "__notes__", ())
                if isinstance(note, (AttributeValidationNote, IterableValidationNote))
            ]
            place = (*path, *steps)
            if isinstance(inner, KeyError):  # how cattrs reports a missing field
                yield place, f"is missing; expected {expected(fields_of(error.cl)[str(steps[-1])], place)}"
            else:
                yield from _problems(inner, place)
    elif isinstance(error, _Mistyped):
        yield path, _found(error.value, error.hint, path)
    elif isinstance(error, ValueError):
        yield path, str(error)
    else:
        raise error


def _found(value: Any, hint: Any, path: KeyPath) -> str:
    near = did_you_mean(value, choices(bare_type(hint)) or ())
    return f"found {shown(value)}; expected {expected(hint, path)}{near}"


def expected(hint: Any, path: KeyPath = ()) -> str:
    """Return the allowed values of a type in words; ``path`` is the place, for the headers of tables."""
    origin = typing.get_origin(hint)
    if origin is Annotated:
        marks = [mark for mark in hint.__metadata__ if isinstance(mark, (Check, Convert))]
        return marks[0].expected if marks else expected(hint.__origin__, path)
    if origin in _WRAPPERS:
        return expected(_wrapped(hint), path)
    known = choices(hint)
    if known is not None:
        return "one of " + ", ".join(shown(word) for word in known)
    if origin is tuple:
        item = typing.get_args(hint)[0]
        table = dataclasses.is_dataclass(bare_type(item))
        return f"tables, each headed [[{dotted(path)}]]" if table else f"a list, each item {expected(item)}"
    if hint in _PLAIN:
        return _PLAIN[hint]
    array = bool(path) and isinstance(path[-1], int)
    header = dotted(path[:-1] if array else path)
    return f"a table headed [[{header}]]" if array else f"a table headed [{header}]"


def did_you_mean(word: object, known: Iterable[str]) -> str:
    """Return the end of a message with the known word nearest to a misspelt one; empty when none is near."""
    near = difflib.get_close_matches(word, [str(name) for name in known], 1) if isinstance(word, str) else []
    return f'; did you mean "{near[0]}"?' if near else ""


def shown(value: Any) -> str:
    """Return a value in the notation of TOML, shortened when it is long."""
    text = value.isoformat() if isinstance(value, date) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


@functools.cache
def fields_of(kind: Any) -> dict[str, Any]:
    """Return the fields of a dataclass with their full types, ``Annotated`` included."""
    hints = typing.get_type_hints(kind, include_extras=True)
    return {name.name: hints[name.name] for name in dataclasses.fields(kind) if name.init}


def choices(hint: Any) -> tuple[str, ...] | None:
    """Return the words that a type allows (``Literal`` or an enumeration of text); None for other types."""
    if typing.get_origin(hint) is Literal:
        return typing.get_args(hint)
    if isinstance(hint, type) and issubclass(hint, enum.StrEnum):
        return tuple(str(word) for word in hint)
    return None


_WRAPPERS = (Sourced, Union, UnionType)


def _wrapped(hint: Any) -> Any:
    """Return the type inside ``Sourced[...]`` or beside ``None``."""
    return next(member for member in typing.get_args(hint) if member is not NoneType)


def bare_type(hint: Any) -> Any:
    """Return a type without ``Annotated``, ``Sourced`` and ``| None``."""
    origin = typing.get_origin(hint)
    if origin is Annotated:
        return bare_type(hint.__origin__)
    return bare_type(_wrapped(hint)) if origin in _WRAPPERS else hint


def _is_sourced(hint: Any) -> bool:
    return typing.get_origin(hint) is Sourced


def labelled(hint: Any) -> bool:
    """Return True for a type whose tables may have basis and source: they have values with a source, at any depth."""
    bare = bare_type(hint)
    if _is_sourced(hint) or bare is Provenance:
        return True
    if dataclasses.is_dataclass(bare):
        return any(labelled(member) for member in fields_of(typing.cast("type", bare)).values())
    return any(labelled(argument) for argument in typing.get_args(bare) if argument is not ...)

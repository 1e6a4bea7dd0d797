"""The schemas that are known by URN; checks documents against them. Imports are found here, never on the network.

Large documents against their schema as they pass by: the verdict in one go, without the document in memory.
"""

from __future__ import annotations

import functools
import hashlib
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import unquote, urlsplit
from xml.parsers import expat

from lxml import etree

from simulator.documents import parsing
from simulator.documents.element_names import Names, wrong_root
from simulator.documents.parsing import XML, Complaint, Element, syntax_complaint
from simulator.domain.errors import UserError
from simulator.domain.provenance import Provenance
from simulator.settings import KeyPath, SettingsFile, Text, structure
from simulator.settings.files import data_root

if TYPE_CHECKING:
    import xmlschema


Pieces = Callable[[], Iterable[bytes]]
"""Gives a document's bytes (UTF-8, any division) from the start, each time it is called."""

MAXIMUM_DEPTH = 256
"""Levels of elements that a document may have (assumed; libxml2's own limit for trees)."""

_MOST = 20
_WRAPPED = re.compile(r"""line \d+: b['"](.*)['"]""", re.DOTALL)
_ELEMENT = re.compile(r"Element '(?:\{[^}]*\})?([^']+)'")


class _Nothing:
    """A parser target that keeps nothing: no tree is built."""

    def close(self) -> None:
        """There is nothing to give."""


class TooDeep(Exception):
    """Elements nest deeper than :data:`MAXIMUM_DEPTH`; carries the line."""

    def __init__(self, line: int) -> None:
        super().__init__(f"elements nested more than {MAXIMUM_DEPTH} deep in line {line}")
        self.line = line


def bounded_parser() -> expat.XMLParserType:
    """An expat parser for UTF-8 whose memory stays small: it raises TooDeep where elements nest too deep."""
    parser = expat.ParserCreate(encoding="utf-8")
    depth = 0

    def opened(_name: str, _attributes: object) -> None:
        nonlocal depth
        depth += 1
        if depth > MAXIMUM_DEPTH:
            raise TooDeep(parser.CurrentLineNumber)

    def closed(_name: str) -> None:
        nonlocal depth
        depth -= 1

    parser.StartElementHandler = opened
    parser.EndElementHandler = closed
    return parser


def well_formed(pieces: Pieces) -> Complaint | None:
    """What is wrong with a document that is to be one well-formed element, and not too deep; None when nothing is."""
    parser = bounded_parser()
    try:
        for piece in pieces():
            parser.Parse(piece, False)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        found = f"{expat.ErrorString(error.code)}, column {error.offset + 1}"
        return Complaint("well-formed", error.lineno, "/", found, "well-formed XML", XML)
    except TooDeep as error:
        return Complaint("depth", error.line, "/", str(error), f"at most {MAXIMUM_DEPTH} levels", XML)
    return None


def validate_stream(
    catalogue: Catalogue, urn: str, pieces: Pieces, *, root: str | None = None, element: str | None = None
) -> tuple[Complaint, ...]:
    """What a schema says against a document of any size; nothing when it is valid.

    libxml2 reads and validates in one go, in C, as fast as ``xmllint --stream``. It does not say where: an invalid
    document is read a second time, line by line around the first errors. Only the first errors are told, without their
    paths. ``root`` is the Clark name of the document element, ``element`` the one that it must have; DTDs are the
    caller's to refuse. Raises CatalogueError.
    """
    schema = catalogue.compiled(urn)
    wanted = element or catalogue.root(urn)
    if wanted is not None and root is not None and root != wanted:
        provenance = catalogue.entry(urn).provenance
        return (Complaint("root", 1, "/", f"the document element {root}", wanted, provenance),)
    parser = _parser(schema)
    count = 0
    try:
        for count, piece in enumerate(pieces()):  # noqa: B007 - needed where the loop ends early
            parser.feed(piece)
            if len(parser.feed_error_log):
                break
        else:
            parser.close()
            return ()
    except etree.XMLSyntaxError as error:
        if not any(log_entry.domain_name == "SCHEMASV" for log_entry in parser.feed_error_log):
            return (_syntax(error),)
    return _located(schema, pieces, count, catalogue.entry(urn).provenance)


def _located(schema: etree.XMLSchema, pieces: Pieces, suspect: int, provenance: Provenance) -> tuple[Complaint, ...]:
    """The errors of one piece, each with its line: its lines are fed one at a time."""
    parser = _parser(schema)
    line = 1
    found: list[Complaint] = []
    try:
        for count, piece in enumerate(islice(pieces(), suspect + 1)):
            if count < suspect:
                parser.feed(piece)
                line += piece.count(b"\n")
                continue
            for part in piece.splitlines(keepends=True):
                known = len(parser.feed_error_log)
                parser.feed(part)
                errors = list(parser.feed_error_log)[known:]
                found += [_complaint(error.message, line, provenance) for error in errors]
                line += part.count(b"\n")
                if len(found) >= _MOST:
                    return tuple(found[:_MOST])
        parser.close()
    except etree.XMLSyntaxError as error:
        if not found:
            errors = [log_entry for log_entry in parser.feed_error_log if log_entry.domain_name == "SCHEMASV"]
            if not errors:
                return (_syntax(error),)
            return tuple(_complaint(error.message, line, provenance) for error in errors[:_MOST])
    return tuple(found[:_MOST])


def _syntax(error: etree.XMLSyntaxError) -> Complaint:
    complaint = syntax_complaint(error)
    text = _WRAPPED.fullmatch(complaint.found)
    return replace(complaint, found=text[1]) if text else complaint


def _complaint(message: str | None, line: int, provenance: Provenance) -> Complaint:
    text = (message or "not valid").strip()
    element = _ELEMENT.match(text)
    path = f"//{element[1]}" if element else "/"
    return Complaint("schema", line, path, text, "what the schema allows there", provenance)


def _parser(schema: etree.XMLSchema) -> etree.XMLParser[Element]:
    options = {"resolve_entities": False, "load_dtd": False, "no_network": True, "encoding": "utf-8"}
    return etree.XMLParser(schema=schema, target=_Nothing(), **options)  # type: ignore[call-overload,no-any-return]


# libxml2 sets up its built-in types with the first schema of a process; another compiled meanwhile finds half of them.
_COMPILING = threading.Lock()


class CatalogueError(UserError):
    """A schema is unknown, missing or broken; the message says which, where and what to do."""


@dataclass(frozen=True, slots=True)
class SchemaEntry:
    """One schema: its URN, its file, its target namespace, and how well it is known that the URN means this file."""

    urn: str
    path: Path
    namespace: str
    provenance: Provenance


class Catalogue:
    """Schemas by URN. Thread-safe: libxml2's compiled schemas are kept per thread, for their error log is shared."""

    def __init__(self, entries: Iterable[SchemaEntry], *, replaced: Mapping[Path, Path] | None = None) -> None:
        self._entries = {entry.urn: entry for entry in entries}
        self._replaced = dict(replaced or {})
        self._models: dict[str, xmlschema.XMLSchema10] = {}
        self._lock = threading.Lock()
        self._local = threading.local()

    @classmethod
    @functools.cache
    def default(cls) -> Self:
        """The catalogue that the project ships (``schemas/catalogue.toml``)."""
        file = SettingsFile.open(data_root("schemas") / "catalogue.toml")
        return cls(read_entries(structure(file, file.table, CatalogueFile).schema, file))

    def extended(self, entries: Iterable[SchemaEntry]) -> Self:
        """This catalogue and more; an entry with a known URN takes that schema's place, in imports too."""
        merged = dict(self._entries)
        replaced = dict(self._replaced)
        for entry in entries:
            if entry.urn in merged and merged[entry.urn].path != entry.path:
                replaced[merged[entry.urn].path] = entry.path
            merged[entry.urn] = entry
        return type(self)(merged.values(), replaced=replaced)

    @property
    def entries(self) -> tuple[SchemaEntry, ...]:
        """All schemas, in the order of the catalogue."""
        return tuple(self._entries.values())

    def entry(self, urn: str) -> SchemaEntry:
        """The schema with this URN, with or without its ``-TYPE-<element>`` ending; raises CatalogueError."""
        found = self._entries.get(urn.partition("-TYPE-")[0])
        if found is None:
            known = ", ".join(self._entries)
            raise CatalogueError(f"no schema has the URN {urn}; known are {known}")
        return found

    def path(self, urn: str) -> Path:
        """The file of a schema; raises CatalogueError for an unknown URN."""
        return self.entry(urn).path

    def root(self, urn: str) -> str | None:
        """The document element (Clark name) that a URN with the ending ``-TYPE-<element>`` names."""
        name = urn.partition("-TYPE-")[2]
        return f"{{{self.entry(urn).namespace}}}{name}" if name else None

    def validate(
        self, urn: str, data: bytes, *, element: str | None = None, prefixes: Mapping[str, str] | None = None
    ) -> tuple[Complaint, ...]:
        """All that a schema says against a document; nothing when the document is valid.

        ``element`` is the Clark name that the document element must have. ``prefixes`` (prefix to namespace) are used
        in the complaints' paths; else those of the schema file. Raises CatalogueError when the schema is unusable.
        """
        schema = self.compiled(urn)
        expected_root = element or self.root(urn)
        try:
            tree = parsing.parse(data)
        except parsing.ParsingError as error:
            return (error.complaint,)
        return self.validate_tree(urn, tree, schema=schema, element=expected_root, prefixes=prefixes)

    def validate_stream(
        self, urn: str, pieces: Pieces, *, root: str | None = None, element: str | None = None
    ) -> tuple[Complaint, ...]:
        """The same for a document of any size, without it in memory: see :func:`streaming.validate_stream`."""
        return validate_stream(self, urn, pieces, root=root, element=element)

    def validate_tree(
        self,
        urn: str,
        tree: parsing.Tree,
        *,
        schema: etree.XMLSchema | None = None,
        element: str | None = None,
        prefixes: Mapping[str, str] | None = None,
    ) -> tuple[Complaint, ...]:
        """The same for a document that is parsed already."""
        schema = schema or self.compiled(urn)
        entry = self.entry(urn)
        root = tree.getroot()
        is_wrong_root = element is not None and root.tag != element
        if not is_wrong_root and schema.validate(tree):
            return ()
        names = Names(prefixes if prefixes is not None else self._prefixes(urn))
        if element is not None and is_wrong_root:
            return (wrong_root(root, (element,), names, entry.provenance),)
        from simulator.documents import explaining  # noqa: PLC0415 - xmlschema takes long to import

        return explaining.explain(tree, tuple(schema.error_log), self.model(urn), names, entry.provenance)

    def compiled(self, urn: str) -> etree.XMLSchema:
        """libxml2's schema of this thread; raises CatalogueError when the file is missing or no valid schema."""
        entry = self.entry(urn)
        cache: dict[str, etree.XMLSchema] = self._local.__dict__.setdefault("schemas", {})
        if entry.urn not in cache:
            cache[entry.urn] = self._compile(entry)
        return cache[entry.urn]

    def model(self, urn: str) -> xmlschema.XMLSchema10:
        """xmlschema's model, shared by all threads; slow to build, needed for explanations and to resolve XPaths."""
        import xmlschema  # noqa: PLC0415 - takes a fifth of a second, and only an invalid document needs it

        entry = self.entry(urn)
        with self._lock:
            if entry.urn not in self._models:
                try:
                    self._models[entry.urn] = xmlschema.XMLSchema10(
                        str(entry.path), allow="local", defuse="always", uri_mapper=self._mapped
                    )
                except (xmlschema.XMLSchemaException, OSError, SyntaxError) as error:
                    raise CatalogueError(f"{entry.path}: not a usable schema: {_first_line(error)}") from error
            return self._models[entry.urn]

    def locate(self, location: str) -> Path | None:
        """The local file that a schemaLocation means: by the catalogue's replacements, else itself, else by its name.

        An address on the network is never fetched; it stands for the entry whose namespace and file name it spells.
        """
        parts = urlsplit(location)
        path = Path(unquote(parts.path))
        if parts.scheme in {"", "file"} and path.is_file():
            return self._replaced.get(path.resolve(), path)
        for entry in self._entries.values():
            if location == f"{entry.namespace.rstrip('/')}/{entry.path.name}":
                return entry.path
        named = {entry.path for entry in self._entries.values() if entry.path.name == path.name}
        return named.pop() if len(named) == 1 else None

    def _mapped(self, location: str) -> str:
        found = self.locate(location) or self._part(location)
        if found is None:
            raise CatalogueError(f"the import of {location} is in no schema of the catalogue; add it there as a file")
        return found.as_uri()

    def _part(self, location: str) -> Path | None:
        """A file beside one of the schemas, which includes it; the catalogue need not know it."""
        beside = (entry.path.parent / unquote(location) for entry in self._entries.values())
        return next((path for path in beside if path.is_file()), None)

    def _compile(self, entry: SchemaEntry) -> etree.XMLSchema:
        parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True)
        parser.resolvers.add(_Resolver(self))
        try:
            with _COMPILING:
                return etree.XMLSchema(etree.parse(str(entry.path), parser))
        except OSError as error:
            raise CatalogueError(f"{entry.path}: the schema of {entry.urn} cannot be read: {error}") from error
        except (etree.XMLSyntaxError, etree.XMLSchemaParseError) as error:
            raise CatalogueError(f"{entry.path}: not a usable schema: {_first_line(error)}") from error

    def _prefixes(self, urn: str) -> Mapping[str, str]:
        return {prefix: uri for prefix, uri in self.model(urn).namespaces.items() if prefix and prefix != "xs"}


class _Resolver(etree.Resolver):
    """Answers libxml2's imports from the catalogue; an unknown one gets nothing, which libxml2 then reports."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def resolve(self, system_url: str | None, public_id: str | None, context: Any) -> Any:
        del public_id
        found = self._catalogue.locate(system_url or "")
        if found is None:
            return self.resolve_empty(context)
        return self.resolve_filename(str(found), context)


@dataclass(frozen=True, slots=True)
class SchemaTable:
    """A table ``[[schema]]`` of a catalogue or profile; ``sha256`` pins the file to the bytes that were adopted."""

    urn: Text
    file: Text
    namespace: Text
    provenance: Provenance
    sha256: Text | None = None


@dataclass(frozen=True, slots=True)
class CatalogueFile:
    """A catalogue: nothing but ``[[schema]]`` tables."""

    schema: tuple[SchemaTable, ...] = ()


def read_entries(tables: Iterable[SchemaTable], file: SettingsFile) -> tuple[SchemaEntry, ...]:
    """The schemas that the tables of a file name; paths count from that file's folder.

    Raises SettingsError for a file whose bytes are not the pinned ones.
    """
    entries = []
    problems: list[tuple[KeyPath, str]] = []
    for index, table in enumerate(tables):
        path = (file.path.parent / table.file).resolve()
        entries.append(SchemaEntry(table.urn, path, table.namespace, table.provenance))
        # A file that is missing is reported when it is used.
        digest = hashlib.sha256(path.read_bytes()).hexdigest() if table.sha256 and path.is_file() else table.sha256
        if digest != table.sha256:
            reason = f"{path.name} is not what was adopted: its SHA-256 is {digest}, pinned is {table.sha256}"
            advice = "put the file back, or adopt the new schema under another name and compare"
            problems.append((("schema", index, "sha256"), f"{reason}; {advice} with `aldis schemas diff`"))
    if problems:
        raise file.error(problems)
    return tuple(entries)


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0]

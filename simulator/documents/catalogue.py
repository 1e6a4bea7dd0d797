"""The catalogue of schemas: finds a schema by its URN and validates documents against it.

Schemas that a schema imports are found in the catalogue too, never on the network. ``Catalogue.validate`` explains each
error with its path; ``Catalogue.validate_stream`` checks a document of any size without holding it in memory.
"""

from __future__ import annotations

import functools
import hashlib
import re
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import unquote, urlsplit

from lxml import etree

from simulator.documents import parsing
from simulator.documents.element_names import Names, wrong_root
from simulator.documents.parsing import Complaint, Element, Pieces, syntax_complaint
from simulator.domain.errors import UserError
from simulator.domain.provenance import Provenance
from simulator.settings import KeyPath, SettingsFile, Text, structure
from simulator.settings.files import data_root

if TYPE_CHECKING:
    import xmlschema


_STREAMED_ERRORS = 20  # most errors that are reported for a document that is validated in a stream
_WRAPPED = re.compile(r"""line \d+: b['"](.*)['"]""", re.DOTALL)
_ELEMENT = re.compile(r"Element '(?:\{[^}]*\})?([^']+)'")

# libxml2 sets up its built-in types with the first schema of a process; another compiled meanwhile finds half of them.
_COMPILING = threading.Lock()


class CatalogueError(UserError):
    """Raised for a schema that is unknown, missing or broken; the message says which, where and what to do."""


@dataclass(frozen=True, slots=True)
class SchemaEntry:
    """A schema: its URN, file and target namespace, and how well it is known that the URN means this file."""

    urn: str
    path: Path
    namespace: str
    provenance: Provenance


class Catalogue:
    """Schemas by URN.

    Safe to share between threads: libxml2's compiled schemas are kept for each thread, because a compiled schema has
    one error log.
    """

    def __init__(self, entries: Iterable[SchemaEntry], *, replaced: Mapping[Path, Path] | None = None) -> None:
        """Make a catalogue of ``entries``. ``replaced`` maps the files of replaced schemas to their replacements."""
        self._entries = {entry.urn: entry for entry in entries}
        self._replaced = dict(replaced or {})
        self._models: dict[str, xmlschema.XMLSchema10] = {}
        self._lock = threading.Lock()
        self._local = threading.local()

    @classmethod
    @functools.cache
    def default(cls) -> Self:
        """Return the catalogue that the project ships (``schemas/catalogue.toml``)."""
        file = SettingsFile.open(data_root("schemas") / "catalogue.toml")
        return cls(read_entries(structure(file, file.table, CatalogueFile).schema, file))

    def extended(self, entries: Iterable[SchemaEntry]) -> Self:
        """Return a catalogue with more entries; one with a known URN replaces that schema, in imports too."""
        merged = dict(self._entries)
        replaced = dict(self._replaced)
        for entry in entries:
            if entry.urn in merged and merged[entry.urn].path != entry.path:
                replaced[merged[entry.urn].path] = entry.path
            merged[entry.urn] = entry
        return type(self)(merged.values(), replaced=replaced)

    @property
    def entries(self) -> tuple[SchemaEntry, ...]:
        """All schemas in the order of the catalogue."""
        return tuple(self._entries.values())

    def entry(self, urn: str) -> SchemaEntry:
        """Return the schema of a URN, with or without the ending ``-TYPE-<element>``.

        Raises CatalogueError for an unknown URN.
        """
        entry = self._entries.get(urn.partition("-TYPE-")[0])
        if entry is None:
            known = ", ".join(self._entries)
            raise CatalogueError(f"no schema has the URN {urn}; known are {known}")
        return entry

    def path(self, urn: str) -> Path:
        """Return the file of a schema; raises CatalogueError for an unknown URN."""
        return self.entry(urn).path

    def root(self, urn: str) -> str | None:
        """Return the document element (Clark name) that a URN ending in ``-TYPE-<element>`` names; else None."""
        name = urn.partition("-TYPE-")[2]
        return f"{{{self.entry(urn).namespace}}}{name}" if name else None

    def validate(
        self, urn: str, data: bytes, *, element: str | None = None, prefixes: Mapping[str, str] | None = None
    ) -> tuple[Complaint, ...]:
        """Validate a document; return its errors in the order of their lines, none when it is valid.

        ``element`` is the Clark name that the document element must have. Paths in the errors use ``prefixes`` (prefix
        to namespace), by default those of the schema file. Raises CatalogueError when the schema is unusable.
        """
        self.compiled(urn)  # an unusable schema is reported before errors of the document
        try:
            tree = parsing.parse(data)
        except parsing.ParsingError as error:
            return (error.complaint,)
        return self.validate_tree(urn, tree, element=element or self.root(urn), prefixes=prefixes)

    def validate_stream(
        self, urn: str, pieces: Pieces, *, root: str | None = None, element: str | None = None
    ) -> tuple[Complaint, ...]:
        """Validate a document of any size without holding it in memory; return its errors, none when it is valid.

        libxml2 reads and validates in one pass. It does not give the place of an error, so an invalid document is read
        a second time, line by line around the first errors. At most 20 errors are returned, with the element's name as
        path. ``root`` is the Clark name of the document element where it is known, ``element`` the one that it must
        have. The caller has to refuse DTDs. Raises CatalogueError when the schema is unusable.
        """
        schema = self.compiled(urn)
        wanted = element or self.root(urn)
        if wanted is not None and root is not None and root != wanted:
            provenance = self.entry(urn).provenance
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
        return _located(schema, pieces, count, self.entry(urn).provenance)

    def validate_tree(
        self,
        urn: str,
        tree: parsing.Tree,
        *,
        element: str | None = None,
        prefixes: Mapping[str, str] | None = None,
    ) -> tuple[Complaint, ...]:
        """Validate a parsed document as ``validate`` does."""
        schema = self.compiled(urn)
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
        """Return libxml2's schema for this thread; raises CatalogueError for a missing file or an invalid schema."""
        entry = self.entry(urn)
        cache: dict[str, etree.XMLSchema] = self._local.__dict__.setdefault("schemas", {})
        if entry.urn not in cache:
            cache[entry.urn] = self._compile(entry)
        return cache[entry.urn]

    def model(self, urn: str) -> xmlschema.XMLSchema10:
        """Return xmlschema's model of a schema, which all threads share.

        It takes long to build; explanations of errors and the check of a profile's paths need it. Raises
        CatalogueError when the file is missing or no usable schema.
        """
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
        """Return the local file for a schemaLocation: the file or its replacement, else the schema of that name.

        An address on the network is never fetched; it means the entry whose namespace and file name it consists of.
        Returns None when no file matches, or several do.
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
        path = self.locate(location) or self._part(location)
        if path is None:
            raise CatalogueError(f"the import of {location} is in no schema of the catalogue; add it there as a file")
        return path.as_uri()

    def _part(self, location: str) -> Path | None:
        """Return a file in the folder of one of the schemas, which may include it although it is in no catalogue."""
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


class _NoTree:
    """A parser target that builds no tree."""

    def close(self) -> None:
        """Return nothing; lxml requires the method."""


def _located(schema: etree.XMLSchema, pieces: Pieces, suspect: int, provenance: Provenance) -> tuple[Complaint, ...]:
    """Return the errors of the piece with the index ``suspect``, each with its line, by feeding line after line."""
    parser = _parser(schema)
    line = 1
    complaints: list[Complaint] = []
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
                complaints += [_complaint(error.message, line, provenance) for error in errors]
                line += part.count(b"\n")
                if len(complaints) >= _STREAMED_ERRORS:
                    return tuple(complaints[:_STREAMED_ERRORS])
        parser.close()
    except etree.XMLSyntaxError as error:
        if not complaints:
            errors = [log_entry for log_entry in parser.feed_error_log if log_entry.domain_name == "SCHEMASV"]
            if not errors:
                return (_syntax(error),)
            return tuple(_complaint(error.message, line, provenance) for error in errors[:_STREAMED_ERRORS])
    return tuple(complaints[:_STREAMED_ERRORS])


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
    return etree.XMLParser(schema=schema, target=_NoTree(), **options)  # type: ignore[call-overload,no-any-return]


class _Resolver(etree.Resolver):
    """Resolves the imports that libxml2 asks for from the catalogue; libxml2 reports those that are not in it."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def resolve(self, system_url: str | None, public_id: str | None, context: Any) -> Any:
        del public_id
        path = self._catalogue.locate(system_url or "")
        if path is None:
            return self.resolve_empty(context)
        return self.resolve_filename(str(path), context)


@dataclass(frozen=True, slots=True)
class SchemaTable:
    """A table ``[[schema]]`` of a catalogue or profile; ``sha256`` is the checksum of the file that was adopted."""

    urn: Text
    file: Text
    namespace: Text
    provenance: Provenance
    sha256: Text | None = None


@dataclass(frozen=True, slots=True)
class CatalogueFile:
    """A catalogue file, which consists of ``[[schema]]`` tables."""

    schema: tuple[SchemaTable, ...] = ()


def read_entries(tables: Iterable[SchemaTable], file: SettingsFile) -> tuple[SchemaEntry, ...]:
    """Return the schemas that the tables of a file name; paths are relative to that file's folder.

    Raises SettingsError for schema files that differ from their checksum.
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

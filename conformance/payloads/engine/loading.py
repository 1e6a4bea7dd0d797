"""Loads a schema, and chooses the prefixes of its namespaces. Nothing is fetched from the network."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

import xmlschema
from lxml import etree
from xmlschema.validators.exceptions import XMLSchemaParseError

from conformance.payloads.engine.errors import Place, SchemaUnusable, place_in

_XS = "{http://www.w3.org/2001/XMLSchema}"
_BUILT_IN = {"http://www.w3.org/XML/1998/namespace", "http://www.w3.org/2001/XMLSchema-instance"}

Locate = Callable[[str], Path | None]


def load_schema(path: Path, *, locate: Locate | None = None) -> xmlschema.XMLSchema10:
    """Return the schema in a file, with all that it includes, redefines and imports.

    ``locate`` returns the file of a schemaLocation that is a network address, or None. Raises SchemaUnusable.
    """
    _check_files(path, locate, set())
    mapper = None if locate is None else lambda location: _mapped(location, locate)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", xmlschema.XMLSchemaImportWarning)  # files were checked, built-ins are known
            return xmlschema.XMLSchema10(str(path), allow="local", defuse="always", uri_mapper=mapper)
    except XMLSchemaParseError as error:
        raise SchemaUnusable(_reason(error), _place(error, path)) from error
    except (xmlschema.XMLSchemaException, OSError, SyntaxError) as error:
        raise SchemaUnusable(f"not a usable schema: {_first_line(error)}", Place.of_file(path)) from error


def _mapped(location: str, locate: Locate) -> str:
    file = locate(location) if urlsplit(location).scheme in {"http", "https"} else None
    return location if file is None else file.as_uri()


def _check_files(path: Path, locate: Locate | None, seen: set[Path]) -> None:
    """Check that every file that is referred to exists and is well-formed. Raises SchemaUnusable."""
    path = path.resolve()
    if path in seen:
        return
    seen.add(path)
    try:
        tree = etree.parse(str(path), etree.XMLParser(resolve_entities=False, no_network=True))
    except OSError as error:
        raise SchemaUnusable("the schema cannot be read: no such file", Place.of_file(path)) from error
    except etree.XMLSyntaxError as error:
        raise SchemaUnusable(f"not well-formed: {error.msg}", Place.of_file(path, error.lineno)) from error
    root = tree.getroot()
    if root.tag != f"{_XS}schema":
        raise SchemaUnusable(f"the root is {root.tag!s}, not xs:schema", Place.of_file(path, root.sourceline))
    for reference in root.iterchildren(f"{_XS}import", f"{_XS}include", f"{_XS}redefine"):
        location = reference.get("schemaLocation")
        if location is None:
            continue
        target = _file(path, location, locate)
        if target is None or not target.is_file():
            if reference.get("namespace") in _BUILT_IN:
                continue
            what = etree.QName(reference).localname
            missing = (
                "is an address, and schemas are not fetched from the network" if target is None else "does not exist"
            )
            raise SchemaUnusable(
                f"xs:{what} of {location}: the file {missing}; put it beside the schema or into the catalogue",
                Place.of_file(path, reference.sourceline),
            )
        _check_files(target, locate, seen)


def _file(path: Path, location: str, locate: Locate | None) -> Path | None:
    parts = urlsplit(location)
    if parts.scheme in {"http", "https"}:
        return locate(location) if locate is not None else None
    return path.parent / unquote(parts.path)


def _reason(error: XMLSchemaParseError) -> str:
    return f"not a usable schema: {str(error.message).rstrip(':')}"


def _place(error: XMLSchemaParseError, path: Path) -> Place:
    schema = getattr(error.validator, "schema", error.validator)
    root, url = getattr(schema, "root", None), getattr(schema, "url", None)
    if error.elem is None or url is None:
        return Place.of_file(path)
    return place_in(url, root, error.elem)


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0].rstrip(":")


XSI = "http://www.w3.org/2001/XMLSchema-instance"
XML = "http://www.w3.org/XML/1998/namespace"


class Prefixes:
    """Prefixes that the root of a document declares. A name without a prefix is in no namespace."""

    def __init__(self, wanted: Mapping[str, str]) -> None:
        self._by_namespace: dict[str, str] = {XML: "xml"}
        self._declared: dict[str | None, str] = {}
        for prefix, namespace in wanted.items():
            if (
                prefix
                and prefix != "xml"
                and namespace
                and not namespace.startswith("http://www.w3.org/2001/XMLSchema")
            ):
                self._declare(prefix, namespace)

    def _declare(self, prefix: str, namespace: str) -> None:
        if namespace not in self._by_namespace and prefix not in self._declared:
            self._by_namespace[namespace] = prefix
            self._declared[prefix] = namespace

    def prefix(self, namespace: str) -> str:
        """Return the prefix of a namespace, and declare it if it is new."""
        known = self._by_namespace.get(namespace)
        if known is None:
            known = "xsi" if namespace == XSI else f"n{len(self._declared)}"
            while known in self._declared:
                known += "_"
            self._declare(known, namespace)
        return known

    def written(self, name: str) -> str:
        """Return a Clark name as prefix and local name."""
        namespace, brace, local = name.removeprefix("{").partition("}")
        return f"{self.prefix(namespace)}:{local}" if brace and namespace else name

    def rewritten(self, text: str, namespaces: Mapping[str, str]) -> str:
        """Return a name of a schema with the prefix that the document has for its namespace."""
        prefix, colon, local = text.strip().rpartition(":")
        namespace = namespaces.get(prefix if colon else "", "")
        return f"{self.prefix(namespace)}:{local}" if namespace else local

    @property
    def declared(self) -> dict[str | None, str]:
        """Namespaces that the root declares, by prefix."""
        return dict(self._declared)

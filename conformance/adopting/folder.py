"""A folder of official schemas: which schema each file is, what it imports, and copies that stay as they are."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import xmlschema
from lxml import etree

from simulator.documents.catalogue import Catalogue, CatalogueError, SchemaEntry
from simulator.domain.errors import UserError
from simulator.domain.provenance import Basis, Provenance

_XS = "{http://www.w3.org/2001/XMLSchema}"
_NAMESPACE = re.compile(r"https?://[^/]+/XMLSchemas/(\d{6})/([^/]+)/(v\d+-\d+)/?")
_URN = re.compile(r"URN:IVIS:\d{6}:XSD-\S+")
_MOST = 64 * 1024 * 1024  # bytes of one schema file


class AdoptionError(UserError):
    """The schemas cannot be adopted; one line each: file, line, what is wrong, what to do."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class SchemaFile:
    """One schema of the folder; ``name`` is its path below the folder, ``sha256`` of its bytes.

    Without a ``urn`` it is a part that others include.
    """

    name: str
    path: Path
    data: bytes
    namespace: str
    urn: str
    sha256: str


def read_folder(folder: Path) -> tuple[SchemaFile, ...]:
    """Every .xsd file of a folder and of those below it; raises AdoptionError when one is no schema."""
    folder = folder.resolve()
    if not folder.is_dir():
        raise AdoptionError(f"{folder}: is no folder; give the folder with the official .xsd files")
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() == ".xsd" and path.is_file())
    if not paths:
        raise AdoptionError(f"{folder}: holds no .xsd file; download ALISProvider.xsd and what it imports into it")
    problems: list[str] = []
    found: list[SchemaFile] = []
    for path in paths:
        try:
            found.append(_read(path, folder))
        except AdoptionError as error:
            problems += error.problems
    problems += _doubled(found)
    problems += _unused_parts(found)
    if problems:
        raise AdoptionError(*problems)
    return tuple(found)


def catalogue_of(files: Iterable[SchemaFile], source: str) -> Catalogue:
    """The shipped catalogue with these schemas in it; those that it has under the same URN are replaced."""
    known = Provenance(Basis.DOCUMENTED, source)
    entries = [SchemaEntry(file.urn, file.path, file.namespace, known) for file in files if file.urn]
    return Catalogue.default().extended(entries)


def check(
    files: Iterable[SchemaFile], catalogue: Catalogue, tell: Callable[[SchemaFile], None] = lambda _: None
) -> None:
    """Load every schema with both processors and see that all it imports is there; raises AdoptionError.

    ``tell`` is told of each before its turn comes.
    """
    files = tuple(files)
    problems = [problem for file in files for problem in _missing(file, files, catalogue)]
    if problems:
        raise AdoptionError(*problems)
    for file in (one for one in files if one.urn):
        tell(file)
        try:
            catalogue.compiled(file.urn)
            catalogue.model(file.urn)
        except (CatalogueError, xmlschema.XMLSchemaException) as error:
            problems.append(f"{file.path}: does not load: {str(error).strip()}")
    if problems:
        raise AdoptionError(*problems)


def imported(file: SchemaFile) -> set[str]:
    """The namespaces that a schema imports."""
    root = _parsed(file.data)
    return {element.get("namespace", "") for element in root.iter(f"{_XS}import")}


def pin(files: Iterable[SchemaFile], target: Path) -> None:
    """Copy the schemas; raises AdoptionError when a copy is there already with other bytes: it might be in use."""
    for file in files:
        copy = target / file.name
        if copy.exists() and copy.read_bytes() != file.data:
            raise AdoptionError(
                f"{copy}: is there already and differs; published schemas should not change, so adopt the new ones"
                " under another --name and compare with `aldis schemas diff`"
            )
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(file.data)


def _read(path: Path, folder: Path) -> SchemaFile:
    data = path.read_bytes()
    if len(data) > _MOST:
        raise AdoptionError(f"{path}: has {len(data)} bytes; a schema has {_MOST} at most")
    try:
        root = _parsed(data)
    except etree.XMLSyntaxError as error:
        raise AdoptionError(f"{path}: line {error.lineno}: is not well-formed XML: {error.msg}") from None
    if root.getroottree().docinfo.doctype:
        raise AdoptionError(f"{path}: has a DOCTYPE, which schemas do not need and which is not read; take it out")
    if root.tag != f"{_XS}schema":
        raise AdoptionError(f"{path}: line 1: the document element is {root.tag!s}, expected xs:schema")
    namespace = root.get("targetNamespace", "")
    name = path.relative_to(folder).as_posix()
    return SchemaFile(name, path, data, namespace, _urn_of(root, namespace, path), hashlib.sha256(data).hexdigest())


def _parsed(data: bytes) -> etree._Element:
    return etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True))


def _urn_of(root: etree._Element, namespace: str, path: Path) -> str:
    """Its own Metadata says, or the naming convention (VRAA, XML resursu izstrādes vadlīnijas: documented)."""
    for element in root.iter("{*}Identifier"):
        if element.get("Scheme") == "URN" and element.text and _URN.fullmatch(element.text.strip()):
            return element.text.strip().partition("-TYPE-")[0]
    if not namespace:
        return ""
    match = _NAMESPACE.fullmatch(namespace)
    if match is not None:
        return f"URN:IVIS:{match[1]}:XSD-{match[2]}-{path.stem}-{match[3]}"
    raise AdoptionError(
        f"{path}: line 1: which schema of the catalogue is it? Its namespace {namespace!r} is not of the"
        " form http://ivis.eps.gov.lv/XMLSchemas/<6 digits>/<name>/v<n>-<n>, and it has no Metadata with an"
        ' Identifier Scheme="URN"'
    )


def _doubled(files: list[SchemaFile]) -> Iterator[str]:
    seen: dict[str, SchemaFile] = {}
    for file in (one for one in files if one.urn):
        if file.urn in seen:
            yield f"{file.path}: has the URN {file.urn}, and so has {seen[file.urn].path}; leave one of them"
        seen[file.urn] = file


def _unused_parts(files: list[SchemaFile]) -> Iterator[str]:
    """A schema without a namespace is a part of another (chameleon include), or else nobody knows which it is."""
    included = {each for file in files for _, each in _included(file)}
    for each in files:
        if not each.urn and each.path.resolve() not in included:
            yield (
                f"{each.path}: line 1: which schema of the catalogue is it? It has no targetNamespace, no Metadata with"
                ' an Identifier Scheme="URN", and no other schema of the folder includes it'
            )


def _included(file: SchemaFile) -> Iterator[tuple[etree._Element, Path]]:
    root = _parsed(file.data)
    for element in root.iter(f"{_XS}include", f"{_XS}redefine"):
        yield element, (file.path.parent / unquote(urlsplit(element.get("schemaLocation") or "").path)).resolve()


def _missing(file: SchemaFile, files: tuple[SchemaFile, ...], catalogue: Catalogue) -> Iterator[str]:
    """Imports and includes that nothing in the folder, nor in the shipped catalogue, answers."""
    root = _parsed(file.data)
    known = {entry.namespace for entry in catalogue.entries}
    here = {file.path.resolve() for file in files}
    for each in root.iter(f"{_XS}import"):
        if each.get("namespace") not in known:
            yield (
                f"{file.path}: line {each.sourceline}: imports {each.get('namespace')!r} from"
                f" {each.get('schemaLocation')!r}, which is not in the folder; download it into {file.path.parent}"
            )
    for each, path in _included(file):
        if path not in here:
            yield (
                f"{file.path}: line {each.sourceline}: {etree.QName(each).localname}s {each.get('schemaLocation')!r},"
                " which is not in the folder; download it to that place"
            )

"""A folder of official schemas: reads and checks its files, and makes copies that are never changed."""

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
    """The schemas cannot be adopted. Each problem is a line: file, line, mistake, and how to solve it."""

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
    """Read every .xsd file of a folder and the folders below it; raises AdoptionError when one is no schema."""
    folder = folder.resolve()
    if not folder.is_dir():
        raise AdoptionError(f"{folder}: is no folder; give the folder with the official .xsd files")
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() == ".xsd" and path.is_file())
    if not paths:
        raise AdoptionError(f"{folder}: holds no .xsd file; download ALISProvider.xsd and what it imports into it")
    problems: list[str] = []
    files: list[SchemaFile] = []
    for path in paths:
        try:
            files.append(_read(path, folder))
        except AdoptionError as error:
            problems += error.problems
    problems += _doubled(files)
    problems += _unused_parts(files)
    if problems:
        raise AdoptionError(*problems)
    return tuple(files)


def catalogue_of(files: Iterable[SchemaFile], source: str) -> Catalogue:
    """Return the shipped catalogue with these schemas added, or replaced where it has one of their URN."""
    known = Provenance(Basis.DOCUMENTED, source)
    entries = [SchemaEntry(file.urn, file.path, file.namespace, known) for file in files if file.urn]
    return Catalogue.default().extended(entries)


def check(
    files: Iterable[SchemaFile], catalogue: Catalogue, before_each: Callable[[SchemaFile], None] = lambda _: None
) -> None:
    """Load every schema with both processors, after checking its imports and includes; raises AdoptionError.

    ``before_each`` is called with each schema before it is loaded.
    """
    files = tuple(files)
    problems = [problem for file in files for problem in _missing(file, files, catalogue)]
    if problems:
        raise AdoptionError(*problems)
    for file in (file for file in files if file.urn):
        before_each(file)
        try:
            catalogue.compiled(file.urn)
            catalogue.model(file.urn)
        except (CatalogueError, xmlschema.XMLSchemaException) as error:
            problems.append(f"{file.path}: does not load: {str(error).strip()}")
    if problems:
        raise AdoptionError(*problems)


def imported(file: SchemaFile) -> set[str]:
    """Return the namespaces that a schema imports."""
    root = _parsed(file.data)
    return {element.get("namespace", "") for element in root.iter(f"{_XS}import")}


def pin(files: Iterable[SchemaFile], target: Path) -> None:
    """Copy the schemas. Raises AdoptionError when a copy exists with other content, because it may be in use."""
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
    """Return the URN in a schema's Metadata, or by the naming convention; empty for a part without a namespace.

    Convention: VRAA, XML resursu izstrādes vadlīnijas (documented). Raises AdoptionError when neither gives a URN.
    """
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
    for file in (file for file in files if file.urn):
        if file.urn in seen:
            yield f"{file.path}: has the URN {file.urn}, and so has {seen[file.urn].path}; leave one of them"
        seen[file.urn] = file


def _unused_parts(files: list[SchemaFile]) -> Iterator[str]:
    """Yield a problem for each schema without a namespace that no other includes (chameleon include)."""
    included = {path for file in files for _, path in _included(file)}
    for file in files:
        if not file.urn and file.path.resolve() not in included:
            yield (
                f"{file.path}: line 1: which schema of the catalogue is it? It has no targetNamespace, no Metadata with"
                ' an Identifier Scheme="URN", and no other schema of the folder includes it'
            )


def _included(file: SchemaFile) -> Iterator[tuple[etree._Element, Path]]:
    root = _parsed(file.data)
    for element in root.iter(f"{_XS}include", f"{_XS}redefine"):
        yield element, (file.path.parent / unquote(urlsplit(element.get("schemaLocation") or "").path)).resolve()


def _missing(file: SchemaFile, files: tuple[SchemaFile, ...], catalogue: Catalogue) -> Iterator[str]:
    """Yield a problem for each import and include that is neither in the folder nor in the shipped catalogue."""
    root = _parsed(file.data)
    known = {entry.namespace for entry in catalogue.entries}
    here = {file.path.resolve() for file in files}
    for element in root.iter(f"{_XS}import"):
        if element.get("namespace") not in known:
            yield (
                f"{file.path}: line {element.sourceline}: imports {element.get('namespace')!r} from"
                f" {element.get('schemaLocation')!r}, which is not in the folder; download it into {file.path.parent}"
            )
    for element, path in _included(file):
        if path not in here:
            location = element.get("schemaLocation")
            yield (
                f"{file.path}: line {element.sourceline}: {etree.QName(element).localname}s {location!r},"
                " which is not in the folder; download it to that place"
            )

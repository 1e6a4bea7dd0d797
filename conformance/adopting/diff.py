"""Comparison of two sets of schemas, and the trial that loads a folder of schemas in a child process first.

``differences`` lists the elements and values that were added, removed or changed.

``try_out`` limits time and memory, because schemas come from elsewhere and no schema processor limits what it uses: a
few hundred bytes can require more than a machine has (groups that contain each other twice, ten levels deep; thousands
of elements that may each repeat thousands of times). A folder that loads in the child within the limits also loads in
this process. The child runs this module as ``__main__``.
"""

from __future__ import annotations

import json
import resource
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from conformance.adopting.folder import AdoptionError, SchemaFile, catalogue_of, check, imported, read_folder
from conformance.adopting.places import Branch, Place, Reader
from simulator.documents.catalogue import Catalogue
from simulator.documents.element_names import Names, split
from simulator.documents.explaining import document_elements, global_element
from simulator.documents.profile import load_profile
from simulator.domain.model import ChannelName
from simulator.settings import SettingsError

SECONDS = 60.0
"""Limit on loading all schemas of a folder, in wall seconds (assumed); the official ones take a few."""
MEMORY = 2 * 1024**3
"""Limit on the memory of the child process, in bytes (assumed)."""
_TOO_MUCH, _TOO_DEEP = 3, 4
_ADVICE = (
    "look for groups or types that hold each other many times over, and for elements that may come many thousands of "
    "times"
)


def try_out(folder: Path, seconds: float = SECONDS, memory: int = MEMORY) -> None:
    """Load the schemas of a folder in a child process. Raises AdoptionError with every mistake in them.

    When they take more than ``seconds`` of wall time or ``memory`` bytes, the child is killed and AdoptionError raised.
    """
    command = [sys.executable, "-P", "-m", "conformance.adopting.diff", str(folder), str(memory)]
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8") as output,
        subprocess.Popen(command, stdout=output) as child,  # noqa: S603 - ourselves
    ):
        try:
            status: int | None = child.wait(seconds)
        except subprocess.TimeoutExpired:
            status = None
        finally:
            child.kill()
        output.seek(0)
        reports = [json.loads(line) for line in output.read().splitlines() if line.endswith("}")]
    problems = [problem for report in reports for problem in report.get("problems", ())]
    at = next((report["at"] for report in reversed(reports) if "at" in report), folder)
    if status is None:
        more = "where the schema is right as it is, allow more with --seconds"
        problems = [f"{at}: loading it takes more than {seconds:g} seconds; {_ADVICE}; {more}"]
    elif status == _TOO_MUCH:
        problems = [f"{at}: loading it takes more than {memory // 1024**2} MB of memory; {_ADVICE}"]
    elif status == _TOO_DEEP:
        problems = [f"{at}: its groups or types nest too deeply to be loaded; write it with less nesting"]
    elif status:
        end = signal.Signals(-status).name if status < 0 else f"exit code {status}"
        problems = [f"{at}: the schema processor that tried to load it was ended by {end}; {_ADVICE}"]
    if problems:
        raise AdoptionError(*problems)


def _rehearse(folder: Path) -> None:
    """Load the schemas as ``adopt`` and ``differences`` do; raises AdoptionError."""
    files = read_folder(folder)
    catalogue = catalogue_of(files, "rehearsal")
    check(files, catalogue, _report_progress)
    for file in (file for file in files if file.urn):
        _report_progress(file)
        model = catalogue.model(file.urn)
        for clark in document_elements(model):
            declaration = global_element(model, clark)
            if declaration is not None:
                Reader(Names({})).root(declaration)


def _report_progress(file: SchemaFile) -> None:
    _report({"at": str(file.path)})


def _report(content: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(content) + "\n")
    sys.stdout.flush()


def _main(folder: Path, memory: int) -> int:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    try:
        _rehearse(folder)
    except AdoptionError as error:
        # libxml2 reports only a failure when it had no memory left.
        if resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 > memory / 2:
            return _TOO_MUCH
        _report({"problems": error.problems})
    except MemoryError:
        return _TOO_MUCH
    except RecursionError:
        return _TOO_DEEP
    return 0


@dataclass(frozen=True, slots=True)
class Difference:
    """One place that differs; ``before`` and ``after`` describe its content in the two schemas, None for nothing."""

    kind: str
    place: str
    before: str | None
    after: str | None

    def as_json(self) -> dict[str, str | None]:
        """Return the difference as a JSON object."""
        return asdict(self)


class _Plain(Names):
    """Names without namespaces, which change with every version."""

    def __init__(self) -> None:
        super().__init__({})

    def name(self, clark: str) -> str:
        return split(clark)[1]


def differences(one: str, other: str) -> tuple[Difference, ...]:
    """Return the differences between two folders of schemas, or profiles by name or file; raises AdoptionError."""
    return tuple(_compare(_shape(one), _shape(other)))


def _compare(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Difference]:
    for place in sorted(before.keys() | after.keys()):
        was, now = before.get(place), after.get(place)
        if was != now:
            kind = "gone" if now is None else "new" if was is None else "changed"
            yield Difference(kind, place, was, now)


def _shape(source: str) -> dict[str, str]:
    """Every place of every document, by its path, and what may stand there."""
    path = Path(source)
    found: dict[str, str] = {}
    if path.is_dir():
        try_out(path)
        files = read_folder(path)
        catalogue = catalogue_of(files, "folder")
        check(files, catalogue)
        used = {space for file in files for space in imported(file)}
        for file in (file for file in files if file.urn and file.namespace not in used):
            for clark in document_elements(catalogue.model(file.urn)):
                if clark.startswith(f"{{{file.namespace}}}"):
                    found |= _document(catalogue, file.urn, clark)
        return found
    try:
        profile = load_profile(source)
    except SettingsError as error:
        raise AdoptionError(f"{source}: is neither a folder of schemas nor a profile: {error}") from error
    for name in ChannelName:
        channel = profile.channel(name)
        found |= _document(profile.catalogue, channel.schema_urn, channel.root)
    return found


def _document(catalogue: Catalogue, urn: str, root: str) -> dict[str, str]:
    declaration = global_element(catalogue.model(urn), root)
    if declaration is None:
        return {}
    return dict(_below("", Reader(_Plain()).root(declaration)))


def _below(path: str, branch: Branch) -> Iterator[tuple[str, str]]:
    here = f"{path}/{branch.step}"
    yield here, _extent(branch)
    for place in branch.places():
        yield f"{here}/{place.path}", _value(place)
    for inner, group in branch.groups():
        yield from _below("/".join([here, *inner.split("/")[:-1]]) if "/" in inner else here, group)


def _extent(branch: Branch) -> str:
    return f"{'repeats' if branch.repeats else 'once'}, {'required' if branch.required else 'may be absent'}"


def _value(place: Place) -> str:
    kind = place.type
    primitive = getattr(getattr(kind, "primitive_type", None), "local_name", None) or "text"
    facets = [
        f"{split(str(name))[1]} {' | '.join(getattr(facet, 'regexps', None) or [str(getattr(facet, 'value', ''))])}"
        for name, facet in (getattr(kind, "facets", None) or {}).items()
        if name and split(str(name))[1] not in ("whiteSpace", "enumeration")
    ]
    allowed = [f"one of {', '.join(place.enumeration)}"] if place.enumeration else []
    needed = "required" if place.required else "may be absent"
    return "; ".join([primitive, needed, *facets, *allowed])


if __name__ == "__main__":
    sys.exit(_main(Path(sys.argv[1]), int(sys.argv[2])))

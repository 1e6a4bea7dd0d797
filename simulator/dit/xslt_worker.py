"""The program that runs stylesheets, in a process that the server can kill.

It is run by its path and imports nothing of this project. It reads requests from standard input and answers each on
standard output. A message is a length (4 bytes), a JSON object of that length, and ``size`` bytes of data, where
``size`` is a key of the object. A stylesheet cannot read, write or connect, has no extension functions, and its memory
and processor time are limited.
"""

from __future__ import annotations

import json
import resource
import struct
import sys
from functools import lru_cache
from pathlib import Path
from typing import IO, Any

from lxml import etree

_MEMORY = 2 * 2**30
_MEMORY_PER_BYTE = 12  # of a document's tree, about; a stylesheet holds two trees
_MARKED = "cut here"
_TOO_MUCH = "took more memory than a transformation may have"
_STOPPED = {
    "infinite template recursion": "calls its own templates too deep",
    "memory allocation failed": _TOO_MUCH,
    "malloc failed": _TOO_MUCH,
}
"""Messages of libxslt when it stops a stylesheet, with the texts for the journal."""


def main() -> None:
    """Answer requests until there are no more."""
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    document: Any = None
    while (request := receive(requests)) is not None:
        header, data = request
        if header["do"] == "document":
            document, answer = _read(data)
            send(answers, answer)
        else:
            send(answers, *_cut(document, header))


def send(stream: IO[bytes], header: dict[str, Any], data: bytes = b"") -> None:
    """Write one message to a stream."""
    text = json.dumps(header | {"size": len(data)}).encode()
    stream.write(struct.pack(">I", len(text)) + text)
    stream.write(data)
    stream.flush()


def receive(stream: IO[bytes]) -> tuple[dict[str, Any], bytes] | None:
    """Read one message from a stream; None at its end."""
    length = stream.read(4)
    if len(length) < 4:
        return None
    header = json.loads(stream.read(struct.unpack(">I", length)[0]))
    return header, stream.read(header["size"])


def parser() -> etree.XMLParser:
    """Return a parser for documents and stylesheets: no entities, no network, no DTD."""
    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)


@lru_cache(maxsize=64)
def compile_stylesheet(path: str) -> etree.XSLT:
    """Compile a stylesheet, or return it from a cache; raises OSError, XMLSyntaxError or XSLTParseError."""
    with Path(path).open("rb") as file:
        return etree.XSLT(etree.parse(file, parser(), base_url=path), access_control=etree.XSLTAccessControl.DENY_ALL)


def _read(data: bytes) -> tuple[Any, dict[str, Any]]:
    limit = 2 * _MEMORY_PER_BYTE * len(data) + _MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (limit, resource.getrlimit(resource.RLIMIT_AS)[1]))
    try:
        document = etree.fromstring(data, parser())
    except etree.XMLSyntaxError as error:
        return None, {"wrong": f"is not well-formed XML: {error}"}
    if document.getroottree().docinfo.internalDTD is not None:
        return None, {"wrong": "carries a document type declaration"}
    return document, {}


def _cut(document: Any, request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    # If the server is killed, this limit still ends a stylesheet that would run for ever.
    used = resource.getrusage(resource.RUSAGE_SELF)
    end = int(used.ru_utime + used.ru_stime + request["seconds"]) + 2
    resource.setrlimit(resource.RLIMIT_CPU, (end, resource.getrlimit(resource.RLIMIT_CPU)[1]))
    try:
        stylesheet = compile_stylesheet(request["stylesheet"])
    except (OSError, etree.XMLSyntaxError, etree.XSLTParseError) as error:
        return {"unusable": str(error)}, b""
    try:
        result: Any
        parameters = {name: etree.XSLT.strparam(value) for name, value in request["parameters"]}
        result = stylesheet(document, profile_run=False, **parameters)
        if result.getroot() is None:
            return {"nothing": True}, b""
        if request["records"] is not None:
            marked = _mark(result.getroot(), request["records"])
            return {"element": str(result.getroot().tag), "marked": marked}, bytes(result)
        # Serialized by the stylesheet's xsl:output; write_output() fails for a stylesheet without one.
        data = bytes(result)
        return {"element": str(etree.fromstring(data, parser()).tag)}, data
    except (etree.XSLTError, etree.XMLSyntaxError) as error:
        log = "\n".join(str(log_entry.message) for log_entry in error.error_log).casefold()
        stopped = next((reason for message, reason in _STOPPED.items() if message in log), None)
        return ({"stopped": stopped} if stopped is not None else {"failed": str(error)}), b""
    except MemoryError:
        return {"stopped": _TOO_MUCH}, b""


def _mark(root: Any, path: list[str]) -> bool:
    """Insert a processing instruction before the first and after the last record; return False without records."""
    if root.tag != path[0]:
        return False
    containers = [root]
    for name in path[1:-1]:
        containers = [child for container in containers for child in container if child.tag == name]
    records = [child for container in containers[:1] for child in container if child.tag == path[-1]]
    if not records:
        return False
    first, last = (etree.ProcessingInstruction(*_MARKED.split()) for _ in range(2))
    records[0].addprevious(first)
    last.tail, records[-1].tail = records[-1].tail, None
    records[-1].addnext(last)
    return True


if __name__ == "__main__":
    main()

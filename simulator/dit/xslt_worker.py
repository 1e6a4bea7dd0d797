"""The program of the process in which stylesheets run: apart from the server, so that it can be killed.

Run by its path, it imports nothing of ours. It reads requests from standard input and answers each on standard output:
a length (4 bytes), a JSON object of that length, and as many bytes as that says in ``size``. A stylesheet may neither
read, write nor connect, has no extension functions, and may use bounded memory and processor time.
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
_MEMORY_PER_BYTE = 12
"""A tree takes about so many bytes for each byte of the document; a stylesheet holds two of them."""
_MARKED = "cut here"
_TOO_MUCH = "took more memory than a transformation may have"
_STOPPED = {
    "infinite template recursion": "calls its own templates too deep",
    "memory allocation failed": _TOO_MUCH,
    "malloc failed": _TOO_MUCH,
}
"""Messages of libxslt when it stops a stylesheet by itself, with the words for the journal."""


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
    """Write one message."""
    text = json.dumps(header | {"size": len(data)}).encode()
    stream.write(struct.pack(">I", len(text)) + text)
    stream.write(data)
    stream.flush()


def receive(stream: IO[bytes]) -> tuple[dict[str, Any], bytes] | None:
    """Read one message, None at the end."""
    length = stream.read(4)
    if len(length) < 4:
        return None
    header = json.loads(stream.read(struct.unpack(">I", length)[0]))
    return header, stream.read(header["size"])


def parser() -> etree.XMLParser:
    """For documents and stylesheets: no entities, no network, no DTD."""
    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)


@lru_cache(maxsize=64)
def compile_stylesheet(path: str) -> etree.XSLT:
    """A stylesheet, compiled; raises OSError, XMLSyntaxError or XSLTParseError."""
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
    # Should the one who watches be killed itself, the processor's clock ends what would run for ever.
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
        # As the stylesheet's xsl:output says; write_output() would not bear a stylesheet without one.
        data = bytes(result)
        return {"element": str(etree.fromstring(data, parser()).tag)}, data
    except (etree.XSLTError, etree.XMLSyntaxError) as error:
        told = "\n".join(str(log_entry.message) for log_entry in error.error_log).casefold()
        stopped = next((why for sign, why in _STOPPED.items() if sign in told), None)
        return ({"stopped": stopped} if stopped is not None else {"failed": str(error)}), b""
    except MemoryError:
        return {"stopped": _TOO_MUCH}, b""


def _mark(root: Any, path: list[str]) -> bool:
    """Mark where the records of a result begin and end; False when it has none."""
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

"""Media type of a request, and the parts of an MTOM request (multipart/related; W3C XOP and MTOM, RFC 2387).

The envelope is the root part. WCF, which DIT is built with, optimises base64 values only, so a document comes inside
the envelope. A document in a part of its own, to which an xop:Include in the envelope refers, is accepted as well
(assumed).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.errors import MessageError
from email.message import Message
from email.parser import BytesHeaderParser
from urllib.parse import unquote

from werkzeug.http import parse_options_header

from simulator.dit.refusals import Refused
from simulator.documents.parsing import document_element
from simulator.soap.body import FileSlice
from simulator.soap.extraction import MAX_ENVELOPE_BYTES, LargePayload, SmallPayload
from simulator.soap.refusals import EnvelopeCode, SoapVersion, refuse
from simulator.store import Incoming

INCLUDE = "{http://www.w3.org/2004/08/xop/include}Include"
"""Clark name of the element that refers to a part."""

ROOT_TYPE = "application/xop+xml"
"""Media type of the root part."""

_MAX_PARTS = 100  # assumed
_MAX_HEADER_BYTES = 16 * 1024  # assumed: of one part
_UNENCODED = frozenset({"", "binary", "8bit", "7bit"})


@dataclass(frozen=True, slots=True)
class Media:
    """The charset and the Action that a request's HTTP headers give; None where they give none.

    ``parts`` are the parameters of the media type of an MTOM request, None for a plain envelope.
    """

    charset: str | None
    action: str | None
    parts: Mapping[str, str] | None = None


def check_media(
    content_type: str | None,
    content_encoding: str | None,
    soap_action: str | None,
    version: SoapVersion,
    *,
    mtom: bool = False,
) -> Media:
    """Read the HTTP headers of a request to an address of a SOAP version; an ``mtom`` address takes MTOM as well.

    ``soap_action`` is the SOAPAction header; in SOAP 1.2 the media type's ``action`` is used instead. Raises Refused
    (HTTP 415) for any other media type, and for a compressed request.
    """
    if content_encoding and content_encoding.strip().lower() != "identity":
        raise refuse(
            EnvelopeCode.CONTENT_ENCODING,
            latvian=f"Saspiestu pieprasījumu ({content_encoding}) neatbalsta.",
            text=f"Compressed requests ({content_encoding}) are not supported.",
            found=f"the request has Content-Encoding {content_encoding!r}",
            remedy="switch its compression off in the client",
            http_status=415,
        )
    media_type, options = parse_options_header(content_type)
    if mtom and media_type.lower() == "multipart/related":
        return _of_parts(content_type, options, version)
    if media_type.lower() != version.media_type:
        raise _wrong_media_type(content_type, media_type.lower(), version)
    action = options.get("action") if version is SoapVersion.SOAP_12 else _unquoted(soap_action)
    return Media(options.get("charset") or None, action or None)


def _of_parts(content_type: str | None, options: Mapping[str, str], version: SoapVersion) -> Media:
    kind = options.get("type", ROOT_TYPE).lower()
    info, inner = parse_options_header(options.get("start-info", version.media_type))
    if kind != ROOT_TYPE or info.lower() != version.media_type:
        raise refuse(
            EnvelopeCode.MEDIA_TYPE,
            latvian=f"Satura tips “{content_type}” nav MTOM; gaidīts type={ROOT_TYPE}, "
            f"start-info={version.media_type}.",
            text=f"The content type {content_type!r} is not that of MTOM.",
            found=f"the request is multipart/related with type {kind!r} and start-info {info!r}",
            expected=f"type={ROOT_TYPE} and start-info={version.media_type}",
            remedy="switch MTOM on in the client, not attachments",
            http_status=415,
        )
    return Media(None, options.get("action") or inner.get("action") or None, options)


def _unquoted(value: str | None) -> str | None:
    if value is None:
        return None
    value = value.strip()
    return value[1:-1] if len(value) >= 2 and value[0] == value[-1] == '"' else value


def _wrong_media_type(content_type: str | None, media_type: str, version: SoapVersion) -> Exception:
    shown_type = content_type or "(none)"
    other = SoapVersion.of_media_type(media_type)
    if other is not None:
        port = "plain11" if other is SoapVersion.SOAP_11 else "plain"
        advice = f"; {media_type} is {other.value}, which is served at .../{port}"
    elif media_type.startswith("multipart/"):
        advice = "; this address takes no MTOM: send the payload inline, or to the MTOM port's address (see the WSDL)"
    else:
        advice = ""
    return refuse(
        EnvelopeCode.MEDIA_TYPE,
        latvian=f"Satura tips “{shown_type}” šajā adresē nav derīgs; gaidīts {version.media_type}.",
        text=f"The content type {shown_type!r} is not right for this address; expected {version.media_type}.",
        found=f"the request has Content-Type {shown_type!r}",
        expected=f"{version.content_type!r}{advice}",
        http_status=415,
    )


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a request: its Content-ID without brackets (None when it has none), its headers and its bytes."""

    identifier: str | None
    headers: Message
    content: FileSlice


@dataclass(frozen=True, slots=True)
class Package:
    """The parts of a request; ``parts`` are all but the root, by Content-ID."""

    root: Part
    parts: Mapping[str, Part]

    def included(self, href: str | None) -> FileSlice:
        """Return the content of the part that an xop:Include refers to; raises Refused when there is none."""
        if not (href or "").lower().startswith("cid:"):
            raise _missing(f"xop:Include has href {href!r}; expected cid: and a Content-ID")
        identifier = unquote((href or "")[4:])
        if identifier not in self.parts:
            known = ", ".join(sorted(self.parts)) or "none"
            raise _missing(f"xop:Include means the part {identifier!r}, but the parts beside the envelope are: {known}")
        return self.parts[identifier].content


def take_apart(body: FileSlice, options: Mapping[str, str]) -> Package:
    """Split a multipart/related body into its parts; ``options`` are the parameters of its media type.

    Raises Refused when the body is not well-formed, or its root part is not of the type :data:`ROOT_TYPE`.
    """
    boundary = options.get("boundary", "")
    if not boundary:
        raise _broken("Content-Type has no boundary, without which the parts cannot be told apart")
    slices = _split(body, boundary.encode("utf-8", "replace"))
    parts = [_part(file_slice, number) for number, file_slice in enumerate(slices, 1)]
    if not parts:
        raise _broken(f"the body has no part: the boundary {boundary!r} of Content-Type opens none")
    root = _root(parts, options.get("start"))
    _check_root(root)
    parts_by_id: dict[str, Part] = {}
    for part in parts:
        if part is root:
            continue
        if part.identifier is None:
            raise _broken("a part beside the envelope has no Content-ID, by which an xop:Include could mean it")
        if part.identifier in parts_by_id:
            raise _broken(f"two parts have the Content-ID {part.identifier!r}")
        parts_by_id[part.identifier] = part
    return Package(root, parts_by_id)


def _split(body: FileSlice, boundary: bytes) -> list[FileSlice]:
    """Return the slices between the boundaries: each is one part with its headers."""
    delimiter = b"\n--" + boundary
    starts_with_boundary = body.read(0, len(delimiter) - 1) == delimiter[1:]
    start = 0 if starts_with_boundary else body.find(delimiter) + 1
    if not (starts_with_boundary or start):
        raise _broken(f"the body never has the boundary {boundary.decode('utf-8', 'replace')!r} of Content-Type")
    slices: list[FileSlice] = []
    position = start + len(delimiter) - 1
    while True:
        line = body.read(position, position + 200)
        if line.startswith(b"--"):
            return slices
        end_of_line = line.find(b"\n")
        if end_of_line < 0 or line[:end_of_line].strip():
            raise _broken("a boundary is followed by something else than a line end; is the boundary inside a part?")
        begin = position + end_of_line + 1
        end = body.find(delimiter, begin - 1)
        if end < 0:
            raise _broken("the last part is not closed by its boundary and two hyphens: the body was cut short")
        if len(slices) == _MAX_PARTS:
            raise _broken(f"there are more than {_MAX_PARTS} parts (assumed limit)")
        content_end = max(end, begin)
        if body.read(content_end - 1, content_end) == b"\r" and content_end > begin:
            content_end -= 1
        slices.append(body.part(begin, content_end))
        position = end + len(delimiter)


def _part(file_slice: FileSlice, number: int) -> Part:
    head = file_slice.read(0, _MAX_HEADER_BYTES)
    separators = [(index, len(end)) for end in (b"\r\n\r\n", b"\n\n") if (index := head.find(end)) >= 0]
    if head.startswith((b"\r\n", b"\n")):
        separators.append((0, 2 if head.startswith(b"\r") else 1))
    if not separators:
        raise _broken(
            f"part {number} has no empty line behind its headers, or more than {_MAX_HEADER_BYTES} bytes of them"
        )
    header_end, separator_length = min(separators)
    try:
        headers = BytesHeaderParser().parsebytes(head[:header_end] + b"\r\n\r\n")
    except (MessageError, UnicodeError, ValueError) as error:
        raise _broken(f"the headers of part {number} cannot be read: {error}") from error
    encoding = str(headers.get("Content-Transfer-Encoding", "")).strip().lower()
    if encoding not in _UNENCODED:
        raise _broken(
            f"part {number} has Content-Transfer-Encoding {encoding!r}; HTTP needs none: send binary, as MTOM does"
        )
    identifier = str(headers.get("Content-ID", "")).strip().removeprefix("<").removesuffix(">")
    return Part(identifier or None, headers, file_slice.part(header_end + separator_length))


def _root(parts: list[Part], start: str | None) -> Part:
    if start is None:
        return parts[0]
    root_id = start.strip().removeprefix("<").removesuffix(">")
    for part in parts:
        if part.identifier == root_id:
            return part
    raise _missing(
        f"Content-Type says that the envelope is the part {root_id!r} (start), but there is none of that name"
    )


def _check_root(root: Part) -> None:
    declared = str(root.headers.get("Content-Type", ""))
    media_type = parse_options_header(declared)[0].lower()
    if media_type != ROOT_TYPE:
        raise refuse(
            EnvelopeCode.MEDIA_TYPE,
            latvian=f"Aploksnes daļas satura tips “{declared}” nav derīgs; gaidīts {ROOT_TYPE}.",
            text=f"The content type {declared!r} of the envelope's part is not right; expected {ROOT_TYPE}.",
            found=f"the root part has Content-Type {declared!r}",
            expected=f"{ROOT_TYPE} with type=application/soap+xml (W3C, MTOM)",
            remedy="switch MTOM on in the client, not attachments",
            http_status=415,
        )


def charset_of(root: Part) -> str | None:
    """Return the charset that the root part declares, None when it declares none."""
    return parse_options_header(str(root.headers.get("Content-Type", "")))[1].get("charset")


def _broken(what: str) -> Refused:
    return refuse(
        EnvelopeCode.MIME,
        latvian="Pieprasījuma daļas (multipart/related) nevar nolasīt.",
        text=f"The request's parts (multipart/related) cannot be read: {what}.",
        found=f"the request's parts (multipart/related) cannot be read: {what}",
        expected="the envelope as the root part and a part for each xop:Include, between lines with the boundary that "
        "Content-Type names (W3C, MTOM; RFC 2387)",
        remedy="have the client's MTOM write the request, and send it whole",
        http_status=400,
    )


def _missing(what: str) -> Refused:
    return refuse(
        EnvelopeCode.MISSING_PART,
        latvian="Pieprasījumā trūkst daļas, uz kuru tas atsaucas.",
        text=f"The request lacks a part that it refers to: {what}.",
        found=f"the request lacks a part that it refers to: {what}",
        expected="a part whose Content-ID is the name that href (cid:...) or start has (W3C, XOP)",
        remedy="send the document's part with the envelope, or the document inline",
        http_status=400,
    )


def read_part(content: FileSlice, incoming: Callable[[], Incoming], line: int) -> SmallPayload | LargePayload:
    """Read a document in a part of its own as the payload; ``line`` is the line of its xop:Include in the request.

    A document of more than MAX_ENVELOPE_BYTES is written to the file that ``incoming`` opens, and is not parsed.
    Raises Refused for a document that is not UTF-8, has a DTD or does not begin with a root element; StoreError.
    """
    head = content.read(0, MAX_ENVELOPE_BYTES)
    element, complaint = document_element(head)
    if complaint is not None:
        raise refuse(
            EnvelopeCode.DOCTYPE if complaint.code == "dtd" else EnvelopeCode.MALFORMED,
            latvian="Ziņojuma daļa nav derīgs XML dokuments.",
            text=f"The message's part is not a proper XML document: {complaint.found}.",
            found=f"the part that xop:Include means, line {complaint.line}: found {complaint.found}",
            expected=f"{complaint.expected} ({complaint.provenance.source})",
        )
    if content.size <= MAX_ENVELOPE_BYTES:
        return SmallPayload(head, element, line)
    payload_file = incoming()
    try:
        for piece in content.pieces():
            payload_file.write(piece)
        payload_file.finish()
    except BaseException:
        payload_file.close()
        raise
    return LargePayload(payload_file, element, line)

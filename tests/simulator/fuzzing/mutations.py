"""Ways to make a request worse: its bytes, XML, parts, headers, size, encoding, and its way over the wire.

Each is a function from chance and a request, which it changes; most leave a request that has to be refused, some one
that has to pass, and no answer is known beforehand but that there is a proper one.
"""

from __future__ import annotations

import copy
import gzip
from collections.abc import Callable
from random import Random

from lxml import etree

from tests.simulator.fuzzing.genuine import PART, Request, chunks

Mutation = Callable[[Random, Request], None]

_VALUES = (
    *("", " ", "0", "-1", "true", "NaN", "2147483648", "9223372036854775808", "1e400", "9" * 400),
    *("2026-13-45", "0001-01-01T00:00:00Z", "99999-01-01T00:00:00Z", "24:00:00", "2026-03-02T08:00:00+99:99"),
    *("URN:IVIS:100001:CHA-No-v1-0-TYPE-DSK", "URN:IVIS:", "urn:x", "100999", "1005001", "../../../../etc/passwd"),
    *("'; DROP TABLE messages; --", "%s%n%x", "${x}", "{0}", "cid:doc@x", "#root", "\u202e", "\U0001f4a9", "\u0085"),
    *("ā" * 5000, "A" * 70_000, "\ufffd", "\t\n\r", "a\u0300" * 50, "00000000-0000-0000-0000-000000000000", "]]>", "&"),
)
_PIECES = (
    *(b"\x00", b"&", b"<", b">", b"]]>", b"<!DOCTYPE x>", b"<?x y?>", b"<!--", b"<![CDATA[", b"&#0;", b"&#xD800;"),
    *(b"&undefined;", b"\xed\xa0\x80", b"\xc0\x80", b"\xff\xfe", b"\xef\xbb\xbf", b"\xef\xbf\xbf", b"\xf4\x90\x80\x80"),
    *(b"\r", b"\n\n", b'"', b"'", b"xmlns:q=''", b" xml:id='a'", b"\xe2\x80\xa8", b"--uuid:4f1e8a--\r\n", b"/>"),
)
_NAMESPACES = ("", "urn:x", "http://www.w3.org/2003/05/soap-envelope", "http://www.w3.org/2000/xmlns", "relative", "é")
_DOCTYPES = (
    b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>',
    b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>',
    b'<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1:9/x.dtd">%p;]>',
    b'<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">',
)
_CONTENT_TYPES = (
    *("", ";", "text/xml", "text/xml; charset=utf-8", "application/soap+xml", "application/json", "a/b/c"),
    *("application/soap+xml; charset=utf-16", "application/soap+xml; charset=latin1", "multipart/related"),
    *("application/soap+xml; charset=\x00", 'application/soap+xml; charset="', "application/soap+xml; charset=utf-7"),
    *("application/soap+xml; action=urn:x", "application/soap+xml; charset*=utf-8''%ff", "multipart/form-data"),
    *('multipart/related; boundary=""', f'multipart/related; boundary="{"b" * 5000}"', "application/xop+xml"),
    *(
        'multipart/related; type="application/xop+xml"; start="<none>"; boundary="uuid:4f1e8a"',
        "ā/ē",
        "multipart/related; boundary=B",
    ),
    *('multipart/related; type="text/xml"; boundary="uuid:4f1e8a"', "multipart/related; boundary*0=uu; boundary*1=id"),
)
_LENGTHS = ("0", "1", "-1", "abc", "", "99999999999999999999", "1e3", "0x10", "+5", "1_0", "5, 5", "٣")
_ENCODINGS = ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-7", "latin-1", "cp1257", "cp500", "utf-8-sig")


def _place(chance: Random, data: bytes) -> int:
    return chance.randrange(len(data) + 1)


# The body's bytes


def flip_bytes(chance: Random, request: Request) -> None:
    """A few bytes are others."""
    data = bytearray(request.body)
    for _ in range(chance.choice((1, 1, 2, 8))):
        if data:
            data[chance.randrange(len(data))] = chance.randrange(256)
    request.raw = bytes(data)


def cut_out(chance: Random, request: Request) -> None:
    """A stretch is missing."""
    data = request.body
    start = _place(chance, data)
    request.raw = data[:start] + data[start + chance.choice((1, 5, 100, 1000)) :]


def repeat_stretch(chance: Random, request: Request) -> None:
    """A stretch stands there twice."""
    data = request.body
    start = _place(chance, data)
    end = min(len(data), start + chance.choice((1, 10, 300, 3000)))
    request.raw = data[:end] + data[start:]


def put_in(chance: Random, request: Request) -> None:
    """Something that does not belong there is put in."""
    data = request.body
    start = _place(chance, data)
    request.raw = data[:start] + chance.choice(_PIECES) * chance.choice((1, 1, 1, 40)) + data[start:]


def put_into_xml(chance: Random, request: Request) -> None:
    """Something that does not belong there is put in where XML is read."""
    start = _place(chance, request.xml)
    request.xml = request.xml[:start] + chance.choice(_PIECES) + request.xml[start:]


def end_early(chance: Random, request: Request) -> None:
    """The body is shorter than it was, and says so."""
    request.raw = request.body[: _place(chance, request.body)]


def noise(chance: Random, request: Request) -> None:
    """Nothing is left of it."""
    request.raw = chance.randbytes(chance.choice((1, 20, 3000)))


def add_behind(chance: Random, request: Request) -> None:
    """Something follows the document."""
    request.raw = request.body + chance.choice((b"\n<!-- -->", b"x", b"<a/>", b"\x00", b" " * 2000, request.body))


# XML


def _tree(request: Request) -> etree._Element | None:
    try:
        return etree.fromstring(request.xml, etree.XMLParser(resolve_entities=False, huge_tree=True))
    except (etree.XMLSyntaxError, ValueError):
        return None


def _some(chance: Random, root: etree._Element) -> etree._Element:
    """An element, more often in the body than elsewhere."""
    bodies = [element for element in root if isinstance(element.tag, str) and element.tag.endswith("}Body")]
    inside = bodies[0] if bodies and chance.random() < 0.65 else root
    found = [element for element in inside.iter() if isinstance(element.tag, str)] or [root]
    return chance.choice(found[:200] if chance.random() < 0.9 else found)


def _xml(change: Callable[[Random, etree._Element], None]) -> Mutation:
    def mutation(chance: Random, request: Request) -> None:
        root = _tree(request)
        if root is None:
            put_in(chance, request)
            return
        change(chance, _some(chance, root))
        request.xml = etree.tostring(root)

    mutation.__name__, mutation.__doc__ = change.__name__.strip("_"), change.__doc__
    return mutation


def _drop_element(_chance: Random, element: etree._Element) -> None:
    """An element is missing."""
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def _double_element(chance: Random, element: etree._Element) -> None:
    """An element stands there several times."""
    if element.getparent() is not None:
        for _ in range(chance.choice((1, 1, 1, 3, 200)) if len(etree.tostring(element)) < 10_000 else 1):
            element.addnext(copy.deepcopy(element))


def _rename_element(chance: Random, element: etree._Element) -> None:
    """An element has another name, or another namespace."""
    name = etree.QName(element)
    if chance.random() < 0.5:
        element.tag = str(element.tag) + chance.choice(("2", "-", "Structure"))
    else:
        namespace = chance.choice(_NAMESPACES)
        element.tag = f"{{{namespace}}}{name.localname}" if namespace else name.localname


def _change_value(chance: Random, element: etree._Element) -> None:
    """A value is another."""
    value = chance.choice(_VALUES)
    named = sorted(map(str, element.attrib))
    if named and chance.random() < 0.4:
        element.set(chance.choice(named), value)
    elif chance.random() < 0.8:
        leaves = [each for each in element.iter() if isinstance(each.tag, str) and not len(each)]
        chance.choice(leaves[:100] or [element]).text = value
    else:
        element.text = value


def _add_attribute(chance: Random, element: etree._Element) -> None:
    """An attribute that nobody asked for."""
    soap = element.getroottree().getroot().nsmap.get("soap", "urn:x")
    schema = "http://www.w3.org/2001/XMLSchema-instance"
    name, value = chance.choice(
        (
            ("x", "1"),
            (f"{{{schema}}}nil", "true"),
            (f"{{{schema}}}type", "x:Unknown"),
            (f"{{{schema}}}schemaLocation", "urn:x http://127.0.0.1:9/x.xsd"),
            (f"{{{soap}}}mustUnderstand", chance.choice(("1", "true", "2", ""))),
            (f"{{{soap}}}role", "urn:someone"),
            (f"{{{soap}}}encodingStyle", "urn:x"),
            ("{http://www.w3.org/XML/1998/namespace}id", "a"),
            ("{http://www.w3.org/XML/1998/namespace}space", "preserve"),
            ("Id", "a"),
            (
                "{http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd}Id",
                chance.choice(("a", "", "ts-1", "é")),
            ),
        )
    )
    element.set(name, value)


def _move_element(chance: Random, element: etree._Element) -> None:
    """An element stands somewhere else."""
    root = element.getroottree().getroot()
    within = set(element.iter())
    others = [element for element in root.iter() if isinstance(element.tag, str) and element not in within]
    if element is not root and others:
        chance.choice(others[:100]).insert(0, element)


def _add_element(chance: Random, element: etree._Element) -> None:
    """An element that nobody asked for."""
    child = etree.fromstring(
        chance.choice(
            (
                "<x/>",
                '<x xmlns="urn:x">text</x>',
                '<xop:Include xmlns:xop="http://www.w3.org/2004/08/xop/include" href="cid:doc%40x"/>',
                '<xop:Include xmlns:xop="http://www.w3.org/2004/08/xop/include"/>',
                '<Payload xmlns="urn:aldis-conformance:payload" reference="0" size="-1" element="x"/>',
                '<s:Fault xmlns:s="http://www.w3.org/2003/05/soap-envelope"/>',
                '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd" parse="text"/>',
            )
        )
    )
    element.insert(chance.randrange(len(element) + 1), child)


def _break_up(chance: Random, element: etree._Element) -> None:
    """Comments or instructions stand between the text."""
    node = etree.Comment(" x ") if chance.random() < 0.6 else etree.PI("x", "y")
    node.tail = element.text
    element.insert(0, node)


def _empty_element(_chance: Random, element: etree._Element) -> None:
    """Nothing is left in an element."""
    for child in list(element):
        element.remove(child)
    element.text = None


def deepen(chance: Random, request: Request) -> None:
    """Elements in elements in elements."""
    depth = chance.choice((50, 250, 260, 3000, 10_000))
    at = request.xml.rfind(b"</", 0, _place(chance, request.xml) or None)
    at = max(at, request.xml.find(b">") + 1)
    request.xml = request.xml[:at] + b"<a>" * depth + b"</a>" * depth + request.xml[at:]


def widen(chance: Random, request: Request) -> None:
    """Very many attributes, namespaces, entities or elements."""
    count = chance.choice((100, 3000))
    what = chance.choice(
        (
            b"<a " + b" ".join(b"a%d='1'" % number for number in range(count)) + b"/>",
            b"<a " + b" ".join(b"xmlns:a%d='urn:%d'" % (number, number) for number in range(count)) + b"/>",
            b"<a/>" * count,
            b"&lt;" * count,
            b"<!--" + b"x" * count * 30 + b"-->",
            b"<" + b"a" * count * 10 + b"/>",
        )
    )
    at = request.xml.rfind(b"</")
    request.xml = request.xml[:at] + what + request.xml[at:]


def entities(chance: Random, request: Request) -> None:
    """A DTD with entities."""
    xml = request.xml.partition(b"?>")[2].lstrip() if request.xml.startswith(b"<?xml") else request.xml
    request.xml = chance.choice(_DOCTYPES) + xml.replace(b"ChannelVersionURN>", b"ChannelVersionURN>&c;&e;", 1)


# Encoding


def encode(chance: Random, request: Request) -> None:
    """The document is in another encoding, which it names or does not."""
    name = chance.choice(_ENCODINGS)
    text = request.xml.decode("utf-8", "replace")
    if chance.random() < 0.5 and text.startswith("<?xml"):
        text = f'<?xml version="1.0" encoding="{name}"?>' + text.partition("?>")[2]
    request.xml = text.encode(name, "replace")


def declare(chance: Random, request: Request) -> None:
    """The declaration says something else."""
    rest = request.xml.partition(b"?>")[2] if request.xml.startswith(b"<?xml") else request.xml
    declaration = chance.choice(
        (
            *(b'<?xml version="1.1"?>', b'<?xml version="2.0"?>', b'<?xml version="1.0" encoding="utf-16"?>'),
            *(b'<?xml version="1.0" encoding="nonsense"?>', b'<?xml version="1.0" standalone="yes"?>', b" \n<?xml "),
            *(b'<?xml version="1.0" encoding="hex"?>', b"<?xml?>"),
        )
    )
    request.xml = declaration + rest


def mark(chance: Random, request: Request) -> None:
    """A byte order mark, the right one or another."""
    request.xml = chance.choice((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")) + request.xml


def compress(_chance: Random, request: Request) -> None:
    """The body is compressed."""
    request.raw = gzip.compress(request.body)
    request.headers.append(("Content-Encoding", "gzip"))


# Parts


def spoil_parts(chance: Random, request: Request) -> None:
    """A part too few, too many, or with wrong headers; a boundary that is not one."""
    if request.parts is None:
        other_type(chance, request)
        return
    body = request.body
    which = chance.randrange(8)
    if which == 0:
        request.parts = []
    elif which == 1:
        request.parts = request.parts * 2 or [(PART, b"<x/>")] * chance.choice((2, 150))
    elif which == 2:
        request.raw = body.replace(b"--uuid:4f1e8a--", chance.choice((b"", b"--uuid:4f1e8a", b"--uuid")))
    elif which == 3:
        request.raw = body.replace(b"\r\n\r\n", b"\r\n" + b"X-Y: " + b"z" * chance.choice((10, 30_000)) + b"\r\n\r\n")
    elif which == 4:
        request.raw = body.replace(b"\r\n\r\n", b"\r\n", 1)
    elif which == 5:
        other = chance.choice((b"base64", b"quoted-printable", b"x-gzip"))
        request.raw = body.replace(b"Content-ID", b"Content-Transfer-Encoding: " + other + b"\r\nContent-ID", 1)
    elif which == 6:
        request.raw = body.replace(b"<root@x>", chance.choice((b"<doc@x>", b"", b"<", b"\xff")), 1)
    else:
        request.raw = body.replace(b"Content-Type: ", b"Content-Type: text/", 1)


# Headers


def other_type(chance: Random, request: Request) -> None:
    """Another Content-Type, or none."""
    request.headers = [header for header in request.headers if header[0] != "Content-Type"]
    if chance.random() < 0.9:
        request.headers.append(("Content-Type", chance.choice(_CONTENT_TYPES)))
    request.fresh = True


def other_user(chance: Random, request: Request) -> None:
    """Another Authorization, or none."""
    request.headers = [header for header in request.headers if header[0] != "Authorization"]
    value = chance.choice(
        (None, "Basic", "Basic !!!", "Basic //79", "Basic Og==", "Bearer x", "Digest a=x", "Basic " + "QUFB" * 900)
    )
    if value is not None:
        request.headers.append(("Authorization", value))


def more_headers(chance: Random, request: Request) -> None:
    """Headers that nobody asked for, are too many, too long or no headers."""
    request.fresh = True
    value = chance.choice(
        (
            [("SOAPAction", chance.choice(('"urn:x"', "", '"', "é")))],
            [("Content-Encoding", chance.choice(("br", "gzip, gzip", "identity")))],
            [("Expect", chance.choice(("100-continue", "200-ok")))],
            [("X", "y" * 5000)],
            [(f"X-{number}", "y") for number in range(150)],
            [("X", "y" * 300_000)],
            [(f"X-{number}", "y" * 100) for number in range(3000)],
            [("Host", "other.example:99999")],
            [("Host", "a b[")],
            [("X\x00", "y")],
            [("X", "y\x00z")],
            [("X Y", "z")],
            [("X", "\udcff\udcfe")],
            [("Range", "bytes=0-1")],
            [("Connection", chance.choice(("close", "upgrade", "keep-alive, x")))],
            [("Content-Length", "5")],
            [("Cookie", "=;=;" * 100)],
        )
    )
    request.headers += value


def other_head(chance: Random, request: Request) -> None:
    """The request line is another, or none."""
    request.fresh = True
    path = request.target
    line = f"{request.method} {path} HTTP/1.1"
    methods = ("PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "post", "X", "GET", "CONNECT")
    ends = ("/", "//", "/x", "%00", "/../x", "%ff", "?wsdl", "?xsd=../x", "#a", f"?{'a' * 300_000}")
    versions = ("HTTP/1.0", "HTTP/0.9", "HTTP/2.0", "HTTP/1", "HTTP/a.b", "FTP/1", "")
    other = chance.choice(
        (
            *(f"{method} {path} HTTP/1.1" for method in methods),
            *(f"POST {path}{end} HTTP/1.1" for end in ends),
            *(f"POST {path} {version}" for version in versions),
            *(f"POST {start}{path} HTTP/1.1" for start in ("http://x", "//x", "http://[", "*")),
            *("", "POST", f"GET {path}?wsdl&wsdl=%ff HTTP/1.1", f"POST {path.replace('v1-', 'v9-')} HTTP/1.1"),
        )
    )
    request.method = "HEAD" if other.startswith("HEAD") else request.method
    request.head = lambda head: head.replace(line.encode(), other.encode(), 1)
    if other.startswith(("GET", "HEAD")):
        request.method = other.split()[0]


def broken_head(chance: Random, request: Request) -> None:
    """The headers' bytes are others, or end in the middle."""
    request.fresh = request.close_writing = True

    def spoil(head: bytes) -> bytes:
        at = chance.randrange(len(head))
        return chance.choice(
            (
                head[:at],
                head[:at] + chance.randbytes(3) + head[at:],
                head.replace(b"\r\n", b"\n"),
                head.replace(b": ", b":", 3),
                head.replace(b"\r\n", b"\r\n ", 2),
                b"\r\n" * 3 + head,
            )
        )

    request.head = spoil


# The way over the wire


def other_length(chance: Random, request: Request) -> None:
    """The body is longer or shorter than was said, or its length is no number."""
    request.fresh = request.close_writing = True
    size = len(request.body)
    request.length = chance.choice((*_LENGTHS, str(size + 1), str(size + 5000), str(max(size - 1, 0)), str(size // 2)))


def truncate(chance: Random, request: Request) -> None:
    """The connection ends before the body does."""
    request.fresh = request.close_writing = True
    body = request.body
    request.length = str(len(body))
    request.raw = body[: _place(chance, body)]


def in_chunks(chance: Random, request: Request) -> None:
    """The body goes in chunks, which may be broken."""
    request.chunked = request.fresh = request.close_writing = True
    whole = chunks(request.body, chance.choice((1, 10, 300)) if len(request.body) < 20_000 else 5000)
    request.raw = chance.choice(
        (
            whole,
            whole,
            whole[: _place(chance, whole)],
            b"zz" + whole,
            b"-5\r\n" + whole,
            b"ffffffffffffffff\r\n" + whole,
            whole.replace(b"\r\n", b"\n"),
            whole[:-5],
            whole[:-2] + b"X-Trailer: y\r\n\r\n",
            whole.replace(b"\r\n", b";ext=1\r\n", 1),
            b"",
        )
    )


def other_transfer(chance: Random, request: Request) -> None:
    """A transfer coding that nobody has."""
    request.fresh = request.close_writing = True
    coding = chance.choice(("gzip", "gzip, chunked", "identity", "chunked, chunked", "x", ","))
    request.headers.append(("Transfer-Encoding", coding))


def slowly(chance: Random, request: Request) -> None:
    """The body comes in pieces."""
    request.pieces = chance.choice((2, 3, 7))


def again(_chance: Random, request: Request) -> None:
    """The same bytes twice."""
    request.twice = True


def large(chance: Random, request: Request) -> None:
    """The document has a long tail of blanks, text or records."""
    end = request.xml.rfind(b"</")
    filling = chance.choice((b" ", b"<x/>", b"x", b"\n", b"&amp;"))
    size = chance.choice((300_000, 1_300_000))
    request.xml = request.xml[:end] + filling * (size // len(filling)) + request.xml[end:]


BYTES: tuple[Mutation, ...] = (
    *(flip_bytes, cut_out, repeat_stretch, put_in, put_into_xml, end_early, noise, add_behind),
)
XML: tuple[Mutation, ...] = (
    *map(
        _xml,
        (
            *(_drop_element, _double_element, _rename_element, _change_value, _change_value, _add_attribute),
            *(_move_element, _add_element, _break_up, _empty_element),
        ),
    ),
    *(deepen, widen, entities),
)
ENCODING: tuple[Mutation, ...] = (encode, declare, mark, compress)
HEADERS: tuple[Mutation, ...] = (other_type, other_user, more_headers, other_head, broken_head)
WIRE: tuple[Mutation, ...] = (other_length, truncate, in_chunks, other_transfer, slowly, again)
RARE: tuple[Mutation, ...] = (large,)


def worsen(chance: Random, request: Request) -> None:
    """Make one request worse in one way or several, or leave it as it is."""
    count = chance.choice((0, 1, 1, 1, 1, 1, 1, 2, 3))
    for _ in range(count):
        kinds = (BYTES, XML, XML, XML, ENCODING, HEADERS, WIRE, RARE if chance.random() < 0.15 else XML)
        kinds = (*kinds, (spoil_parts,)) if request.parts is not None else kinds
        mutation = chance.choice(chance.choice(kinds))
        mutation(chance, request)
        request.done.append(mutation.__name__)
        request.must_pass = False
    if request.method == "GET" and request.body and request.length is None and not request.chunked:
        request.fresh = request.close_writing = True  # a body that nothing announces is read as the next request

"""Extraction of the payload from a request in memory."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from simulator.dit.refusals import Refused
from simulator.soap.contract import DIT, SVC
from simulator.soap.extraction import MAXIMUM_DEPTH, REFERENCE, extract_payload
from simulator.soap.refusals import SoapVersion

SOAP = SoapVersion.SOAP_12.namespace


def wrapped(
    payload: str, *, scope: str = "", kind: str = "BussinesMessage", before: str = "", after: str = ""
) -> bytes:
    return (
        f'<s:Envelope xmlns:s="{SOAP}" xmlns:dit="{DIT}"{scope}><s:Body><SendMessage xmlns="{SVC}"><dit:MessageSave2>'
        f"<dit:ChannelVersionURN>u</dit:ChannelVersionURN><dit:{kind}>{before}{payload}{after}</dit:{kind}>"
        "</dit:MessageSave2></SendMessage></s:Body></s:Envelope>"
    ).encode()


def canonical(data: bytes | etree._Element) -> bytes:
    element = etree.fromstring(data) if isinstance(data, bytes) else data
    return etree.tostring(element, method="c14n", exclusive=True, with_comments=False)


def payload_element(request: bytes) -> etree._Element:
    parent = next(etree.fromstring(request).iter(f"{{{DIT}}}BussinesMessage", f"{{{DIT}}}EventMessage"))
    return next(element for element in parent if isinstance(element.tag, str) and element.tag != f"{{{DIT}}}MessageID")


PAYLOADS = [
    '<p:Doc xmlns:p="urn:p"><p:A>1</p:A></p:Doc>',
    '<p:Doc xmlns:p="urn:p"/>',
    '<p:Doc xmlns:p="urn:p" a="x > y" b=\'/p:Doc>\' ></p:Doc  >',
    "<Doc xmlns='urn:p'><Doc><Doc/></Doc></Doc>",
    '<Doc xmlns=""><A/></Doc>',
    "<q:Doc><q:A/><B/></q:Doc>",
    '<q:Doc xmlns:x="http://www.w3.org/2001/XMLSchema-instance" x:type="z:T"/>',
    "<q:Doc><![CDATA[</q:Doc>]]><!-- </q:Doc> --></q:Doc>",
    "<q:Doc>ģ &amp; ņ &#x10FFFF;</q:Doc>",
    "<q:Doc><?target data?></q:Doc>",
    f'<Payload xmlns="{REFERENCE}" reference="forged"/>',
]
SCOPE = ' xmlns:q="urn:q?a=1&amp;b=2" xmlns:z="urn:z" xmlns:unused="urn:unused"'


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("kind", ["BussinesMessage", "EventMessage"])
@pytest.mark.parametrize("after", ["", "\n  ", "<!-- </q:Doc> </p:Doc> </Doc> -->", "<dit:Name>n</dit:Name>"])
@pytest.mark.parametrize("before", ["", "\n\n", "<!-- <q:Doc> -->", "<dit:MessageID>m</dit:MessageID>"])
def test_the_payload_stands_alone_and_means_the_same(payload: str, kind: str, before: str, after: str) -> None:
    request = wrapped(payload, scope=SCOPE, kind=kind, before=before, after=after)
    original = payload_element(request)
    extracted = extract_payload(request)
    assert extracted.payload is not None
    assert canonical(extracted.payload.data) == canonical(original)
    assert extracted.payload.element == original.tag
    assert extracted.payload.line == original.sourceline
    # What is left has a reference where the payload was, and nothing else is different.
    left = etree.fromstring(extracted.envelope)
    (place,) = left.iter(f"{{{REFERENCE}}}Payload")
    assert dict(place.attrib) == {}
    parent = place.getparent()
    assert parent is not None
    again = etree.fromstring(extracted.payload.data)
    again.tail = place.tail
    parent.replace(place, again)
    assert canonical(left) == canonical(request)


def test_namespaces_that_the_payload_does_not_name_stay_behind() -> None:
    extracted = extract_payload(wrapped("<q:Doc/>", scope=SCOPE))
    assert extracted.payload is not None
    assert etree.fromstring(extracted.payload.data).nsmap == {None: SVC, "q": "urn:q?a=1&b=2"}


def test_a_prefix_named_in_text_or_values_survives() -> None:
    extracted = extract_payload(wrapped('<p:Doc xmlns:p="urn:p" type="z:T">q:name</p:Doc>', scope=SCOPE))
    assert extracted.payload is not None
    nsmap = etree.fromstring(extracted.payload.data).nsmap
    assert (nsmap["z"], nsmap["q"]) == ("urn:z", "urn:q?a=1&b=2")


def test_lines_behind_the_payload_are_those_of_the_request() -> None:
    request = wrapped("<Doc>\n\n\n</Doc>", before="\n", after="\n<dit:Name>n</dit:Name>\n")
    extracted = extract_payload(request)
    name = next(etree.fromstring(extracted.envelope).iter(f"{{{DIT}}}Name"))
    assert extracted.line_in_request(name.sourceline or 0) == 6
    assert extracted.line_in_request(1) == 1


def test_bytes_inside_the_payload_are_not_touched() -> None:
    payload = '<p:Doc   xmlns:p = "urn:p"\n\ta="1"><p:A></p:A>\r\n</p:Doc >'
    extracted = extract_payload(wrapped(payload))
    assert extracted.payload is not None
    start, _, rest = payload.partition("<p:Doc")
    assert extracted.payload.data.decode() == f'{start}<p:Doc xmlns="{SVC}"{rest}'


@pytest.mark.parametrize(
    "request_text",
    [
        f'<s:Envelope xmlns:s="{SOAP}"><s:Body/></s:Envelope>',
        f'<s:Envelope xmlns:s="{SOAP}"><s:Header><x>{{}}</x></s:Header><s:Body><other/></s:Body></s:Envelope>',
        wrapped("").decode(),
        wrapped("only text").decode(),
        wrapped("", before="<dit:MessageID>m</dit:MessageID>").decode(),
        "<x/>",
    ],
)
def test_a_request_without_payload_comes_back_as_it_is(request_text: str) -> None:
    extracted = extract_payload(request_text.encode())
    assert (extracted.envelope, extracted.payload) == (request_text.encode(), None)


@pytest.mark.parametrize(
    ("request_bytes", "refusal"),
    [
        (b"", "not-an-envelope"),
        (b"not xml", "malformed-xml"),
        (wrapped("<q:Doc/>"), "malformed-xml"),
        (wrapped("<Doc>"), "malformed-xml"),
        (wrapped("<Doc/>") + b"<more/>", "malformed-xml"),
        (wrapped("<Doc>&undeclared;</Doc>"), "malformed-xml"),
        (wrapped("<Doc>\x01</Doc>"), "malformed-xml"),
        (wrapped("<Doc a='1' a='2'/>"), "malformed-xml"),
        (wrapped('<Doc xmlns:a="u" xmlns:b="u" a:x="1" b:x="2"/>'), "malformed-xml"),
        (wrapped("<Doc/>").replace(b"<Doc/>", b"<Doc>\xff</Doc>"), "malformed-xml"),
        (b"<!DOCTYPE x><x/>", "doctype-not-allowed"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]>' + wrapped("<Doc>&a;</Doc>"), "doctype-not-allowed"),
        (b'<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">' + wrapped("<Doc/>"), "doctype-not-allowed"),
        (wrapped("<!DOCTYPE x><Doc/>"), "malformed-xml"),
        (b"<?stylesheet x?>" + wrapped("<Doc/>"), "processing-instruction-not-allowed"),
        (b"<a>" * 300 + b"</a>" * 300, "too-deep"),
        (wrapped("<a>" * 300 + "</a>" * 300), "too-deep"),
        (wrapped("<Doc>" * 100_000 + "</Doc>" * 100_000), "too-deep"),
        (wrapped("<Doc/>").decode().encode("utf-16-be"), "malformed-xml"),
        (wrapped("<Doc/>").decode().encode("utf-16-le"), "malformed-xml"),
    ],
)
def test_what_may_not_be_read_is_refused(request_bytes: bytes, refusal: str) -> None:
    with pytest.raises(Refused) as refused:
        extract_payload(request_bytes)
    assert refused.value.refusal.code == refusal


def test_the_deepest_payload_that_is_allowed_passes() -> None:
    deep = "<a>" * MAXIMUM_DEPTH + "</a>" * MAXIMUM_DEPTH
    extracted = extract_payload(wrapped(deep))
    assert extracted.payload is not None


def test_a_payload_too_big_for_libxml2_alone_is_extracted() -> None:
    comment = "x" * 11_000_000
    extracted = extract_payload(wrapped(f"<Doc><!--{comment}--></Doc>"))
    assert extracted.payload is not None
    assert extracted.payload.data.endswith(b"--></Doc>")


names = st.sampled_from(["Doc", "q:Doc", "p:Doc"])
texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=20)


@st.composite
def elements(draw: st.DrawFn, depth: int = 0) -> str:
    name = draw(names)
    inside = "".join(
        draw(
            st.lists(
                st.one_of(
                    texts.map(lambda text: text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")),
                    texts.map(lambda text: f"<![CDATA[</{name}>{text.replace(']]>', '')}]]>".replace("]]]>", "]]>")),
                    st.just(f"<!-- </{name}> -->"),
                    elements(depth + 1) if depth < 3 else st.just(""),
                ),
                max_size=4,
            )
        )
    )
    declared = (
        ' xmlns:p="urn:p"' if name.startswith("p:") else draw(st.sampled_from(["", ' xmlns=""', ' xmlns:q="urn:2"']))
    )
    space = draw(st.sampled_from(["", " ", "\n"]))
    if not inside and draw(st.booleans()):
        return f"<{name}{declared}{space}/>"
    return f"<{name}{declared}{space}>{inside}</{name}{space}>"


@given(elements(), st.sampled_from(["", "<!-- </Doc></q:Doc></p:Doc> -->", "<dit:Name>&lt;/Doc></dit:Name>"]))
def test_any_element_is_extracted_whole(payload: str, after: str) -> None:
    request = wrapped(payload, scope=SCOPE, after=after)
    extracted = extract_payload(request)
    assert extracted.payload is not None
    assert canonical(extracted.payload.data) == canonical(payload_element(request))

"""Every kind of bad request: the right fault, the right HTTP status, and an entry in the journal."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from lxml import etree

from simulator.journal import Outcome
from simulator.soap.contract import DIT, SVC
from simulator.soap.envelope import WSA
from simulator.soap.refusals import FAULT, SoapVersion
from tests.simulator.soap.setting import (
    BVKB,
    RETAILER,
    Setting,
    envelope,
    open_setting,
    read_fault,
    request,
    selector,
    send_request,
    send_wrapper,
)

SOAP_11, SOAP_12 = SoapVersion.SOAP_11, SoapVersion.SOAP_12
BOTH = pytest.mark.parametrize("version", list(SoapVersion))
ACTION = f"{SVC}/SendMessage2"


def sender(version: SoapVersion) -> str:
    return version.tag("Sender" if version is SOAP_12 else "Client")


def receiver(version: SoapVersion) -> str:
    return version.tag("Receiver" if version is SOAP_12 else "Server")


def sender_status(version: SoapVersion) -> int:
    return 400 if version is SOAP_12 else 500


Make = Callable[[Setting, SoapVersion], str]


def good(setting: Setting, version: SoapVersion, header: str = "") -> str:
    return send_request(setting.version(), setting.contract_document(), version=version, header=header)


BAD: dict[str, tuple[Make, str]] = {
    "nothing": (lambda _s, _v: "", "not-an-envelope"),
    "blanks": (lambda _s, _v: " \n", "not-an-envelope"),
    "not XML": (lambda _s, _v: "{}", "malformed-xml"),
    "cut off": (lambda s, v: good(s, v)[:-20], "malformed-xml"),
    "another document": (lambda _s, _v: "<html/>", "not-an-envelope"),
    "an unbound prefix": (lambda _s, v: envelope("<x:y/>", version=v), "malformed-xml"),
    "a DOCTYPE": (lambda s, v: "<!DOCTYPE x>" + good(s, v).partition("?>\n")[2], "doctype-not-allowed"),
    "entities that grow": (
        lambda s, v: '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + good(s, v).partition("?>\n")[2],
        "doctype-not-allowed",
    ),
    "a processing instruction": (
        lambda s, v: good(s, v).replace("<soap:Body>", "<?php x?><soap:Body>"),
        "processing-instruction-not-allowed",
    ),
    "deep elements": (lambda _s, v: envelope("<a>" * 300 + "</a>" * 300, version=v), "too-deep"),
    "no body": (lambda _s, v: f'<s:Envelope xmlns:s="{v.namespace}"/>', "not-an-envelope"),
    "header behind body": (
        lambda _s, v: f'<s:Envelope xmlns:s="{v.namespace}"><s:Body/><s:Header/></s:Envelope>',
        "not-an-envelope",
    ),
    "an empty body": (lambda _s, v: envelope("", version=v), "unknown-operation"),
    "two wrappers": (lambda _s, v: envelope("<svc:SendMessage/><svc:SendMessage/>", version=v), "unknown-operation"),
    "an operation's name for its wrapper": (
        lambda _s, v: envelope("<svc:SendMessage2/>", version=v),
        "unknown-operation",
    ),
    "a wrapper in another namespace": (lambda _s, v: envelope("<dit:SendMessage/>", version=v), "unknown-operation"),
    "text behind the wrapper": (
        lambda s, v: good(s, v).replace("</soap:Body>", "x</soap:Body>"),
        "not-an-envelope",
    ),
    "text before the body": (
        lambda s, v: good(s, v).replace("<soap:Body>", "x<soap:Body>"),
        "not-an-envelope",
    ),
    "a namespace with a line end in it": (
        lambda _s, v: f'<s:Envelope xmlns:s="{v.namespace}" xmlns:a="urn:\na"/>',
        "malformed-xml",
    ),
    "an empty wrapper": (lambda _s, v: envelope("<svc:SendMessage/>", version=v), "schema"),
    "two of a choice": (
        lambda _s, v: request(
            "ReceiveMessage",
            "MessageRequest",
            selector("ChannelURN", "URN:IVIS:100001:CHA-A-TYPE-DSK")
            + selector("ChannelVersionURN", "URN:IVIS:100001:CHA-A-v1-0-TYPE-DSK"),
            version=v,
        ),
        "schema",
    ),
    "no payload": (
        lambda s, v: envelope(send_wrapper(s.version(), b""), version=v),
        "schema",
    ),
    "two payloads": (
        lambda s, v: envelope(send_wrapper(s.version(), b'<a xmlns="urn:a"/>', inside='<b xmlns="urn:b"/>'), version=v),
        "schema",
    ),
    "a payload without namespace": (
        lambda s, v: envelope(send_wrapper(s.version(), b'<a xmlns=""/>'), version=v),
        "invalid-payload",
    ),
    "an unknown version": (
        lambda s, v: send_request("URN:IVIS:100001:CHA-None-v1-0-TYPE-DSK", s.contract_document(), version=v),
        "unknown-channel-version",
    ),
    "an unknown message": (
        lambda _s, v: request(
            "DeleteMessage",
            "MessageRequest",
            selector("MessageID", "00000000-0000-0000-0000-000000000000"),
            version=v,
        ),
        "unknown-message",
    ),
}


@BOTH
@pytest.mark.parametrize("case", BAD)
def test_bad_requests_get_the_senders_fault(setting: Setting, case: str, version: SoapVersion) -> None:
    make, refusal = BAD[case]
    body = make(setting, version)
    reply = setting.post(body, version=version)
    fault = read_fault(reply.data)
    assert reply.headers["Content-Type"] == version.content_type
    assert (reply.status_code, fault.code) == (sender_status(version), sender(version)), reply.text
    assert fault.version is version
    assert fault.refusal == refusal, reply.text
    assert all(fault.texts.values())
    if version is SOAP_12:
        assert fault.subcodes == (f"{{{FAULT}}}{refusal}",)
        assert set(fault.texts) == {"en", "lv"}
    (entry,) = setting.exchanges
    assert (entry.outcome, entry.fault_code, entry.http_status) == (Outcome.FAULT, refusal, reply.status_code)
    assert setting.blob(entry.request) == body.encode()
    assert setting.blob(entry.reply) == reply.data
    assert entry.cause
    assert entry.authority == "100777"
    assert "Traceback" not in reply.text


@BOTH
def test_an_envelope_of_the_other_version_is_a_version_mismatch(setting: Setting, version: SoapVersion) -> None:
    other = SOAP_11 if version is SOAP_12 else SOAP_12
    reply = setting.post(good(setting, other), version=version)
    fault = read_fault(reply.data)
    assert (reply.status_code, fault.code, fault.version) == (500, version.tag("VersionMismatch"), version)
    if version is SOAP_12:
        (upgrade,) = fault.headers
        assert upgrade.tag == SOAP_12.tag("Upgrade")
        (supported,) = upgrade
        prefix, _, local = (supported.get("qname") or "").partition(":")
        assert (supported.nsmap[prefix], local) == (SOAP_12.namespace, "Envelope")
    else:
        assert fault.headers == ()
    assert setting.exchanges[0].fault_code == "version-mismatch"
    assert other.value in (setting.exchanges[0].cause or "")


def test_an_envelope_of_no_version_is_a_version_mismatch(setting: Setting) -> None:
    reply = setting.post('<Envelope xmlns="urn:soap-2"/>')
    assert read_fault(reply.data).code == SOAP_12.tag("VersionMismatch")


class TestMedia:
    @pytest.mark.parametrize(
        ("version", "content_type", "advice"),
        [
            (SOAP_12, "text/xml; charset=utf-8", "/plain11"),
            (SOAP_11, "application/soap+xml; charset=utf-8", "/plain"),
            (SOAP_12, "application/json", "application/soap+xml"),
            (SOAP_12, "", "(none)"),
            (SOAP_12, ";;;", "application/soap+xml"),
            (SOAP_12, 'multipart/related; type="application/xop+xml"', "takes no MTOM"),
        ],
    )
    def test_other_media_types_are_415(
        self, setting: Setting, version: SoapVersion, content_type: str, advice: str
    ) -> None:
        reply = setting.post(good(setting, version), version=version, content_type=content_type)
        assert reply.status_code == 415
        fault = read_fault(reply.data)
        assert (fault.code, fault.refusal) == (sender(version), "unsupported-media-type")
        assert advice in (setting.exchanges[0].cause or "")

    def test_compressed_requests_are_415(self, setting: Setting) -> None:
        reply = setting.post(good(setting, SOAP_12), headers={"Content-Encoding": "gzip"})
        assert (reply.status_code, read_fault(reply.data).refusal) == (415, "unsupported-content-encoding")

    @pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
    def test_a_byte_order_mark_is_enough(self, setting: Setting, encoding: str) -> None:
        body = good(setting, SOAP_12).replace('encoding="utf-8"', "")
        assert setting.post(body.encode(encoding), content_type="application/soap+xml").status_code == 200

    def test_utf_16_by_charset_passes_and_the_raw_bytes_are_kept(self, setting: Setting) -> None:
        body = good(setting, SOAP_12).encode("utf-16-le")
        reply = setting.post(body, content_type="application/soap+xml; charset=utf-16le")
        assert reply.status_code == 200
        assert setting.blob(setting.exchanges[0].request) == body

    def test_another_charset_is_415(self, setting: Setting) -> None:
        reply = setting.post(good(setting, SOAP_12), content_type="application/soap+xml; charset=windows-1257")
        assert (reply.status_code, read_fault(reply.data).refusal) == (415, "unsupported-charset")


class TestUser:
    @BOTH
    def test_without_a_user_401(self, setting: Setting, version: SoapVersion) -> None:
        reply = setting.post(good(setting, version), version=version, user=None)
        fault = read_fault(reply.data)
        assert (reply.status_code, fault.code, fault.refusal) == (401, sender(version), "unauthenticated")
        assert reply.headers["WWW-Authenticate"].startswith("Basic realm=")
        assert setting.exchanges[0].authority is None

    def test_an_unknown_user_401(self, setting: Setting) -> None:
        reply = setting.post(good(setting, SOAP_12), user="nobody")
        assert (reply.status_code, read_fault(reply.data).refusal) == (401, "unknown-user")
        assert "WWW-Authenticate" in reply.headers
        assert setting.exchanges[0].authority is None

    @pytest.mark.parametrize("value", ["Bearer x", "Basic", "Basic ###", "Basic OnBhc3N3b3Jk", "Basic \xe9"])
    def test_what_names_nobody_401(self, setting: Setting, value: str) -> None:
        reply = setting.post(good(setting, SOAP_12), user=None, headers={"Authorization": value})
        assert (reply.status_code, read_fault(reply.data).refusal) == (401, "unauthenticated")

    def test_a_call_without_rights_is_refused_and_journaled(self, setting: Setting) -> None:
        reply = setting.post(good(setting, SOAP_12), user=BVKB)
        assert (reply.status_code, read_fault(reply.data).refusal) == (400, "no-right")
        entry = setting.exchanges[0]
        assert (entry.operation, entry.authority, entry.message_ids) == ("SendMessage2", "100500", ())
        assert entry.channel_version == setting.version()
        assert setting.blob(entry.payload)


class TestHeaders:
    STRANGE = '<x:Ticket xmlns:x="urn:x" soap:mustUnderstand="{}"/>'

    @BOTH
    def test_what_must_be_understood_and_is_not(self, setting: Setting, version: SoapVersion) -> None:
        reply = setting.post(good(setting, version, self.STRANGE.format(1)), version=version)
        fault = read_fault(reply.data)
        assert (reply.status_code, fault.code) == (500, version.tag("MustUnderstand"))
        if version is SOAP_12:
            (block,) = fault.headers
            assert block.tag == SOAP_12.tag("NotUnderstood")
            prefix, _, local = (block.get("qname") or "").partition(":")
            assert (block.nsmap[prefix], local) == ("urn:x", "Ticket")
        else:
            # SOAP 1.1 allows no detail for a fault about a header: the reason has to say it all.
            assert fault.refusal is None
            assert "{urn:x}Ticket" in fault.first
        assert setting.exchanges[0].fault_code == "header-not-understood"

    def test_every_strange_block_is_named(self, setting: Setting) -> None:
        blocks = self.STRANGE.format("true") + '<y:Other xmlns:y="urn:y" soap:mustUnderstand="1"/>'
        fault = read_fault(setting.post(good(setting, SOAP_12, blocks)).data)
        named = []
        for block in fault.headers:
            prefix, _, local = (block.get("qname") or "").partition(":")
            named.append((block.nsmap[prefix], local))
        assert named == [("urn:x", "Ticket"), ("urn:y", "Other")]

    @BOTH
    @pytest.mark.parametrize("value", ["0", "false"])
    def test_what_need_not_be_understood_is_ignored(self, setting: Setting, version: SoapVersion, value: str) -> None:
        assert setting.post(good(setting, version, self.STRANGE.format(value)), version=version).status_code == 200

    @pytest.mark.parametrize(
        ("version", "attribute", "value", "status"),
        [
            (SOAP_12, "role", f"{SOAP_12.namespace}/role/none", 200),
            (SOAP_12, "role", "urn:someone-else", 200),
            (SOAP_12, "role", f"{SOAP_12.namespace}/role/next", 500),
            (SOAP_12, "role", f"{SOAP_12.namespace}/role/ultimateReceiver", 500),
            (SOAP_11, "actor", "urn:someone-else", 200),
            (SOAP_11, "actor", "http://schemas.xmlsoap.org/soap/actor/next", 500),
        ],
    )
    def test_blocks_for_others_are_theirs(
        self, setting: Setting, version: SoapVersion, attribute: str, value: str, status: int
    ) -> None:
        block = f'<x:Ticket xmlns:x="urn:x" soap:mustUnderstand="1" soap:{attribute}="{value}"/>'
        assert setting.post(good(setting, version, block), version=version).status_code == status

    def test_a_value_that_is_none(self, setting: Setting) -> None:
        fault = read_fault(setting.post(good(setting, SOAP_12, self.STRANGE.format("yes"))).data)
        assert (fault.code, fault.refusal) == (SOAP_12.tag("Sender"), "bad-header")

    def test_security_headers_on_the_address_without_security(self, setting: Setting) -> None:
        wsse = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
        setting.post(good(setting, SOAP_12, f'<w:Security xmlns:w="{wsse}" soap:mustUnderstand="1"/>'))
        assert "switch WS-Security off" in (setting.exchanges[0].cause or "")


class TestEncodingStyle:
    def test_another_data_encoding(self, setting: Setting) -> None:
        style = 'soap:encodingStyle="http://www.w3.org/2003/05/soap-encoding"'
        body = good(setting, SOAP_12).replace("<svc:SendMessage>", f"<svc:SendMessage {style}>")
        reply = setting.post(body)
        assert (reply.status_code, read_fault(reply.data).code) == (500, SOAP_12.tag("DataEncodingUnknown"))

    def test_none_is_no_encoding(self, setting: Setting) -> None:
        style = 'soap:encodingStyle="http://www.w3.org/2003/05/soap-envelope/encoding/none"'
        body = good(setting, SOAP_12).replace("<svc:SendMessage>", f"<svc:SendMessage {style}>")
        assert setting.post(body).status_code == 200


class TestAction:
    @BOTH
    @pytest.mark.parametrize("action", [ACTION, ""])
    def test_the_right_one_or_none_passes(self, setting: Setting, version: SoapVersion, action: str) -> None:
        reply = setting.post(
            good(setting, version),
            version=version,
            content_type=f'{version.content_type}; action="{action}"',
            headers={"SOAPAction": f'"{action}"'} if version is SOAP_11 else {},
        )
        assert reply.status_code == 200

    @BOTH
    def test_another_operations_action(self, setting: Setting, version: SoapVersion) -> None:
        wrong = f"{SVC}/DeleteMessage"
        reply = setting.post(
            good(setting, version),
            version=version,
            content_type=f'{version.content_type}; action="{wrong}"',
            headers={"SOAPAction": f'"{wrong}"'},
        )
        fault = read_fault(reply.data)
        assert reply.status_code == sender_status(version)
        expected = f"{{{WSA}}}ActionNotSupported"
        assert (fault.subcodes if version is SOAP_12 else (fault.code,)) == (expected,)
        assert setting.exchanges[0].fault_code == "action-mismatch"
        assert setting.exchanges[0].operation == "SendMessage2"

    def test_soap_12_does_not_look_at_the_soapaction_header(self, setting: Setting) -> None:
        assert setting.post(good(setting, SOAP_12), headers={"SOAPAction": '"urn:other"'}).status_code == 200


class TestAddressing:
    def headers(self, action: str = ACTION, more: str = "") -> str:
        return (
            f'<a:Action xmlns:a="{WSA}" soap:mustUnderstand="1">{action}</a:Action>'
            f'<a:MessageID xmlns:a="{WSA}">urn:uuid:1</a:MessageID>'
            f'<a:To xmlns:a="{WSA}" soap:mustUnderstand="1">http://localhost/x</a:To>{more}'
        )

    def endpoint(self, name: str, address: str) -> str:
        return f'<a:{name} xmlns:a="{WSA}"><a:Address>{address}</a:Address></a:{name}>'

    @BOTH
    def test_the_reply_relates_to_the_request(self, setting: Setting, version: SoapVersion) -> None:
        header = self.headers(more=self.endpoint("ReplyTo", f"{WSA}/anonymous"))
        reply = setting.post(good(setting, version, header), version=version)
        assert reply.status_code == 200
        blocks = etree.fromstring(reply.data).find(version.tag("Header"))
        assert blocks is not None
        assert [(block.tag, block.text) for block in blocks] == [
            (f"{{{WSA}}}Action", f"{ACTION}Response"),
            (f"{{{WSA}}}RelatesTo", "urn:uuid:1"),
        ]

    def test_without_addressing_the_reply_has_no_headers(self, setting: Setting) -> None:
        assert etree.fromstring(setting.send().data).find(SOAP_12.tag("Header")) is None

    @pytest.mark.parametrize(
        ("header", "subcodes", "refusal"),
        [
            (headers(None, f"{SVC}/Other"), ["ActionNotSupported"], "action-mismatch"),  # type: ignore[arg-type]
            (headers(None, ""), ["MessageAddressingHeaderRequired"], "bad-addressing"),  # type: ignore[arg-type]
            (f'<a:MessageID xmlns:a="{WSA}">1</a:MessageID>', ["MessageAddressingHeaderRequired"], "bad-addressing"),
            (
                headers(None, more=f'<a:Action xmlns:a="{WSA}">{ACTION}</a:Action>'),  # type: ignore[arg-type]
                ["InvalidAddressingHeader", "InvalidCardinality"],
                "bad-addressing",
            ),
            (
                headers(None, more=endpoint(None, "ReplyTo", "http://elsewhere/")),  # type: ignore[arg-type]
                ["InvalidAddressingHeader", "OnlyAnonymousAddressSupported"],
                "bad-addressing",
            ),
            (
                headers(None, more=endpoint(None, "FaultTo", f"{WSA}/none")),  # type: ignore[arg-type]
                ["InvalidAddressingHeader", "OnlyAnonymousAddressSupported"],
                "bad-addressing",
            ),
            (
                headers(None, more=f'<a:ReplyTo xmlns:a="{WSA}"/>'),  # type: ignore[arg-type]
                ["InvalidAddressingHeader", "MissingAddressInEPR"],
                "bad-addressing",
            ),
        ],
    )
    @BOTH
    def test_wrong_headers(
        self, setting: Setting, header: str, subcodes: list[str], refusal: str, version: SoapVersion
    ) -> None:
        reply = setting.post(good(setting, version, header), version=version)
        fault = read_fault(reply.data)
        assert reply.status_code == sender_status(version)
        expected = [f"{{{WSA}}}{subcode}" for subcode in subcodes]
        if version is SOAP_12:
            assert list(fault.subcodes) == expected
        else:
            assert fault.code == expected[-1]
        assert setting.exchanges[0].fault_code == refusal
        assert next(header.text for header in fault.headers if header.tag == f"{{{WSA}}}Action") == f"{WSA}/fault"

    def test_the_wrong_action_is_named(self, setting: Setting) -> None:
        for version in SoapVersion:
            reply = setting.post(good(setting, version, self.headers("urn:wrong")), version=version)
            (problem,) = etree.fromstring(reply.data).iter(f"{{{WSA}}}ProblemAction")
            assert problem.findtext(f"{{{WSA}}}Action") == "urn:wrong"

    def test_addressing_and_transport_must_agree(self, setting: Setting) -> None:
        reply = setting.post(
            good(setting, SOAP_12, self.headers()), content_type=f'{SOAP_12.content_type}; action="urn:other"'
        )
        assert read_fault(reply.data).subcodes[-1] == f"{{{WSA}}}ActionMismatch"

    def test_faults_of_dit_relate_to_the_request(self, setting: Setting) -> None:
        reply = setting.post(good(setting, SOAP_12, self.headers()), user=BVKB)
        headers = {header.tag: header.text for header in read_fault(reply.data).headers}
        assert headers == {f"{{{WSA}}}Action": f"{WSA}/soap/fault", f"{{{WSA}}}RelatesTo": "urn:uuid:1"}


class TestSchema:
    def test_all_errors_are_told_with_line_path_found_and_expected(self, setting: Setting) -> None:
        infos = "".join(
            f"\n<dit:MessageBasicInfo>\n<dit:MessageID>{message_id}</dit:MessageID></dit:MessageBasicInfo>"
            for message_id in ("first", "00000000-0000-0000-0000-000000000001", "third")
        )
        content = infos + "\n<dit:Extra/>"
        reply = setting.post(request("RestoreMessageList", "MessageBasicInfoList", content))
        complaints = read_fault(reply.data).complaints
        place = "/soap:Envelope/soap:Body/svc:RestoreMessageList/dit:MessageBasicInfoList"
        assert [(complaint["line"], complaint["path"]) for complaint in complaints] == [
            ("4", f"{place}/dit:MessageBasicInfo[1]/dit:MessageID"),
            ("8", f"{place}/dit:MessageBasicInfo[3]/dit:MessageID"),
            ("9", f"{place}/dit:Extra"),
        ]
        assert "'first'" in complaints[0]["Found"]
        assert "[0-9A-Fa-f]{8}" in complaints[0]["Expected"]
        assert "MessageBasicInfo" in complaints[2]["Expected"]
        assert all(complaint["Source"] for complaint in complaints)
        (entry,) = setting.exchanges
        journaled = entry.details["complaints"]
        assert isinstance(journaled, list)
        assert len(journaled) == 3
        assert entry.operation == "RestoreMessageList"

    def test_lines_behind_a_payload_count_its_lines(self, setting: Setting) -> None:
        document = b'<a xmlns="urn:a">\n\n\n\n</a>'
        body = envelope(
            send_wrapper(setting.version(), document).replace("</dit:MessageSave2>", "\n<x/></dit:MessageSave2>")
        )
        (complaint,) = read_fault(setting.post(body).data).complaints
        line = body[: body.index("<x/>")].count("\n") + 1
        assert complaint["line"] == str(line)

    def test_errors_of_the_payload_come_with_lines_of_the_payload(self, setting: Setting) -> None:
        document = setting.contract_document().replace(b"RecordCount>0<", b"RecordCount>many<")
        fault = read_fault(setting.send(document).data)
        assert fault.refusal == "invalid-payload"
        (complaint,) = fault.complaints
        payload = setting.blob(setting.exchanges[0].payload).decode().splitlines()
        assert "many" in payload[int(complaint["line"]) - 1]


class TestSize:
    @BOTH
    def test_a_payload_over_the_limit_is_413(self, version: SoapVersion) -> None:
        with open_setting(message_bytes=1000) as small:
            document = b'<a xmlns="urn:a">' + b"x" * 1000 + b"</a>"
            reply = small.post(send_request(small.version(), document, version=version), version=version)
            assert (reply.status_code, read_fault(reply.data).refusal) == (413, "too-large")
            assert small.exchanges[0].operation == "SendMessage2"

    def test_a_body_over_the_limit_is_413_and_not_kept(self) -> None:
        with open_setting(message_bytes=1000) as small:
            reply = small.post(b"x" * (1024 * 1024 + 1001))
            assert (reply.status_code, read_fault(reply.data).refusal) == (413, "too-large")
            (entry,) = small.exchanges
            assert small.blob(entry.request) == b""

    def test_a_large_request_is_journaled_as_envelope_and_payload(self, setting: Setting) -> None:
        document = b'<a xmlns="urn:a">' + b"x" * 2_000_000 + b"</a>"
        setting.send(document)
        (entry,) = setting.exchanges
        assert entry.fault_code == "invalid-payload"
        assert len(setting.blob(entry.request)) < 2000
        assert setting.blob(entry.payload) == document
        assert entry.details["request_bytes"] > 2_000_000  # type: ignore[operator]


def test_control_characters_in_what_is_quoted_do_not_break_the_fault(setting: Setting) -> None:
    reply = setting.post(good(setting, SOAP_12), content_type="application/json\x01", user=RETAILER)
    assert reply.status_code == 415
    assert read_fault(reply.data).refusal == "unsupported-media-type"


def test_the_prefixes_of_a_fault_are_declared(setting: Setting) -> None:
    reply = setting.post(envelope("<svc:None/>"))
    root = etree.fromstring(reply.data)
    value = next(root.iter(SOAP_12.tag("Subcode")))[0]
    prefix = (value.text or "").partition(":")[0]
    assert value.nsmap[prefix] == FAULT
    assert DIT not in reply.text

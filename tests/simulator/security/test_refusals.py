"""Invalid tokens and signatures: the reply is InvalidSecurity, and the journal has the cause."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from lxml import etree

from simulator.domain.provenance import Sourced
from simulator.security.settings import Settings, load_settings
from tests.simulator.security.client import DS, SAML_1, SOAP, WSA, WSSE, WSU, Answer, Token, add
from tests.simulator.security.setting import LIST, OTHER, RETAILER, SECURED, SecuredSetting, secured_setting

OPAQUE = "An error occurred when verifying security for the message."


def refused(secured: SecuredSetting, answer: Answer, check: str, element: str) -> None:
    """One opaque fault on the wire; check and element, what was expected and advice in the journal."""
    assert answer.status == 500, answer.body
    assert answer.subcode == "InvalidSecurity", answer.body
    assert [element.text for element in answer.root.iter(f"{{{SOAP}}}Text")] == [OPAQUE]
    assert answer.root.find(f".//{{{SOAP}}}Detail") is None
    entry = secured.last
    assert (entry.outcome, entry.fault_code) == ("fault", "security")
    complaints = entry.details["complaints"]
    assert isinstance(complaints, list)
    (complaint,) = complaints
    assert isinstance(complaint, dict)
    assert (complaint["code"], complaint["path"]) == (check, element), complaint
    assert entry.cause is not None
    assert f"{complaint['found']}; expected {complaint['expected']}; " in entry.cause
    assert not any(word.encode() in answer.body for word in (check, element) if len(word) > 9)


def changed(secured: SecuredSetting, token: Token, change: Callable[[etree._Element], None]) -> Answer:
    """A call that is changed after it was signed."""
    content = LIST.format(version=secured.setting.version())
    envelope = secured.client.envelope(SECURED, "ReceiveMessageList", content, token)
    change(envelope)
    return secured.post(SECURED, etree.tostring(envelope), "application/soap+xml")


def security_of(envelope: etree._Element) -> etree._Element:
    header = envelope.find(f"{{{SOAP}}}Header/{{{WSSE}}}Security")
    assert header is not None
    return header


def plain(keys: Path, settings: Settings | None = None) -> Settings:
    """Return settings without encryption, under which a test can change tokens."""
    known = settings or load_settings()
    return replace(known, sts=replace(known.sts, encrypt=replace(known.sts.encrypt, value=False)))


STAMP = "soap:Header/wsse:Security/wsu:Timestamp"
SIGNATURE = "soap:Header/wsse:Security/ds:Signature"


class TestTime:
    def test_expired_token(self, secured: SecuredSetting) -> None:
        token = secured.token()
        secured.setting.clock.advance(secured.setting.clock.now() + timedelta(hours=2))
        refused(secured, secured.list(token), "token-expired", "saml2:Conditions/@NotOnOrAfter")

    def test_token_that_does_not_hold_yet(self, secured: SecuredSetting) -> None:
        begins = secured.setting.clock.now() + timedelta(hours=1)
        token = secured.token(lifetime=(begins, begins + timedelta(hours=1)), token_type=SAML_1)
        refused(secured, secured.list(token), "token-early", "saml:Conditions/@NotBefore")

    @pytest.mark.parametrize(("shift", "check"), [(-700, "timestamp-expired"), (700, "timestamp-early")])
    def test_clock_skew(self, secured: SecuredSetting, shift: int, check: str) -> None:
        refused(secured, secured.list(secured.token(), shift=shift), check, STAMP)

    @pytest.mark.parametrize("shift", [-280, 280])
    def test_a_little_skew_is_allowed(self, secured: SecuredSetting, shift: int) -> None:
        assert secured.list(secured.token(), shift=shift).status == 200

    def test_missing_timestamp(self, secured: SecuredSetting) -> None:
        refused(secured, secured.list(secured.token(), timestamp=False), "timestamp", STAMP)

    def test_a_timestamp_without_created(self, secured: SecuredSetting) -> None:
        def spoil(envelope: etree._Element) -> None:
            stamp = security_of(envelope)[0]
            stamp.remove(stamp[0])

        refused(secured, changed(secured, secured.token(), spoil), "timestamp", STAMP)


class TestReplay:
    def test_the_same_bytes_again(self, secured: SecuredSetting) -> None:
        content = LIST.format(version=secured.setting.version())
        token = secured.token()
        call = etree.tostring(secured.client.envelope(SECURED, "ReceiveMessageList", content, token))
        assert secured.post(SECURED, call, "application/soap+xml").status == 200
        answer = secured.post(SECURED, call, "application/soap+xml")
        refused(secured, answer, "replay", f"{SIGNATURE}/ds:SignatureValue")

    def test_a_bearers_message_again(self, secured: SecuredSetting) -> None:
        content = LIST.format(version=secured.setting.version())
        token = secured.token(key_type="Bearer")
        call = etree.tostring(secured.client.envelope(SECURED, "ReceiveMessageList", content, token))
        assert secured.post(SECURED, call, "application/soap+xml").status == 200
        refused(secured, secured.post(SECURED, call, "application/soap+xml"), "replay", "soap:Header/wsa:MessageID")


class TestSignature:
    def test_missing(self, secured: SecuredSetting) -> None:
        refused(secured, secured.list(secured.token(), signed=False), "signature", SIGNATURE)

    def test_made_with_another_key(self, secured: SecuredSetting) -> None:
        token = replace(secured.token(), secret=b"0" * 32)
        refused(secured, secured.list(token), "signature-value", f"{SIGNATURE}/ds:SignatureValue")

    def test_checked_at_each_call_though_the_token_is_remembered(self, secured: SecuredSetting) -> None:
        token = secured.token()
        assert secured.list(token).status == 200
        wrong = replace(token, secret=b"1" * 32)
        refused(secured, secured.list(wrong), "signature-value", f"{SIGNATURE}/ds:SignatureValue")

    def test_timestamp_changed_after_signing(self, secured: SecuredSetting) -> None:
        def spoil(envelope: etree._Element) -> None:
            stamp = security_of(envelope)[0]
            stamp[1].text = (stamp[1].text or "").replace(".", ".1", 1)

        answer = changed(secured, secured.token(), spoil)
        refused(secured, answer, "signature-value", f"{SIGNATURE}/ds:SignatureValue")

    def test_wrong_key_reference(self, secured: SecuredSetting) -> None:
        token = secured.token()
        other = copy.deepcopy(token.reference)
        other[0].text = "_another-token"
        refused(
            secured,
            secured.list(token, reference=other),
            "key-reference",
            f"{SIGNATURE}/ds:KeyInfo/wsse:SecurityTokenReference/wsse:KeyIdentifier",
        )

    def test_no_key_reference(self, secured: SecuredSetting) -> None:
        def spoil(envelope: etree._Element) -> None:
            info = security_of(envelope).find(f"{{{DS}}}Signature/{{{DS}}}KeyInfo")
            assert info is not None
            info.clear()

        answer = changed(secured, secured.token(), spoil)
        refused(secured, answer, "key-reference", f"{SIGNATURE}/ds:KeyInfo/wsse:SecurityTokenReference")

    def test_shortened_hmac(self, secured: SecuredSetting) -> None:
        def spoil(envelope: etree._Element) -> None:
            method = security_of(envelope).find(f".//{{{DS}}}SignatureMethod")
            assert method is not None
            add(method, DS, "HMACOutputLength", "8")

        answer = changed(secured, secured.token(), spoil)
        refused(secured, answer, "signature", f"{SIGNATURE}/ds:SignedInfo/ds:SignatureMethod")


class TestWrapping:
    """Move the signed Timestamp to another place, and put another one in its place."""

    def test_the_old_timestamp_in_a_header_of_its_own(self, secured: SecuredSetting) -> None:
        def wrap(envelope: etree._Element) -> None:
            header = security_of(envelope)
            old = header[0]
            new = copy.deepcopy(old)
            new.set(f"{{{WSU}}}Id", "fresh")
            header.replace(old, new)
            head = header.getparent()
            assert head is not None
            etree.SubElement(head, "{urn:x}Keep").append(old)

        answer = changed(secured, secured.token(), wrap)
        refused(secured, answer, "signed-parts", f"{SIGNATURE}/ds:SignedInfo/ds:Reference")

    def test_the_old_timestamp_beside_the_new_one(self, secured: SecuredSetting) -> None:
        def wrap(envelope: etree._Element) -> None:
            header = security_of(envelope)
            head = header.getparent()
            assert head is not None
            head.append(copy.deepcopy(header[0]))

        answer = changed(secured, secured.token(), wrap)
        assert answer.subcode == "InvalidSecurity"
        assert "two elements have the id" in (secured.last.cause or "")

    def test_another_element_with_the_same_xml_id(self, secured: SecuredSetting) -> None:
        def wrap(envelope: etree._Element) -> None:
            header = security_of(envelope)
            head = header.getparent()
            assert head is not None
            twin = etree.SubElement(head, "{urn:x}Twin")
            twin.set("{http://www.w3.org/XML/1998/namespace}id", str(header[0].get(f"{{{WSU}}}Id")))

        answer = changed(secured, secured.token(), wrap)
        assert answer.subcode == "InvalidSecurity"
        assert "two elements have the id" in (secured.last.cause or "")

    def test_another_element_signed(self, secured: SecuredSetting) -> None:
        def point(envelope: etree._Element) -> None:
            to = envelope.find(f"{{{SOAP}}}Header/{{{WSA}}}To")
            reference = security_of(envelope).find(f".//{{{DS}}}Reference")
            assert to is not None
            assert reference is not None
            to.set(f"{{{WSU}}}Id", "to-1")
            reference.set("URI", "#to-1")

        answer = changed(secured, secured.token(), point)
        refused(secured, answer, "signed-parts", f"{SIGNATURE}/ds:SignedInfo/ds:Reference")

    def test_the_signature_of_a_whole_message(self, secured: SecuredSetting) -> None:
        def point(envelope: etree._Element) -> None:
            reference = security_of(envelope).find(f".//{{{DS}}}Reference")
            assert reference is not None
            reference.set("URI", "")

        answer = changed(secured, secured.token(), point)
        refused(secured, answer, "signature", f"{SIGNATURE}/ds:SignedInfo/ds:Reference")


class TestToken:
    def test_none(self, secured: SecuredSetting) -> None:
        def drop(envelope: etree._Element) -> None:
            header = security_of(envelope)
            header.remove(header[1])

        refused(secured, changed(secured, secured.token(), drop), "token", "soap:Header/wsse:Security/saml2:Assertion")

    def test_two(self, secured: SecuredSetting) -> None:
        def double(envelope: etree._Element) -> None:
            header = security_of(envelope)
            header.append(copy.deepcopy(header[1]))

        answer = changed(secured, secured.token(), double)
        refused(secured, answer, "token", "soap:Header/wsse:Security/saml2:EncryptedAssertion")

    def test_cipher_text_changed(self, secured: SecuredSetting) -> None:
        token = secured.token()
        value = token.element.findall(".//{*}CipherValue")[0]
        value.text = "A" * 8 + (value.text or "")[8:]
        answer = secured.list(token)
        assert answer.subcode == "InvalidSecurity"
        assert "token-encryption" in str(secured.last.details["complaints"])

    def test_a_namespace_that_has_no_canonical_form(self, secured: SecuredSetting) -> None:
        def rename(envelope: etree._Element) -> None:
            security_of(envelope)[1][0].tag = "{relative}EncryptedData"

        answer = changed(secured, secured.token(), rename)
        refused(secured, answer, "token", "soap:Header/wsse:Security/saml2:EncryptedAssertion")

    def test_wrongly_signed(self, keys: Path) -> None:
        with secured_setting(keys, plain(keys)) as secured:
            token = secured.token()
            value = token.element.find(".//{*}AttributeStatement//{*}AttributeValue")
            assert value is not None
            value.text = "100001"
            refused(secured, secured.list(token), "token-signature", "saml2:Assertion/ds:Signature")

    def test_unsigned(self, keys: Path) -> None:
        with secured_setting(keys, plain(keys)) as secured:
            token = secured.token()
            signature = token.element.find(f"{{{DS}}}Signature")
            assert signature is not None
            token.element.remove(signature)
            refused(secured, secured.list(token), "token-signature", "saml2:Assertion")

    def test_wrapped(self, keys: Path) -> None:
        """A forged assertion that carries the true one, and its signature, inside."""
        with secured_setting(keys, plain(keys)) as secured:
            token = secured.token()
            forged = copy.deepcopy(token.element)
            forged.set("ID", "_forged")
            name = forged.find(".//{*}NameID")
            signature = forged.find(f"{{{DS}}}Signature")
            assert name is not None
            assert signature is not None
            name.text = OTHER
            etree.SubElement(signature, f"{{{DS}}}Object").append(copy.deepcopy(token.element))
            answer = secured.list(replace(token, element=forged))
            refused(secured, answer, "token-signature", "saml2:Assertion/ds:Signature")

    def test_foreign_issuer(self, keys: Path) -> None:
        strange = Sourced("https://sts.example.org/", load_settings().sts.issuer.provenance)
        settings = load_settings()
        with secured_setting(keys, replace(settings, sts=replace(settings.sts, issuer=strange))) as other:
            token = other.token()
        with secured_setting(keys) as secured:
            refused(secured, secured.list(token), "token-issuer", "saml2:Assertion/saml2:Issuer")

    def test_foreign_key_under_the_right_name(self, keys: Path, tmp_path: Path) -> None:
        with secured_setting(tmp_path / "others", plain(keys)) as other:
            token = other.token(key_type="Bearer")
        with secured_setting(keys) as secured:
            refused(secured, secured.list(token), "token-issuer", "saml2:Assertion/ds:Signature/ds:KeyInfo")

    def test_wrong_audience(self, keys: Path) -> None:
        settings = load_settings()
        elsewhere = Sourced(("https://ivis.eps.gov.lv/Other",), settings.sts.applies_to.provenance)
        with secured_setting(keys, replace(settings, sts=replace(settings.sts, applies_to=elsewhere))) as other:
            token = other.token(applies_to="https://ivis.eps.gov.lv/Other")
        with secured_setting(keys) as secured:
            refused(secured, secured.list(token), "token-audience", "saml2:Conditions//saml2:Audience")

    def test_without_the_required_claims(self, secured: SecuredSetting) -> None:
        token = secured.token(claims=("http://www.oasis-open.org/RSA2004/attributes/AUTHORITY",))
        action = "http://docs.oasis-open.org/wsfed/authorization/200706/claims/action"
        refused(secured, secured.list(token), "claim", f"the token's claim {action}")


class TestAround:
    def test_no_security_at_all(self, secured: SecuredSetting) -> None:
        def strip(envelope: etree._Element) -> None:
            header = security_of(envelope)
            head = header.getparent()
            assert head is not None
            head.remove(header)

        refused(secured, changed(secured, secured.token(), strip), "security-header", "soap:Header/wsse:Security")

    def test_plain_http(self, secured: SecuredSetting) -> None:
        token = secured.token()
        secured.scheme = "http"
        refused(secured, secured.list(token), "transport", "the connection")

    def test_addressing_is_required(self, secured: SecuredSetting) -> None:
        def strip(envelope: etree._Element) -> None:
            for element in envelope.findall(f"{{{SOAP}}}Header/{{{WSA}}}*"):
                head = element.getparent()
                assert head is not None
                head.remove(element)

        answer = changed(secured, secured.token(), strip)
        assert (answer.status, answer.subcode) == (500, "MessageAddressingHeaderRequired")

    def test_a_fault_of_dit_keeps_its_words_and_comes_with_500(self, secured: SecuredSetting) -> None:
        content = LIST.format(version="URN:IVIS:100001:CHA-Nowhere-v1-0-TYPE-DSK")
        answer = secured.client.call(SECURED, "ReceiveMessageList", content, secured.token())
        assert answer.status == 500
        assert b"Argument exception: ChannelVersionURN!" in answer.body
        assert answer.root.find(f"{{{SOAP}}}Header/{{{WSSE}}}Security/{{{WSU}}}Timestamp") is not None

    def test_a_user_of_another_authority_stays_that_user(self, secured: SecuredSetting) -> None:
        assert secured.list(secured.token(OTHER)).status == 200
        assert secured.last.authority == secured.setting.world.retailers[1].authority


class TestSts:
    """Refusals of the STS: the reply is FailedAuthentication or InvalidRequest, and the journal has the cause."""

    @pytest.mark.parametrize(
        ("user", "password", "element"),
        [
            (RETAILER, "guessed", "soap:Header/wsse:Security/wsse:UsernameToken/wsse:Password"),
            ("nobody", "guessed", "soap:Header/wsse:Security/wsse:UsernameToken/wsse:Username"),
        ],
    )
    def test_wrong_credentials(self, secured: SecuredSetting, user: str, password: str, element: str) -> None:
        answer, _ = secured.client.ask(user, password)
        assert (answer.status, answer.subcode) == (500, "FailedAuthentication")
        entry = secured.last
        assert (entry.kind, entry.interface, entry.fault_code) == ("token", "sts", "security")
        assert (entry.cause or "").startswith(f"{element}: ")
        assert b"guessed" not in answer.body

    def test_a_certificate_that_nobody_put_there(self, secured: SecuredSetting, tmp_path: Path) -> None:
        with secured_setting(tmp_path) as other:
            strange = other.certificate()
        answer, _ = secured.client.ask_by_certificate(*strange)
        assert answer.subcode == "FailedAuthentication"
        assert "clients/" in (secured.last.cause or "")

    def test_a_certificate_with_another_key(self, secured: SecuredSetting) -> None:
        answer, _ = secured.client.ask_by_certificate(secured.certificate()[0], secured.certificate(OTHER)[1])
        assert answer.subcode == "InvalidSecurity"
        assert "under the certificate's key" in (secured.last.cause or "")

    @pytest.mark.parametrize(
        ("asked", "element"),
        [
            ({"applies_to": "https://localhost/dit"}, "soap:Body/wst:RequestSecurityToken/wsp:AppliesTo"),
            ({"applies_to": None}, "soap:Body/wst:RequestSecurityToken/wsp:AppliesTo"),
            ({"token_type": "urn:jwt"}, "soap:Body/wst:RequestSecurityToken/wst:TokenType"),
            ({"key_type": "Quantum"}, "soap:Body/wst:RequestSecurityToken/wst:KeyType"),
            ({"key_type": "PublicKey"}, "soap:Body/wst:RequestSecurityToken/wst:UseKey"),
            ({"request_type": "urn:renew"}, "soap:Body/wst:RequestSecurityToken/wst:RequestType"),
        ],
    )
    def test_requests_that_it_does_not_serve(
        self, secured: SecuredSetting, asked: dict[str, object], element: str
    ) -> None:
        answer, _ = secured.client.ask(RETAILER, secured.password(), **asked)
        assert (answer.status, answer.subcode) == (500, "InvalidRequest")
        assert (secured.last.cause or "").startswith(f"{element}: ")

    def test_an_old_timestamp(self, secured: SecuredSetting) -> None:
        now = secured.setting.clock.now()
        secured.client.clock = lambda: now - timedelta(hours=3)
        answer, _ = secured.client.ask(RETAILER, secured.password())
        assert answer.subcode == "InvalidSecurity"
        assert "by the simulated clock" in (secured.last.cause or "")

    def test_what_is_no_xml(self, secured: SecuredSetting) -> None:
        answer = secured.post("/STS/Viss.Pfas.STS/sts/Issue.svc/trust/13/usernamemixed", b"<", "application/soap+xml")
        assert answer.status == 400
        assert secured.last.fault_code == "malformed-xml"

    @pytest.mark.parametrize("encoding", ["nonsense", "windows-1257"])
    def test_a_declaration_that_content_type_overrides(self, secured: SecuredSetting, encoding: str) -> None:
        """The media type takes precedence (RFC 7303); the journal's copy has no password in either case."""

        def post(path: str, body: bytes, _type: str) -> Answer:
            declared = f'<?xml version="1.0" encoding="{encoding}"?>'.encode()
            return secured.post(path, declared + body, "application/soap+xml; charset=utf-8")

        secured.client.post = post
        assert secured.token().secret
        assert b"(hidden)" in secured.setting.blob(secured.last.request)

    @pytest.mark.parametrize("failure", ["_read", "_record"])
    def test_its_own_failure_is_a_fault(
        self,
        secured: SecuredSetting,
        failure: str,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        def fail(*_: object, **__: object) -> None:
            raise RuntimeError("on purpose")

        monkeypatch.setattr(f"simulator.security.sts.TokenService.{failure}", fail)
        answer, _ = secured.client.ask(RETAILER, secured.password())
        assert (answer.status, answer.subcode) == (500, "internal-error")
        assert "incident" in caplog.text

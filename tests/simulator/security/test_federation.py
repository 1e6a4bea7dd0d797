"""A token and a call with it: every version of SAML and every kind of key, by user name and by certificate."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from lxml import etree

from tests.simulator.security.client import (
    CLAIMS,
    HMAC_SHA256,
    RSA_SHA256,
    SAML_1,
    SAML_2,
    SOAP,
    WSSE,
    WST,
    WSU,
    moment,
    read_token,
)
from tests.simulator.security.setting import MTOM, OTHER, RETAILER, SECURED, SecuredSetting
from tests.simulator.soap.setting import send_wrapper

NAMESPACES = 'xmlns:svc="http://ivis.eps.gov.lv/ISS/DITService/v1-0" xmlns:dit="http://ivis.eps.gov.lv/XMLSchemas/100000/DIT/v1-0"'


@pytest.fixture(scope="session")
def own_key() -> RSAPrivateKey:
    return generate_private_key(public_exponent=65537, key_size=2048)


def wrapped(setting: SecuredSetting) -> str:
    document = setting.setting.contract_document()
    return send_wrapper(setting.setting.version(), document).replace(
        "<svc:SendMessage>", f"<svc:SendMessage {NAMESPACES}>"
    )


@pytest.mark.parametrize("token_type", [SAML_2, SAML_1])
@pytest.mark.parametrize("key_type", ["SymmetricKey", "PublicKey", "Bearer"])
def test_a_token_opens_the_guarded_address(
    secured: SecuredSetting, own_key: RSAPrivateKey, token_type: str, key_type: str
) -> None:
    token = secured.token(
        token_type=token_type, key_type=key_type, use_key=own_key if key_type == "PublicKey" else None
    )
    assert token.encrypted
    answer = secured.client.call(SECURED, "SendMessage2", wrapped(secured), token)
    assert answer.status == 200, secured.last.cause
    assert answer.root.findtext(".//{*}SendMessageResult") == "true"
    entry = next(exchange for exchange in reversed(secured.setting.exchanges))
    assert entry.authority == secured.setting.world.retailers[0].authority
    security = entry.details["security"]
    assert isinstance(security, dict)
    assert (security["key_type"], security["encrypted"]) == (key_type, True)
    assert security["token_type"] == ("SAML 2.0" if token_type == SAML_2 else "SAML 1.1")


@pytest.mark.parametrize("algorithm", [HMAC_SHA256, None])
def test_both_hmacs(secured: SecuredSetting, algorithm: str | None) -> None:
    assert secured.list(secured.token(), algorithm=algorithm).status == 200


def test_rsa_with_sha256(secured: SecuredSetting, own_key: RSAPrivateKey) -> None:
    token = secured.token(key_type="PublicKey", use_key=own_key)
    assert secured.list(token, algorithm=RSA_SHA256).status == 200


def test_without_the_clients_entropy_the_sts_makes_the_key(secured: SecuredSetting) -> None:
    assert secured.list(secured.token(entropy=False)).status == 200


def test_a_certificate_gets_a_token(secured: SecuredSetting) -> None:
    answer, entropy = secured.client.ask_by_certificate(*secured.certificate(OTHER))
    assert answer.status == 200, secured.last.cause
    assert secured.list(read_token(answer, entropy)).status == 200
    assert secured.last.authority == secured.setting.world.retailers[1].authority


def test_a_certificate_holders_own_key_is_the_tokens(secured: SecuredSetting) -> None:
    certificate, key = secured.certificate()
    answer, _ = secured.client.ask_by_certificate(certificate, key, key_type="PublicKey")
    assert secured.list(read_token(answer, None, key)).status == 200


def test_parameters_may_come_from_the_policy(secured: SecuredSetting) -> None:
    assert secured.list(secured.token(secondary=True, token_type=SAML_1)).status == 200
    assert secured.last.details["security"]["token_type"] == "SAML 1.1"  # type: ignore[index, call-overload]


def test_one_token_serves_many_calls(secured: SecuredSetting) -> None:
    token = secured.token()
    assert [secured.list(token).status for _ in range(3)] == [200, 200, 200]
    assert sum(entry.kind == "token" for entry in secured.setting.journal) == 1


def test_the_answer_has_a_timestamp_and_addressing(secured: SecuredSetting) -> None:
    root = secured.list(secured.token()).root
    assert root.find(f"{{{SOAP}}}Header/{{{WSSE}}}Security/{{{WSU}}}Timestamp/{{{WSU}}}Created") is not None
    assert (root.findtext(f"{{{SOAP}}}Header/{{*}}Action") or "").endswith("/ReceiveMessageListResponse")


def test_the_mtom_address_takes_plain_envelopes_too(secured: SecuredSetting) -> None:
    answer = secured.client.call(MTOM, "SendMessage2", wrapped(secured), secured.token())
    assert answer.status == 200, secured.last.cause


def test_mtom_in_and_out(secured: SecuredSetting) -> None:
    envelope = secured.client.envelope(MTOM, "SendMessage2", wrapped(secured), secured.token())
    part = (
        b'Content-Type: application/xop+xml; charset=utf-8; type="application/soap+xml"\r\nContent-ID: <root>\r\n\r\n'
    )
    body = b"--b\r\n" + part + etree.tostring(envelope) + b"\r\n--b--\r\n"
    kind = (
        'multipart/related; type="application/xop+xml"; start="<root>"; start-info="application/soap+xml"; boundary=b'
    )
    answer = secured.post(MTOM, body, kind)
    assert answer.status == 200, secured.last.cause
    assert b"application/xop+xml" in answer.body


def test_lifetime_is_what_was_asked_for(secured: SecuredSetting) -> None:
    now = secured.setting.clock.now()
    token = secured.token(lifetime=(now, now + timedelta(minutes=7)))
    assert token.expires == moment(now + timedelta(minutes=7))


def test_lifetime_has_an_end_whatever_was_asked_for(secured: SecuredSetting) -> None:
    now = secured.setting.clock.now()
    token = secured.token(lifetime=(now, now + timedelta(days=7)))
    assert token.expires == moment(now + timedelta(seconds=secured.settings.sts.maximum_lifetime_seconds.value))


def test_the_journal_never_sees_the_password(secured: SecuredSetting) -> None:
    secured.token()
    entry = secured.last
    request = secured.setting.blob(entry.request)
    assert secured.password().encode() not in request
    assert RETAILER.encode() in request
    assert entry.details["claims"] == list(CLAIMS)
    assert entry.details["applies_to"] == "https://ivis.eps.gov.lv/DIT.WebService"


def test_a_client_may_live_by_its_machines_clock(secured: SecuredSetting) -> None:
    secured.client.clock = lambda: datetime.now(UTC)
    assert secured.list(secured.token()).status == 200
    assert secured.last.details["security"]["clock"] == "machine"  # type: ignore[index, call-overload]


class TestDescriptions:
    def test_the_wsdl_offers_the_guarded_ports_alone(self, secured: SecuredSetting) -> None:
        root = secured.get("/dit/v1-2/MessageService?wsdl").root
        ports = {
            element.get("name"): element[0].get("location")
            for element in root.iter("{http://schemas.xmlsoap.org/wsdl/}port")
        }
        assert ports == {
            "ws2007FederationNoSct": f"https://localhost{SECURED}",
            "ws2007FederationNoSctMtom": f"https://localhost{MTOM}",
        }
        assert secured.post(f"{SECURED.rpartition('/')[0]}/plain", b"<x/>", "application/soap+xml").status == 404

    def test_the_policy_names_the_sts(self, secured: SecuredSetting) -> None:
        root = secured.get("/dit/v1-2/MessageService?singleWsdl").root
        issuers = {element.findtext("{*}Address") for element in root.iter("{*}Issuer")}
        assert issuers == {"https://localhost/STS/Viss.Pfas.STS/sts/Issue.svc/trust/13/usernamemixed"}

    def test_the_sts_describes_itself(self, secured: SecuredSetting) -> None:
        wsdl = secured.get("/STS/Viss.Pfas.STS/sts/Issue.svc?wsdl").root
        assert len(list(wsdl.iter("{*}TransportBinding"))) == 2
        get = (
            f'<s:Envelope xmlns:s="{SOAP}" xmlns:a="http://www.w3.org/2005/08/addressing"><s:Header><a:Action>'
            "http://schemas.xmlsoap.org/ws/2004/09/transfer/Get</a:Action></s:Header><s:Body/></s:Envelope>"
        )
        answer = secured.post("/STS/Viss.Pfas.STS/sts/Issue.svc/mex", get.encode(), "application/soap+xml")
        assert answer.root.find(".//{*}MetadataSection/{http://schemas.xmlsoap.org/wsdl/}definitions") is not None

    def test_the_configuration_service_is_guarded_too(self, secured: SecuredSetting) -> None:
        root = secured.get("/dit/v1-3/ConfigurationService?wsdl").root
        ports = [element.get("name") for element in root.iter("{http://schemas.xmlsoap.org/wsdl/}port")]
        assert ports == ["ws2007FederationNoSct"]


def test_the_reply_of_the_sts_is_wrapped_as_ws_trust_says(secured: SecuredSetting) -> None:
    answer, _ = secured.client.ask(RETAILER, secured.password())
    assert answer.root[1][0].tag == f"{{{WST}}}RequestSecurityTokenResponseCollection"

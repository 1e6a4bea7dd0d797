"""Addresses, methods and the WSDL, without a socket."""

from __future__ import annotations

import pytest
from lxml import etree

from simulator.soap.application import SERVICE
from simulator.soap.refusals import SoapVersion
from tests.simulator.soap.setting import Setting, basic, read_fault, send_request

WSDL = "{http://schemas.xmlsoap.org/wsdl/}"
XS = "{http://www.w3.org/2001/XMLSchema}"
BASE = "http://dit.test:8080"


def locations(wsdl: bytes) -> list[str]:
    ports = etree.fromstring(wsdl).iter(f"{WSDL}port")
    return [str(port[-1].get("location")) for port in ports]


class TestWsdl:
    @pytest.mark.parametrize("query", ["?wsdl", "?WSDL", "?singleWsdl", "?wsdl=1"])
    def test_addresses_are_those_that_the_request_came_to(self, setting: Setting, query: str) -> None:
        reply = setting.client.get(SERVICE + query, base_url=BASE)
        assert reply.status_code == 200
        assert reply.mimetype == "text/xml"
        ports = ("plain", "plain11", "plainMtom")
        assert locations(reply.data) == [f"{BASE}{SERVICE}/{port}" for port in ports]

    def test_below_a_prefix_and_over_tls(self, setting: Setting) -> None:
        reply = setting.client.get(SERVICE + "?wsdl", base_url="https://dit.test/below/")
        assert locations(reply.data)[0] == f"https://dit.test/below{SERVICE}/plain"

    @pytest.mark.parametrize("port", ["plain", "plain11"])
    def test_an_address_describes_itself_alone(self, setting: Setting, port: str) -> None:
        reply = setting.client.get(f"{SERVICE}/{port}?wsdl", base_url=BASE)
        assert locations(reply.data) == [f"{BASE}{SERVICE}/{port}"]
        root = etree.fromstring(reply.data)
        (binding,) = root.findall(f"{WSDL}binding")
        (bound,) = root.iter(f"{WSDL}port")
        assert bound.get("binding", "").endswith(str(binding.get("name")))

    def test_imports_can_be_followed_to_the_end(self, setting: Setting) -> None:
        seen: dict[str, bytes] = {}
        waiting = [f"{BASE}{SERVICE}?wsdl"]
        while waiting:
            address = waiting.pop()
            reply = setting.client.get(address.removeprefix(BASE), base_url=BASE)
            assert reply.status_code == 200, address
            seen[address] = reply.data
            imports = etree.fromstring(reply.data).iter(f"{XS}import")
            locations = (str(element.get("schemaLocation")) for element in imports)
            waiting += [location for location in locations if location not in seen]
        names = {location.partition("?")[2] for location in seen}
        assert names == {"wsdl", "xsd=DITMessageService.xsd", "xsd=DITTypes.xsd", "xsd=IVIS.xsd"}

    def test_the_single_file_imports_nothing_from_elsewhere(self, setting: Setting) -> None:
        reply = setting.client.get(SERVICE + "?singleWsdl", base_url=BASE)
        root = etree.fromstring(reply.data)
        assert not [element for element in root.iter(f"{XS}import") if element.get("schemaLocation")]
        contained = {element.get("targetNamespace") for element in root.iter(f"{XS}schema")}
        imported = {element.get("namespace") for element in root.iter(f"{XS}import")}
        assert len(contained) == 3
        assert imported <= contained

    def test_an_unknown_schema(self, setting: Setting) -> None:
        reply = setting.client.get(SERVICE + "?xsd=../catalogue.toml")
        assert reply.status_code == 404
        assert "DITTypes.xsd" in reply.text

    def test_head_is_like_get_without_the_body(self, setting: Setting) -> None:
        reply = setting.client.head(SERVICE + "?wsdl")
        assert (reply.status_code, reply.data) == (200, b"")


class TestAddresses:
    def test_the_service_says_where_to_go(self, setting: Setting) -> None:
        reply = setting.client.get(SERVICE, base_url=BASE)
        assert reply.status_code == 200
        assert f"{BASE}{SERVICE}?wsdl" in reply.text

    @pytest.mark.parametrize("method", ["GET", "HEAD"])
    def test_getting_a_port_is_405(self, setting: Setting, method: str) -> None:
        reply = setting.client.open(f"{SERVICE}/plain", method=method)
        assert (reply.status_code, reply.headers["Allow"]) == (405, "POST")
        if method == "GET":
            assert "POST" in reply.text

    @pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
    @pytest.mark.parametrize("path", [SERVICE, f"{SERVICE}/plain"])
    def test_other_methods_are_405(self, setting: Setting, method: str, path: str) -> None:
        reply = setting.client.open(path, method=method)
        assert reply.status_code == 405
        assert "POST" in reply.headers["Allow"] or path == SERVICE
        assert "?wsdl" in reply.text

    @pytest.mark.parametrize(
        "path", ["/dit/nothing", f"{SERVICE}/plain/", f"{SERVICE}/ws2007FederationNoSct", "/dit//x"]
    )
    def test_unknown_paths_are_404(self, setting: Setting, path: str) -> None:
        reply = setting.client.get(path)
        assert reply.status_code == 404
        assert "/plain" in reply.text

    @pytest.mark.parametrize("version", list(SoapVersion))
    @pytest.mark.parametrize(
        ("path", "status", "refusal"),
        [(SERVICE, 405, "method-not-allowed"), (f"{SERVICE}/ws2007FederationNoSct", 404, "unknown-path")],
    )
    def test_calls_to_the_wrong_address_get_a_fault_and_an_entry(
        self, setting: Setting, version: SoapVersion, path: str, status: int, refusal: str
    ) -> None:
        body = send_request(setting.version(), setting.contract_document(), version=version)
        reply = setting.post(body, version=version, path=path)
        assert reply.status_code == status
        assert read_fault(reply.data).refusal == refusal
        assert read_fault(reply.data).version is version
        assert ("Allow" in reply.headers) is (status == 405)
        (entry,) = setting.exchanges
        assert (entry.fault_code, entry.authority) == (refusal, "100777")
        assert setting.blob(entry.request) == body.encode()

    def test_a_chunked_body_without_length(self, setting: Setting) -> None:
        import io

        body = send_request(setting.version(), setting.contract_document()).encode()
        reply = setting.client.post(
            f"{SERVICE}/plain",
            input_stream=io.BytesIO(body),
            headers={"Transfer-Encoding": "chunked", **basic("paraugs")},
            content_type="application/soap+xml",
        )
        assert reply.status_code == 200

    def test_no_body_at_all(self, setting: Setting) -> None:
        reply = setting.client.post(f"{SERVICE}/plain", content_type="application/soap+xml", headers=basic("paraugs"))
        assert read_fault(reply.data).refusal == "not-an-envelope"

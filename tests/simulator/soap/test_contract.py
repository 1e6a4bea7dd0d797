"""The contract files: valid, annotated, and in agreement with the services that Spyne implements."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import xmlschema
from lxml import etree

from simulator.domain.provenance import Basis
from simulator.soap.application import PORTS, schema_files, write_wsdl
from simulator.soap.contract import DIT, IVIS, SVC, contract_folder, operations
from simulator.soap.dispatching import server
from simulator.soap.extraction import REFERENCE

XS = "{http://www.w3.org/2001/XMLSchema}"
WSDL = "{http://schemas.xmlsoap.org/wsdl/}"
FACT = "{urn:aldis-conformance:basis}fact"
LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
OWN_SCHEMAS = [contract_folder() / "DITMessageService.xsd", contract_folder() / "DITTypes.xsd"]

WRAPPERS = {
    "SendMessage2": ("SendMessage", [(DIT, "MessageSave2")], "SendMessageResponse", [(SVC, "SendMessageResult")]),
    "ReceiveMessage2": (
        "ReceiveMessage",
        [(DIT, "MessageRequest")],
        "ReceiveMessageResponse",
        [(DIT, "MessageResponse2")],
    ),
    "ReceiveMessageList": (
        "ReceiveMessageList",
        [(DIT, "MessageListRequest")],
        "ReceiveMessageListResponse",
        [(DIT, "MessageBasicInfoList")],
    ),
    "RestoreMessageList": (
        "RestoreMessageList",
        [(DIT, "MessageBasicInfoList")],
        "RestoreMessageListResponse",
        [(SVC, "RestoreMessageListResult")],
    ),
    "DeleteMessage": (
        "DeleteMessage",
        [(DIT, "MessageRequest")],
        "DeleteMessageResponse",
        [(SVC, "DeleteMessageResult")],
    ),
    "ConfirmationAck": ("ConfirmationAck", [(SVC, "MessageSampleId")], "ConfirmationAckResponse", []),
}
"""The contract as it is known, by hand: operation, request wrapper and children, reply wrapper and children."""


@pytest.fixture(scope="module")
def schema() -> xmlschema.XMLSchema10:
    return xmlschema.XMLSchema10(str(OWN_SCHEMAS[0]))


def children(schema: xmlschema.XMLSchema10, wrapper: str) -> list[tuple[str, str]]:
    return [
        (declaration.target_namespace, declaration.local_name or "")
        for declaration in declarations(schema.maps.elements[wrapper].type)
    ]


def declarations(kind: Any) -> list[Any]:
    """Return the elements that a complex type declares, with wildcards, which have no name."""
    assert isinstance(kind.content, xmlschema.validators.XsdGroup)
    return list(kind.content.iter_elements())


class TestSchemas:
    @pytest.mark.parametrize("path", [*schema_files().values()], ids=lambda path: path.name)
    def test_two_processors_accept_it(self, path: Path) -> None:
        etree.XMLSchema(etree.parse(str(path)))
        xmlschema.XMLSchema10(str(path))

    def test_wrappers_and_children_are_those_of_the_contract(self, schema: xmlschema.XMLSchema10) -> None:
        for request, inside, reply, answer in WRAPPERS.values():
            assert children(schema, f"{{{SVC}}}{request}") == inside
            assert children(schema, f"{{{SVC}}}{reply}") == answer

    @pytest.mark.parametrize("path", OWN_SCHEMAS, ids=lambda path: path.name)
    def test_every_declaration_says_what_it_is_and_how_that_is_known(self, path: Path) -> None:
        declared = [
            element
            for element in etree.parse(str(path)).getroot().iter()
            if element.tag in {f"{XS}{kind}" for kind in ("complexType", "simpleType", "enumeration", "any")}
            or (element.tag in {f"{XS}element", f"{XS}attribute"} and element.get("ref") is None)
        ]
        named = [
            element for element in declared if element.tag in {f"{XS}enumeration", f"{XS}any"} or element.get("name")
        ]
        assert len(named) > 10
        for element in named:
            facts = element.findall(f"{XS}annotation/{XS}appinfo/{FACT}")
            assert len(facts) == 1, etree.tostring(element)
            assert Basis(facts[0].get("basis", ""))
            assert facts[0].get("source")
            texts = {text.get(LANGUAGE): text.text for text in element.findall(f"{XS}annotation/{XS}documentation")}
            assert set(texts) == {"lv", "en"}
            assert all(texts.values())

    def test_names_keep_dits_spelling(self) -> None:
        names = {element.get("name") for element in etree.parse(str(OWN_SCHEMAS[1])).getroot().iter(f"{XS}element")}
        assert {"BussinesMessage", "EventMessage", "EventMessageType", "MessageSave2", "MessageResponse2"} <= names


class TestWsdl:
    def test_operations_are_those_of_the_contract(self) -> None:
        declared = {
            operation.name: (operation.request, operation.reply, operation.action, operation.reply_action)
            for operation in operations().values()
        }
        assert declared == {
            name: (f"{{{SVC}}}{request}", f"{{{SVC}}}{reply}", f"{SVC}/{name}", f"{SVC}/{name}Response")
            for name, (request, _, reply, _) in WRAPPERS.items()
        }

    def test_all_bindings_are_document_literal_with_the_operations_action(self) -> None:
        root = etree.fromstring(write_wsdl("http://h/dit/v1-2/MessageService"))
        bindings = root.findall(f"{WSDL}binding")
        assert len(bindings) == len(PORTS) == 3
        for binding in bindings:
            kind = next(element for element in binding if str(element.tag).endswith("}binding"))
            namespace = etree.QName(kind).namespace
            assert (kind.get("style"), kind.get("transport")) == ("document", "http://schemas.xmlsoap.org/soap/http")
            actions = {
                element.get("name"): element.find(f"{{{namespace}}}operation").get("soapAction")  # type: ignore[union-attr]
                for element in binding.findall(f"{WSDL}operation")
            }
            assert actions == {name: f"{SVC}/{name}" for name in WRAPPERS}
            assert {element.get("use") for element in binding.iter(f"{{{namespace}}}body")} == {"literal"}

    def test_names_of_service_contract_and_ports(self) -> None:
        root = etree.fromstring(write_wsdl("http://h/dit/v1-2/MessageService"))
        assert root.get("targetNamespace") == SVC
        assert [element.get("name") for element in root.findall(f"{WSDL}service")] == ["DITMessageService"]
        assert [element.get("name") for element in root.findall(f"{WSDL}portType")] == ["IDITMessageServiceContract"]


def spyne_members(model: Any) -> list[tuple[str, str]]:
    """Return the namespace and name of each member, as Spyne writes them."""
    return [
        (member.Attributes.sub_ns or model.get_namespace(), member.Attributes.sub_name or name)
        for name, member in model.get_flat_type_info(model).items()
    ]


class TestSpyne:
    """Spyne's own WSDL is never served, and must agree with the file that is."""

    def methods(self) -> dict[str, Any]:
        return {
            f"{{{method.in_message.get_namespace()}}}{method.in_message.get_type_name()}": method
            for method in server().app.interface.method_id_map.values()
        }

    def test_it_dispatches_on_the_wrappers_of_the_wsdl(self) -> None:
        assert set(self.methods()) == set(operations())

    def test_its_wrappers_have_the_children_of_the_schema(self, schema: xmlschema.XMLSchema10) -> None:
        for operation in operations().values():
            method = self.methods()[operation.request]
            reply = f"{{{method.out_message.get_namespace()}}}{method.out_message.get_type_name()}"
            assert reply == operation.reply
            assert spyne_members(method.in_message) == children(schema, operation.request)
            assert spyne_members(method.out_message) == children(schema, operation.reply)

    def test_its_structures_have_the_members_of_the_schema_in_order(self, schema: xmlschema.XMLSchema10) -> None:
        seen: set[str] = set()
        waiting: list[tuple[Any, Any]] = [
            (member, schema.maps.elements[f"{{{DIT}}}{member.Attributes.sub_name or name}"].type)
            for method in self.methods().values()
            for message in (method.in_message, method.out_message)
            for name, member in message.get_flat_type_info(message).items()
            if member.Attributes.sub_ns == DIT
        ]
        while waiting:
            model, declared = waiting.pop()
            if declared.name in seen or not hasattr(model, "get_flat_type_info"):
                continue
            seen.add(declared.name)
            elements = declarations(declared)
            expected = [
                (REFERENCE, "Payload") if element.local_name is None else (element.target_namespace, element.local_name)
                for element in elements
            ]
            assert spyne_members(model) == expected, declared.name
            members = list(model.get_flat_type_info(model).values())
            waiting += [
                (member, element.type)
                for member, element in zip(members, elements, strict=True)
                if element.local_name is not None and element.type.is_complex()
            ]
        names = {name.rpartition("}")[2] for name in seen}
        assert {"MessageSaveStructure2", "MessageResponseStructure2", "MessageBasicInfoStructure"} <= names
        assert f"{{{IVIS}}}AuthorityBasicInfoStructure" in seen

"""Gets a token for a user name and lists a channel's messages with it: requests, lxml, xmlsec and zeep.

python federated.py https://127.0.0.1:8443 data/keys/ca.pem paraugs PASSWORD CHANNEL-VERSION
"""

import base64
import hashlib
import hmac
import os
import sys
import uuid
from datetime import UTC, datetime, timedelta
from xml.sax.saxutils import escape

import requests
import xmlsec
import zeep
from lxml import etree

WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
WST = "http://docs.oasis-open.org/ws-sx/ws-trust/200512"
DS = "http://www.w3.org/2000/09/xmldsig#"
EXC = "http://www.w3.org/2001/10/xml-exc-c14n#"
STS = "/STS/Viss.Pfas.STS/sts/Issue.svc/trust/13/usernamemixed"

REQUEST = """<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://www.w3.org/2005/08/addressing">
<s:Header>
  <a:Action>{wst}/RST/Issue</a:Action><a:MessageID>urn:uuid:{id}</a:MessageID><a:To>{sts}</a:To>
  <o:Security xmlns:o="{wsse}" s:mustUnderstand="1">{timestamp}
    <o:UsernameToken><o:Username>{user}</o:Username><o:Password>{password}</o:Password></o:UsernameToken>
  </o:Security>
</s:Header>
<s:Body><t:RequestSecurityToken xmlns:t="{wst}">
  <t:RequestType>{wst}/Issue</t:RequestType>
  <p:AppliesTo xmlns:p="http://schemas.xmlsoap.org/ws/2004/09/policy"><a:EndpointReference>
    <a:Address>https://ivis.eps.gov.lv/DIT.WebService</a:Address></a:EndpointReference></p:AppliesTo>
  <t:KeyType>{wst}/SymmetricKey</t:KeyType><t:KeySize>256</t:KeySize>
  <t:Entropy><t:BinarySecret Type="{wst}/Nonce">{entropy}</t:BinarySecret></t:Entropy>
  <t:Claims Dialect="http://schemas.xmlsoap.org/ws/2005/05/identity" xmlns:i="http://schemas.xmlsoap.org/ws/2005/05/identity">
    <i:ClaimType Uri="http://www.oasis-open.org/RSA2004/attributes/AUTHORITY"/>
    <i:ClaimType Uri="http://docs.oasis-open.org/wsfed/authorization/200706/claims/action"/>
  </t:Claims>
</t:RequestSecurityToken></s:Body></s:Envelope>"""


def timestamp() -> str:
    now = datetime.now(UTC)
    created, expires = (each.strftime("%Y-%m-%dT%H:%M:%SZ") for each in (now, now + timedelta(minutes=5)))
    return (
        f'<u:Timestamp xmlns:u="{WSU}" u:Id="T-{uuid.uuid4()}"><u:Created>{created}</u:Created>'
        f"<u:Expires>{expires}</u:Expires></u:Timestamp>"
    )


def p_sha1(secret: bytes, seed: bytes, size: int) -> bytes:
    made, link = b"", seed
    while len(made) < size:
        link = hmac.new(secret, link, hashlib.sha1).digest()
        made += hmac.new(secret, link + seed, hashlib.sha1).digest()
    return made[:size]


class Token:
    """A token of the STS; as zeep's ``wsse`` it puts itself into each call and signs the call's Timestamp."""

    def __init__(self, base: str, session: requests.Session, user: str, password: str) -> None:
        ours = os.urandom(32)
        body = REQUEST.format(
            wst=WST,
            wsse=WSSE,
            sts=base + STS,
            id=uuid.uuid4(),
            timestamp=timestamp(),
            user=escape(user),
            password=escape(password),
            entropy=base64.b64encode(ours).decode(),
        )
        answer = session.post(
            base + STS, body.encode(), headers={"Content-Type": "application/soap+xml; charset=utf-8"}
        )
        if answer.status_code != 200:
            raise SystemExit(f"the STS refused: see the simulator's journal, {base}/admin/journal")
        root = etree.fromstring(answer.content)
        self.assertion = etree.tostring(root.find(f".//{{{WST}}}RequestedSecurityToken")[0])
        self.reference = etree.tostring(root.find(f".//{{{WST}}}RequestedAttachedReference")[0])
        theirs = base64.b64decode(root.findtext(f".//{{{WST}}}Entropy/{{{WST}}}BinarySecret"))
        self.key = p_sha1(ours, theirs, 32)

    def apply(self, envelope, headers):
        header = etree.SubElement(zeep.wsdl.utils.get_or_create_header(envelope), f"{{{WSSE}}}Security")
        stamp = etree.fromstring(timestamp())
        header.append(stamp)
        header.append(etree.fromstring(self.assertion))
        signature = xmlsec.template.create(header, xmlsec.Transform.EXCL_C14N, xmlsec.Transform.HMAC_SHA1, ns="ds")
        header.append(signature)
        reference = xmlsec.template.add_reference(signature, xmlsec.Transform.SHA1, uri="#" + stamp.get(f"{{{WSU}}}Id"))
        xmlsec.template.add_transform(reference, xmlsec.Transform.EXCL_C14N)
        xmlsec.template.ensure_key_info(signature).append(etree.fromstring(self.reference))
        context = xmlsec.SignatureContext()
        context.key = xmlsec.Key.from_binary_data(xmlsec.constants.KeyDataHmac, self.key)
        context.register_id(stamp, "Id", WSU)
        context.sign(signature)
        return envelope, headers

    def verify(self, envelope):
        return envelope  # TLS has shown who answers


def main(base: str, authority: str, user: str, password: str, version: str) -> None:
    session = requests.Session()
    session.trust_env = False  # REQUESTS_CA_BUNDLE, where it is set, would outvote the next line
    session.verify = authority
    client = zeep.Client(
        f"{base}/dit/v1-2/MessageService?wsdl",
        transport=zeep.Transport(session=session),
        wsse=Token(base, session, user, password),
    )
    service = client.bind("DITMessageService", "ws2007FederationNoSct")
    for message in service.ReceiveMessageList(MessageListRequest={"ChannelVersionURN": version}) or []:
        print(message["MessageID"], message["MessageStatus"])
    print("accepted")


if __name__ == "__main__":
    main(*sys.argv[1:])

// Walks node's "soap" through the message service. Reads a plan (JSON) from standard input, writes what it saw (JSON).
"use strict";

const fs = require("node:fs");
const soap = require("soap");
const { DOMParser, XMLSerializer } = require("@xmldom/xmldom");

const DIT = "http://ivis.eps.gov.lv/XMLSchemas/100000/DIT/v1-0";

const asList = (value) => (value == null ? [] : Array.isArray(value) ? value : [value]);

// The client makes plain objects of payloads, which lose order and attributes; so a payload is taken from the raw reply.
const elements = (node) => Array.from(node.childNodes).filter((child) => child.nodeType === 1);
const payloads = (raw) => {
  const ids = Array.from(new DOMParser().parseFromString(raw, "text/xml").getElementsByTagNameNS("*", "MessageID"));
  return ids.map((id) => new XMLSerializer().serializeToString(elements(id.parentNode)[1]));
};

// "$xml" is put into the envelope as it is: it must not begin with an XML declaration.
const document = (path) => fs.readFileSync(path, "utf8").replace(/^<\?xml[^>]*\?>\s*/, "");

// Beside "$xml" the client writes no other field: so what follows the payload of an event is written by hand as well.
const event = (path, name, related) =>
  document(path) + `<Name xmlns="${DIT}">${name}</Name><RelatedMessageID xmlns="${DIT}">${related}</RelatedMessageID>`;

const described = (info) => ({
  id: info.MessageID,
  version: info.ChannelVersionURN,
  class: info.MessageClass.CodeListCodeValue,
  status: info.MessageStatus,
  sender: info.SenderAuthority.AuthorityID,
  sent: info.SentDateTime,
  size: Number(info.MessageSize),
});

async function main() {
  const plan = JSON.parse(fs.readFileSync(0, "utf8"));
  const client = await soap.createClientAsync(plan.wsdl, { forceSoap12Headers: plan.soap === "1.2" });
  client.setSecurity(new soap.BasicAuthSecurity(plan.user, "any"));
  const port = client.DITMessageService[plan.soap === "1.2" ? "Plain" : "Plain11"];
  const call = (operation, request) =>
    new Promise((resolve, reject) => {
      port[operation](request, (error, result, raw) => (error ? reject(error) : resolve({ result, raw })));
    });
  const list = async (version, choice = {}) => {
    const request = { MessageListRequest: { ChannelVersionURN: version, ...choice } };
    const { result } = await call("ReceiveMessageList", request);
    return asList(result.MessageBasicInfoList?.MessageBasicInfo);
  };
  const restore = (ids) =>
    call("RestoreMessageList", { MessageBasicInfoList: { MessageBasicInfo: ids.map((id) => ({ MessageID: id })) } });
  const receive = async (request, kind) => {
    const { result, raw } = await call("ReceiveMessage2", { MessageRequest: request });
    const documents = payloads(raw);
    return asList(result.MessageResponse2[kind]).map((message, index) => ({ message, payload: documents[index] }));
  };
  const business = async (request) =>
    (await receive(request, "BussinesMessage")).map(({ message, payload }) => ({ id: message.MessageID, payload }));
  const send = async (message) => (await call("SendMessage2", { MessageSave2: message })).result.SendMessageResult;

  const saw = {};
  saw.events = (await list(plan.contract_version)).map(described);
  const [{ message, payload }] = await receive({ ChannelVersionURN: plan.contract_version }, "EventMessageType");
  saw.event = { id: message.MessageID, name: message.Name, related: message.RelatedMessageID, payload };

  const unread = await list(plan.discount_version);
  saw.unread = unread.map(described);

  saw.fault = null;
  try {
    await restore([unread[0].MessageID]);
  } catch (error) {
    // The two versions of SOAP name the parts of a fault differently, and the client leaves them so. The text has an
    // attribute (xml:lang), so the client makes an object of it.
    const fault = error.root.Envelope.Body.Fault;
    saw.fault =
      plan.soap === "1.2"
        ? { code: fault.Code.Value, text: asList(fault.Reason.Text)[0].$value }
        : { code: fault.faultcode, text: fault.faultstring.$value };
  }

  saw.received = await business({ ChannelVersionURN: plan.discount_version });
  saw.read = (await list(plan.discount_version, { ReadMessage: true })).map(described);
  saw.restored = (await restore(saw.read.map((info) => info.id))).result.RestoreMessageListResult;
  saw.unread_again = (await list(plan.discount_version, { ReadMessage: false })).map(described);

  const first = saw.unread_again[0].id;
  saw.received_again = await business({ MessageID: first });
  saw.replied = await send({
    ChannelVersionURN: plan.discount_version,
    EventMessage: { $xml: event(plan.report, "Kļūda: ēģļš", first) },
  });
  await call("ConfirmationAck", { MessageSampleId: first });
  saw.deleted = (await call("DeleteMessage", { MessageRequest: { MessageID: first } })).result.DeleteMessageResult;
  saw.left = (await list(plan.discount_version)).map((info) => info.MessageID);

  saw.sent = await send({
    ChannelVersionURN: plan.contract_version,
    BussinesMessage: { $xml: document(plan.contract) },
  });
  saw.sent_to_one = await send({
    ReceiverFilter: { Authority: [plan.owner] },
    ChannelVersionURN: plan.contract_version,
    BussinesMessage: { $xml: document(plan.contract) },
  });
  saw.sent_large = await send({
    ChannelVersionURN: plan.contract_version,
    BussinesMessage: { $xml: document(plan.large) },
  });
  console.log(JSON.stringify(saw));
}

main();

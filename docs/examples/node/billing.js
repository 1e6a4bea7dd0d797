// A tiny retailer's system, to show what stands behind a driver: contracts, bills, and the exchange with BVKB over DIT.
// Node 20 or later, nothing to install.
//
// What it does: reports new, changed and ended contracts; reads discounts; takes support off bills, carries the rest over
// within the calendar year; reports payouts, and an empty month; sends a document again, the very same, when its reply
// was lost; recovers a lost read; ignores what it has had before.
// What it does not do: sub-users, reversals, error events (it prints those of BVKB, corrects nothing, and sends none
// itself), security, keeping its books on disk; a lost reply of ConfirmationAck or DeleteMessage leaves the message in
// the mailbox. It reads XML by regular expressions, which is safe only for XML without comments, CDATA and elements
// nested in elements of the same name, as DIT and ALDIS send it here: a real system uses an XML parser. The element
// names are those of the profile "reconstruction" (assumed).
"use strict";

const { randomUUID } = require("node:crypto");

const SERVICE = "http://ivis.eps.gov.lv/ISS/DITService/v1-0";
const DIT = "http://ivis.eps.gov.lv/XMLSchemas/100000/DIT/v1-0";
const PAYLOAD =
  'xmlns="http://ivis.eps.gov.lv/XMLSchemas/100001/PPriv/v1-0" ' +
  'xmlns:person="http://ivis.eps.gov.lv/XMLSchemas/100001/Person/v1-0"';
const WRAPPERS = { SendMessage2: "SendMessage", ReceiveMessage2: "ReceiveMessage" }; // others are named as the operation
const ATTEMPTS = 3;

class Unsupported extends Error {}

class Retailer {
  constructor() {
    this.forget();
  }

  forget() {
    this.contracts = new Map(); // by number: state, and what is still to be told of it
    this.grants = []; // support decided: {contract, person, period, cents}
    this.bookings = []; // what bills took, and whether it was told
    this.billed = new Set(); // periods whose bills were made and not told yet
    this.outbox = []; // documents without a reply yet
    this.seen = new Set(); // ids of discount documents that were booked
    this.interrupted = new Set(); // channels on which a read went wrong
  }

  connect(address, { user, password }, provider, versions) {
    this.address = address;
    this.authorization = "Basic " + Buffer.from(`${user}:${password ?? ""}`).toString("base64");
    this.provider = provider;
    this.versions = versions;
  }

  setTime(at) {
    this.time = at;
  }

  now() {
    return this.time ?? new Date().toISOString();
  }

  // -- business

  happened(event) {
    const contract = this.contracts.get(event.contract);
    if (event.kind === "contract.new") {
      this.contracts.set(event.contract, { ...event, pending: "New" });
    } else if (!contract) {
      throw new Error(`there is no contract ${event.contract}`);
    } else if (event.kind === "contract.change") {
      if (event.previous_code) this.rename(event.previous_code, event.holder.code);
      Object.assign(contract, event, { pending: contract.pending ?? "Change" });
    } else if (event.kind === "contract.end") {
      Object.assign(contract, { valid_to: event.valid_to, pending: "End" });
    } else {
      throw new Unsupported(event.kind);
    }
  }

  rename(previous, code) {
    for (const entry of [...this.grants, ...this.bookings]) {
      if (plain(entry.person) === plain(previous)) entry.person = code;
    }
  }

  bill(period, invoices) {
    if (invoices.some((invoice) => invoice.reverses)) throw new Unsupported("reversals");
    this.billed.add(period);
    return invoices.flatMap((invoice) => this.support(period, invoice));
  }

  // Support covers the net bill, never VAT; each person of the contract has an account of their own.
  support(period, invoice) {
    let left = cents(invoice.net);
    const lines = [];
    for (const person of new Set(this.grants.filter((g) => g.contract === invoice.contract).map((g) => g.person))) {
      const account = { contract: invoice.contract, person };
      const taken = this.sum(this.bookings, account, period.slice(0, 4), "9999-99", "applied");
      const available = this.sum(this.grants, account, period.slice(0, 4), period, "cents") - taken;
      if (available <= 0) continue;
      const applied = Math.max(0, Math.min(left, available));
      const month = this.sum(this.grants, account, period, period, "cents");
      const carried = Math.min(applied, Math.max(0, available - month)); // what earlier months left is used first
      left -= applied;
      this.bookings.push({ ...account, period, invoice, applied, carried, remainder: available - applied, told: false });
      lines.push({ invoice: invoice.invoice, person, applied: euro(applied) });
    }
    return lines;
  }

  // The sum over entries of one account whose period is in the year (or month) `within`, up to `last`.
  sum(entries, { contract, person }, within, last, field) {
    return entries
      .filter((e) => e.contract === contract && plain(e.person) === plain(person))
      .filter((e) => e.period.startsWith(within) && e.period <= last)
      .reduce((total, e) => total + e[field], 0);
  }

  // -- the scheduled run

  async exchange(channel) {
    await this.fetchMail(channel);
    if (channel === "contract") this.queueContracts();
    if (channel === "payout") this.queuePayouts();
    for (const document of this.outbox.filter((each) => each.channel === channel)) await this.send(document);
  }

  // List once and read every message of the list; a message whose reply is lost is recovered in the next run.
  async fetchMail(channel) {
    const version = element("ChannelVersionURN", this.versions[channel]);
    if (this.interrupted.has(channel)) return this.recover(channel, version);
    const list = await this.call("ReceiveMessageList", dit("MessageListRequest", version));
    for (const id of all(list, "MessageID")) await this.read(channel, element("MessageID", id));
  }

  // The order that DIT prescribes: list what is read, restore it, read it again, delete it.
  async recover(channel, version) {
    const request = dit("MessageListRequest", version + element("ReadMessage", true));
    const lost = all(await this.call("ReceiveMessageList", request), "MessageID");
    const infos = lost.map((id) => `<MessageBasicInfo>${element("MessageID", id)}</MessageBasicInfo>`).join("");
    if (lost.length) await this.call("RestoreMessageList", dit("MessageBasicInfoList", infos));
    this.interrupted.delete(channel);
    await this.read(channel, version);
  }

  // Read, process, confirm where the version asks for it, delete.
  async read(channel, selector) {
    try {
      const received = await this.call("ReceiveMessage2", dit("MessageRequest", selector));
      for (const message of [...all(received, "BussinesMessage"), ...all(received, "EventMessageType")]) {
        const id = first(message, "MessageID");
        if (channel === "discount") {
          this.book(message);
          await this.call("ConfirmationAck", element("MessageSampleId", id));
        } else {
          console.error(`error event on channel ${channel}: ${message}`); // for a person to look at
        }
        await this.call("DeleteMessage", dit("MessageRequest", element("MessageID", id)));
      }
    } catch (error) {
      if (error instanceof Fault) throw error;
      console.error(`no reply (${error.message}), to be recovered in the next run`);
      this.interrupted.add(channel);
    }
  }

  book(xml) {
    const id = first(xml, "DocumentIdentifier");
    if (first(xml, "Provider") !== this.provider || this.seen.has(id)) return;
    this.seen.add(id);
    const period = first(first(xml, "Header"), "Period");
    for (const record of all(xml, "Discount")) {
      const amounts = [first(record, "AmountDue"), ...all(record, "CatchUp").map((each) => first(each, "Amount"))];
      this.grants.push({
        contract: unescape(first(record, "ContractNumber")),
        person: first(record, "PersonalCode"),
        period,
        cents: amounts.map(cents).reduce((total, each) => total + each, 0),
      });
    }
  }

  queueContracts() {
    const changed = [...this.contracts.values()].filter((contract) => contract.pending);
    if (!changed.length) return;
    this.queue("contract", "ProviderContract", this.now().slice(0, 7), changed.map(contractRecord));
    for (const contract of changed) contract.pending = null;
  }

  queuePayouts() {
    for (const period of this.billed) {
      const untold = this.bookings.filter((booking) => booking.period === period && !booking.told);
      this.queue("payout", "ProviderPayout", period, untold.map(payoutRecord));
      for (const booking of untold) booking.told = true;
    }
    this.billed.clear();
  }

  // A document is written once; from then on these very bytes are sent until a reply comes.
  queue(channel, root, period, records) {
    const header =
      element("DocumentIdentifier", randomUUID()) + element("Provider", this.provider) +
      element("CreatedAt", this.now()) + element("Period", period) + element("RecordCount", records.length);
    const xml = `<${root} ${PAYLOAD}><Header>${header}</Header>${records.join("")}</${root}>`;
    this.outbox.push({ channel, xml });
  }

  async send(document) {
    const version = element("ChannelVersionURN", this.versions[document.channel]);
    const body = dit("MessageSave2", `${version}<BussinesMessage>${document.xml}</BussinesMessage>`);
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.call("SendMessage2", body);
        break;
      } catch (error) {
        if (error instanceof Fault) throw error; // refused: someone must look; it stays in the outbox
        console.error(`no reply (${error.message}), attempt ${attempt}`);
        if (attempt === ATTEMPTS) return; // the next run sends it again
      }
    }
    this.outbox = this.outbox.filter((each) => each !== document);
  }

  // One SOAP 1.2 call; gives the body of the reply. Throws Fault when DIT refuses, TypeError when no reply comes.
  async call(operation, content) {
    const wrapper = WRAPPERS[operation] ?? operation;
    const response = await fetch(this.address, {
      method: "POST",
      headers: {
        authorization: this.authorization,
        "content-type": `application/soap+xml; charset=utf-8; action="${SERVICE}/${operation}"`,
      },
      body:
        '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>' +
        `<${wrapper} xmlns="${SERVICE}">${content}</${wrapper}></s:Body></s:Envelope>`,
    });
    const body = first(await response.text(), "Body");
    if (!response.ok || first(body, "Fault")) throw new Fault(`${operation}: ${unescape(first(body, "Text"))}`);
    return body;
  }
}

class Fault extends Error {}

// -- XML

const contractRecord = (contract) =>
  "<Contract>" +
  element("Operation", contract.pending) +
  element("ContractNumber", contract.contract) +
  element("MeteringPoint", contract.metering_point) +
  `<Address>${element("Text", contract.address.text)}${element("Code", contract.address.code)}</Address>` +
  `<Holder>${element("PersonalCode", contract.holder.code)}<person:FullName>` +
  element("person:FirstName", contract.holder.given_name) +
  element("person:LastName", contract.holder.surname) +
  "</person:FullName></Holder>" +
  element("ValidFrom", contract.valid_from) +
  element("ValidTo", contract.valid_to) +
  "</Contract>";

const payoutRecord = (booking) =>
  "<Payout>" +
  element("ContractNumber", booking.contract) +
  element("PersonalCode", booking.person) +
  element("Period", booking.period) +
  element("InvoiceNumber", booking.invoice.invoice) +
  element("InvoiceDate", booking.invoice.date) +
  element("NetBill", booking.invoice.net) +
  element("Applied", euro(booking.applied)) +
  element("CarriedOver", euro(booking.carried)) +
  element("Remainder", euro(booking.remainder)) +
  element("Reversal", "false") +
  "</Payout>";

const ENTITIES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;" };
const NAMES = Object.fromEntries(Object.entries(ENTITIES).map(([character, entity]) => [entity, character]));

const escape = (text) => String(text).replace(/[&<>"']/g, (character) => ENTITIES[character]);
const unescape = (text) =>
  text
    .replace(/&#(x?)([0-9a-f]+);/gi, (_, hex, code) => String.fromCodePoint(parseInt(code, hex ? 16 : 10)))
    .replace(/&(?:lt|gt|quot|apos|amp);/g, (entity) => NAMES[entity]);
const element = (name, value) => (value == null ? "" : `<${name}>${escape(value)}</${name}>`);
const dit = (name, content) => `<${name} xmlns="${DIT}">${content}</${name}>`;

// The contents of all elements of a local name, and of the first one ("" when there is none).
const all = (xml, name) => {
  const tag = new RegExp(`<((?:[\\w.-]+:)?${name})(?:\\s[^>]*)?(?:/>|>([^]*?)</\\1\\s*>)`, "g");
  return [...xml.matchAll(tag)].map((match) => match[2] ?? "");
};
const first = (xml, name) => all(xml, name)[0] ?? "";

// -- money in whole cents, codes without their optional hyphen

const cents = (text) => Math.round(Number(text) * 100);
const euro = (amount) => `${Math.floor(amount / 100)}.${String(amount % 100).padStart(2, "0")}`;
const plain = (code) => code.replace("-", "");

module.exports = { Retailer, Unsupported };

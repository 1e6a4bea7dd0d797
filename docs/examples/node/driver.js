// The driver: what the suite asks, one JSON object a line, is passed on to the retailer's system (billing.js) and
// answered with one line. This file is all that the suite needs of a system; docs/reference/driver-protocol.md is the contract.
"use strict";

const { createInterface } = require("node:readline");
const { Retailer, Unsupported } = require("./billing.js");

const retailer = new Retailer();

const requests = {
  hello({ endpoints, credentials, provider, channels }) {
    retailer.connect(endpoints.message_service, credentials, provider.registration_number, channels);
    return { name: "Node example", version: "1", can: ["clock"] };
  },
  reset: () => retailer.forget(),
  now: ({ at }) => retailer.setTime(at),
  apply: ({ events }) => events.forEach((event) => retailer.happened(event)),
  bill: ({ period, invoices }) => ({ lines: retailer.bill(period, invoices) }),
  async exchange({ channels }) {
    for (const channel of channels) await retailer.exchange(channel);
  },
  bye() {},
};

async function answer(request) {
  try {
    if (!Object.hasOwn(requests, request.do)) throw new Unsupported(request.do);
    return { ok: true, ...(await requests[request.do](request)) };
  } catch (error) {
    if (error instanceof Unsupported) return { unsupported: true };
    console.error(error); // the error stream is kept in the report
    return { error: error.message };
  }
}

async function main() {
  for await (const line of createInterface({ input: process.stdin })) {
    const request = JSON.parse(line);
    console.log(JSON.stringify({ id: request.id, ...(await answer(request)) }));
    if (request.do === "bye") break;
  }
}

main();

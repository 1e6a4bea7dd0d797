// A tiny retailer's system with its driver, in one file. Java 17 or later, nothing to install: java Driver.java
//
// What it does: reports new, changed and ended contracts; reads discounts; takes support off bills and carries the rest
// over within the calendar year; reports payouts, and an empty month; sends the very same bytes again when a reply is
// lost; recovers a lost read; ignores a document that it has had before.
// What it does not do: sub-users, reversals, error events (it prints those of BVKB and sends none), looking whether a
// list is valid, security, keeping its books on disk; a lost reply of ConfirmationAck or DeleteMessage leaves the
// message in the mailbox. The suite shows what of that matters. The element names are those of the profile
// "reconstruction" (assumed). docs/reference/driver-protocol.md is the contract of what comes in on standard input.

import java.io.*;
import java.math.*;
import java.net.URI;
import java.net.http.*;
import java.nio.charset.StandardCharsets;
import java.time.*;
import java.time.temporal.ChronoUnit;
import java.util.*;
import java.util.function.Predicate;
import javax.xml.parsers.*;
import org.w3c.dom.*;
import org.xml.sax.SAXException;

public class Driver {
    static final String SOAP = "http://www.w3.org/2003/05/soap-envelope";
    static final String SERVICE = "http://ivis.eps.gov.lv/ISS/DITService/v1-0";
    static final String DIT = "http://ivis.eps.gov.lv/XMLSchemas/100000/DIT/v1-0";
    static final String PAYLOAD = "http://ivis.eps.gov.lv/XMLSchemas/100001/PPriv/v1-0";
    static final String PERSON = "http://ivis.eps.gov.lv/XMLSchemas/100001/Person/v1-0";
    static final Map<String, String> WRAPPERS = // others are named as the operation
            Map.of("SendMessage2", "SendMessage", "ReceiveMessage2", "ReceiveMessage");
    static final int ATTEMPTS = 3;

    /** The answer is then "unsupported": true. */
    static class Unsupported extends RuntimeException {}

    /** No answer of use came: whether DIT did what it was asked is not known. */
    static class NoReply extends Exception {
        NoReply(String reason) { super(reason); }
    }

    static class Contract {
        Map<String, Object> state;
        String pending; // what is still to be told of it: New, Change, End or nothing
    }

    static class Grant { // support decided
        String contract, person, period;
        BigDecimal amount;
    }

    static class Booking { // what a bill took, and whether it was told
        String contract, person, period;
        Map<String, Object> invoice;
        BigDecimal applied, carried, remainder;
        boolean told;
    }

    record Document(String channel, String xml) {}

    final HttpClient http = HttpClient.newHttpClient();
    String address, authorization, provider, time;
    Map<String, Object> versions;
    final Map<String, Contract> contracts = new LinkedHashMap<>();
    final List<Grant> grants = new ArrayList<>();
    final List<Booking> bookings = new ArrayList<>();
    final Set<String> billed = new LinkedHashSet<>(); // periods whose payouts are to be told
    final List<Document> outbox = new ArrayList<>(); // documents without a reply yet
    final Set<String> seen = new HashSet<>(); // discount documents that were booked
    final Set<String> interrupted = new HashSet<>(); // channels on which a read went wrong

    // -- what the suite asks; what is returned goes into the answer

    Map<String, Object> asked(Map<String, Object> request) throws Exception {
        switch (text(request, "do")) {
            case "hello" -> {
                var credentials = table(request, "credentials");
                var password = text(credentials, "password");
                var login = text(credentials, "user") + ":" + (password == null ? "" : password);
                address = text(table(request, "endpoints"), "message_service");
                authorization = "Basic " + Base64.getEncoder().encodeToString(login.getBytes(StandardCharsets.UTF_8));
                provider = text(table(request, "provider"), "registration_number");
                versions = table(request, "channels");
                return Map.of("name", "Java example", "version", "1", "can", List.of("clock"));
            }
            case "reset" -> {
                for (var each : List.of(grants, bookings, billed, outbox, seen, interrupted)) each.clear();
                contracts.clear();
            }
            case "now" -> time = text(request, "at");
            case "apply" -> tables(request, "events").forEach(this::happened);
            case "bill" -> { return Map.of("lines", bill(text(request, "period"), tables(request, "invoices"))); }
            case "exchange" -> {
                for (var channel : (List<?>) request.get("channels")) exchange((String) channel);
            }
            case "bye" -> {}
            default -> throw new Unsupported();
        }
        return Map.of();
    }

    // -- business

    void happened(Map<String, Object> event) {
        var number = text(event, "contract");
        var contract = contracts.computeIfAbsent(number, any -> new Contract());
        switch (text(event, "kind")) {
            case "contract.new" -> {
                contract.state = event;
                contract.pending = "New";
            }
            case "contract.change" -> {
                var before = text(event, "previous_code");
                if (before != null) rename(before, text(table(event, "holder"), "code"));
                contract.state = event;
                if (contract.pending == null) contract.pending = "Change";
            }
            case "contract.end" -> {
                contract.state.put("valid_to", event.get("valid_to"));
                contract.pending = "End";
            }
            default -> throw new Unsupported();
        }
    }

    void rename(String before, String code) {
        for (var each : grants) if (plain(each.person).equals(plain(before))) each.person = code;
        for (var each : bookings) if (plain(each.person).equals(plain(before))) each.person = code;
    }

    List<Object> bill(String period, List<Map<String, Object>> invoices) {
        if (invoices.stream().anyMatch(each -> each.get("reverses") != null)) throw new Unsupported();
        billed.add(period);
        var lines = new ArrayList<>();
        for (var invoice : invoices) lines.addAll(support(period, invoice));
        return lines;
    }

    /** Support covers the net bill, never VAT; each person of the contract has an account of their own. */
    List<Object> support(String period, Map<String, Object> invoice) {
        var contract = text(invoice, "contract");
        var left = new BigDecimal(text(invoice, "net"));
        var persons = new LinkedHashMap<String, String>();
        for (var each : grants) if (each.contract.equals(contract)) persons.put(plain(each.person), each.person);
        var lines = new ArrayList<>();
        for (var person : persons.values()) {
            Predicate<Grant> own = each -> each.contract.equals(contract) && plain(each.person).equals(plain(person))
                    && sameYear(each.period, period) && each.period.compareTo(period) <= 0;
            var month = granted(own.and(each -> each.period.equals(period)));
            var taken = bookings.stream()
                    .filter(each -> each.contract.equals(contract) && plain(each.person).equals(plain(person)))
                    .filter(each -> sameYear(each.period, period))
                    .map(each -> each.applied).reduce(BigDecimal.ZERO, BigDecimal::add);
            var available = granted(own).subtract(taken);
            if (available.signum() <= 0) continue;
            var booking = new Booking();
            booking.contract = contract;
            booking.person = person;
            booking.period = period;
            booking.invoice = invoice;
            booking.applied = left.min(available);
            // What earlier months left goes first.
            booking.carried = booking.applied.min(BigDecimal.ZERO.max(available.subtract(month)));
            booking.remainder = available.subtract(booking.applied);
            bookings.add(booking);
            left = left.subtract(booking.applied);
            lines.add(Map.of("invoice", invoice.get("invoice"), "person", person, "applied", euro(booking.applied)));
        }
        return lines;
    }

    BigDecimal granted(Predicate<Grant> which) {
        return grants.stream().filter(which).map(each -> each.amount).reduce(BigDecimal.ZERO, BigDecimal::add);
    }

    // -- the scheduled run

    void exchange(String channel) throws Exception {
        fetch(channel);
        if (channel.equals("contract")) queueContracts();
        if (channel.equals("payout")) queuePayouts();
        for (var document : List.copyOf(outbox)) if (document.channel.equals(channel)) send(document);
    }

    /** Lists once and reads every message of the list; when a reply is lost, the next run recovers. */
    void fetch(String channel) throws InterruptedException {
        var version = element("ChannelVersionURN", versions.get(channel));
        try {
            if (interrupted.contains(channel)) {
                restore(version);
                read(channel, version);
            } else {
                for (var id : listed(version)) read(channel, element("MessageID", id));
            }
            interrupted.remove(channel);
        } catch (NoReply reason) {
            System.err.println("no reply (" + reason.getMessage() + "), to be recovered in the next run");
            interrupted.add(channel);
        }
    }

    List<String> listed(String selector) throws NoReply, InterruptedException {
        var reply = call("ReceiveMessageList", dit("MessageListRequest", selector));
        return all(reply, DIT, "MessageID").stream().map(Element::getTextContent).toList();
    }

    /** The order that DIT prescribes: list what is read already, restore it; then it is read again. */
    void restore(String version) throws NoReply, InterruptedException {
        var infos = new StringBuilder();
        for (var id : listed(version + element("ReadMessage", true)))
            infos.append("<MessageBasicInfo>").append(element("MessageID", id)).append("</MessageBasicInfo>");
        if (infos.length() > 0) call("RestoreMessageList", dit("MessageBasicInfoList", infos.toString()));
    }

    /** Reads, books, confirms where the channel version asks for it, deletes. */
    void read(String channel, String selector) throws NoReply, InterruptedException {
        var received = call("ReceiveMessage2", dit("MessageRequest", selector));
        var messages = all(received, DIT, "BussinesMessage");
        messages.addAll(all(received, DIT, "EventMessageType"));
        for (var message : messages) {
            var id = all(message, DIT, "MessageID").get(0).getTextContent();
            if (channel.equals("discount")) {
                all(message, PAYLOAD, "ProviderDiscount").forEach(this::book);
                call("ConfirmationAck", element("MessageSampleId", id));
            } else {
                System.err.println("error event on channel " + channel + ": " + message.getTextContent());
            }
            call("DeleteMessage", dit("MessageRequest", element("MessageID", id)));
        }
    }

    void book(Element document) {
        if (!provider.equals(value(document, "Provider")) || !seen.add(value(document, "DocumentIdentifier"))) return;
        for (var record : all(document, PAYLOAD, "Discount")) {
            var grant = new Grant();
            grant.contract = value(record, "ContractNumber");
            grant.person = value(record, "PersonalCode");
            grant.period = value(document, "Period"); // the first one: the header's
            grant.amount = new BigDecimal(value(record, "AmountDue"));
            for (var late : all(record, PAYLOAD, "CatchUp"))
                grant.amount = grant.amount.add(new BigDecimal(value(late, "Amount")));
            grants.add(grant);
        }
    }

    void queueContracts() {
        var changed = contracts.values().stream().filter(each -> each.pending != null).toList();
        if (changed.isEmpty()) return;
        var records = changed.stream().map(Driver::contractRecord).toList();
        queue("contract", "ProviderContract", now().substring(0, 7), records);
        changed.forEach(each -> each.pending = null);
    }

    void queuePayouts() {
        for (var period : billed) {
            var untold = bookings.stream().filter(each -> each.period.equals(period) && !each.told).toList();
            queue("payout", "ProviderPayout", period, untold.stream().map(Driver::payoutRecord).toList());
            untold.forEach(each -> each.told = true);
        }
        billed.clear();
    }

    /** A document is written once; from then on these very bytes are sent until a reply comes. */
    void queue(String channel, String root, String period, List<String> records) {
        var header = element("DocumentIdentifier", UUID.randomUUID()) + element("Provider", provider)
                + element("CreatedAt", now()) + element("Period", period) + element("RecordCount", records.size());
        outbox.add(new Document(channel, "<" + root + " xmlns=\"" + PAYLOAD + "\" xmlns:p=\"" + PERSON + "\"><Header>"
                + header + "</Header>" + String.join("", records) + "</" + root + ">"));
    }

    void send(Document document) throws InterruptedException {
        var version = element("ChannelVersionURN", versions.get(document.channel));
        var message = dit("MessageSave2", version + "<BussinesMessage>" + document.xml + "</BussinesMessage>");
        for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
            try {
                call("SendMessage2", message);
                outbox.remove(document);
                return;
            } catch (NoReply reason) {
                System.err.println("no reply (" + reason.getMessage() + "), attempt " + attempt);
            }
        }
    }

    String now() {
        return time != null ? time : OffsetDateTime.now().truncatedTo(ChronoUnit.SECONDS).toString();
    }

    /** One SOAP 1.2 call; gives the body of the reply. */
    Element call(String operation, String content) throws NoReply, InterruptedException {
        var wrapper = WRAPPERS.getOrDefault(operation, operation);
        var envelope = "<s:Envelope xmlns:s=\"" + SOAP + "\"><s:Body><" + wrapper + " xmlns=\"" + SERVICE + "\">"
                + content + "</" + wrapper + "></s:Body></s:Envelope>";
        var type = "application/soap+xml; charset=utf-8; action=\"" + SERVICE + "/" + operation + "\"";
        var request = HttpRequest.newBuilder(URI.create(address)).timeout(Duration.ofSeconds(30))
                .version(HttpClient.Version.HTTP_1_1)
                .header("Authorization", authorization).header("Content-Type", type)
                .POST(HttpRequest.BodyPublishers.ofString(envelope)).build();
        try {
            var response = http.send(request, HttpResponse.BodyHandlers.ofByteArray());
            if (response.statusCode() >= 500) throw new NoReply("HTTP " + response.statusCode()); // worth another try
            if (response.statusCode() != 200)
                throw new IllegalStateException(operation + " was refused: "
                        + new String(response.body(), StandardCharsets.UTF_8));
            var factory = DocumentBuilderFactory.newInstance();
            factory.setNamespaceAware(true);
            factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
            var reply = factory.newDocumentBuilder().parse(new ByteArrayInputStream(response.body()));
            return all(reply.getDocumentElement(), SOAP, "Body").get(0);
        } catch (IOException | SAXException reason) {
            throw new NoReply(String.valueOf(reason.getMessage()));
        } catch (ParserConfigurationException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    // -- XML, money and codes

    static String element(String name, Object content) {
        if (content == null) return "";
        var text = content.toString().replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
        return "<" + name + ">" + text + "</" + name + ">";
    }

    static String dit(String name, String content) {
        return "<" + name + " xmlns=\"" + DIT + "\">" + content + "</" + name + ">";
    }

    static List<Element> all(Element parent, String namespace, String name) {
        var nodes = parent.getElementsByTagNameNS(namespace, name);
        var found = new ArrayList<Element>();
        for (int place = 0; place < nodes.getLength(); place++) found.add((Element) nodes.item(place));
        return found;
    }

    static String value(Element parent, String name) {
        return all(parent, PAYLOAD, name).get(0).getTextContent();
    }

    static String euro(BigDecimal amount) {
        return amount.setScale(2, RoundingMode.HALF_UP).toPlainString();
    }

    static String plain(String code) {
        return code.replace("-", ""); // the hyphen is optional
    }

    static boolean sameYear(String period, String other) {
        return period.substring(0, 4).equals(other.substring(0, 4));
    }

    static String contractRecord(Contract contract) {
        var state = contract.state;
        var holder = table(state, "holder");
        var address = table(state, "address");
        return "<Contract>" + element("Operation", contract.pending) + element("ContractNumber", state.get("contract"))
                + element("MeteringPoint", state.get("metering_point"))
                + "<Address>" + element("Text", address.get("text")) + element("Code", address.get("code"))
                + "</Address>"
                + "<Holder>" + element("PersonalCode", holder.get("code")) + "<p:FullName>"
                + element("p:FirstName", holder.get("given_name")) + element("p:LastName", holder.get("surname"))
                + "</p:FullName></Holder>" + element("ValidFrom", state.get("valid_from"))
                + element("ValidTo", state.get("valid_to")) + "</Contract>";
    }

    static String payoutRecord(Booking booking) {
        var invoice = booking.invoice;
        return "<Payout>" + element("ContractNumber", booking.contract) + element("PersonalCode", booking.person)
                + element("Period", booking.period) + element("InvoiceNumber", invoice.get("invoice"))
                + element("InvoiceDate", invoice.get("date")) + element("NetBill", invoice.get("net"))
                + element("Applied", euro(booking.applied)) + element("CarriedOver", euro(booking.carried))
                + element("Remainder", euro(booking.remainder)) + element("Reversal", false) + "</Payout>";
    }

    // -- JSON, which the JDK lacks (a real system has a library): objects are maps, arrays lists, numbers decimals

    static class Json {
        final String text;
        int place;

        Json(String text) { this.text = text; }

        Object read() {
            skip();
            char first = text.charAt(place);
            if (first == '{') return object();
            if (first == '[') return array();
            if (first == '"') return string();
            int start = place;
            while (place < text.length() && ",]} \t\r\n".indexOf(text.charAt(place)) < 0) place++;
            var word = text.substring(start, place);
            return switch (word) {
                case "null" -> null;
                case "true", "false" -> Boolean.valueOf(word);
                default -> new BigDecimal(word);
            };
        }

        Map<String, Object> object() {
            var found = new LinkedHashMap<String, Object>();
            for (place++, skip(); text.charAt(place) != '}'; comma('}')) {
                skip();
                var name = string();
                skip();
                place++; // the colon
                found.put(name, read());
            }
            place++;
            return found;
        }

        List<Object> array() {
            var found = new ArrayList<>();
            for (place++, skip(); text.charAt(place) != ']'; comma(']')) found.add(read());
            place++;
            return found;
        }

        String string() {
            var found = new StringBuilder();
            for (place++; text.charAt(place) != '"'; place++) {
                if (text.charAt(place) != '\\') {
                    found.append(text.charAt(place));
                    continue;
                }
                char escaped = text.charAt(++place);
                if (escaped == 'u') {
                    found.append((char) Integer.parseInt(text.substring(place + 1, place + 5), 16));
                    place += 4;
                } else {
                    int known = "bfnrt".indexOf(escaped);
                    found.append(known < 0 ? escaped : "\b\f\n\r\t".charAt(known));
                }
            }
            place++;
            return found.toString();
        }

        void skip() {
            while (place < text.length() && Character.isWhitespace(text.charAt(place))) place++;
        }

        void comma(char end) {
            skip();
            if (text.charAt(place) == ',') place++;
            else if (text.charAt(place) != end) throw new IllegalArgumentException("no JSON: " + text);
        }

        static String write(Object value) {
            if (value instanceof Map<?, ?> map) {
                var parts = map.entrySet().stream().map(each -> write(each.getKey()) + ":" + write(each.getValue()));
                return "{" + String.join(",", parts.toList()) + "}";
            }
            if (value instanceof List<?> list)
                return "[" + String.join(",", list.stream().map(Json::write).toList()) + "]";
            if (!(value instanceof String text)) return String.valueOf(value);
            var written = new StringBuilder("\"");
            for (char each : text.toCharArray()) {
                if (each == '"' || each == '\\') written.append('\\').append(each);
                else if (each < ' ') written.append(String.format("\\u%04x", (int) each));
                else written.append(each);
            }
            return written.append('"').toString();
        }
    }

    static String text(Map<String, Object> table, String name) {
        return (String) table.get(name);
    }

    @SuppressWarnings("unchecked")
    static Map<String, Object> table(Map<String, Object> table, String name) {
        return (Map<String, Object>) table.get(name);
    }

    @SuppressWarnings("unchecked")
    static List<Map<String, Object>> tables(Map<String, Object> table, String name) {
        return (List<Map<String, Object>>) table.get(name);
    }

    // -- one JSON object a line in, one line out

    public static void main(String[] arguments) throws IOException {
        var driver = new Driver();
        var input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        var output = new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
        for (String line; (line = input.readLine()) != null; ) {
            @SuppressWarnings("unchecked")
            var request = (Map<String, Object>) new Json(line).read();
            var answer = new LinkedHashMap<String, Object>();
            answer.put("id", request.get("id"));
            try {
                answer.putAll(driver.asked(request));
                answer.put("ok", true);
            } catch (Unsupported missing) {
                answer.put("unsupported", true);
            } catch (Exception error) {
                error.printStackTrace(); // the error stream is kept in the report
                answer.put("error", String.valueOf(error.getMessage()));
            }
            output.println(Json.write(answer));
            if ("bye".equals(request.get("do"))) break;
        }
    }
}

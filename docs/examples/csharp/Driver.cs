// A tiny retailer's system with its driver, in one file. .NET 8 or later, nothing else to install.
//
// What it does: reports new, changed and ended contracts; reads discounts; takes support off bills and carries the rest
// over within the calendar year; reports payouts, and an empty month; sends the very same bytes again when a reply is
// lost; recovers a lost read; ignores a document that it has had before.
// What it does not do: sub-users, reversals, error events (it prints those of BVKB and sends none), looking whether a
// list is valid, security, keeping its books on disk; a lost reply of ConfirmationAck or DeleteMessage leaves the
// message in the mailbox. The suite shows what of that matters. The element names are those of the profile
// "reconstruction" (assumed). docs/reference/driver-protocol.md is the contract of what comes in on standard input.

using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Xml;
using System.Xml.Linq;

// -- one JSON object a line in, one line out

var retailer = new Retailer();
using var input = new StreamReader(Console.OpenStandardInput(), new UTF8Encoding(false));
using var output = new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(false));
output.AutoFlush = true;
output.NewLine = "\n";
while (input.ReadLine() is { } line)
{
    var request = JsonNode.Parse(line)!.AsObject();
    JsonObject answer;
    try
    {
        answer = retailer.Asked(request);
        answer["ok"] = true;
    }
    catch (Unsupported)
    {
        answer = new JsonObject { ["unsupported"] = true };
    }
    catch (Exception error)
    {
        Console.Error.WriteLine(error); // the error stream is kept in the report
        answer = new JsonObject { ["error"] = error.Message };
    }
    answer["id"] = request["id"]!.DeepClone();
    output.WriteLine(answer.ToJsonString());
    if (request.Text("do") == "bye") break;
}

/// <summary>The answer is then "unsupported": true.</summary>
class Unsupported : Exception { }

/// <summary>No answer of use came: whether DIT did what it was asked is not known.</summary>
class NoReply(string reason) : Exception(reason) { }

/// <summary>A contract's state, and what is still to be told of it: New, Change, End or nothing.</summary>
class Contract(JsonObject state)
{
    public JsonObject State = state;
    public string? Pending;
}

/// <summary>Support decided for a period, EUR.</summary>
class Grant(string contract, string person, string period, decimal amount)
{
    public readonly string Contract = contract, Period = period;
    public string Person = person;
    public readonly decimal Amount = amount;
}

/// <summary>What a bill took, EUR, and whether it was told.</summary>
class Booking
{
    public required string Contract, Person, Period;
    public required JsonObject Invoice;
    public required decimal Applied, Carried, Remainder;
    public bool IsTold;
}

/// <summary>A document that is sent, the very same, until a reply comes.</summary>
record Document(string Channel, string Xml);

class Retailer
{
    static readonly XNamespace Soap = "http://www.w3.org/2003/05/soap-envelope";
    static readonly XNamespace Dit = "http://ivis.eps.gov.lv/XMLSchemas/100000/DIT/v1-0";
    static readonly XNamespace Payload = "http://ivis.eps.gov.lv/XMLSchemas/100001/PPriv/v1-0";
    const string Person = "http://ivis.eps.gov.lv/XMLSchemas/100001/Person/v1-0";
    const string Service = "http://ivis.eps.gov.lv/ISS/DITService/v1-0";
    const int Attempts = 3;

    readonly HttpClient http = new(new HttpClientHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(30) };
    readonly Dictionary<string, Contract> contracts = new();
    readonly List<Grant> grants = new();
    readonly List<Booking> bookings = new();
    readonly SortedSet<string> billed = new(StringComparer.Ordinal); // periods whose payouts are to be told
    readonly List<Document> outbox = new(); // documents without a reply yet
    readonly HashSet<string> seen = new(); // discount documents that were booked
    readonly HashSet<string> interrupted = new(); // channels on which a read went wrong
    string address = "", authorization = "", provider = "";
    string? time;
    JsonObject versions = new();

    // -- what the suite asks; what is returned goes into the answer

    public JsonObject Asked(JsonObject request)
    {
        switch (request.Text("do"))
        {
            case "hello":
                var credentials = request.Table("credentials");
                var login = $"{credentials.Text("user")}:{credentials.Text("password")}";
                address = request.Table("endpoints").Text("message_service")!;
                authorization = "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(login));
                provider = request.Table("provider").Text("registration_number")!;
                versions = request.Table("channels");
                return new JsonObject { ["name"] = "C# example", ["version"] = "1", ["can"] = new JsonArray("clock") };
            case "reset":
                contracts.Clear();
                grants.Clear();
                bookings.Clear();
                billed.Clear();
                outbox.Clear();
                seen.Clear();
                interrupted.Clear();
                return new JsonObject();
            case "now":
                time = request.Text("at");
                return new JsonObject();
            case "apply":
                foreach (var each in request.Tables("events")) Happened(each);
                return new JsonObject();
            case "bill":
                return new JsonObject { ["lines"] = Bill(request.Text("period")!, request.Tables("invoices")) };
            case "exchange":
                foreach (var each in request["channels"]!.AsArray()) Exchange(each!.GetValue<string>());
                return new JsonObject();
            case "bye":
                return new JsonObject();
            default:
                throw new Unsupported();
        }
    }

    // -- business

    void Happened(JsonObject happened)
    {
        var number = happened.Text("contract")!;
        switch (happened.Text("kind"))
        {
            case "contract.new":
                contracts[number] = new Contract(happened) { Pending = "New" };
                break;
            case "contract.change":
                var before = happened.Text("previous_code");
                if (before is not null) Rename(before, happened.Table("holder").Text("code")!);
                contracts[number].State = happened;
                contracts[number].Pending ??= "Change";
                break;
            case "contract.end":
                contracts[number].State["valid_to"] = happened.Text("valid_to");
                contracts[number].Pending = "End";
                break;
            default:
                throw new Unsupported();
        }
    }

    void Rename(string before, string code)
    {
        foreach (var each in grants.Where(each => Plain(each.Person) == Plain(before))) each.Person = code;
        foreach (var each in bookings.Where(each => Plain(each.Person) == Plain(before))) each.Person = code;
    }

    JsonArray Bill(string period, List<JsonObject> invoices)
    {
        if (invoices.Any(each => each["reverses"] is not null)) throw new Unsupported();
        billed.Add(period);
        var lines = new JsonArray();
        foreach (var invoice in invoices) Support(period, invoice, lines);
        return lines;
    }

    // Support covers the net bill, never VAT; each person of the contract has an account of their own.
    void Support(string period, JsonObject invoice, JsonArray lines)
    {
        var contract = invoice.Text("contract")!;
        var left = Money(invoice.Text("net")!);
        var persons = grants.Where(each => each.Contract == contract).Select(each => each.Person).DistinctBy(Plain);
        foreach (var person in persons.ToList())
        {
            var granted = grants.Where(each => each.Contract == contract && Plain(each.Person) == Plain(person)
                && IsSameYear(each.Period, period) && string.CompareOrdinal(each.Period, period) <= 0).ToList();
            var taken = bookings.Where(each => each.Contract == contract && Plain(each.Person) == Plain(person)
                && IsSameYear(each.Period, period)).Sum(each => each.Applied);
            var month = granted.Where(each => each.Period == period).Sum(each => each.Amount);
            var available = granted.Sum(each => each.Amount) - taken;
            if (available <= 0) continue;
            var applied = Math.Min(left, available);
            var carried = Math.Min(applied, Math.Max(0, available - month)); // what earlier months left goes first
            left -= applied;
            bookings.Add(new Booking
            {
                Contract = contract, Person = person, Period = period, Invoice = invoice,
                Applied = applied, Carried = carried, Remainder = available - applied,
            });
            lines.Add(new JsonObject
            {
                ["invoice"] = invoice.Text("invoice"), ["person"] = person, ["applied"] = Euro(applied),
            });
        }
    }

    // -- the scheduled run

    void Exchange(string channel)
    {
        Fetch(channel);
        if (channel == "contract") QueueContracts();
        if (channel == "payout") QueuePayouts();
        foreach (var document in outbox.Where(each => each.Channel == channel).ToList()) Send(document);
    }

    // Lists once and reads every message of the list; when a reply is lost, the next run recovers.
    void Fetch(string channel)
    {
        var version = Element("ChannelVersionURN", versions.Text(channel));
        try
        {
            if (interrupted.Contains(channel))
            {
                Restore(version);
                Read(channel, version);
            }
            else
            {
                foreach (var id in Listed(version)) Read(channel, Element("MessageID", id));
            }
            interrupted.Remove(channel);
        }
        catch (NoReply reason)
        {
            Console.Error.WriteLine($"no reply ({reason.Message}), to be recovered in the next run");
            interrupted.Add(channel);
        }
    }

    List<string> Listed(string selector) =>
        Call("ReceiveMessageList", InDit("MessageListRequest", selector))
            .Descendants(Dit + "MessageID").Select(each => each.Value).ToList();

    // The order that DIT prescribes: list what is read already, restore it; then it is read again.
    void Restore(string version)
    {
        var lost = Listed(version + Element("ReadMessage", "true"));
        var infos = lost.Select(id => $"<MessageBasicInfo>{Element("MessageID", id)}</MessageBasicInfo>");
        if (lost.Count > 0) Call("RestoreMessageList", InDit("MessageBasicInfoList", string.Concat(infos)));
    }

    // Reads, books, confirms where the channel version asks for it, deletes.
    void Read(string channel, string selector)
    {
        var received = Call("ReceiveMessage2", InDit("MessageRequest", selector));
        var messages = received.Descendants()
            .Where(each => each.Name == Dit + "BussinesMessage" || each.Name == Dit + "EventMessageType");
        foreach (var message in messages.ToList())
        {
            var id = message.Descendants(Dit + "MessageID").First().Value;
            if (channel == "discount")
            {
                foreach (var document in message.Descendants(Payload + "ProviderDiscount")) Book(document);
                Call("ConfirmationAck", Element("MessageSampleId", id));
            }
            else
            {
                Console.Error.WriteLine($"error event on channel {channel}: {message.Value}"); // for a person
            }
            Call("DeleteMessage", InDit("MessageRequest", Element("MessageID", id)));
        }
    }

    void Book(XElement document)
    {
        var header = document.Element(Payload + "Header")!;
        if (Value(header, "Provider") != provider || !seen.Add(Value(header, "DocumentIdentifier"))) return;
        foreach (var record in document.Descendants(Payload + "Discount"))
        {
            var late = record.Descendants(Payload + "CatchUp").Sum(each => Money(Value(each, "Amount")));
            grants.Add(new Grant(
                Value(record, "ContractNumber"), Value(record, "PersonalCode"), Value(header, "Period"),
                Money(Value(record, "AmountDue")) + late));
        }
    }

    void QueueContracts()
    {
        var changed = contracts.Values.Where(each => each.Pending is not null).ToList();
        if (changed.Count == 0) return;
        Queue("contract", "ProviderContract", Now()[..7], changed.Select(ContractRecord).ToList());
        foreach (var each in changed) each.Pending = null;
    }

    void QueuePayouts()
    {
        foreach (var period in billed)
        {
            var untold = bookings.Where(each => each.Period == period && !each.IsTold).ToList();
            Queue("payout", "ProviderPayout", period, untold.Select(PayoutRecord).ToList());
            foreach (var each in untold) each.IsTold = true;
        }
        billed.Clear();
    }

    // A document is written once; from then on these very bytes are sent until a reply comes.
    void Queue(string channel, string root, string period, List<string> records)
    {
        var header = Element("DocumentIdentifier", Guid.NewGuid().ToString()) + Element("Provider", provider)
            + Element("CreatedAt", Now()) + Element("Period", period) + Element("RecordCount", $"{records.Count}");
        var content = $"<Header>{header}</Header>{string.Concat(records)}";
        outbox.Add(new Document(channel, $"<{root} xmlns=\"{Payload}\" xmlns:p=\"{Person}\">{content}</{root}>"));
    }

    void Send(Document document)
    {
        var version = Element("ChannelVersionURN", versions.Text(document.Channel));
        var message = InDit("MessageSave2", $"{version}<BussinesMessage>{document.Xml}</BussinesMessage>");
        for (var attempt = 1; attempt <= Attempts; attempt++)
        {
            try
            {
                Call("SendMessage2", message);
                outbox.Remove(document);
                return;
            }
            catch (NoReply reason)
            {
                Console.Error.WriteLine($"no reply ({reason.Message}), attempt {attempt}");
            }
        }
    }

    string Now() => time ?? DateTimeOffset.Now.ToString("yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture);

    // One SOAP 1.2 call; gives the body of the reply.
    XElement Call(string operation, string content)
    {
        var wrapper = operation switch // others are named as the operation
        {
            "SendMessage2" => "SendMessage",
            "ReceiveMessage2" => "ReceiveMessage",
            _ => operation,
        };
        var body = $"<{wrapper} xmlns=\"{Service}\">{content}</{wrapper}>";
        var request = new HttpRequestMessage(HttpMethod.Post, address)
        {
            Content = new StringContent($"<s:Envelope xmlns:s=\"{Soap}\"><s:Body>{body}</s:Body></s:Envelope>"),
        };
        request.Headers.TryAddWithoutValidation("Authorization", authorization);
        request.Content.Headers.Remove("Content-Type");
        request.Content.Headers.TryAddWithoutValidation(
            "Content-Type", $"application/soap+xml; charset=utf-8; action=\"{Service}/{operation}\"");
        try
        {
            using var response = http.Send(request);
            using var reader = new StreamReader(response.Content.ReadAsStream(), Encoding.UTF8);
            var said = reader.ReadToEnd();
            var status = (int)response.StatusCode;
            if (status >= 500) throw new NoReply($"HTTP {status}"); // DIT's own trouble: worth another try
            if (status != 200) throw new InvalidOperationException($"{operation} was refused: {said}");
            return XDocument.Parse(said, LoadOptions.PreserveWhitespace).Descendants(Soap + "Body").First();
        }
        catch (Exception reason)
            when (reason is HttpRequestException or IOException or XmlException or TaskCanceledException)
        {
            throw new NoReply(reason.Message);
        }
    }

    // -- XML, money and codes

    static string Element(string name, string? content) =>
        content is null ? "" : $"<{name}>{System.Security.SecurityElement.Escape(content)}</{name}>";

    static string InDit(string name, string content) => $"<{name} xmlns=\"{Dit}\">{content}</{name}>";

    static string Value(XElement parent, string name) => parent.Element(Payload + name)!.Value;

    static decimal Money(string text) => decimal.Parse(text, CultureInfo.InvariantCulture);

    static string Euro(decimal amount) => amount.ToString("0.00", CultureInfo.InvariantCulture);

    static string Plain(string code) => code.Replace("-", ""); // the hyphen is optional

    static bool IsSameYear(string period, string other) => period[..4] == other[..4];

    static string ContractRecord(Contract contract)
    {
        var state = contract.State;
        var holder = state.Table("holder");
        var address = state.Table("address");
        return "<Contract>"
            + Element("Operation", contract.Pending)
            + Element("ContractNumber", state.Text("contract"))
            + Element("MeteringPoint", state.Text("metering_point"))
            + $"<Address>{Element("Text", address.Text("text"))}{Element("Code", address.Text("code"))}</Address>"
            + $"<Holder>{Element("PersonalCode", holder.Text("code"))}<p:FullName>"
            + Element("p:FirstName", holder.Text("given_name"))
            + Element("p:LastName", holder.Text("surname"))
            + "</p:FullName></Holder>"
            + Element("ValidFrom", state.Text("valid_from"))
            + Element("ValidTo", state.Text("valid_to"))
            + "</Contract>";
    }

    static string PayoutRecord(Booking booking) =>
        "<Payout>"
        + Element("ContractNumber", booking.Contract)
        + Element("PersonalCode", booking.Person)
        + Element("Period", booking.Period)
        + Element("InvoiceNumber", booking.Invoice.Text("invoice"))
        + Element("InvoiceDate", booking.Invoice.Text("date"))
        + Element("NetBill", booking.Invoice.Text("net"))
        + Element("Applied", Euro(booking.Applied))
        + Element("CarriedOver", Euro(booking.Carried))
        + Element("Remainder", Euro(booking.Remainder))
        + Element("Reversal", "false")
        + "</Payout>";
}

/// <summary>Reads what the protocol's objects hold.</summary>
static class Fields
{
    public static string? Text(this JsonObject table, string name) => table[name]?.GetValue<string>();

    public static JsonObject Table(this JsonObject table, string name) => table[name]!.AsObject();

    public static List<JsonObject> Tables(this JsonObject table, string name) =>
        table[name]!.AsArray().Select(each => each!.AsObject()).ToList();
}

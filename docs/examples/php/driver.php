<?php
// A tiny retailer's system with its driver, in one file. PHP 8.1 or later with php-xml, nothing else to install.
//
// What it does: reports new, changed and ended contracts; reads discounts; takes support off bills and carries the rest
// over within the calendar year; reports payouts, and an empty month; sends the very same bytes again when a reply is
// lost; recovers a lost read; ignores a document that it has had before.
// What it does not do: sub-users, reversals, error events (it prints those of BVKB and sends none), looking whether a
// list is valid, security, keeping its books on disk; a lost reply of ConfirmationAck or DeleteMessage leaves the
// message in the mailbox. The suite shows what of that matters. The element names are those of the profile
// "reconstruction" (assumed). docs/reference/driver-protocol.md is the contract of what comes in on standard input.
declare(strict_types=1);

const SOAP = 'http://www.w3.org/2003/05/soap-envelope';
const SERVICE = 'http://ivis.eps.gov.lv/ISS/DITService/v1-0';
const DIT = 'http://ivis.eps.gov.lv/XMLSchemas/100000/DIT/v1-0';
const PAYLOAD = 'http://ivis.eps.gov.lv/XMLSchemas/100001/PPriv/v1-0';
const PERSON = 'http://ivis.eps.gov.lv/XMLSchemas/100001/Person/v1-0';
// Other operations are wrapped in an element of their own name.
const WRAPPERS = ['SendMessage2' => 'SendMessage', 'ReceiveMessage2' => 'ReceiveMessage'];
const ATTEMPTS = 3;

/** The answer is then "unsupported": true. */
class Unsupported extends Exception
{
}

/** No answer of use came: whether DIT did what it was asked is not known. */
class NoReply extends Exception
{
}

// Money is kept in whole cents.
class Retailer
{
    private string $address;
    private string $authorization;
    private string $provider;
    private array $versions;
    private ?string $time = null;
    private array $contracts = []; // by number: state, and what is still to be told of it
    private array $grants = []; // support decided: contract, person, period, cents
    private array $bookings = []; // what bills took, and whether it was told
    private array $billed = []; // periods whose payouts are to be told
    private array $outbox = []; // documents without a reply yet
    private array $seen = []; // discount documents that were booked
    private array $interrupted = []; // channels on which a read went wrong

    // -- what the suite asks; what is returned goes into the answer

    public function asked(array $request): array
    {
        switch ($request['do']) {
            case 'hello':
                $credentials = $request['credentials'];
                $this->address = $request['endpoints']['message_service'];
                $login = $credentials['user'] . ':' . ($credentials['password'] ?? '');
                $this->authorization = 'Basic ' . base64_encode($login);
                $this->provider = $request['provider']['registration_number'];
                $this->versions = $request['channels'];
                return ['name' => 'PHP example', 'version' => '1', 'can' => ['clock']];
            case 'reset':
                $this->contracts = $this->grants = $this->bookings = $this->billed = [];
                $this->outbox = $this->seen = $this->interrupted = [];
                return [];
            case 'now':
                $this->time = $request['at'];
                return [];
            case 'apply':
                array_map($this->happened(...), $request['events']);
                return [];
            case 'bill':
                return ['lines' => $this->bill($request['period'], $request['invoices'])];
            case 'exchange':
                array_map($this->exchange(...), $request['channels']);
                return [];
            case 'bye':
                return [];
        }
        throw new Unsupported();
    }

    // -- business

    private function happened(array $event): void
    {
        $contract = &$this->contracts[$event['contract']];
        switch ($event['kind']) {
            case 'contract.new':
                $contract = ['pending' => 'New'] + $event;
                break;
            case 'contract.change':
                if (isset($event['previous_code'])) {
                    $this->rename($event['previous_code'], $event['holder']['code']);
                }
                $contract = ['pending' => $contract['pending'] ?? 'Change'] + $event;
                break;
            case 'contract.end':
                $contract = ['pending' => 'End', 'valid_to' => $event['valid_to']] + $contract;
                break;
            default:
                throw new Unsupported();
        }
    }

    private function rename(string $before, string $code): void
    {
        foreach ([&$this->grants, &$this->bookings] as &$entries) {
            foreach ($entries as &$entry) {
                if (plain($entry['person']) === plain($before)) {
                    $entry['person'] = $code;
                }
            }
        }
    }

    private function bill(string $period, array $invoices): array
    {
        if (array_filter(array_column($invoices, 'reverses'))) {
            throw new Unsupported();
        }
        $this->billed[$period] = true;
        return array_merge([], ...array_map(fn (array $each) => $this->support($period, $each), $invoices));
    }

    // Support covers the net bill, never VAT; each person of the contract has an account of their own.
    private function support(string $period, array $invoice): array
    {
        $left = cents($invoice['net']);
        $persons = []; // by a key with a word in it: of digits alone PHP makes a number
        foreach ($this->grants as $grant) {
            if ($grant['contract'] === $invoice['contract']) {
                $persons['code ' . plain($grant['person'])] = $grant['person'];
            }
        }
        $lines = [];
        foreach ($persons as $person) {
            $own = fn (array $each): bool => $each['contract'] === $invoice['contract']
                && plain($each['person']) === plain($person)
                && substr($each['period'], 0, 4) === substr($period, 0, 4);
            $granted = array_filter($this->grants, fn (array $each) => $own($each) && $each['period'] <= $period);
            $month = array_filter($granted, fn (array $each) => $each['period'] === $period);
            $taken = array_filter($this->bookings, $own);
            $available = sum($granted, 'cents') - sum($taken, 'applied');
            if ($available <= 0) {
                continue;
            }
            $applied = min($left, $available);
            $left -= $applied;
            $this->bookings[] = [
                'contract' => $invoice['contract'],
                'person' => $person,
                'period' => $period,
                'invoice' => $invoice,
                'applied' => $applied,
                'carried' => min($applied, max(0, $available - sum($month, 'cents'))), // earlier months go first
                'remainder' => $available - $applied,
                'told' => false,
            ];
            $lines[] = ['invoice' => $invoice['invoice'], 'person' => $person, 'applied' => euro($applied)];
        }
        return $lines;
    }

    // -- the scheduled run

    private function exchange(string $channel): void
    {
        $this->fetch($channel);
        if ($channel === 'contract') {
            $this->queueContracts();
        }
        if ($channel === 'payout') {
            $this->queuePayouts();
        }
        foreach ($this->outbox as $place => [$of, $xml]) {
            if ($of === $channel && $this->isSent($channel, $xml)) {
                unset($this->outbox[$place]);
            }
        }
    }

    // Lists once and reads every message of the list; when a reply is lost, the next run recovers.
    private function fetch(string $channel): void
    {
        $version = element('ChannelVersionURN', $this->versions[$channel]);
        try {
            if (isset($this->interrupted[$channel])) {
                $this->restore($version);
                $this->read($channel, $version);
            } else {
                foreach ($this->listed($version) as $id) {
                    $this->read($channel, element('MessageID', $id));
                }
            }
            unset($this->interrupted[$channel]);
        } catch (NoReply $reason) {
            fwrite(STDERR, "no reply ({$reason->getMessage()}), to be recovered in the next run\n");
            $this->interrupted[$channel] = true;
        }
    }

    private function listed(string $selector): array
    {
        $reply = $this->call('ReceiveMessageList', dit('MessageListRequest', $selector));
        return array_map(fn (DOMElement $each) => $each->textContent, all($reply, DIT, 'MessageID'));
    }

    // The order that DIT prescribes: list what is read already, restore it; then it is read again.
    private function restore(string $version): void
    {
        $lost = $this->listed($version . element('ReadMessage', 'true'));
        if ($lost) {
            $infos = array_map(fn ($id) => dit('MessageBasicInfo', element('MessageID', $id)), $lost);
            $this->call('RestoreMessageList', dit('MessageBasicInfoList', implode($infos)));
        }
    }

    // Reads, books, confirms where the channel version asks for it, deletes.
    private function read(string $channel, string $selector): void
    {
        $received = $this->call('ReceiveMessage2', dit('MessageRequest', $selector));
        $messages = [...all($received, DIT, 'BussinesMessage'), ...all($received, DIT, 'EventMessageType')];
        foreach ($messages as $message) {
            $id = all($message, DIT, 'MessageID')[0]->textContent;
            if ($channel === 'discount') {
                array_map($this->book(...), all($message, PAYLOAD, 'ProviderDiscount'));
                $this->call('ConfirmationAck', element('MessageSampleId', $id));
            } else {
                fwrite(STDERR, "error event on channel $channel: $message->textContent\n"); // for a person to look at
            }
            $this->call('DeleteMessage', dit('MessageRequest', element('MessageID', $id)));
        }
    }

    private function book(DOMElement $document): void
    {
        $id = value($document, 'DocumentIdentifier');
        if (value($document, 'Provider') !== $this->provider || isset($this->seen[$id])) {
            return;
        }
        $this->seen[$id] = true;
        foreach (all($document, PAYLOAD, 'Discount') as $record) {
            $late = array_map(fn (DOMElement $each) => cents(value($each, 'Amount')), all($record, PAYLOAD, 'CatchUp'));
            $this->grants[] = [
                'contract' => value($record, 'ContractNumber'),
                'person' => value($record, 'PersonalCode'),
                'period' => value($document, 'Period'), // the first one: the header's
                'cents' => cents(value($record, 'AmountDue')) + array_sum($late),
            ];
        }
    }

    private function queueContracts(): void
    {
        $records = [];
        foreach ($this->contracts as &$contract) {
            if ($contract['pending'] !== null) {
                $records[] = contractRecord($contract);
                $contract['pending'] = null;
            }
        }
        if ($records) {
            $this->queue('contract', 'ProviderContract', substr($this->now(), 0, 7), $records);
        }
    }

    private function queuePayouts(): void
    {
        foreach (array_keys($this->billed) as $period) {
            $records = [];
            foreach ($this->bookings as &$booking) {
                if ($booking['period'] === $period && !$booking['told']) {
                    $records[] = payoutRecord($booking);
                    $booking['told'] = true;
                }
            }
            $this->queue('payout', 'ProviderPayout', $period, $records);
        }
        $this->billed = [];
    }

    // A document is written once; from then on these very bytes are sent until a reply comes.
    private function queue(string $channel, string $root, string $period, array $records): void
    {
        $header = element('DocumentIdentifier', guid()) . element('Provider', $this->provider)
            . element('CreatedAt', $this->now()) . element('Period', $period) . element('RecordCount', count($records));
        $content = "<Header>$header</Header>" . implode($records);
        $this->outbox[] = [$channel, "<$root xmlns=\"" . PAYLOAD . '" xmlns:p="' . PERSON . "\">$content</$root>"];
    }

    private function isSent(string $channel, string $xml): bool
    {
        $version = element('ChannelVersionURN', $this->versions[$channel]);
        for ($attempt = 1; $attempt <= ATTEMPTS; $attempt++) {
            try {
                $this->call('SendMessage2', dit('MessageSave2', "$version<BussinesMessage>$xml</BussinesMessage>"));
                return true;
            } catch (NoReply $reason) {
                fwrite(STDERR, "no reply ({$reason->getMessage()}), attempt $attempt\n");
            }
        }
        return false;
    }

    private function now(): string
    {
        return $this->time ?? date('c');
    }

    // One SOAP 1.2 call; gives the body of the reply.
    private function call(string $operation, string $content): DOMElement
    {
        $wrapper = WRAPPERS[$operation] ?? $operation;
        $type = 'application/soap+xml; charset=utf-8; action="' . SERVICE . "/$operation\"";
        $body = "<$wrapper xmlns=\"" . SERVICE . "\">$content</$wrapper>";
        $reply = @file_get_contents($this->address, false, stream_context_create(['http' => [
            'method' => 'POST',
            'header' => "Authorization: $this->authorization\r\nContent-Type: $type",
            'content' => '<s:Envelope xmlns:s="' . SOAP . "\"><s:Body>$body</s:Body></s:Envelope>",
            'timeout' => 30,
            'ignore_errors' => true, // a fault comes with a body that says why
        ]]));
        if ($reply === false || empty($http_response_header)) {
            throw new NoReply('the connection broke');
        }
        $status = (int) explode(' ', $http_response_header[0])[1];
        if ($status >= 500) { // DIT's own trouble: worth another try
            throw new NoReply("HTTP $status");
        }
        if ($status !== 200) {
            throw new RuntimeException("$operation was refused: $reply");
        }
        $document = new DOMDocument();
        if ($reply === '' || !@$document->loadXML($reply)) {
            throw new NoReply('the connection broke half-way through the answer');
        }
        return all($document->documentElement, SOAP, 'Body')[0];
    }
}

// -- XML, money and codes

function element(string $name, mixed $content): string
{
    return $content === null ? '' : "<$name>" . htmlspecialchars((string) $content, ENT_XML1) . "</$name>";
}

function dit(string $name, string $content): string
{
    return "<$name xmlns=\"" . DIT . "\">$content</$name>";
}

function all(DOMElement $parent, string $namespace, string $name): array
{
    return iterator_to_array($parent->getElementsByTagNameNS($namespace, $name), false);
}

function value(DOMElement $parent, string $name): string
{
    return all($parent, PAYLOAD, $name)[0]->textContent;
}

function cents(string $amount): int
{
    return (int) round((float) $amount * 100);
}

function euro(int $cents): string
{
    return sprintf('%d.%02d', intdiv($cents, 100), $cents % 100);
}

function sum(array $entries, string $field): int
{
    return array_sum(array_column($entries, $field));
}

function plain(string $code): string
{
    return str_replace('-', '', $code); // the hyphen is optional
}

function guid(): string
{
    $bytes = random_bytes(16);
    $bytes[6] = chr(ord($bytes[6]) & 0x0f | 0x40);
    $bytes[8] = chr(ord($bytes[8]) & 0x3f | 0x80);
    return vsprintf('%s%s-%s-%s-%s-%s%s%s', str_split(bin2hex($bytes), 4));
}

function contractRecord(array $contract): string
{
    ['holder' => $holder, 'address' => $address] = $contract;
    return '<Contract>'
        . element('Operation', $contract['pending'])
        . element('ContractNumber', $contract['contract'])
        . element('MeteringPoint', $contract['metering_point'])
        . '<Address>' . element('Text', $address['text']) . element('Code', $address['code'] ?? null) . '</Address>'
        . '<Holder>' . element('PersonalCode', $holder['code'])
        . '<p:FullName>' . element('p:FirstName', $holder['given_name']) . element('p:LastName', $holder['surname'])
        . '</p:FullName></Holder>'
        . element('ValidFrom', $contract['valid_from'])
        . element('ValidTo', $contract['valid_to'] ?? null)
        . '</Contract>';
}

function payoutRecord(array $booking): string
{
    $invoice = $booking['invoice'];
    return '<Payout>'
        . element('ContractNumber', $booking['contract'])
        . element('PersonalCode', $booking['person'])
        . element('Period', $booking['period'])
        . element('InvoiceNumber', $invoice['invoice'])
        . element('InvoiceDate', $invoice['date'])
        . element('NetBill', $invoice['net'])
        . element('Applied', euro($booking['applied']))
        . element('CarriedOver', euro($booking['carried']))
        . element('Remainder', euro($booking['remainder']))
        . element('Reversal', 'false')
        . '</Payout>';
}

// -- one JSON object a line in, one line out

$retailer = new Retailer();
while (($line = fgets(STDIN)) !== false) {
    $request = json_decode($line, true, 512, JSON_THROW_ON_ERROR);
    try {
        $answer = ['ok' => true] + $retailer->asked($request);
    } catch (Unsupported) {
        $answer = ['unsupported' => true];
    } catch (Throwable $error) {
        fwrite(STDERR, "$error\n"); // the error stream is kept in the report
        $answer = ['error' => $error->getMessage()];
    }
    echo json_encode(['id' => $request['id']] + $answer, JSON_UNESCAPED_UNICODE | JSON_THROW_ON_ERROR), "\n";
    if ($request['do'] === 'bye') {
        break;
    }
}

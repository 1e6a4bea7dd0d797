<?php
// Walks PHP's SoapClient through the message service. Reads a plan (JSON) from standard input, writes what it saw (JSON).
declare(strict_types=1);

$plan = json_decode(stream_get_contents(STDIN), true, 512, JSON_THROW_ON_ERROR);

$client = new SoapClient($plan['wsdl'], [
    'soap_version' => $plan['soap'] === '1.2' ? SOAP_1_2 : SOAP_1_1,
    // Whatever the version, PHP calls the address of the WSDL's first port (SOAP 1.2); so the address is given as well.
    'location' => $plan['address'],
    'login' => $plan['user'],
    'password' => 'any',
    'cache_wsdl' => WSDL_CACHE_NONE,
    // Otherwise a list of one is not a list.
    'features' => SOAP_SINGLE_ELEMENT_ARRAYS,
]);

// PHP puts the text of "any" into the envelope as it is: it must not begin with an XML declaration.
function document(string $path): string
{
    return preg_replace('/^<\?xml[^>]*\?>\s*/', '', file_get_contents($path));
}

function listed(SoapClient $client, string $version, ?bool $read = null): array
{
    $request = ['ChannelVersionURN' => $version];
    if ($read !== null) {
        $request['ReadMessage'] = $read;
    }
    return $client->ReceiveMessageList(['MessageListRequest' => $request])->MessageBasicInfoList->MessageBasicInfo ?? [];
}

function received(SoapClient $client, array $request): stdClass
{
    return $client->ReceiveMessage2(['MessageRequest' => $request])->MessageResponse2;
}

function described(stdClass $info): array
{
    return [
        'id' => $info->MessageID,
        'version' => $info->ChannelVersionURN,
        'class' => $info->MessageClass->CodeListCodeValue,
        'status' => $info->MessageStatus,
        'sender' => $info->SenderAuthority->AuthorityID,
        'sent' => $info->SentDateTime,
        'size' => $info->MessageSize,
    ];
}

function business(stdClass $answer): array
{
    return array_map(fn ($message) => ['id' => $message->MessageID, 'payload' => $message->any], $answer->BussinesMessage);
}

$saw = [];
$saw['events'] = array_map(described(...), listed($client, $plan['contract_version']));
$event = received($client, ['ChannelVersionURN' => $plan['contract_version']])->EventMessageType[0];
$saw['event'] = [
    'id' => $event->MessageID,
    'name' => $event->Name,
    'related' => $event->RelatedMessageID,
    // In an event, PHP's "any" goes on behind the payload: it holds Name and RelatedMessageID too.
    'payload' => preg_replace('/<(?:\w+:)?Name>[^<]*<\/(?:\w+:)?Name>\s*<(?:\w+:)?RelatedMessageID>.*$/s', '', $event->any),
];

$unread = listed($client, $plan['discount_version']);
$saw['unread'] = array_map(described(...), $unread);

$saw['fault'] = null;
try {
    $client->RestoreMessageList(['MessageBasicInfoList' => ['MessageBasicInfo' => [['MessageID' => $unread[0]->MessageID]]]]);
} catch (SoapFault $fault) {
    $saw['fault'] = ['code' => $fault->faultcode, 'text' => $fault->faultstring];
}

$saw['received'] = business(received($client, ['ChannelVersionURN' => $plan['discount_version']]));

$read = listed($client, $plan['discount_version'], true);
$saw['read'] = array_map(described(...), $read);
$saw['restored'] = $client->RestoreMessageList(['MessageBasicInfoList' => ['MessageBasicInfo' => $read]])
    ->RestoreMessageListResult;
$again = listed($client, $plan['discount_version'], false);
$saw['unread_again'] = array_map(described(...), $again);

$first = $again[0]->MessageID;
$saw['received_again'] = business(received($client, ['MessageID' => $first]));
$saw['replied'] = $client->SendMessage2(['MessageSave2' => [
    'ChannelVersionURN' => $plan['discount_version'],
    'EventMessage' => ['any' => document($plan['report']), 'Name' => 'Kļūda: ēģļš', 'RelatedMessageID' => $first],
]])->SendMessageResult;
$client->ConfirmationAck(['MessageSampleId' => $first]);
$saw['deleted'] = $client->DeleteMessage(['MessageRequest' => ['MessageID' => $first]])->DeleteMessageResult;
$saw['left'] = array_map(fn ($info) => $info->MessageID, listed($client, $plan['discount_version']));

$saw['sent'] = $client->SendMessage2(['MessageSave2' => [
    'ChannelVersionURN' => $plan['contract_version'],
    'BussinesMessage' => ['any' => document($plan['contract'])],
]])->SendMessageResult;
$saw['sent_to_one'] = $client->SendMessage2(['MessageSave2' => [
    'ReceiverFilter' => ['Authority' => [$plan['owner']]],
    'ChannelVersionURN' => $plan['contract_version'],
    'BussinesMessage' => ['any' => document($plan['contract'])],
]])->SendMessageResult;
$saw['sent_large'] = $client->SendMessage2(['MessageSave2' => [
    'ChannelVersionURN' => $plan['contract_version'],
    'BussinesMessage' => ['any' => document($plan['large'])],
]])->SendMessageResult;

echo json_encode($saw, JSON_THROW_ON_ERROR | JSON_UNESCAPED_UNICODE), "\n";

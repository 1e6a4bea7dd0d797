import java.io.File;
import java.net.URL;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Collectors;
import javax.xml.namespace.QName;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.ws.BindingProvider;
import javax.xml.ws.soap.SOAPBinding;
import javax.xml.ws.soap.SOAPFaultException;
import lv.gov.eps.ivis.iss.ditservice.v1_0.*;
import lv.gov.eps.ivis.xmlschemas._100000.dit.v1_0.*;
import org.apache.cxf.Bus;
import org.apache.cxf.BusFactory;
import org.apache.cxf.frontend.ClientProxy;
import org.apache.cxf.ws.security.SecurityConstants;
import org.apache.cxf.ws.security.trust.STSClient;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

/**
 * Walks Apache CXF through the message service: classes by its code generator, security by the policy in the WSDL.
 *
 * Arguments: base address, credential (username or certificate), user, password or key alias, folder of keys, contract
 * document, version of the contract channel, version of the discount channel, error report, large contract document,
 * owner of the contract channel. Writes "step: what it saw" lines.
 */
public final class Walk {
    private static final String SERVICE = "http://ivis.eps.gov.lv/ISS/DITService/v1-0";
    private static final String TRUST = "http://docs.oasis-open.org/ws-sx/ws-trust/200512/";

    public static void main(String[] args) throws Exception {
        String base = args[0];
        String contracts = args[6];
        String discounts = args[7];
        DITMessageService service = new DITMessageService(new URL(base + "/dit/v1-2/MessageService?wsdl"));
        IDITMessageServiceContract dit = secured(service, "ws2007FederationNoSct", args);

        System.out.println("events: " + listed(dit, contracts).size());
        List<MessageType> received = received(dit, discounts, null);
        System.out.println("received: " + ids(received) + " " + payload(received.get(0)).getLocalName());
        MessageBasicInfoListStructure read = list(dit, discounts, true);
        RestoreMessageList restore = new RestoreMessageList();
        restore.setMessageBasicInfoList(read);
        System.out.println("restored: " + dit.restoreMessageList(restore).isRestoreMessageListResult());
        try {
            dit.restoreMessageList(restore);
        } catch (SOAPFaultException fault) {
            System.out.println("fault: " + fault.getMessage());
        }
        String first = listed(dit, discounts).get(0).getMessageID();
        received = received(dit, null, first);
        System.out.println("received again: " + ids(received));
        System.out.println("replied: " + reply(dit, discounts, args[8], first));
        dit.confirmationAck(first);
        DeleteMessage delete = new DeleteMessage();
        delete.setMessageRequest(request(null, first));
        System.out.println("deleted: " + dit.deleteMessage(delete).isDeleteMessageResult());
        System.out.println("left: " + listed(dit, discounts).size());
        System.out.println("sent: " + send(dit, contracts, args[5]));
        System.out.println("sent to one: " + send(dit, contracts, args[5], args[10]));
        System.out.println("sent large: " + send(dit, contracts, args[9]));

        IDITMessageServiceContract mtom = secured(service, "ws2007FederationNoSctMtom", args);
        ((SOAPBinding) ((BindingProvider) mtom).getBinding()).setMTOMEnabled(true);
        System.out.println("sent by MTOM: " + send(mtom, contracts, args[5]));
        System.out.println("sent large by MTOM: " + send(mtom, contracts, args[9]));
        System.out.println("received by MTOM: " + received(mtom, discounts, null).size());
    }

    /** A port whose calls carry a token; what the policy asks for is CXF's business, who we are is ours. */
    private static IDITMessageServiceContract secured(DITMessageService service, String port, String[] args) {
        Bus bus = BusFactory.getThreadDefaultBus();
        STSClient sts = new STSClient(bus);
        sts.setWsdlLocation(args[0] + "/STS/Viss.Pfas.STS/sts/Issue.svc?wsdl");
        sts.setServiceName("{" + TRUST + "}SecurityTokenService");
        sts.setEndpointName("{" + TRUST + "}" + (args[1].equals("username") ? "usernamemixed" : "certificatemixed"));
        Map<String, Object> own = sts.getProperties();
        own.put(SecurityConstants.USERNAME, args[2]);
        if (args[1].equals("username")) {
            own.put(SecurityConstants.PASSWORD, args[3]);
        } else {
            own.put(SecurityConstants.SIGNATURE_PROPERTIES, keystore(args[4] + "/clients/" + args[2] + ".p12", args[2]));
            own.put(SecurityConstants.SIGNATURE_USERNAME, args[2]);
            own.put(SecurityConstants.CALLBACK_HANDLER, (javax.security.auth.callback.CallbackHandler) callbacks -> {
                for (javax.security.auth.callback.Callback each : callbacks) {
                    ((org.apache.wss4j.common.ext.WSPasswordCallback) each).setPassword("aldis");
                }
            });
        }
        IDITMessageServiceContract proxy =
                service.getPort(new QName(SERVICE, port), IDITMessageServiceContract.class);
        Map<String, Object> context = ((BindingProvider) proxy).getRequestContext();
        context.put(SecurityConstants.STS_CLIENT, sts);
        context.put(SecurityConstants.STS_APPLIES_TO, "https://ivis.eps.gov.lv/DIT.WebService");
        return proxy;
    }

    private static Properties keystore(String path, String alias) {
        Properties properties = new Properties();
        properties.put("org.apache.wss4j.crypto.provider", "org.apache.wss4j.common.crypto.Merlin");
        properties.put("org.apache.wss4j.crypto.merlin.keystore.type", "pkcs12");
        properties.put("org.apache.wss4j.crypto.merlin.keystore.file", path);
        properties.put("org.apache.wss4j.crypto.merlin.keystore.password", "aldis");
        properties.put("org.apache.wss4j.crypto.merlin.keystore.alias", alias);
        return properties;
    }

    private static boolean send(IDITMessageServiceContract dit, String version, String file, String... receivers)
            throws Exception {
        BussinesMessageType message = new BussinesMessageType();
        message.setAny(document(file));
        MessageSaveStructure2 save = new MessageSaveStructure2();
        save.setChannelVersionURN(version);
        save.setBussinesMessage(message);
        if (receivers.length > 0) {
            ReceiverFilterStructure filter = new ReceiverFilterStructure();
            filter.getAuthority().addAll(List.of(receivers));
            save.setReceiverFilter(filter);
        }
        return send(dit, save);
    }

    private static boolean reply(IDITMessageServiceContract dit, String version, String file, String related)
            throws Exception {
        EventMessageType event = new EventMessageType();
        event.setAny(document(file));
        event.setName("Kļūda: ēģļš");
        event.setRelatedMessageID(related);
        MessageSaveStructure2 save = new MessageSaveStructure2();
        save.setChannelVersionURN(version);
        save.setEventMessage(event);
        return send(dit, save);
    }

    private static Element document(String file) throws Exception {
        DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
        factory.setNamespaceAware(true);
        Document document = factory.newDocumentBuilder().parse(new File(file));
        return document.getDocumentElement();
    }

    private static boolean send(IDITMessageServiceContract dit, MessageSaveStructure2 save) {
        SendMessage wrapper = new SendMessage();
        wrapper.setMessageSave2(save);
        return dit.sendMessage2(wrapper).isSendMessageResult();
    }

    private static MessageRequestStructure request(String version, String message) {
        MessageRequestStructure request = new MessageRequestStructure();
        request.setChannelVersionURN(version);
        request.setMessageID(message);
        return request;
    }

    private static List<MessageType> received(IDITMessageServiceContract dit, String version, String message) {
        ReceiveMessage wrapper = new ReceiveMessage();
        wrapper.setMessageRequest(request(version, message));
        return dit.receiveMessage2(wrapper).getMessageResponse2().getBussinesMessageOrEventMessageTypeOrMessage();
    }

    private static MessageBasicInfoListStructure list(IDITMessageServiceContract dit, String version, Boolean read) {
        MessageListRequestStructure request = new MessageListRequestStructure();
        request.setChannelVersionURN(version);
        request.setReadMessage(read);
        ReceiveMessageList wrapper = new ReceiveMessageList();
        wrapper.setMessageListRequest(request);
        return dit.receiveMessageList(wrapper).getMessageBasicInfoList();
    }

    private static List<MessageBasicInfoStructure> listed(IDITMessageServiceContract dit, String version) {
        return list(dit, version, null).getMessageBasicInfo();
    }

    private static Element payload(MessageType message) {
        return (Element) ((BussinesMessageType) message).getAny();
    }

    private static String ids(List<MessageType> messages) {
        return messages.stream().map(MessageType::getMessageID).collect(Collectors.joining(" "));
    }
}

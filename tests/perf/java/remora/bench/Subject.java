package remora.bench;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import javax.management.MalformedObjectNameException;
import javax.management.ObjectName;

/** What the truth bench holds about one value of a bean by its name alone, and asks nobody about. */
final class Subject {
    /** Whose value it is: the order in which results are shown. */
    enum Kind { ALERT, BROKER, TOPIC, CLIENT, PARTITION }

    private static final Set<String> ALERTS = new HashSet<>(Arrays.asList(
            "UnderReplicatedPartitions", "UnderMinIsrPartitionCount", "OfflineReplicaCount",
            "OfflineLogDirectoryCount", "ActiveControllerCount", "OfflinePartitionsCount",
            "UncleanLeaderElectionsPerSec", "FailedPartitionsCount", "DeadThreadCount", "LogDirectoryOffline",
            "FencedBrokerCount", "MetadataErrorCount"));
    private static final Set<String> CLIENT_KEYS = new HashSet<>(Arrays.asList(
            "client-id", "clientId", "user", "group", "group-id", "groupId", "consumer-group"));
    private static final Set<String> JVM_COUNTERS = new HashSet<>(Arrays.asList(
            "CollectionCount", "CollectionTime", "ProcessCpuTime", "TotalLoadedClassCount", "TotalStartedThreadCount",
            "UnloadedClassCount", "Uptime"));
    private static final String READ_WINDOW = "a window since whoever read it last: two readers disturb each other";

    final String bean;
    final String attribute;
    final Kind kind;

    /** Beans alike but for topic, partition, client and protocol version, with the attribute. */
    final String family;

    Subject(String bean, String attribute) {
        this.bean = bean;
        this.attribute = attribute;
        ObjectName name = parse(bean);
        this.kind = kind(name);
        this.family = family(name) + '\0' + attribute;
    }

    static ObjectName parse(String bean) {
        try {
            return new ObjectName(bean);
        } catch (MalformedObjectNameException e) {
            throw new IllegalArgumentException(bean, e);
        }
    }

    static Kind kind(ObjectName name) {
        Map<String, String> keys = name.getKeyPropertyList();
        if (ALERTS.contains(keys.get("name"))) {
            return Kind.ALERT;
        }
        if (keys.containsKey("topic")) {
            return keys.containsKey("partition") ? Kind.PARTITION : Kind.TOPIC;
        }
        for (String key : keys.keySet()) {
            if (CLIENT_KEYS.contains(key)) {
                return Kind.CLIENT;
            }
        }
        return Kind.BROKER;
    }

    static String family(ObjectName name) {
        Map<String, String> keys = new TreeMap<>(name.getKeyPropertyList());
        for (Map.Entry<String, String> entry : keys.entrySet()) {
            String key = entry.getKey();
            if (key.equals("topic") || key.equals("partition") || key.equals("version") || CLIENT_KEYS.contains(key)) {
                entry.setValue("*");
            }
        }
        return name.getDomain() + ':' + keys;
    }

    /** Whether the name says that the value only rises. */
    boolean isCounter() {
        return attribute.equals("Count") || attribute.equals("Sum") || attribute.endsWith("-total")
                || attribute.endsWith("-count") || JVM_COUNTERS.contains(attribute)
                || bean.contains("name=LogEndOffset,");
    }

    /** Why a value cannot be judged by a second reader, or null when it can. */
    static String excluded(String bean, String attribute) {
        boolean window = bean.equals("java.lang:type=OperatingSystem") && attribute.endsWith("CpuLoad")
                || bean.equals("kafka.server:type=raft-metrics") && attribute.equals("poll-idle-ratio-avg");
        return window ? READ_WINDOW : null;
    }

    /** What a value of the JVM is multiplied by in the output: the names that say seconds hold seconds. */
    static double scale(String bean, String attribute) {
        if (!bean.startsWith("java.lang:")) {
            return 1;
        }
        switch (attribute) {
            case "CollectionTime":
            case "StartTime":
                return 1e-3;
            case "ProcessCpuTime":
                return 1e-9;
            default:
                return 1;
        }
    }
}

package remora.shim;

import java.io.File;
import java.io.FileInputStream;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import javax.management.MBeanServer;
import javax.management.ObjectName;

/** Facts about the host for the core: some from the JVM, some from the broker's own MBeans. */
final class Facts {
    /** Names, with commas between, of what is still looked for. */
    static final String PENDING = "pending";

    private static final String[] CLUSTER_IDS = {
        "kafka.server:type=KafkaServer,name=ClusterId", "kafka.server:type=ControllerServer,name=ClusterId"
    };
    private static final String[] IDS_IN_FILE = {"node.id", "broker.id"};
    private static final String KAFKA_VERSION = "org.apache.kafka.common.utils.AppInfoParser";
    private static final String[] LOG_DIRECTORIES = {"metadata.log.dir", "log.dirs", "log.dir"};
    /** Kafka's own, for a broker whose properties name none. */
    private static final String DEFAULT_LOG_DIRECTORY = "/tmp/kafka-logs";
    private static final String DEFAULT_PORT = "9092";
    private static final String[] JMX_PORTS = {
        "com.sun.management.jmxremote.port", "com.sun.management.jmxremote.rmi.port"
    };
    private static final String LOG_DIRECTORY_BEANS = "kafka.log:type=LogManager,name=LogDirectoryOffline,*";
    /** What a node tells of itself sooner or later. */
    private static final String[] EXPECTED = {"broker.id", "cluster.id", "kafka.version", "node.role"};
    private static final long POLL_MS = 200;
    private static final long WAIT_NANOS = TimeUnit.SECONDS.toNanos(60);
    private static final long WAIT_IDS_NANOS = TimeUnit.SECONDS.toNanos(5);
    private static final String[] PROPERTIES = {
        "java.version", "java.vm.name", "os.arch", "kafka.logs.dir", "java.io.tmpdir", "user.name", "user.home"
    };

    /** What the JVM knows at once. */
    static Map<String, String> ofProcess() {
        Map<String, String> facts = new LinkedHashMap<>();
        put(facts, "pid", pid());
        put(facts, "start.ms", String.valueOf(ManagementFactory.getRuntimeMXBean().getStartTime()));
        String command = Arguments.property("sun.java.command");
        if (command != null) {
            put(facts, "main.class", command.trim().split(" ", 2)[0]);
        }
        for (String property : PROPERTIES) {
            put(facts, property, Arguments.property(property));
        }
        return facts;
    }

    /**
     * What the broker's files and MBeans tell. Its files tell everything as a rule, and nothing is waited for. Where
     * they do not tell the log directories, its beans do, late: without these the core could get in Kafka's way.
     */
    static Map<String, String> awaitBroker(MBeanServer server) throws InterruptedException {
        long begin = System.nanoTime();
        Map<String, String> facts = ofNode(server);
        while (!isEnough(facts, System.nanoTime() - begin)) {
            Thread.sleep(POLL_MS);
            facts = ofNode(server);
        }
        facts.computeIfAbsent("kafka.version", key -> kafkaVersion());
        return facts;
    }

    static boolean isEnough(Map<String, String> facts, long waitedNanos) {
        boolean isSafe = facts.containsKey("log.dirs");
        boolean isWhole = isSafe && facts.containsKey("broker.id") && facts.containsKey("cluster.id");
        return isWhole || waitedNanos >= (isSafe ? WAIT_IDS_NANOS : WAIT_NANOS);
    }

    /** What the broker tells now, and its files. Runs foreign code. */
    static Map<String, String> ofNode(MBeanServer server) {
        return withFiles(ofBroker(server));
    }

    private static Map<String, String> withFiles(Map<String, String> facts) {
        for (Map.Entry<String, String> fact : ofFiles(Arguments.property("sun.java.command")).entrySet()) {
            facts.merge(fact.getKey(), fact.getValue(), (bean, file) -> merged(fact.getKey(), bean, file));
        }
        return facts;
    }

    /** Of a fact that both the beans and the files tell. */
    static String merged(String key, String bean, String file) {
        if (key.equals("log.dirs")) {
            return bean + "," + file;
        }
        return key.equals("node.role") ? file : bean;  // a node that starts has not all of its beans yet
    }

    /** Names of facts that a node has and that are not known yet, with commas between. */
    static String pending(Map<String, String> facts) {
        List<String> names = new ArrayList<>();
        for (String name : EXPECTED) {
            if (!facts.containsKey(name)) {
                names.add(name);
            }
        }
        return String.join(",", names);
    }

    /**
     * What the broker's properties tell, in the file that is the first argument of {@code command} (main class first),
     * and {@code meta.properties} in its log directories.
     */
    static Map<String, String> ofFiles(String command) {
        Map<String, String> facts = new LinkedHashMap<>();
        String[] words = command == null ? new String[0] : command.trim().split(" ");
        Properties broker = words.length < 2 ? new Properties() : load(new File(words[1]));
        for (int i = 2; i < words.length; i++) {
            String[] override = words[i].split("=", 2);  // --override node.id=3
            if (override.length == 2) {
                broker.setProperty(override[0], override[1]);
            }
        }
        putId(facts, broker);
        put(facts, "node.role", role(broker.getProperty("process.roles", "")));
        put(facts, "broker.rack", broker.getProperty("broker.rack", "").trim());
        List<String> directories = new ArrayList<>();
        for (String key : LOG_DIRECTORIES) {
            for (String directory : broker.getProperty(key, "").split(",")) {
                if (!directory.trim().isEmpty()) {
                    directories.add(directory.trim());
                }
            }
        }
        if (!broker.isEmpty() && broker.getProperty("log.dirs") == null && broker.getProperty("log.dir") == null) {
            directories.add(DEFAULT_LOG_DIRECTORY);
        }
        for (String directory : directories) {
            // Written at the first start: where the broker's id is generated, only this knows it before it runs.
            Properties meta = load(new File(directory, "meta.properties"));
            putId(facts, meta);
            if (!facts.containsKey("cluster.id")) {
                put(facts, "cluster.id", meta.getProperty("cluster.id", "").trim());
            }
        }
        put(facts, "log.dirs", absolute(directories));
        put(facts, "kafka.ports", ports(broker));
        return facts;
    }

    /** Where the broker will listen: an agent that has such a port already would keep it from starting. */
    private static String ports(Properties broker) {
        List<String> found = new ArrayList<>();
        for (String listener : broker.getProperty("listeners", "").split(",")) {
            addPort(listener.substring(listener.lastIndexOf(':') + 1), found);
        }
        addPort(broker.getProperty("port", ""), found);
        if (!broker.isEmpty() && found.isEmpty()) {
            found.add(DEFAULT_PORT);
        }
        for (String key : JMX_PORTS) {
            addPort(Arguments.property(key), found);
        }
        return String.join(",", found);
    }

    private static void addPort(String text, List<String> ports) {
        if (text != null && text.trim().matches("[1-9][0-9]{0,4}")) {
            ports.add(text.trim());
        }
    }

    private static void putId(Map<String, String> facts, Properties from) {
        for (String key : IDS_IN_FILE) {
            String id = from.getProperty(key, "").trim();
            if (id.matches("[0-9]{1,10}")) {
                facts.putIfAbsent("broker.id", id);
            }
        }
    }

    /** As Kafka reads them: relative ones from where the broker was started. */
    private static String absolute(List<String> directories) {
        List<String> found = new ArrayList<>();
        for (String directory : directories) {
            found.add(new File(directory).getAbsolutePath());
        }
        return String.join(",", found);
    }

    private static Properties load(File file) {
        Properties properties = new Properties();
        try (InputStream in = new FileInputStream(file)) {
            properties.load(in);
        } catch (Exception e) {
            properties.clear();  // then the broker's own beans are all there is
        }
        return properties;
    }

    /** What the broker's MBeans tell; keys are absent while they do not. Runs foreign code. */
    static Map<String, String> ofBroker(MBeanServer server) {
        Map<String, String> facts = new LinkedHashMap<>();
        try {
            for (ObjectName name : server.queryNames(new ObjectName("kafka.server:type=app-info,id=*"), null)) {
                put(facts, "broker.id", name.getKeyProperty("id"));
                put(facts, "kafka.version", version(server, name));
            }
            for (String clusterId : CLUSTER_IDS) {
                put(facts, "cluster.id", text(server, new ObjectName(clusterId), "Value"));
            }
            put(facts, "node.role", role(server));
            List<String> directories = new ArrayList<>();
            for (ObjectName name : server.queryNames(new ObjectName(LOG_DIRECTORY_BEANS), null)) {
                String directory = name.getKeyProperty("logDirectory");
                directories.add(directory.startsWith("\"") ? ObjectName.unquote(directory) : directory);
            }
            put(facts, "log.dirs", absolute(directories));
        } catch (Exception e) {
            // Facts are a courtesy: without them the core uses what it has.
        }
        return facts;
    }

    private static String role(MBeanServer server) throws Exception {
        boolean broker = server.isRegistered(new ObjectName(BrokerGate.BROKER_STATE));
        boolean controller = server.isRegistered(new ObjectName(BrokerGate.CONTROLLER));
        boolean raft = server.isRegistered(new ObjectName(BrokerGate.RAFT));
        return role((broker ? "broker" : "") + (controller && (raft || !broker) ? "controller" : ""));
    }

    /** {@code roles}: the key {@code process.roles}, of KRaft only. */
    private static String role(String roles) {
        boolean broker = roles.contains("broker");
        boolean controller = roles.contains("controller");
        return broker ? controller ? "broker,controller" : "broker" : controller ? "controller" : null;
    }

    /** Of Kafka's own class: a broker that starts has no bean that tells it. */
    private static String kafkaVersion() {
        try {
            return (String) Class.forName(KAFKA_VERSION).getMethod("getVersion").invoke(null);
        } catch (Throwable absent) {
            return null;
        }
    }

    private static String version(MBeanServer server, ObjectName name) {
        String lower = text(server, name, "version");
        return lower != null ? lower : text(server, name, "Version");
    }

    private static String text(MBeanServer server, ObjectName name, String attribute) {
        try {
            Object value = server.getAttribute(name, attribute);
            return value instanceof String ? (String) value : null;
        } catch (Exception e) {
            return null;
        }
    }

    private static String pid() {
        try {
            return new File("/proc/self").getCanonicalFile().getName();
        } catch (Exception e) {
            return null;
        }
    }

    private static void put(Map<String, String> facts, String key, String value) {
        if (value != null && !value.isEmpty()) {
            facts.put(key, value.replace('\n', ' ').replace('\r', ' '));
        }
    }

    static String lines(Map<String, String> facts) {
        StringBuilder lines = new StringBuilder();
        for (Map.Entry<String, String> fact : facts.entrySet()) {
            lines.append(fact.getKey()).append('=').append(fact.getValue()).append('\n');
        }
        return lines.toString();
    }

    private Facts() {}
}

package remora.shim;

import java.lang.management.ManagementFactory;
import java.util.concurrent.TimeUnit;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;

/** Decides whether this JVM is a broker and when its own MBeans are there. */
public final class BrokerGate {
    private static final long FIRST_LOOK_MS = 500;
    private static final long POLL_MS = 200;
    private static final long SILENT_MS = 60_000;

    static final String BROKER_STATE = "kafka.server:type=KafkaServer,name=BrokerState";
    static final String CONTROLLER = "kafka.controller:type=KafkaController,name=ActiveControllerCount";
    static final String RAFT = "kafka.server:type=raft-metrics";
    /** Every registry of Kafka's newer metrics counts itself from its first moment. */
    private static final String METRICS_COUNT = "kafka.server:type=kafka-metrics-count";
    private static final String[] NODE_DOMAINS = {"kafka.server", "kafka.controller"};

    /** True when an agent with these arguments is to run in this JVM. */
    public static boolean isWanted(Arguments arguments) {
        return arguments.force() || isBroker(command(), arguments.mainClass());
    }

    /** Main class of this JVM and its arguments, or null. */
    static String command() {
        return Arguments.property("sun.java.command");
    }

    /**
     * {@code command}: value of {@code sun.java.command}, main class first; may be null. {@code named}: the main class
     * that the operator says is a broker's, or null.
     */
    static boolean isBroker(String command, String named) {
        if (command == null) {
            return false;
        }
        String main = mainClass(command);
        return main.equals("kafka.Kafka")
                || main.equals("io.confluent.support.metrics.SupportedKafka")
                || main.equals(named);
    }

    /** Says how the agent would begin when the main class of this JVM, which is not wanted, may be a broker's. */
    public static void sayWhenLikeABroker() {
        String line = likeABroker(command());
        if (line != null) {
            Log.warn(line);
        }
    }

    /** One line for a person when the main class is called as Kafka's own is; null when it is not. */
    static String likeABroker(String command) {
        String main = command == null ? "" : mainClass(command);
        return main.endsWith(".Kafka")
                ? "does not begin, for the main class " + main + " is not known as a broker's; if it is one, add "
                        + "main=" + main + " to the agent's arguments"
                : null;
    }

    private static String mainClass(String command) {
        return command.trim().split(" ", 2)[0];
    }

    /**
     * Waits until there is an MBean of Kafka's or of the domains that the operator names: a node registers its first
     * ones long before it serves, and a start that hangs or recovers logs is worth watching. After a silent minute it
     * says what it waits for; a JVM that was forced begins without.
     */
    static MBeanServer awaitNode(Arguments arguments) throws InterruptedException {
        return awaitNode(arguments, SILENT_MS);
    }

    static MBeanServer awaitNode(Arguments arguments, long silentMillis) throws InterruptedException {
        Thread.sleep(FIRST_LOOK_MS);  // the host's main sets up its class path and its MBean server first
        MBeanServer server = ManagementFactory.getPlatformMBeanServer();
        long begun = System.nanoTime();
        boolean said = false;
        while (!hasSign(server.getDomains(), arguments.domains())) {
            if (!said && TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun) >= silentMillis) {
                said = true;
                Log.warn("no MBean of a domain kafka.* after " + silentMillis / 1000
                        + " s: the node has not begun to start, or metrics.jmx.exclude hides them; "
                        + (arguments.force() ? "beginning without" : "waiting for the first one"));
                if (arguments.force()) {
                    break;
                }
            }
            Thread.sleep(POLL_MS);
        }
        return server;
    }

    /** {@code more}: prefixes separated by ':', or "*" for every domain, as {@link Arguments#domains}. */
    static boolean hasSign(String[] domains, String more) {
        for (String domain : domains) {
            if (domain.startsWith("kafka.") || more.equals("*")) {
                return true;
            }
            for (String prefix : more.split(":")) {
                if (!prefix.isEmpty() && domain.startsWith(prefix)) {
                    return true;
                }
            }
        }
        return false;
    }

    /** True when a node of a Kafka cluster lives in this JVM, and not a client or Connect. */
    static boolean isNode(MBeanServer server) {
        for (String domain : server.getDomains()) {
            for (String node : NODE_DOMAINS) {
                if (domain.equals(node)) {
                    return true;
                }
            }
        }
        return false;
    }

    /** One line for a person about what the node keeps from everybody who reads MBeans; null when that is nothing. */
    static String hidden(MBeanServer server) throws JMException {
        if (isNode(server) && !server.isRegistered(new ObjectName(METRICS_COUNT))) {
            return "this broker shows no MBeans of Kafka's newer metrics (network, raft, group coordinator, quotas): "
                    + "metric.reporters lacks org.apache.kafka.common.metrics.JmxReporter, or metrics.jmx.exclude "
                    + "hides them";
        }
        return null;
    }

    private BrokerGate() {}
}

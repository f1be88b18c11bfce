package remora.shim;

import java.lang.management.ManagementFactory;
import java.util.concurrent.TimeUnit;
import javax.management.MBeanServer;
import javax.management.ObjectName;

/** Decides whether this JVM is a broker and when its own MBeans are there. */
final class BrokerGate {
    private static final long POLL_MS = 500;
    private static final long ROLE_WAIT_MS = 5_000;
    private static final long RUNNING_WAIT_MS = 60_000;
    private static final int STATE_RUNNING = 3;

    static final String BROKER_STATE = "kafka.server:type=KafkaServer,name=BrokerState";
    static final String CONTROLLER = "kafka.controller:type=KafkaController,name=ActiveControllerCount";
    static final String RAFT = "kafka.server:type=raft-metrics";

    /** {@code command}: value of {@code sun.java.command}, main class first; may be null. */
    static boolean isBroker(String command) {
        if (command == null) {
            return false;
        }
        String trimmed = command.trim();
        int space = trimmed.indexOf(' ');
        String main = space < 0 ? trimmed : trimmed.substring(0, space);
        return main.equals("kafka.Kafka") || main.equals("io.confluent.support.metrics.SupportedKafka");
    }

    /**
     * Waits until the node has registered MBeans of its own, and then for the end of its start-up, but not for ever:
     * a broker that recovers its logs for an hour is worth watching too. A controller-only node has no broker state.
     */
    static MBeanServer awaitNode() throws Exception {
        Thread.sleep(POLL_MS);
        MBeanServer server = ManagementFactory.getPlatformMBeanServer();
        ObjectName state = new ObjectName(BROKER_STATE);
        ObjectName[] signs = {state, new ObjectName(CONTROLLER), new ObjectName(RAFT)};
        while (!anyRegistered(server, signs)) {
            Thread.sleep(POLL_MS);
        }
        long seen = System.nanoTime();
        while (!startedUp(server, state, TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - seen))) {
            Thread.sleep(POLL_MS);
        }
        return server;
    }

    private static boolean startedUp(MBeanServer server, ObjectName state, long waitedMillis) {
        if (waitedMillis >= RUNNING_WAIT_MS) {
            return true;
        }
        if (!server.isRegistered(state)) {
            return waitedMillis >= ROLE_WAIT_MS;
        }
        try {
            Object value = server.getAttribute(state, "Value");
            return value instanceof Number && ((Number) value).intValue() >= STATE_RUNNING;
        } catch (Exception e) {
            return false;
        }
    }

    private static boolean anyRegistered(MBeanServer server, ObjectName[] names) {
        for (ObjectName name : names) {
            if (server.isRegistered(name)) {
                return true;
            }
        }
        return false;
    }

    private BrokerGate() {}
}

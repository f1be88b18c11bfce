package remora.shim;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import javax.management.JMException;
import javax.management.ObjectName;

/**
 * A JVM that lives as a broker does, without Kafka: {@code FakeBroker PROPERTIES FILE HOOK}. Commands on its standard
 * input:
 *
 * <ul>
 * <li>{@code state N}: sets the state; the first one registers the broker's MBean.
 * <li>{@code gc}: a full collection.
 * <li>{@code tasks N}: runs N tasks in a pool, whose one thread then waits for more.
 * <li>{@code exit}: ends.
 * </ul>
 *
 * <p>Its shutdown hook has the name HOOK. As {@code kafka-shutdown-hook} it is a controlled shutdown, which lasts until
 * the agent has read the state three times more. Any other lasts until the agent has ended FILE. Both print
 * {@code ended} at their end, and {@code late} for each read of the state after that.
 */
public final class FakeBroker {
    private static final int CONTROLLED_SHUTDOWN = 6;
    private static final int READS = 3;

    /** The broker's state. */
    public interface StateMBean {
        int getValue();
    }

    /** The broker's state, which counts how often it is read. */
    public static final class State implements StateMBean {
        final AtomicInteger reads = new AtomicInteger();
        volatile int value;
        volatile boolean hasEnded;

        @Override
        public int getValue() {
            reads.incrementAndGet();
            if (hasEnded) {
                System.out.println("late");
            }
            return value;
        }
    }

    private final State state = new State();
    private final ExecutorService pool = Executors.newFixedThreadPool(1);
    private final Path file;
    private final boolean isKafka;

    private FakeBroker(String file, String hook) {
        this.file = Paths.get(file);
        isKafka = hook.equals("kafka-shutdown-hook");
        Runtime.getRuntime().addShutdownHook(new Thread(this::shutdown, hook));
    }

    private void shutdown() {
        state.value = CONTROLLED_SHUTDOWN;
        int reads = state.reads.get();
        boolean seen = isKafka ? await(() -> state.reads.get() >= reads + READS) : await(this::isFileEnded);
        System.out.println(seen ? "ended" : "waited in vain");
        state.hasEnded = true;
    }

    private boolean isFileEnded() {
        try {
            return new String(Files.readAllBytes(file), StandardCharsets.UTF_8).contains("\nremora_up 0\n");
        } catch (Exception e) {
            return false;
        }
    }

    private static boolean await(BooleanSupplier condition) {
        for (int i = 0; i < 6000 && !condition.getAsBoolean(); i++) {
            try {
                Thread.sleep(10);
            } catch (InterruptedException e) {
                return false;
            }
        }
        return condition.getAsBoolean();
    }

    private void register(int value) throws JMException {
        state.value = value;
        ObjectName name = new ObjectName("kafka.server:type=KafkaServer,name=BrokerState");
        if (!ManagementFactory.getPlatformMBeanServer().isRegistered(name)) {
            ManagementFactory.getPlatformMBeanServer().registerMBean(state, name);
        }
    }

    private void tasks(int count) throws Exception {
        for (int i = 0; i < count; i++) {
            pool.submit(() -> { }).get();
        }
    }

    /** See the class. */
    public static void main(String[] arguments) throws Exception {
        FakeBroker broker = new FakeBroker(arguments[1], arguments[2]);
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null && !line.equals("exit"); line = in.readLine()) {
            if (line.equals("gc")) {
                System.gc();
            } else if (line.startsWith("tasks ")) {
                broker.tasks(Integer.parseInt(line.substring("tasks ".length())));
            } else {
                broker.register(Integer.parseInt(line.substring("state ".length())));
            }
            System.out.println("ok");
        }
        System.exit(0);
    }
}

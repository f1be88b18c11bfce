package remora.shim;

import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * How far the host's end is, seen from one of its shutdown hooks. All that a broker does at its end, a controlled
 * shutdown of minutes too, runs in Kafka's own hook: while that is at work the JVM waits for it anyway.
 */
final class HostEnd {
    private static final String KAFKA_HOOK = "kafka-shutdown-hook";
    private static final String HOOKS = "java.lang.ApplicationShutdownHooks";
    private static final long POLL_MS = 50;
    private static final long BEGIN_MS = 1_000;

    /**
     * Returns as soon as Kafka's hook has ended, at once where there is none, and when {@code goesOn} says no. To be
     * called in a shutdown hook; elsewhere it returns at once.
     */
    static void await(BooleanSupplier goesOn) {
        try {
            Thread hook = kafkaHook();
            while (hook != null && hook.isAlive() && goesOn.getAsBoolean()) {
                hook.join(POLL_MS);
            }
        } catch (InterruptedException e) {
            // The host is in a hurry.
        }
    }

    /**
     * Kafka's hook, or null when it has ended or there is none. The JVM starts all hooks and then joins them one by
     * one: before that, the hook may only not have been started yet.
     */
    private static Thread kafkaHook() throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(BEGIN_MS);
        boolean allStarted = false;
        while (true) {
            boolean lastLook = allStarted || System.nanoTime() - end > 0;
            boolean starting = false;
            for (Map.Entry<Thread, StackTraceElement[]> entry : Thread.getAllStackTraces().entrySet()) {
                if (entry.getKey().getName().equals(KAFKA_HOOK)) {
                    return entry.getKey();
                }
                starting |= isStartingHooks(entry.getValue());
            }
            if (lastLook) {
                return null;
            }
            allStarted = !starting;
            Thread.sleep(allStarted ? 0 : 1);
        }
    }

    /** True of the thread that shuts the JVM down while it has hooks left to start. */
    private static boolean isStartingHooks(StackTraceElement[] frames) {
        boolean joins = false;
        for (StackTraceElement frame : frames) {  // the innermost first
            joins |= frame.getClassName().equals("java.lang.Thread") && frame.getMethodName().equals("join");
            if (frame.getClassName().equals(HOOKS)) {
                return !joins;
            }
        }
        return false;
    }

    private HostEnd() {}
}

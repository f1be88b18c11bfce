package remora.shim;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import javax.management.MBeanServer;

/**
 * Looks again for what a broker did not tell when the agent started: one that is slow to start has no id yet. A daemon
 * thread of its own, since it runs foreign code; nobody waits for it.
 */
final class LateFacts implements Runnable {
    private static final long POLL_MILLIS = 2_000;
    private static final long PATIENCE_NANOS = TimeUnit.MINUTES.toNanos(15);

    private final MBeanServer server;
    private final Supervisor supervisor;
    private final Map<String, String> facts;
    private final long pollMillis;
    private final long patienceNanos;
    private final Thread thread = new Thread(this, "remora-facts");

    /** {@code facts}: what is known. */
    LateFacts(MBeanServer server, Supervisor supervisor, Map<String, String> facts) {
        this(server, supervisor, facts, POLL_MILLIS, PATIENCE_NANOS);
    }

    LateFacts(MBeanServer server, Supervisor supervisor, Map<String, String> facts, long pollMillis, long patience) {
        this.server = server;
        this.supervisor = supervisor;
        this.facts = new LinkedHashMap<>(facts);
        this.pollMillis = pollMillis;
        patienceNanos = patience;
    }

    void start() {
        thread.setDaemon(true);
        thread.start();
    }

    /** Ends the thread, unless it hangs in the host. */
    void stop() {
        thread.interrupt();
    }

    @Override
    public void run() {
        try {
            long begin = System.nanoTime();
            String pending = facts.getOrDefault(Facts.PENDING, "");
            while (!pending.isEmpty() && supervisor.isRunning() && System.nanoTime() - begin < patienceNanos) {
                Thread.sleep(pollMillis);
                facts.putAll(Facts.ofNode(server));
                String left = Facts.pending(facts);
                if (!left.equals(pending) && !tell(left)) {
                    return;
                }
                pending = left;
            }
            if (!pending.isEmpty()) {
                tell("");  // what waits for it goes on without
            }
        } catch (InterruptedException e) {
            // The agent has ended.
        } catch (Throwable cause) {
            Log.warn("facts of the broker: " + Log.text(cause));
        }
    }

    /** False when the agent has ended. */
    private boolean tell(String pending) {
        facts.put(Facts.PENDING, pending);
        return supervisor.tell(Facts.lines(facts));
    }
}

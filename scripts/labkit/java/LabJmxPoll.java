import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads every attribute of brokers by remote JMX at a fixed interval: {@code LabJmxPoll INTERVAL_MS
 * URL=FILE...}. Each FILE has what {@link LabJmx} dumps, replaced as a whole at each collection.
 * Prints a line of JSON for each collection; ends by a signal.
 */
public final class LabJmxPoll {
    private LabJmxPoll() {}

    public static void main(String[] args) throws Exception {
        if (args.length < 2) {
            System.err.println("LabJmxPoll INTERVAL_MS URL=FILE...");
            System.exit(2);
        }
        long intervalMs = Long.parseLong(args[0]);
        List<Thread> threads = new ArrayList<>();
        for (int i = 1; i < args.length; i++) {
            int equals = args[i].lastIndexOf('=');
            String url = args[i].substring(0, equals);
            Path file = Paths.get(args[i].substring(equals + 1));
            threads.add(new Thread(() -> poll(url, file, intervalMs), "poll-" + i));
        }
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join();
        }
    }

    private static void poll(String url, Path file, long intervalMs) {
        LabJmx.Session session = null;
        while (!Thread.interrupted()) {
            long dueMs = (System.currentTimeMillis() / intervalMs + 1) * intervalMs;
            try {
                Thread.sleep(Math.max(1, dueMs - System.currentTimeMillis()));
                if (session == null) {
                    session = new LabJmx.Session(url);
                }
                Path fresh = file.resolveSibling(file.getFileName() + ".new");
                int values = session.dump(fresh.toString());
                Files.move(fresh, file, StandardCopyOption.REPLACE_EXISTING);
                print(file, dueMs, values, "");
            } catch (InterruptedException ended) {
                return;
            } catch (IOException | RuntimeException failure) {
                session = null;
                print(file, dueMs, 0, failure.toString());
            }
        }
    }

    private static void print(Path file, long dueMs, int values, String error) {
        PrintStream out = System.out;
        synchronized (out) {
            out.printf("{\"file\": \"%s\", \"due_ms\": %d, \"written_ms\": %d, \"values\": %d, "
                            + "\"error\": \"%s\"}%n",
                    file.getFileName(), dueMs, System.currentTimeMillis(), values,
                    error.replaceAll("[^ -!#-\\[\\]-~]", "?"));
            out.flush();
        }
    }
}

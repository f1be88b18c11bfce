package remora.bench;

import com.sun.management.ThreadMXBean;
import java.lang.instrument.Instrumentation;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.nio.file.StandardCopyOption;
import java.util.HashMap;
import java.util.Map;

/**
 * Rides in the broker beside the agent under test. Takes orders from files in the directory that is its argument: a
 * file {@code NAME.order} of {@code key=value} lines is carried out and answered by {@code NAME.json}.
 *
 * <pre>
 * what=measure period_ms=5000 passes=12 warm_up=6
 *                      the floor every period, half a period after the agent's reads; both threads' CPU and allocation
 * what=profile seconds=30
 *                      where the agent's collector is while it runs, by top frames
 * what=longest         longest time that the collector ran at a stretch since it started
 * </pre>
 */
public final class BenchAgent implements Runnable {
    private static final String COLLECTOR = "remora-collector";
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private final Path directory;
    private final Watch watch = new Watch();

    private BenchAgent(Path directory) {
        this.directory = directory;
    }

    public static void premain(String arguments, Instrumentation instrumentation) {
        Thread thread = new Thread(new BenchAgent(Paths.get(arguments)), "bench-floor");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void run() {
        Thread watcher = new Thread(watch, "bench-watch");
        watcher.setDaemon(true);
        watcher.start();
        while (true) {
            try {
                Thread.sleep(100);
                for (Path order : Files.newDirectoryStream(directory, "*.order")) {
                    carryOut(order);
                }
            } catch (Throwable cause) {
                System.err.println("bench: " + cause);
            }
        }
    }

    private void carryOut(Path order) throws Exception {
        Map<String, String> options = new HashMap<>();
        for (String line : Files.readAllLines(order)) {
            String[] pair = line.split("=", 2);
            if (pair.length == 2) {
                options.put(pair[0], pair[1]);
            }
        }
        String answer;
        try {
            switch (options.get("what")) {
                case "measure":
                    answer = measure(Long.parseLong(options.get("period_ms")), number(options, "passes"),
                            number(options, "warm_up"));
                    break;
                case "profile":
                    answer = profile(number(options, "seconds"));
                    break;
                default:
                    answer = watch.answer();
            }
        } catch (Throwable cause) {
            answer = "{\"error\":\"" + String.valueOf(cause).replace('"', '\'') + "\"}";
        }
        String name = order.getFileName().toString().replace(".order", "");
        Path fresh = directory.resolve(name + ".new");
        Files.write(fresh, answer.getBytes("UTF-8"));
        Files.delete(order);
        Files.move(fresh, directory.resolve(name + ".json"), StandardCopyOption.ATOMIC_MOVE);
    }

    private static int number(Map<String, String> options, String key) {
        return Integer.parseInt(options.get(key));
    }

    /** Thread id of the agent's collector, or -1. */
    private static long collector() {
        long found = -1;
        for (ThreadInfo info : THREADS.getThreadInfo(THREADS.getAllThreadIds())) {
            if (info != null && info.getThreadName().startsWith(COLLECTOR)) {
                found = info.getThreadId();
            }
        }
        return found;
    }

    private static void sleepUntil(long nanos) throws InterruptedException {
        long left = nanos - System.nanoTime();
        if (left > 0) {
            Thread.sleep(left / 1_000_000, (int) (left % 1_000_000));
        }
    }

    /** When the collector spends most of its time within a period: the middle of the agent's reads. */
    private static long busiest(long collector, long periodMillis) throws InterruptedException {
        int steps = 25;
        long stepNanos = periodMillis * 1_000_000 / steps;
        long best = -1;
        long bestAt = System.nanoTime();
        long before = THREADS.getThreadCpuTime(collector);
        long start = System.nanoTime();
        for (int i = 1; i <= steps; i++) {
            sleepUntil(start + i * stepNanos);
            long now = THREADS.getThreadCpuTime(collector);
            if (now - before > best) {
                best = now - before;
                bestAt = start + i * stepNanos - stepNanos / 2;
            }
            before = now;
        }
        return bestAt;
    }

    private String measure(long periodMillis, int passes, int warmUp) throws Exception {
        long collector = collector();
        Floor floor = new Floor(ManagementFactory.getPlatformMBeanServer());
        floor.gather();
        long periodNanos = periodMillis * 1_000_000;
        long next = (collector < 0 ? System.nanoTime() : busiest(collector, periodMillis)) + periodNanos / 2;
        while (next < System.nanoTime()) {
            next += periodNanos;
        }
        long self = Thread.currentThread().getId();
        StringBuilder rows = new StringBuilder();
        long agentCpu = 0;
        long agentBytes = 0;
        int values = 0;
        long firstMillis = 0;
        for (int pass = -warmUp; pass <= passes; pass++) {
            sleepUntil(next);
            long cpu = THREADS.getThreadCpuTime(self);
            long bytes = THREADS.getThreadAllocatedBytes(self);
            values = floor.collect();
            bytes = THREADS.getThreadAllocatedBytes(self) - bytes;
            cpu = THREADS.getThreadCpuTime(self) - cpu;
            long agentCpuNow = collector < 0 ? 0 : THREADS.getThreadCpuTime(collector);
            long agentBytesNow = collector < 0 ? 0 : THREADS.getThreadAllocatedBytes(collector);
            if (pass > 0) {
                rows.append(pass == 1 ? "" : ",").append("{\"floor_cpu_ns\":").append(cpu)
                        .append(",\"floor_bytes\":").append(bytes)
                        .append(",\"agent_cpu_ns\":").append(agentCpuNow - agentCpu)
                        .append(",\"agent_bytes\":").append(agentBytesNow - agentBytes).append("}");
            } else if (pass == 0) {
                // The load has brought beans meanwhile that the agent reads already.
                floor = new Floor(ManagementFactory.getPlatformMBeanServer());
                floor.gather();
                firstMillis = System.currentTimeMillis();
            }
            agentCpu = agentCpuNow;
            agentBytes = agentBytesNow;
            next += periodNanos;
        }
        return "{\"units\":" + floor.units() + ",\"values\":" + values + ",\"shape\":" + floor.shape()
                + ",\"first_ms\":" + firstMillis + ",\"last_ms\":" + System.currentTimeMillis()
                + ",\"passes\":[" + rows + "]}";
    }

    private String profile(int seconds) throws Exception {
        long collector = collector();
        Map<String, Integer> counts = new HashMap<>();
        long end = System.nanoTime() + seconds * 1_000_000_000L;
        int samples = 0;
        long before = THREADS.getThreadCpuTime(collector);
        while (System.nanoTime() < end) {
            Thread.sleep(2);
            long now = THREADS.getThreadCpuTime(collector);
            if (now == before) {
                continue;  // it slept
            }
            before = now;
            ThreadInfo info = THREADS.getThreadInfo(collector, 16);
            StringBuilder stack = new StringBuilder();
            for (StackTraceElement frame : info.getStackTrace()) {
                String owner = frame.getClassName();
                stack.append(owner.substring(owner.lastIndexOf('.') + 1)).append('.')
                        .append(frame.getMethodName()).append(':').append(frame.getLineNumber()).append(" < ");
                if (owner.startsWith("remora.")) {
                    break;
                }
            }
            counts.merge(stack.toString(), 1, Integer::sum);
            samples++;
        }
        StringBuilder out = new StringBuilder("{\"samples\":" + samples + ",\"stacks\":{");
        String[] comma = {""};
        counts.entrySet().stream().sorted((a, b) -> b.getValue() - a.getValue()).limit(60).forEach(entry -> {
            out.append(comma[0]).append('"').append(entry.getKey()).append("\":").append(entry.getValue());
            comma[0] = ",";
        });
        return out.append("}}").toString();
    }

}

package remora.shim;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import javax.management.MBeanServer;
import javax.management.ObjectName;

/**
 * {@code -javaagent:chaos-agent.jar=DIRECTORY}: the bad beans inside a broker. Obeys the files {@code 1.order}, {@code
 * 2.order} and so on in the directory, one after the other, and answers with {@code 1.done}: {@code ok}, or what failed.
 *
 * <pre>
 * hang N     N beans more, whose reads all wait for the same latch, but the first three of each
 * release    their reads return; the beans go
 * slow MS    a bean of a topic, each read of which takes so many milliseconds of CPU
 * still N    N beans of a topic each, whose value never changes
 * clients N  N beans of a client each with ten values, which change for one client in ten
 * </pre>
 */
public final class ChaosAgent {
    private static final int GOOD = 50;
    private static final long POLL_MS = 100;
    private static final int FREE_READS = 3;

    private static CountDownLatch latch = new CountDownLatch(1);
    private static int hanging;

    private static ObjectName hangName(int index) throws Exception {
        return new ObjectName("kafka.chaos:type=Hang,name=" + index);
    }

    private static void hang(MBeanServer server, int count) throws Exception {
        CountDownLatch mine = latch;
        for (; hanging < count; hanging++) {
            AtomicInteger asked = new AtomicInteger();
            server.registerMBean(new ChaosBeans.Bean(() -> {
                if (asked.incrementAndGet() > FREE_READS) {
                    mine.await();
                }
                return 1;
            }, false), hangName(hanging));
        }
    }

    private static void release(MBeanServer server) throws Exception {
        latch.countDown();
        latch = new CountDownLatch(1);
        while (hanging > 0) {
            server.unregisterMBean(hangName(--hanging));
        }
    }

    private static void slow(MBeanServer server, long ms) throws Exception {
        server.registerMBean(new ChaosBeans.Bean(() -> {
            ThreadMXBean threads = ManagementFactory.getThreadMXBean();
            long end = threads.getCurrentThreadCpuTime() + ms * 1_000_000;
            while (threads.getCurrentThreadCpuTime() < end) {
                // The CPU is what it costs.
            }
            return 1;
        }, false), new ObjectName("kafka.chaos:type=Slow,topic=slow"));
    }

    private static void still(MBeanServer server, int count) throws Exception {
        for (int i = 0; i < count; i++) {
            ObjectName name = new ObjectName("kafka.chaos:type=Still,topic=" + i);
            server.registerMBean(new ChaosBeans.Bean(() -> 1, false), name);
        }
    }

    private static void clients(MBeanServer server, int count) throws Exception {
        AtomicInteger value = new AtomicInteger();
        for (int i = 0; i < count; i++) {
            boolean isIdle = i % 10 != 0;
            ChaosBeans.Bean bean = new ChaosBeans.Bean(() -> isIdle ? 7 : value.incrementAndGet(), false);
            bean.names = "Count Min Max Mean StdDev P50 P75 P95 P99 P999".split(" ");
            server.registerMBean(bean, new ObjectName("kafka.chaos:type=Latency,client-id=" + i));
        }
    }

    private static String obey(MBeanServer server, String[] words) {
        try {
            switch (words[0]) {
                case "hang":
                    hang(server, Integer.parseInt(words[1]));
                    return "ok";
                case "release":
                    release(server);
                    return "ok";
                case "slow":
                    slow(server, Long.parseLong(words[1]));
                    return "ok";
                case "still":
                    still(server, Integer.parseInt(words[1]));
                    return "ok";
                case "clients":
                    clients(server, Integer.parseInt(words[1]));
                    return "ok";
                default:
                    return "no order: " + words[0];
            }
        } catch (Exception e) {
            return e.toString();
        }
    }

    private static void serve(Path directory) throws Exception {
        MBeanServer server = ManagementFactory.getPlatformMBeanServer();
        Map<String, ChaosBeans.Bean> bad = ChaosBeans.bad();
        ChaosHost.registerMoreBad(bad);
        // Those that hang come by order.
        bad.remove("BlocksLater");
        bad.remove("BlocksAtOnce");
        ChaosBeans.registerGood(server, GOOD);
        ChaosBeans.registerBad(server, bad);
        int next = 1;
        while (Files.exists(directory.resolve(next + ".done"))) {
            next++;  // given to the broker before this one
        }
        while (true) {
            Path order = directory.resolve(next + ".order");
            if (!Files.exists(order)) {
                Thread.sleep(POLL_MS);
                continue;
            }
            String text = new String(Files.readAllBytes(order), StandardCharsets.UTF_8).trim();
            Path fresh = directory.resolve("fresh");
            Files.write(fresh, obey(server, text.split(" ")).getBytes(StandardCharsets.UTF_8));
            Files.move(fresh, directory.resolve(next + ".done"), StandardCopyOption.ATOMIC_MOVE);
            next++;
        }
    }

    /** Called by the JVM before {@code main}. */
    public static void premain(String text) {
        Thread thread = new Thread(() -> {
            try {
                serve(Paths.get(text));
            } catch (Exception e) {
                e.printStackTrace();
            }
        }, "chaos");
        thread.setDaemon(true);
        thread.start();
    }

    private ChaosAgent() {}
}

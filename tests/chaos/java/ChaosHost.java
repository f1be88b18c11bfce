package remora.shim;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;

/**
 * A host for the real agent: {@code ChaosHost GOOD}. Registers GOOD good beans and every bad kind, prints {@code ready},
 * then does what standard input asks, answering {@code ok} to each line; ends when that ends.
 *
 * <pre>
 * release              blocked reads return
 * storm ROUNDS N MS    N beans registered, after MS unregistered, again after MS; ROUNDS times
 * gc                   a full collection
 * </pre>
 */
public final class ChaosHost {
    static void registerMoreBad(Map<String, ChaosBeans.Bean> bad) {
        bad.put("Exhausts", new ChaosBeans.Bean(() -> new long[Integer.MAX_VALUE - 8].length, false));
        AtomicLong asked = new AtomicLong();
        bad.put("TurnsText", new ChaosBeans.Bean(() -> {
            Object value = asked.incrementAndGet() > 3 ? "seven" : Integer.valueOf(7);
            return value;
        }, false));
    }

    private static ObjectName stormName(int index) throws JMException {
        return new ObjectName("kafka.storm:type=Storm,topic=t" + index / 10 + ",partition=" + index % 10);
    }

    private static void storm(MBeanServer server, int rounds, int count, long pauseMillis) throws Exception {
        for (int round = 0; round < rounds; round++) {
            for (int i = 0; i < count; i++) {
                server.registerMBean(new ChaosBeans.Good(i), stormName(i));
            }
            Thread.sleep(pauseMillis);
            for (int i = 0; i < count; i++) {
                server.unregisterMBean(stormName(i));
            }
            Thread.sleep(pauseMillis);
        }
    }

    private static void obey(MBeanServer server, String[] words) throws Exception {
        switch (words[0]) {
            case "release":
                ChaosBeans.RELEASE.countDown();
                break;
            case "storm":
                storm(server, Integer.parseInt(words[1]), Integer.parseInt(words[2]), Long.parseLong(words[3]));
                break;
            case "gc":
                System.gc();
                break;
            default:
                throw new IllegalArgumentException(words[0]);
        }
    }

    /** See the class. */
    public static void main(String[] arguments) throws Exception {
        MBeanServer server = ManagementFactory.getPlatformMBeanServer();
        ChaosBeans.registerGood(server, Integer.parseInt(arguments[0]));
        Map<String, ChaosBeans.Bean> bad = ChaosBeans.bad();
        registerMoreBad(bad);
        ChaosBeans.registerBad(server, bad);
        System.out.println("ready");
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, "US-ASCII"));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            obey(server, line.trim().split(" "));
            System.out.println("ok");
        }
    }

    private ChaosHost() {}
}

package remora.bench;

import com.yammer.metrics.Metrics;
import com.yammer.metrics.core.Gauge;
import com.yammer.metrics.core.MetricName;
import com.yammer.metrics.core.MetricsRegistry;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.concurrent.TimeUnit;

/**
 * A JVM without Kafka that has the metrics of a broker, in Yammer's registry. Its argument is a list as {@code remora
 * plan --beans} prints it, of which it takes what Kafka keeps there. The line {@code moving} on standard input lets the
 * values of partitions grow, as records make them grow. It ends with its standard input.
 */
public final class PlannedBeans {
    private static final long MILLI = 1_000_000;

    private static volatile long movingSinceNanos;

    private PlannedBeans() {}

    public static void main(String[] arguments) throws IOException {
        MetricsRegistry registry = Metrics.defaultRegistry();
        try (BufferedReader list = Files.newBufferedReader(Paths.get(arguments[0]), StandardCharsets.UTF_8)) {
            for (String line = list.readLine(); line != null; line = list.readLine()) {
                String[] fields = line.split("\t", 3);
                register(registry, fields[0], fields[1]);
            }
        }
        System.out.println("ready");
        BufferedReader orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String order = orders.readLine(); order != null; order = orders.readLine()) {
            movingSinceNanos = order.equals("moving") ? System.nanoTime() : 0;
        }
        System.exit(0); // Yammer's threads are no daemons
    }

    private static void register(MetricsRegistry registry, String kind, String bean) {
        MetricName name = new MetricName("group", "type", bean, null, bean);
        switch (kind) {
            case "gauge":
                registry.newGauge(name, new Grown(moves(bean)));
                break;
            case "counter":
                registry.newCounter(name);
                break;
            case "meter":
                registry.newMeter(name, "events", TimeUnit.SECONDS);
                break;
            case "histogram":
                registry.newHistogram(name, true);
                break;
            case "timer":
                registry.newTimer(name, TimeUnit.MILLISECONDS, TimeUnit.SECONDS);
                break;
            default: // an MBean of the JVM, or of Kafka's other kind of metrics
                break;
        }
    }

    private static boolean moves(String bean) {
        return bean.contains("name=Size,") || bean.contains("name=LogEndOffset,")
                || bean.contains("type=FetcherLagMetrics,");
    }

    private static final class Grown extends Gauge<Long> {
        private final boolean moves;

        Grown(boolean moves) {
            this.moves = moves;
        }

        @Override
        public Long value() {
            long since = movingSinceNanos;
            return moves && since != 0 ? (System.nanoTime() - since) / MILLI : 0;
        }
    }
}

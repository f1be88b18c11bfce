package remora.bench;

import com.yammer.metrics.core.Counter;
import com.yammer.metrics.core.Gauge;
import com.yammer.metrics.core.Histogram;
import com.yammer.metrics.core.Metered;
import com.yammer.metrics.core.Metric;
import com.yammer.metrics.core.MetricName;
import com.yammer.metrics.core.MetricsRegistry;
import com.yammer.metrics.core.Timer;
import com.yammer.metrics.stats.Snapshot;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.management.Attribute;
import javax.management.MBeanAttributeInfo;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import javax.management.openmbean.CompositeData;

/**
 * The least that reading a broker's numbers can cost: metric objects gathered once, one snapshot a histogram, doubles
 * into a direct buffer. Beans without a metric object are asked through the MBeanServer for their numeric attributes.
 * No guard against misbehaving beans, no clock, no unit ids, nobody who takes the values.
 */
final class Floor {
    private static final double[] QUANTILES = {0.5, 0.75, 0.95, 0.98, 0.99, 0.999};
    private static final Set<String> NEVER_READ = new HashSet<>(Arrays.asList(
            "SystemProperties", "ClassPath", "BootClassPath", "LibraryPath", "InputArguments", "AllThreadIds"));

    private final MBeanServer server;
    private final List<Gauge<?>> gauges = new ArrayList<>();
    private final List<Counter> counters = new ArrayList<>();
    private final List<Metered> meters = new ArrayList<>();
    private final List<Histogram> histograms = new ArrayList<>();
    private final List<Timer> timers = new ArrayList<>();
    private final List<ObjectName> beans = new ArrayList<>();
    private final List<String[]> attributes = new ArrayList<>();
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(8 << 20).order(ByteOrder.LITTLE_ENDIAN);
    private int at;

    Floor(MBeanServer server) {
        this.server = server;
    }

    /** Looks for everything of the broker's and the JVM's domains. */
    void gather() throws Exception {
        Map<MetricName, Metric> metrics = registry().allMetrics();
        List<ObjectName> names = new ArrayList<>();
        for (ObjectName name : server.queryNames(null, null)) {
            String domain = name.getDomain();
            if (domain.startsWith("kafka") || domain.startsWith("org.apache.kafka")
                    || domain.equals("java.lang") || domain.equals("java.nio")) {
                names.add(name);
            }
        }
        // Alike stands beside alike, as in any reader that knows families.
        names.sort((a, b) -> key(a).compareTo(key(b)));
        for (ObjectName name : names) {
            Metric metric = metrics.get(new MetricName("", "", "", null, name.toString()));
            if (metric == null || !add(metric)) {
                addBean(name);
            }
        }
    }

    private static String key(ObjectName name) {
        return name.getDomain() + ':' + name.getKeyProperty("type") + ',' + name.getKeyProperty("name");
    }

    private static MetricsRegistry registry() throws Exception {
        Method method = Class.forName("org.apache.kafka.server.metrics.KafkaYammerMetrics").getMethod("defaultRegistry");
        return (MetricsRegistry) method.invoke(null);
    }

    private boolean add(Metric metric) {
        if (metric instanceof Gauge) {
            Object value;
            try {
                value = ((Gauge<?>) metric).value();
            } catch (RuntimeException e) {
                return true;
            }
            if (value instanceof Number || value instanceof Boolean) {
                gauges.add((Gauge<?>) metric);
            }
        } else if (metric instanceof Timer) {
            timers.add((Timer) metric);
        } else if (metric instanceof Metered) {
            meters.add((Metered) metric);
        } else if (metric instanceof Histogram) {
            histograms.add((Histogram) metric);
        } else if (metric instanceof Counter) {
            counters.add((Counter) metric);
        } else {
            return false;
        }
        return true;
    }

    private void addBean(ObjectName name) {
        List<String> wanted = new ArrayList<>();
        try {
            for (MBeanAttributeInfo info : server.getMBeanInfo(name).getAttributes()) {
                if (!info.isReadable() || NEVER_READ.contains(info.getName())) {
                    continue;
                }
                try {
                    Object value = server.getAttribute(name, info.getName());
                    if (value instanceof Number || value instanceof Boolean || value instanceof CompositeData) {
                        wanted.add(info.getName());
                    }
                } catch (Exception e) {
                    // Not readable after all.
                }
            }
        } catch (Exception e) {
            return;
        }
        if (!wanted.isEmpty()) {
            beans.add(name);
            attributes.add(wanted.toArray(new String[0]));
        }
    }

    int units() {
        return gauges.size() + counters.size() + meters.size() + histograms.size() + timers.size() + beans.size();
    }

    String shape() {
        return "{\"gauges\":" + gauges.size() + ",\"counters\":" + counters.size() + ",\"meters\":" + meters.size()
                + ",\"histograms\":" + histograms.size() + ",\"timers\":" + timers.size() + ",\"beans\":"
                + beans.size() + "}";
    }

    /** One full collection; returns the number of values. */
    int collect() {
        at = 0;
        for (int i = 0; i < gauges.size(); i++) {
            readGauge(gauges.get(i));
        }
        for (int i = 0; i < counters.size(); i++) {
            put(counters.get(i).count());
        }
        for (int i = 0; i < meters.size(); i++) {
            putRates(meters.get(i));
        }
        for (int i = 0; i < histograms.size(); i++) {
            Histogram histogram = histograms.get(i);
            put(histogram.count());
            put(histogram.min());
            put(histogram.max());
            put(histogram.mean());
            put(histogram.stdDev());
            put(histogram.sum());
            putQuantiles(histogram.getSnapshot());
        }
        for (int i = 0; i < timers.size(); i++) {
            Timer timer = timers.get(i);
            putRates(timer);
            put(timer.min());
            put(timer.max());
            put(timer.mean());
            put(timer.stdDev());
            put(timer.sum());
            putQuantiles(timer.getSnapshot());
        }
        for (int i = 0; i < beans.size(); i++) {
            readBean(beans.get(i), attributes.get(i));
        }
        return at / 8;
    }

    private void readGauge(Gauge<?> gauge) {
        try {
            putObject(gauge.value());
        } catch (RuntimeException e) {
            // The topic or client behind it is gone.
        }
    }

    private void readBean(ObjectName name, String[] wanted) {
        try {
            if (wanted.length == 1) {
                putObject(server.getAttribute(name, wanted[0]));
                return;
            }
            for (Object attribute : server.getAttributes(name, wanted)) {
                putObject(((Attribute) attribute).getValue());
            }
        } catch (Exception e) {
            // As above.
        }
    }

    private void putObject(Object value) {
        if (value instanceof Number) {
            put(((Number) value).doubleValue());
        } else if (value instanceof Boolean) {
            put((Boolean) value ? 1 : 0);
        } else if (value instanceof CompositeData) {
            for (Object inner : ((CompositeData) value).values()) {
                putObject(inner);
            }
        }
    }

    private void putRates(Metered meter) {
        put(meter.count());
        put(meter.meanRate());
        put(meter.oneMinuteRate());
        put(meter.fiveMinuteRate());
        put(meter.fifteenMinuteRate());
    }

    private void putQuantiles(Snapshot snapshot) {
        for (double quantile : QUANTILES) {
            put(snapshot.getValue(quantile));
        }
    }

    private void put(double value) {
        buffer.putDouble(at, value);
        at += 8;
    }
}

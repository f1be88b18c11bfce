package remora.bench;

import com.yammer.metrics.core.Histogram;
import com.yammer.metrics.core.Metric;
import com.yammer.metrics.core.MetricName;
import com.yammer.metrics.core.MetricsRegistry;
import com.yammer.metrics.core.Timer;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import javax.management.Attribute;
import javax.management.MBeanAttributeInfo;
import javax.management.MBeanServer;
import javax.management.MBeanServerDelegate;
import javax.management.MBeanServerNotification;
import javax.management.ObjectName;
import javax.management.openmbean.CompositeData;

/**
 * Reads the broker's beans through the MBeanServer, pass by pass, into a {@link TruthLog}. A new bean is read wholly
 * for a few ticks; after that only values of families that the agent's file is known to hold.
 */
final class TruthReader {
    /** Ticks for which a bean is read wholly: the file needs one or two to show that its family is wanted. */
    private static final int WHOLE_GROUPS = 3;
    private static final Set<String> NEVER_READ = new HashSet<>(Arrays.asList(
            "SystemProperties", "ClassPath", "BootClassPath", "LibraryPath", "InputArguments", "AllThreadIds"));
    /** Of a histogram; no attribute of its bean, so it is asked of the metric object. */
    private static final String SUM = "Sum";

    /** One bean and what is read of it. */
    private static final class Bean {
        final ObjectName name;
        final String text;
        final String family;
        /** Path (attribute, or attribute.key of a composite) to the id of its series. */
        final Map<String, Integer> ids = new LinkedHashMap<>();
        String[] attributes;
        Metric sums;
        long firstGroup;
        boolean whole = true;

        Bean(ObjectName name, long group) {
            this.name = name;
            this.text = name.toString();
            this.family = Subject.family(name);
            this.firstGroup = group;
        }
    }

    private final MBeanServer server;
    private final TruthLog.Writer log;
    private final Queue<MBeanServerNotification> changes = new ConcurrentLinkedQueue<>();
    private final Map<ObjectName, Bean> beans = new LinkedHashMap<>();
    private final Set<String> seen = new HashSet<>();
    private final Set<String> wanted = new HashSet<>();
    private final List<Object[]> fresh = new ArrayList<>();
    private final Set<Long> groups = new HashSet<>();
    private boolean wantedChanged;

    TruthReader(MBeanServer server, TruthLog.Writer log) throws Exception {
        this.server = server;
        this.log = log;
        server.addNotificationListener(MBeanServerDelegate.DELEGATE_NAME,
                (notification, handback) -> changes.add((MBeanServerNotification) notification), null, null);
        for (ObjectName name : server.queryNames(null, null)) {
            add(name, 0);
        }
    }

    /** The agent's file holds this value: its like are worth reading. */
    void want(String bean, String attribute) {
        if (!seen.add(bean + '\0' + attribute)) {
            return;
        }
        wantedChanged |= wanted.add(Subject.family(Subject.parse(bean)) + '\0' + attribute);
    }

    /** Everything once. {@code group}: the tick that the pass belongs to, ms. */
    void pass(long group) throws IOException {
        groups.add(group);
        List<Bean> gone = takeChanges(group);
        describe();
        for (Bean bean : beans.values()) {
            if (bean.whole && bean.firstGroup != group && since(bean.firstGroup) > WHOLE_GROUPS
                    || wantedChanged && !bean.whole) {
                narrow(bean);
            }
        }
        wantedChanged = false;
        log.begin(group, micros());
        for (Bean bean : gone) {
            putAll(bean, TruthLog.ABSENT);
        }
        for (Bean bean : beans.values()) {
            read(bean);
        }
        log.end(micros());
        for (Object[] found : fresh) {
            Bean bean = (Bean) found[0];
            bean.ids.put((String) found[1], log.define(bean.text, (String) found[1]));
        }
        fresh.clear();
    }

    static long micros() {
        Instant now = Instant.now();
        return now.getEpochSecond() * 1_000_000 + now.getNano() / 1000;
    }

    private long since(long group) {
        return groups.stream().filter(other -> other >= group).count();
    }

    private void add(ObjectName name, long group) {
        String domain = name.getDomain();
        if (domain.startsWith("kafka") || domain.startsWith("org.apache.kafka") || domain.equals("java.lang")
                || domain.equals("java.nio")) {
            Bean known = beans.get(name);
            if (known == null) {
                beans.put(name, new Bean(name, group));
            } else {
                // Kafka registers a bean anew for each attribute that it adds.
                known.attributes = null;
                known.whole = true;
                known.firstGroup = group;
            }
        }
    }

    private List<Bean> takeChanges(long group) {
        List<Bean> gone = new ArrayList<>();
        for (MBeanServerNotification change = changes.poll(); change != null; change = changes.poll()) {
            ObjectName name = change.getMBeanName();
            if (change.getType().equals(MBeanServerNotification.REGISTRATION_NOTIFICATION)) {
                add(name, group);
            } else if (beans.containsKey(name) && !server.isRegistered(name)) {
                gone.add(beans.remove(name));
            }
        }
        return gone;
    }

    /** Finds out what new beans have, and gives their values ids. */
    private void describe() throws IOException {
        Map<MetricName, Metric> metrics = null;
        for (Bean bean : beans.values()) {
            if (bean.attributes != null) {
                continue;
            }
            List<String> readable = new ArrayList<>();
            try {
                for (MBeanAttributeInfo info : server.getMBeanInfo(bean.name).getAttributes()) {
                    String attribute = info.getName();
                    if (info.isReadable() && !NEVER_READ.contains(attribute)
                            && Subject.excluded(bean.text, attribute) == null) {
                        readable.add(attribute);
                    }
                }
            } catch (Exception e) {
                // Gone again.
            }
            bean.attributes = readable.toArray(new String[0]);
            if (bean.name.getDomain().startsWith("kafka") && readable.contains("99thPercentile")) {
                metrics = metrics == null ? metrics() : metrics;
                bean.sums = metrics.get(new MetricName("", "", "", null, bean.text));
                if (bean.sums != null) {
                    bean.ids.computeIfAbsent(SUM, path -> define(bean, path));
                }
            }
        }
    }

    private Integer define(Bean bean, String path) {
        try {
            return log.define(bean.text, path);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Map<MetricName, Metric> metrics() {
        try {
            Class<?> owner = Class.forName("org.apache.kafka.server.metrics.KafkaYammerMetrics");
            return ((MetricsRegistry) owner.getMethod("defaultRegistry").invoke(null)).allMetrics();
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    /** From now on only what the file is known to hold. */
    private void narrow(Bean bean) {
        Set<String> left = new HashSet<>();
        for (String path : bean.ids.keySet()) {
            if (wanted.contains(bean.family + '\0' + path)) {
                left.add(path.indexOf('.') < 0 || bean.text.startsWith("kafka") ? path
                        : path.substring(0, path.indexOf('.')));
            }
        }
        bean.whole = false;
        left.remove(SUM);
        bean.attributes = left.toArray(new String[0]);
    }

    private boolean reads(Bean bean, String path) {
        return bean.whole || wanted.contains(bean.family + '\0' + path);
    }

    private void putAll(Bean bean, long bits) throws IOException {
        for (int id : bean.ids.values()) {
            log.putBits(id, bits);
        }
    }

    private void read(Bean bean) throws IOException {
        Set<String> missing = new HashSet<>(bean.ids.keySet());
        if (bean.attributes.length > 0) {
            try {
                for (Object entry : server.getAttributes(bean.name, bean.attributes)) {
                    Attribute attribute = (Attribute) entry;
                    take(bean, attribute.getName(), attribute.getValue(), missing);
                }
            } catch (Exception e) {
                // The bean has gone, or a listener will say so soon.
            }
        }
        if (bean.sums != null && reads(bean, SUM)) {
            Metric metric = bean.sums;
            take(bean, SUM, metric instanceof Histogram ? ((Histogram) metric).sum() : ((Timer) metric).sum(), missing);
        }
        for (String path : missing) {
            log.putBits(bean.ids.get(path), reads(bean, path) ? TruthLog.ABSENT : TruthLog.UNREAD);
        }
    }

    private void take(Bean bean, String path, Object value, Set<String> missing) throws IOException {
        if (value instanceof CompositeData) {
            CompositeData data = (CompositeData) value;
            for (String key : data.getCompositeType().keySet()) {
                Object inner = data.get(key);
                if (inner instanceof Number || inner instanceof Boolean) {
                    take(bean, path + '.' + key, inner, missing);
                }
            }
            return;
        }
        if (!(value instanceof Number || value instanceof Boolean || value instanceof String)) {
            return;
        }
        Integer id = bean.ids.get(path);
        if (id == null) {
            // Defined after this pass; the next one has its value.
            fresh.add(new Object[] {bean, path});
            return;
        }
        missing.remove(path);
        if (value instanceof Number) {
            log.put(id, ((Number) value).doubleValue() * Subject.scale(bean.text, path));
        } else if (value instanceof Boolean) {
            log.put(id, (Boolean) value ? 1 : 0);
        } else {
            log.putBits(id, TruthLog.TEXT);
        }
    }
}

package remora.shim;

import java.util.Map;
import java.util.WeakHashMap;
import javax.management.InstanceNotFoundException;
import javax.management.ObjectName;

/** Describes beans by the metric object behind them: tier 1. Collector thread. */
final class MetricDescriber {
    private final MBeanCatalog catalog;
    private final MetricReader metrics;
    /** Metric objects of gauges whose value was found to be text. */
    private final Map<Object, Boolean> texts = new WeakHashMap<>();

    /** {@code metrics}: null where the host has no metric registry. */
    MetricDescriber(MBeanCatalog catalog, MetricReader metrics) {
        this.catalog = catalog;
        this.metrics = metrics;
    }

    /** Null when the bean has no metric object. */
    Object find(ObjectName name) {
        try {
            return metrics == null ? null : metrics.find(name.toString());
        } catch (Throwable cause) {
            return null;
        }
    }

    /** A Wire.BeanKind; negative for null and for what is read as an MBean. */
    int kindOf(Object metric) {
        return metric == null ? -1 : metrics.kindOf(metric);
    }

    /**
     * Existence is the MBeanServer's word. A gauge is taken for a number, and its value looked at only where
     * {@code isRead}: nobody may want it, and it may be expensive. Foreign code: nothing of ours is changed.
     */
    Description describe(ObjectName name, Object metric, int kind, boolean isRead) throws InstanceNotFoundException {
        Description description = new Description();
        description.kind = kind;
        description.source = metric;
        description.gaugeType = texts.containsKey(metric) ? Wire.ValueType.TEXT : Wire.ValueType.NUMBER;
        if (!catalog.has(name)) {
            throw new InstanceNotFoundException(name.toString());
        }
        if (kind == Wire.BeanKind.GAUGE && isRead) {
            int type = Scratch.typeOf(metrics.gaugeValue(metric));
            description.incomplete = type == Wire.ValueType.OTHER;
            if (!description.incomplete) {
                description.gaugeType = type == Wire.ValueType.TEXT ? type : Wire.ValueType.NUMBER;
            }
        }
        return description;
    }

    /**
     * Keeps what {@link #describe} found, also of a gauge that the core does not want now: offered as a number again it
     * would be a unit until its next read.
     */
    void remember(Description description) {
        if (description.gaugeType == Wire.ValueType.TEXT) {
            texts.put(description.source, true);
        } else {
            texts.remove(description.source);
        }
    }
}

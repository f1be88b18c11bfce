package remora.shim;

import com.yammer.metrics.core.Counter;
import com.yammer.metrics.core.Gauge;
import com.yammer.metrics.core.Histogram;
import com.yammer.metrics.core.Metered;
import com.yammer.metrics.core.Metric;
import com.yammer.metrics.core.MetricName;
import com.yammer.metrics.core.MetricsRegistry;
import com.yammer.metrics.core.Sampling;
import com.yammer.metrics.core.Summarizable;
import com.yammer.metrics.core.Timer;
import com.yammer.metrics.stats.Snapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Tier 1 over Yammer metrics 2.2. A {@link MetricName} equals another when both have the same MBean name, so the
 * registry's own map serves as the index and nothing is kept here.
 */
final class YammerReader implements MetricReader {
    private final List<Map<MetricName, Metric>> metrics = new ArrayList<>();

    /** {@code registries}: objects of class {@link MetricsRegistry}. */
    YammerReader(List<Object> registries) {
        for (Object registry : registries) {
            metrics.add(((MetricsRegistry) registry).allMetrics());
        }
    }

    @Override
    public Object find(String name) {
        MetricName key = new MetricName("", "", "", null, name);
        for (Map<MetricName, Metric> map : metrics) {
            Metric metric = map.get(key);
            if (metric != null) {
                return metric;
            }
        }
        return null;
    }

    @Override
    public int kindOf(Object metric) {
        if (metric instanceof Gauge) {
            return Wire.BeanKind.GAUGE;
        }
        if (metric instanceof Timer) {
            return Wire.BeanKind.TIMER;
        }
        if (metric instanceof Metered) {
            return Wire.BeanKind.METER;
        }
        if (metric instanceof Histogram) {
            return Wire.BeanKind.HISTOGRAM;
        }
        return metric instanceof Counter ? Wire.BeanKind.COUNTER : -1;
    }

    @Override
    public Object gaugeValue(Object metric) {
        return ((Gauge<?>) metric).value();
    }

    @Override
    public int read(int kind, Object metric, Object plan, Scratch scratch) {
        switch (kind) {
            case Wire.BeanKind.GAUGE:
                return readGauge(((Gauge<?>) metric).value(), scratch);
            case Wire.BeanKind.COUNTER:
                scratch.values[0] = ((Counter) metric).count();
                return 1;
            case Wire.BeanKind.METER:
                return readMeter((Metered) metric, (byte[]) plan, scratch.values);
            case Wire.BeanKind.HISTOGRAM:
                return readSampled((Sampling) metric, ((Histogram) metric).count(), (HistogramPlan) plan, scratch);
            case Wire.BeanKind.TIMER:
                return readSampled((Sampling) metric, ((Timer) metric).count(), (HistogramPlan) plan, scratch);
            default:
                return -Wire.ReadStatus.NOT_NUMBER;
        }
    }

    private static int readGauge(Object value, Scratch scratch) {
        if (value instanceof Number) {
            scratch.values[0] = ((Number) value).doubleValue();
            return 1;
        }
        if (value instanceof Boolean) {
            scratch.values[0] = (Boolean) value ? 1 : 0;
            return 1;
        }
        String text = Scratch.textOf(value);
        if (text == null) {
            return -Wire.ReadStatus.NOT_NUMBER;
        }
        scratch.text(0, text);
        return 1;
    }

    private static int readMeter(Metered meter, byte[] stats, double[] values) {
        for (int i = 0; i < stats.length; i++) {
            values[i] = rate(meter, stats[i]);
        }
        return stats.length;
    }

    /** A histogram or a timer. */
    private static int readSampled(Sampling metric, long count, HistogramPlan plan, Scratch scratch) {
        byte[] stats = plan.stats;
        double[] values = scratch.values;
        scratch.count = count;
        Snapshot snapshot = plan.needsSnapshot(count) ? metric.getSnapshot() : null;
        for (int i = 0; i < stats.length; i++) {
            int stat = stats[i];
            if (stat >= Wire.Stat.P50) {
                values[i] = snapshot == null ? plan.quantile(i) : snapshot.getValue(quantile(stat));
            } else if (stat >= Wire.Stat.MIN) {
                values[i] = summary((Summarizable) metric, stat);
            } else {
                values[i] = stat == Wire.Stat.COUNT ? count
                        : metric instanceof Metered ? rate((Metered) metric, stat) : Scratch.NO_VALUE;
            }
        }
        return stats.length;
    }

    private static double rate(Metered meter, int stat) {
        switch (stat) {
            case Wire.Stat.COUNT:
                return meter.count();
            case Wire.Stat.MEAN_RATE:
                return meter.meanRate();
            case Wire.Stat.ONE_MINUTE_RATE:
                return meter.oneMinuteRate();
            case Wire.Stat.FIVE_MINUTE_RATE:
                return meter.fiveMinuteRate();
            case Wire.Stat.FIFTEEN_MINUTE_RATE:
                return meter.fifteenMinuteRate();
            default:
                return Scratch.NO_VALUE;
        }
    }

    private static double summary(Summarizable summary, int stat) {
        switch (stat) {
            case Wire.Stat.MIN:
                return summary.min();
            case Wire.Stat.MAX:
                return summary.max();
            case Wire.Stat.MEAN:
                return summary.mean();
            case Wire.Stat.STD_DEV:
                return summary.stdDev();
            case Wire.Stat.SUM:
                return summary.sum();
            default:
                return Scratch.NO_VALUE;
        }
    }

    private static double quantile(int stat) {
        switch (stat) {
            case Wire.Stat.P50:
                return 0.5;
            case Wire.Stat.P75:
                return 0.75;
            case Wire.Stat.P95:
                return 0.95;
            case Wire.Stat.P98:
                return 0.98;
            case Wire.Stat.P99:
                return 0.99;
            default:
                return 0.999;
        }
    }
}

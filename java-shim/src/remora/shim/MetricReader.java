package remora.shim;

/**
 * Tier 1: reads metric objects of a registry. The only implementation links against the Yammer library and is loaded
 * only where that library is.
 */
interface MetricReader {
    /** The metric behind an MBean, or null. {@code name}: the ObjectName as registered. */
    Object find(String name);

    /** {@link Wire.BeanKind} of a metric object, or -1 for a kind that is read through its MBean. */
    int kindOf(Object metric);

    /** Value of a gauge: foreign code, may do anything. */
    Object gaugeValue(Object metric);

    /**
     * Reads a metric of {@code kind} into {@code scratch}.
     *
     * @param plan the statistics wanted, byte[] of {@link Wire.Stat}; for histograms and timers {@link HistogramPlan}
     * @return the number of values, or a negated {@link Wire.ReadStatus}
     */
    int read(int kind, Object metric, Object plan, Scratch scratch);
}

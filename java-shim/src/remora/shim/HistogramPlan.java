package remora.shim;

import java.util.concurrent.TimeUnit;

/**
 * The statistics wanted of one histogram or timer, and its quantiles while it stands still. Yammer's quantiles depend
 * on nothing but the updates, and a snapshot copies and sorts up to 1,028 numbers: most of what a quiet broker's
 * histograms cost.
 *
 * <p>An update is counted first and sampled right after. A snapshot is therefore kept only when the count has not moved
 * for {@link #SETTLED_NANOS} before it; whoever is between the two for that long is seen with the next update.
 *
 * <p>Collector thread only, and {@link #took} only when it has not been given up.
 */
final class HistogramPlan {
    private static final long SETTLED_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

    /** {@link Wire.Stat} of each value. */
    final byte[] stats;

    private final double[] quantiles;
    private final boolean hasQuantiles;
    private long count = -1;
    private long sinceNanos;
    private boolean known;

    HistogramPlan(byte[] stats) {
        this.stats = stats;
        quantiles = new double[stats.length];
        boolean any = false;
        for (byte stat : stats) {
            any |= stat >= Wire.Stat.P50;
        }
        hasQuantiles = any;
    }

    /** Whether a quantile is wanted that {@link #quantile} does not have for this count. */
    boolean needsSnapshot(long count) {
        return hasQuantiles && !(known && this.count == count);
    }

    /** Quantile of slot {@code slot}, which must be one; only when no snapshot is needed. */
    double quantile(int slot) {
        return quantiles[slot];
    }

    /** A read is over. {@code count}: as it was before the values were taken. */
    void took(long count, double[] values, long nowNanos) {
        if (count != this.count) {
            this.count = count;
            sinceNanos = nowNanos;
            known = false;
        } else if (!known && nowNanos - sinceNanos >= SETTLED_NANOS) {
            System.arraycopy(values, 0, quantiles, 0, quantiles.length);
            known = true;
        }
    }

    /** The same statistics of another metric object. */
    HistogramPlan renewed() {
        return new HistogramPlan(stats);
    }
}

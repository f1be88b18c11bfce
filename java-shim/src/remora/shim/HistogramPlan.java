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
    private static final long SETTLED_NANOS = TimeUnit.SECONDS.toNanos(1) / 2;

    /** {@link Wire.Stat} of each value. */
    final byte[] stats;

    private final double[] quantiles;
    private long count = -1;
    private long sinceNanos;
    private boolean known;

    HistogramPlan(byte[] stats) {
        this.stats = stats;
        quantiles = new double[stats.length];
    }

    /** Whether {@link #quantile} has those of a histogram with this count. */
    boolean knows(long count) {
        return known && this.count == count;
    }

    /** Quantile of slot {@code slot}, which must be one. */
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

package com.yammer.metrics.core;

import com.yammer.metrics.stats.Snapshot;

public class Timer implements Metered, Sampling, Summarizable {
    public long count() {
        return 0;
    }

    public double meanRate() {
        return 0;
    }

    public double oneMinuteRate() {
        return 0;
    }

    public double fiveMinuteRate() {
        return 0;
    }

    public double fifteenMinuteRate() {
        return 0;
    }

    public double max() {
        return 0;
    }

    public double min() {
        return 0;
    }

    public double mean() {
        return 0;
    }

    public double stdDev() {
        return 0;
    }

    public double sum() {
        return 0;
    }

    public Snapshot getSnapshot() {
        return null;
    }
}

package com.yammer.metrics.core;

import com.yammer.metrics.stats.Snapshot;

public class Histogram implements Metric, Sampling, Summarizable {
    public long count() {
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

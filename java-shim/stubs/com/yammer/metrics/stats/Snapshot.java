package com.yammer.metrics.stats;

public class Snapshot {
    public double getValue(double quantile) {
        return 0;
    }
}

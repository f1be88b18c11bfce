package com.yammer.metrics.core;

public interface Metered extends Metric {
    long count();

    double meanRate();

    double oneMinuteRate();

    double fiveMinuteRate();

    double fifteenMinuteRate();
}

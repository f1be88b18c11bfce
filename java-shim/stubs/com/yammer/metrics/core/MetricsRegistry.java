package com.yammer.metrics.core;

import java.util.Map;

public class MetricsRegistry {
    public Map<MetricName, Metric> allMetrics() {
        return null;
    }
}

package com.yammer.metrics.core;

public class MetricName {
    public MetricName(String group, String type, String name, String scope, String mBeanName) {}
}

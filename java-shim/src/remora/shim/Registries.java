package remora.shim;

import java.lang.instrument.Instrumentation;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;

/** Finds the Yammer registries of the host, if it has any. */
final class Registries {
    private static final String YAMMER_REGISTRY = "com.yammer.metrics.core.MetricsRegistry";
    private static final String KAFKA_HOLDER = "org.apache.kafka.server.metrics.KafkaYammerMetrics";
    private static final String KAFKA_2_HOLDER = "kafka.metrics.KafkaYammerMetrics";  // 2.6 to 2.8
    private static final String LIBRARY_HOLDER = "com.yammer.metrics.Metrics";

    /**
     * A reader over every registry found, or null. The library's own default registry starts a reporter and a shutdown
     * hook when its class is initialised, so it is asked only where Kafka has no registry of its own or the class is
     * in use anyway. {@code instrumentation} may be null.
     */
    static MetricReader reader(Instrumentation instrumentation) {
        ClassLoader loader = Registries.class.getClassLoader();
        try {
            Class.forName(YAMMER_REGISTRY, false, loader);
        } catch (Throwable absent) {
            return null;
        }
        List<Object> found = new ArrayList<>();
        addDefault(found, KAFKA_HOLDER, loader);
        addDefault(found, KAFKA_2_HOLDER, loader);
        if (found.isEmpty() || isLoaded(instrumentation, LIBRARY_HOLDER)) {
            addDefault(found, LIBRARY_HOLDER, loader);
        }
        try {
            return found.isEmpty() ? null : new YammerReader(found);
        } catch (Throwable mismatch) {
            Log.warn("metric registry of an unknown make, reading through the MBean server: " + Log.text(mismatch));
            return null;
        }
    }

    private static void addDefault(List<Object> found, String holder, ClassLoader loader) {
        try {
            Method method = Class.forName(holder, true, loader).getMethod("defaultRegistry");
            Object registry = method.invoke(null);
            if (registry != null && !found.contains(registry)) {
                found.add(registry);
            }
        } catch (Throwable absent) {
            // This host keeps its metrics elsewhere.
        }
    }

    private static boolean isLoaded(Instrumentation instrumentation, String name) {
        if (instrumentation == null) {
            return false;
        }
        for (Class<?> loaded : instrumentation.getAllLoadedClasses()) {
            if (loaded.getName().equals(name)) {
                return true;
            }
        }
        return false;
    }

    private Registries() {}
}

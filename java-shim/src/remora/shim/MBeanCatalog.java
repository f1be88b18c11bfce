package remora.shim;

import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.MBeanServerDelegate;
import javax.management.MBeanServerNotification;
import javax.management.Notification;
import javax.management.NotificationListener;
import javax.management.ObjectName;

/**
 * What exists: names by query, then what comes and goes by notification. A broker's thread that registers an MBean
 * pays for one map entry; everything else happens on the collector thread. Events of one name replace each other.
 */
final class MBeanCatalog implements NotificationListener {
    /** A name must be quiet for this long: Kafka registers a bean anew for each attribute it adds. */
    static final long QUIET_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

    private static final int PENDING_MAX = 200_000;
    private static final String[] DOMAINS = {"kafka", "org.apache.kafka.", "io.confluent.", "java.lang", "java.nio"};
    private static final String[] NEVER = {"JMImplementation", "jdk.management.jfr"};

    private final MBeanServer server;
    private final String[] more;
    private final boolean all;
    private final ConcurrentHashMap<ObjectName, Long> pending = new ConcurrentHashMap<>();
    private volatile boolean overflowed;

    /** {@code domains}: more domain prefixes, separated by ':'; "*" for every domain. */
    MBeanCatalog(MBeanServer server, String domains) {
        this.server = server;
        this.all = domains.equals("*");
        this.more = domains.isEmpty() ? new String[0] : domains.split(":");
    }

    /** Begins to listen. Before the first query, so that nothing falls between. */
    void open() throws JMException {
        server.addNotificationListener(MBeanServerDelegate.DELEGATE_NAME, this, null, null);
    }

    void close() {
        try {
            server.removeNotificationListener(MBeanServerDelegate.DELEGATE_NAME, this);
        } catch (Exception e) {
            // Never opened, or the host is past caring.
        }
        pending.clear();
    }

    /** On a thread of the host: must be quick and must not throw. */
    @Override
    public void handleNotification(Notification notification, Object handback) {
        try {
            if (!(notification instanceof MBeanServerNotification)) {
                return;
            }
            boolean registered = MBeanServerNotification.REGISTRATION_NOTIFICATION.equals(notification.getType());
            put(((MBeanServerNotification) notification).getMBeanName(), registered, System.nanoTime());
        } catch (Throwable cause) {
            overflowed = true;
        }
    }

    void put(ObjectName name, boolean registered, long nowNanos) {
        if (pending.size() >= PENDING_MAX) {
            overflowed = true;
            return;
        }
        pending.put(name, nowNanos & ~1L | (registered ? 1 : 0));
    }

    boolean hasPending() {
        return overflowed || !pending.isEmpty();
    }

    /** True once after events were lost: only a new query tells the truth then. */
    boolean takeOverflow() {
        if (!overflowed) {
            return false;
        }
        overflowed = false;
        pending.clear();
        return true;
    }

    /** Events, weakly consistent; see {@link #take}. */
    Iterator<Map.Entry<ObjectName, Long>> events() {
        return pending.entrySet().iterator();
    }

    static boolean isRegistered(long event) {
        return (event & 1) != 0;
    }

    /** An unregistration counts at once, a registration when its name has been quiet. */
    static boolean isReady(long event, long nowNanos) {
        return !isRegistered(event) || nowNanos - event >= QUIET_NANOS;
    }

    /** Takes an event out; false when a newer one has replaced it. */
    boolean take(ObjectName name, Long event) {
        return pending.remove(name, event);
    }

    String[] domains() {
        return server.getDomains();
    }

    Set<ObjectName> names(String domain) throws JMException {
        return server.queryNames(new ObjectName(domain + ":*"), null);
    }

    /** Whether the bean is registered now. */
    boolean has(ObjectName name) {
        return server.isRegistered(name);
    }

    /** Worth describing through the MBean server. Metrics of a registry are wanted whatever their domain. */
    boolean wantsDomain(String domain) {
        for (String never : NEVER) {
            if (domain.equals(never)) {
                return false;
            }
        }
        return all || hasPrefix(domain, DOMAINS) || hasPrefix(domain, more);
    }

    private static boolean hasPrefix(String domain, String[] prefixes) {
        for (String prefix : prefixes) {
            if (domain.startsWith(prefix)) {
                return true;
            }
        }
        return false;
    }
}

package remora.shim;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import javax.management.ObjectName;

/** Beans whose description was incomplete or failed, to be looked at again: after 5 s, then more seldom. */
final class Retries {
    private static final long FIRST_NANOS = TimeUnit.SECONDS.toNanos(5);
    /** An alert may be among them: it is not out of sight for longer than a minute. */
    static final long LAST_NANOS = TimeUnit.SECONDS.toNanos(60);
    static final int BEANS_MAX = 4096;
    /** To look at everything is expensive: each time within this after the last one waits twice as long. */
    private static final long FORGOTTEN_LAST_NANOS = TimeUnit.MINUTES.toNanos(10);

    private static final class Entry {
        long dueNanos;
        long delayNanos;
        int hash;
        boolean isSent;
    }

    private final Map<ObjectName, Entry> entries = new LinkedHashMap<>();
    private long nextNanos;
    private boolean forgets;
    private boolean hasForgotten;
    private long forgottenDelayNanos;  // 0: there was room for all so far
    private long forgottenNanos;

    /** {@code hash}: of the description that is offered now. A bean seen before waits twice as long. */
    void add(ObjectName name, int hash, long nowNanos) {
        Entry entry = entries.get(name);
        if (entry == null) {
            if (entries.size() >= BEANS_MAX) {
                forget(nowNanos);
                return;
            }
            entry = new Entry();
            entries.put(name, entry);
        }
        entry.delayNanos = entry.delayNanos == 0 ? FIRST_NANOS : Math.min(LAST_NANOS, entry.delayNanos * 2);
        entry.dueNanos = nowNanos + entry.delayNanos;
        entry.hash = hash;
        entry.isSent = true;
        if (entries.size() == 1 || entry.dueNanos - nextNanos < 0) {
            nextNanos = entry.dueNanos;
        }
    }

    private void forget(long nowNanos) {
        if (forgets) {
            return;
        }
        forgets = true;
        hasForgotten = true;
        boolean again = forgottenDelayNanos != 0 && nowNanos - forgottenNanos < FORGOTTEN_LAST_NANOS;
        forgottenDelayNanos = again ? Math.min(FORGOTTEN_LAST_NANOS, 2 * forgottenDelayNanos) : FIRST_NANOS;
        forgottenNanos = nowNanos + forgottenDelayNanos;
    }

    /** True once when beans had no room here and it is time to look at all that there are. */
    boolean takeForgotten(long nowNanos) {
        if (!forgets || nowNanos - forgottenNanos < 0) {
            return false;
        }
        forgets = false;
        return true;
    }

    /** True when the core may know of a bean that had no room here. */
    boolean hasForgotten() {
        return hasForgotten;
    }

    /** Every bean that there is was offered: those that cannot be described are here, or have no room again. */
    void swept() {
        hasForgotten = forgets;
    }

    /** True when it was to be looked at again. */
    boolean remove(ObjectName name) {
        return entries.remove(name) != null;
    }

    boolean contains(ObjectName name) {
        return entries.containsKey(name);
    }

    /** The core did not take what was offered of the bean. */
    void markUnsent(ObjectName name) {
        Entry entry = entries.get(name);
        if (entry != null) {
            entry.isSent = false;
        }
    }

    /** The core wants everything anew. */
    void markAllUnsent() {
        for (Entry entry : entries.values()) {
            entry.isSent = false;
        }
    }

    /** True when the bean was last offered exactly so, and the core took it. */
    boolean isKnown(ObjectName name, int hash) {
        Entry entry = entries.get(name);
        return entry != null && entry.isSent && entry.hash == hash;
    }

    /** Names due now; empty nearly always. */
    List<ObjectName> due(long nowNanos) {
        List<ObjectName> due = new ArrayList<>();
        if (entries.isEmpty() || nowNanos - nextNanos < 0) {
            return due;
        }
        nextNanos = nowNanos + FIRST_NANOS;
        for (Map.Entry<ObjectName, Entry> entry : entries.entrySet()) {
            if (nowNanos - entry.getValue().dueNanos >= 0) {
                entry.getValue().dueNanos = nowNanos + LAST_NANOS;
                due.add(entry.getKey());
            } else if (entry.getValue().dueNanos - nextNanos < 0) {
                nextNanos = entry.getValue().dueNanos;
            }
        }
        return due;
    }
}

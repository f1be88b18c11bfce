package remora.shim;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.management.ObjectName;

/** Collector threads that hang in foreign code and were given up, with the bean each hangs in. */
final class Stuck {
    /** More than this many at a time are not borne. */
    static final int THREADS_MAX = 4;

    private static final class Entry {
        final ObjectName name;
        volatile boolean returned;

        Entry(ObjectName name) {
            this.name = name;
        }
    }

    private final List<Entry> entries = new CopyOnWriteArrayList<>();
    private volatile int count;

    /** Supervisor. {@code name}: null when the call was about no bean in particular. Returns what to run on return. */
    Runnable add(ObjectName name) {
        Entry entry = new Entry(name);
        entries.add(entry);
        count = entries.size();
        return () -> entry.returned = true;
    }

    /** Threads that have not come back. */
    int alive() {
        int alive = 0;
        for (Entry entry : entries) {
            alive += entry.returned ? 0 : 1;
        }
        return alive;
    }

    /** True when no bean is held: saves looking at names. */
    boolean isEmpty() {
        return count == 0;
    }

    /** Collector: true while a given-up thread hangs in this bean, which is then left alone. */
    boolean holds(ObjectName name) {
        if (count == 0) {
            return false;
        }
        for (Entry entry : entries) {
            if (entry.returned) {
                entries.remove(entry);
                count = entries.size();
            } else if (name.equals(entry.name)) {
                return true;
            }
        }
        return false;
    }
}

package remora.shim;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.management.ObjectName;

/**
 * Collector threads that hang in foreign code and were given up, with the bean each hangs in. What would most likely
 * cost one more thread waits for them: the beans alike, and everything once there are as many as may be.
 */
final class Stuck {
    /** So many threads may hang at a time. */
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

    /** True when no thread hangs: saves looking at names. */
    boolean isEmpty() {
        return count == 0;
    }

    /** True when one thread more would be too many: then no foreign code is entered. */
    boolean isFull() {
        return alive() >= THREADS_MAX;
    }

    /** Collector: forgets the threads that have come back. True when there were any. */
    boolean takeReturned() {
        if (count == 0 || !entries.removeIf(entry -> entry.returned)) {
            return false;
        }
        count = entries.size();
        return true;
    }

    /** Collector: true while a call of {@code name} has to wait. */
    boolean holds(ObjectName name) {
        if (count == 0) {
            return false;
        }
        for (Entry entry : entries) {
            if (!entry.returned && entry.name != null && isAlike(name, entry.name)) {
                return true;
            }
        }
        return isFull();
    }

    /** Collector: true while a call of the MBeanServer about no bean in particular has to wait. */
    boolean holdsServer() {
        if (count == 0) {
            return false;
        }
        for (Entry entry : entries) {
            if (!entry.returned && entry.name == null) {
                return true;
            }
        }
        return isFull();
    }

    /** Same domain, type and name: the same code behind them, most likely the same lock. */
    private static boolean isAlike(ObjectName left, ObjectName right) {
        // By the text: an ObjectName that is asked for a property keeps a map of them for good.
        String a = left.getCanonicalName();
        String b = right.getCanonicalName();
        int domain = a.indexOf(':') + 1;
        return a.regionMatches(0, b, 0, domain) && isSame("type=", a, b, domain) && isSame("name=", a, b, domain);
    }

    private static boolean isSame(String key, String a, String b, int domain) {
        int atA = valueOf(key, a, domain);
        int atB = valueOf(key, b, domain);
        if (atA < 0 || atB < 0) {
            return atA == atB;
        }
        int length = length(a, atA);
        return length == length(b, atB) && a.regionMatches(atA, b, atB, length);
    }

    /** Where the value of a key begins; -1 without the key. */
    private static int valueOf(String key, String name, int domain) {
        int at = name.indexOf(key, domain);
        while (at > domain && name.charAt(at - 1) != ',') {
            at = name.indexOf(key, at + 1);
        }
        return at < 0 ? -1 : at + key.length();
    }

    private static int length(String name, int from) {
        int comma = name.indexOf(',', from);
        return (comma < 0 ? name.length() : comma) - from;
    }
}

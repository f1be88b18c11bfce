package remora.shim;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import javax.management.ObjectName;

/**
 * Beans whose calls hang or have hung, and the collector threads that were given up in them. Calls of beans like one
 * that hangs are held, also for a while after its thread has returned. Beans that have hung are tried again one at a
 * time. At the limit of hanging threads every call is held.
 */
final class Stuck {
    /** The most threads that may hang at a time. The last one is for reads of beans that have not hung yet. */
    static final int THREADS_MAX = 8;
    /** The longest rest: an alert may be among the beans that rest, and is missed for no longer than this. */
    static final long REST_MAX_NANOS = TimeUnit.SECONDS.toNanos(60);
    /** After this time since its thread returned a bean counts as one that has not hung. */
    private static final long REMEMBERED_NANOS = TimeUnit.MINUTES.toNanos(10);
    /** The most beans that have hung and do not hang now. */
    private static final int REMEMBERED_MAX = 16;

    private static final class Entry {
        final ObjectName name;
        final long restNanos;
        /** It hung when it was tried again: of such reads one runs at a time. */
        final boolean isProbe;
        volatile boolean returned;
        boolean rests;
        long returnedNanos;

        Entry(ObjectName name, long restNanos, boolean isProbe) {
            this.name = name;
            this.restNanos = restNanos;
            this.isProbe = isProbe;
        }

        boolean hangs() {
            return returnedNanos == 0;
        }
    }

    /** Changed by the supervisor while no collector runs, and by the collector. */
    private final List<Entry> entries = new CopyOnWriteArrayList<>();
    private volatile int count;
    // As of the last add() or update(). A thread that has returned since then is still counted, which holds more calls
    // than needed, and never fewer.
    private volatile boolean noThreadLeft;
    private volatile boolean oneThreadLeft;
    private volatile boolean probeHangs;
    private boolean sweepHoldLogged;

    /**
     * Supervisor: a thread hangs in a call of {@code name}, which is null when the call was about no bean in
     * particular. {@code restNanos}: how long such beans rest when the thread has returned; twice as long after each
     * further hang. Returns what the thread has to run when it returns.
     */
    Runnable add(ObjectName name, long restNanos) {
        Entry before = find(name);
        long rest = before == null ? restNanos : Math.min(REST_MAX_NANOS, 2 * before.restNanos);
        Entry entry = new Entry(name, rest, before != null);
        if (before != null && !before.hangs()) {
            entries.remove(before);
        }
        entries.add(entry);
        recount();
        return () -> entry.returned = true;
    }

    /** Collector: takes note of threads that have returned and of rests that are over. True when there were any. */
    boolean update(long nowNanos) {
        if (count == 0) {
            return false;
        }
        boolean changed = false;
        for (Entry entry : entries) {
            if (entry.hangs() && entry.returned) {
                entry.returnedNanos = nowNanos == 0 ? 1 : nowNanos;
                entry.rests = true;
                changed = true;
            } else if (entry.rests && nowNanos - entry.returnedNanos >= entry.restNanos) {
                entry.rests = false;
                changed = true;
            } else if (!entry.hangs() && nowNanos - entry.returnedNanos >= REMEMBERED_NANOS) {
                entries.remove(entry);
            }
        }
        if (changed) {
            forgetSurplus();
        }
        recount();
        return changed;
    }

    /** The oldest ones stand first. */
    private void forgetSurplus() {
        int surplus = entries.size() - alive() - REMEMBERED_MAX;
        for (Entry entry : entries) {
            if (surplus > 0 && !entry.hangs()) {
                entries.remove(entry);
                surplus--;
            }
        }
    }

    private void recount() {
        int hang = 0;
        boolean probe = false;
        for (Entry entry : entries) {
            hang += entry.hangs() ? 1 : 0;
            probe |= entry.hangs() && entry.isProbe;
        }
        noThreadLeft = hang >= THREADS_MAX;
        oneThreadLeft = hang >= THREADS_MAX - 1;
        probeHangs = probe;
        count = entries.size();
    }

    /** Number of threads that hang now. */
    int alive() {
        int alive = 0;
        for (Entry entry : entries) {
            alive += entry.returned ? 0 : 1;
        }
        return alive;
    }

    /** True when nothing hangs or has hung, so that names need not be compared. */
    boolean isEmpty() {
        return count == 0;
    }

    /** True at the limit of hanging threads: then no bean is called. */
    boolean isFull() {
        return noThreadLeft;
    }

    /**
     * Collector: true while a sweep has to wait, which is logged once: a bean that was held would count as one that
     * nobody wants. {@code queries}: the MBean server is asked next.
     */
    boolean holdsSweep(boolean queries) {
        boolean holds = oneThreadLeft || queries && holdsServer();
        if (holds && !sweepHoldLogged) {
            Log.warn("too many calls hang: a changed configuration and new beans wait until some return");
        }
        sweepHoldLogged = holds;
        return holds;
    }

    /** True when a call of {@code name}, or of a bean like it, hangs or has hung. */
    boolean knows(ObjectName name) {
        return find(name) != null;
    }

    /** Collector: true while a read of {@code name} has to wait. */
    boolean holds(ObjectName name) {
        return holds(name, noThreadLeft);
    }

    /** Collector: true while a description of {@code name} has to wait. */
    boolean holdsDescription(ObjectName name) {
        return holds(name, oneThreadLeft);
    }

    private boolean holds(ObjectName name, boolean holdsOthers) {
        if (count == 0) {
            return false;
        }
        Entry known = find(name);
        return known == null ? holdsOthers : isHeld(known) || oneThreadLeft;
    }

    /** Collector: true while a call of the MBeanServer about no bean in particular has to wait. */
    boolean holdsServer() {
        Entry known = count == 0 ? null : find(null);
        return known != null && isHeld(known);
    }

    private boolean isHeld(Entry known) {
        return known.hangs() || known.rests || probeHangs;
    }

    /** The entry of {@code name} or of a bean like it, preferably one that hangs; null when there is none. */
    private Entry find(ObjectName name) {
        Entry found = null;
        for (Entry entry : entries) {
            boolean isIt = entry.name == null || name == null ? entry.name == name : isAlike(name, entry.name);
            if (isIt && (found == null || entry.hangs())) {
                found = entry;
            }
        }
        return found;
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

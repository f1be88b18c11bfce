package remora.shim;

import java.io.FileInputStream;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.concurrent.locks.AbstractOwnableSynchronizer;
import java.util.concurrent.locks.LockSupport;
import javax.management.ObjectName;

/**
 * Values of the process that the platform's beans do not tell, or not cheaply. They are offered as attributes of the
 * bean where people look for them: {@code ThreadStates.BLOCKED} of {@code java.lang:type=Threading}. One object a
 * collector thread.
 *
 * <p>States are read off the threads one by one: no stack trace, no safepoint, no garbage. With 200 threads that takes
 * 2 to 7 microseconds, where {@code ThreadMXBean.getThreadInfo} takes 107 and 33 KB. The JVM's own search for deadlocks
 * stops every thread of the broker, so it is asked only while at least two threads wait for a lock that another may
 * hold: a deadlock has that many, and does not go away.
 */
final class ProcessValues {
    /** What stands in {@link MBeanPlan#slotAttribute} for a value of ours, below 0. */
    static final short OPEN_FILES = -1;
    static final short RESIDENT_MEMORY = -2;
    static final short DEADLOCKED_THREADS = -3;
    /** That of a state is {@code STATES - ordinal()}. */
    private static final short STATES = -4;

    /** Only these: a thread that has not begun or has ended is not alive. */
    private static final Thread.State[] ALIVE = {
        Thread.State.RUNNABLE, Thread.State.BLOCKED, Thread.State.WAITING, Thread.State.TIMED_WAITING,
    };
    private static final String[] NO_KEYS = {};
    private static final String STATUS = "/proc/self/status";
    private static final byte[] RESIDENT = {'V', 'm', 'R', 'S', 'S', ':'};

    private final byte[] status = new byte[4096];
    private final int[] threads = new int[Thread.State.values().length];
    private Thread[] seen = new Thread[256];
    private int waitingForOwners;
    private boolean hasLooked;

    /** Adds what belongs to {@code name} to what it offers by itself. */
    static void offer(ObjectName name, Description description) {
        if (!name.getDomain().equals("java.lang") || description.slots.isEmpty()) {
            return;
        }
        String type = name.getKeyProperty("type");
        ProcessValues now = new ProcessValues();
        if ("OperatingSystem".equals(type)) {
            now.offer(description, "ResidentMemorySize", NO_KEYS, RESIDENT_MEMORY);
        } else if ("Threading".equals(type)) {
            for (Thread.State state : ALIVE) {
                now.offer(description, "ThreadStates", new String[] {state.name()}, (short) (STATES - state.ordinal()));
            }
            now.offer(description, "DeadlockedThreadCount", NO_KEYS, DEADLOCKED_THREADS);
        }
    }

    private void offer(Description description, String attribute, String[] keys, short which) {
        if (!Scratch.isNoValue(value(which))) {
            description.add(new Description.Slot(attribute, keys, Wire.ValueType.NUMBER, which));
        }
    }

    /** A read of a bean begins: what is asked from here on is of now. */
    void begin() {
        hasLooked = false;
    }

    /** {@link Scratch#NO_VALUE} when it cannot be told. */
    double value(short which) {
        try {
            if (which == OPEN_FILES) {
                long count = OpenFiles.count();
                return count > 0 ? count : Scratch.NO_VALUE;
            }
            if (which == RESIDENT_MEMORY) {
                return residentBytes();
            }
            if (!hasLooked) {
                lookAtThreads();
            }
            return which == DEADLOCKED_THREADS ? deadlocked() : threads[STATES - which];
        } catch (Throwable cause) {
            return Scratch.NO_VALUE;
        }
    }

    /** As every Prometheus client reads it: "VmRSS:     123456 kB". */
    private double residentBytes() throws Exception {
        int length;
        try (FileInputStream file = new FileInputStream(STATUS)) {
            length = file.read(status);
        }
        for (int i = 0; i + RESIDENT.length < length; i++) {
            if (startsAt(i)) {
                long kilobytes = 0;
                for (int at = i + RESIDENT.length; at < length && status[at] != 'k'; at++) {
                    if (status[at] >= '0' && status[at] <= '9') {
                        kilobytes = kilobytes * 10 + status[at] - '0';
                    }
                }
                return kilobytes * 1024.0;
            }
        }
        return Scratch.NO_VALUE;
    }

    private boolean startsAt(int begin) {
        for (int i = 0; i < RESIDENT.length; i++) {
            if (status[begin + i] != RESIDENT[i]) {
                return false;
            }
        }
        return true;
    }

    private void lookAtThreads() {
        ThreadGroup all = Thread.currentThread().getThreadGroup();
        while (all.getParent() != null) {
            all = all.getParent();
        }
        int count = all.enumerate(seen, true);
        while (count == seen.length) {
            seen = new Thread[2 * seen.length];
            count = all.enumerate(seen, true);
        }
        Arrays.fill(threads, 0);
        waitingForOwners = 0;
        for (int i = 0; i < count; i++) {
            Thread.State state = seen[i].getState();
            threads[state.ordinal()]++;
            boolean waits = state == Thread.State.BLOCKED
                    || LockSupport.getBlocker(seen[i]) instanceof AbstractOwnableSynchronizer;
            waitingForOwners += waits ? 1 : 0;
            seen[i] = null;
        }
        hasLooked = true;
    }

    private double deadlocked() {
        if (waitingForOwners < 2) {
            return 0;
        }
        long[] found = ManagementFactory.getThreadMXBean().findDeadlockedThreads();
        return found == null ? 0 : found.length;
    }
}

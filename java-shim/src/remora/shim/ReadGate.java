package remora.shim;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Guards every call into foreign code. Between {@link #enter} and {@link #leave} the collector touches nothing that is
 * shared; so the supervisor may take a thread that hangs there out of service, and a thread that comes back later finds
 * out in {@code leave} before it can do harm.
 *
 * <p>The value is 0 outside, else a token: a count that differs at every entry, and the subject of the call.
 *
 * <p>The collector's side has no fence: one after each read would keep the processor from fetching what the next read
 * needs while it waits for what this one needs, a tenth of a pass over a large broker. The supervisor makes up for it
 * by giving up in two steps, {@link #ask} and {@link #abandon}, with at least {@link #ASKED_MILLIS} between them. A
 * thread that left without seeing the question has by then long been seen to have left; one that saw it decides
 * with the supervisor by compare-and-set who was first.
 */
@SuppressWarnings("serial")
final class ReadGate extends AtomicLong {
    /** Subject of calls that describe a bean, not yet a unit. */
    static final int DESCRIBING = -1;
    /** Subject of calls to the MBeanServer about no bean in particular. */
    static final int LOOKING = -2;
    /** From {@link #ask} to {@link #abandon}; a store reaches the other processors within microseconds. */
    static final int ASKED_MILLIS = 10;

    private static final int OPEN = 0;
    private static final int ASKED = 1;
    private static final int ABANDONED = 2;

    private final AtomicInteger verdict = new AtomicInteger(OPEN);
    private int count;

    /** Collector thread. {@code subject}: a unit id, or one of the constants. */
    void enter(int subject) {
        count = count + 1 & Integer.MAX_VALUE;
        long token = (long) count << 32 | subject & 0xffffffffL;
        lazySet(token == 0 ? 1L << 32 : token);
    }

    /** Collector thread. Throws {@link Abandoned} when the supervisor has given the thread up meanwhile. */
    void leave() {
        lazySet(0);
        if (verdict.get() != OPEN && !verdict.compareAndSet(ASKED, OPEN)) {
            throw Abandoned.INSTANCE;
        }
    }

    /** Supervisor: the thread inside may be given up soon. */
    void ask() {
        verdict.compareAndSet(OPEN, ASKED);
    }

    /**
     * Supervisor, {@link #ASKED_MILLIS} after {@link #ask} when the value was {@code token} then as well. True: the
     * thread inside will never touch shared state again.
     */
    boolean abandon(long token) {
        return token != 0 && get() == token && verdict.compareAndSet(ASKED, ABANDONED);
    }

    boolean isAbandoned() {
        return verdict.get() == ABANDONED;
    }

    static int subject(long token) {
        return (int) token;
    }

    /** Ends an abandoned collector thread. */
    @SuppressWarnings("serial")
    static final class Abandoned extends Error {
        static final Abandoned INSTANCE = new Abandoned();

        private Abandoned() {
            super("abandoned", null, false, false);
        }
    }
}

package remora.shim;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Guards every call into foreign code. Between {@link #enter} and {@link #leave} the collector touches nothing that is
 * shared; so the supervisor may take a thread that hangs there out of service with one compare-and-set, and a thread
 * that comes back later finds out in {@code leave} before it can do harm.
 *
 * <p>The value is 0 outside, else a token: a count that differs at every entry, and the subject of the call.
 */
@SuppressWarnings("serial")
final class ReadGate extends AtomicLong {
    /** Subject of calls that describe a bean, not yet a unit. */
    static final int DESCRIBING = -1;
    /** Subject of calls to the MBeanServer about no bean in particular. */
    static final int LOOKING = -2;

    private static final long ABANDONED = -1;

    private int count;

    /** Collector thread. {@code subject}: a unit id, or one of the constants. */
    long enter(int subject) {
        count = count + 1 & Integer.MAX_VALUE;
        long token = (long) count << 32 | subject & 0xffffffffL;
        lazySet(token == 0 ? 1L << 32 : token);
        return token == 0 ? 1L << 32 : token;
    }

    /** Collector thread. Throws {@link Abandoned} when the supervisor has given the thread up meanwhile. */
    void leave(long token) {
        if (!compareAndSet(token, 0)) {
            throw Abandoned.INSTANCE;
        }
    }

    /** Supervisor. True: the thread inside will never touch shared state again. */
    boolean abandon(long token) {
        return token != 0 && compareAndSet(token, ABANDONED);
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

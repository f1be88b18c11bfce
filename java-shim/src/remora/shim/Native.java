package remora.shim;

import java.nio.ByteBuffer;

/** The native methods, bound by the library when it is loaded. Nothing else of the shim knows about JNI. */
final class Native {
    /** Version of the buffer layout that the library was built with. */
    static native int wireVersion();

    /** Version of the agent, "0.1.0+abc1234". */
    static native String version();

    /**
     * Starts the core and returns its handle.
     *
     * @param arguments text after {@code -javaagent:remora.jar=}
     * @param facts {@code key=value} lines about the host
     * @throws IllegalStateException with one line for a person when the core cannot start
     */
    static native long start(
            String arguments,
            String facts,
            ByteBuffer control,
            ByteBuffer answer,
            ByteBuffer plan,
            ByteBuffer sample);

    /**
     * Before the broker is up: files that an earlier agent left behind no longer show its values.
     *
     * @param arguments text after {@code -javaagent:remora.jar=}
     * @param facts {@code key=value} lines about the host
     */
    static native void endFiles(String arguments, String facts);

    /** Hands over control records; returns the number of answer bytes or a negative code. */
    static native int control(long handle, int bytes);

    /** Fills the plan buffer; returns the number of units due or a negative code. */
    static native int plan(long handle, long nowNanos);

    /** Hands over samples; returns the number of values taken or a negative code. */
    static native int submit(long handle, int bytes, long sinceNanos);

    /** More is known of the host: all facts anew. Returns 0 or a negative code. Never beside {@code stop}. */
    static native int learn(long handle, String facts);

    /** Asks the core to read its configuration again. Returns 0 or a negative code. Never beside {@code stop}. */
    static native int reload(long handle);

    /** Null until it was read, then once a line for each mistake, "" without any. Never beside {@code stop}. */
    static native String reloadOutcome(long handle);

    /** Threads of the library that have not ended, whatever became of their core. */
    static native int threads();

    /** Ends the core within {@code deadlineMillis}. The handle is dead afterwards. */
    static native int stop(long handle, int deadlineMillis);

    private Native() {}
}

package remora.shim;

/** What the collector needs of the core. Negative results are negated {@link Wire.Code} values. */
interface Core {
    int control(int bytes);

    int plan(long nowNanos);

    /** {@code sinceNanos}: none of the values was read before then. */
    int submit(int bytes, long sinceNanos);

    /** {@code facts}: all {@code key=value} lines about the host, anew. Any thread, never beside {@link #stop}. */
    int learn(String facts);

    int stop(int deadlineMillis);
}

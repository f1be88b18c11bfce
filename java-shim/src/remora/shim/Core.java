package remora.shim;

/** What the collector needs of the core. Negative results are negated {@link Wire.Code} values. */
interface Core {
    int control(int bytes);

    int plan(long nowNanos);

    /** {@code sinceNanos}: none of the values was read before then. */
    int submit(int bytes, long sinceNanos);

    /** {@code facts}: all {@code key=value} lines about the host, anew. Any thread, never beside {@link #stop}. */
    int learn(String facts);

    /** Asks for the configuration to be read again. As {@link #learn}. */
    int reload();

    /** Null until it was read, then once a line for each mistake, "" when it is taken over. As {@link #learn}. */
    String reloadOutcome();

    int stop(int deadlineMillis);
}

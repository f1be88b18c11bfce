package remora.shim;

/** What the collector needs of the core. Negative results are negated {@link Wire.Code} values. */
interface Core {
    int control(int bytes);

    int plan(long nowNanos);

    int submit(int bytes, long nowNanos);

    int stop(int deadlineMillis);
}

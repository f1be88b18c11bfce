package remora.shim;

import java.util.concurrent.atomic.AtomicBoolean;

/** The core behind JNI. */
final class NativeCore implements Core {
    private final long handle;
    private final AtomicBoolean stopped = new AtomicBoolean();

    NativeCore(String arguments, String facts, Buffers buffers) {
        handle = Native.start(arguments, facts, buffers.control, buffers.answer, buffers.plan, buffers.sample);
    }

    @Override
    public int control(int bytes) {
        return Native.control(handle, bytes);
    }

    @Override
    public int plan(long nowNanos) {
        return Native.plan(handle, nowNanos);
    }

    @Override
    public int submit(int bytes, long sinceNanos) {
        return Native.submit(handle, bytes, sinceNanos);
    }

    @Override
    public int learn(String facts) {
        return stopped.get() ? -Wire.Code.STATE : Native.learn(handle, facts);
    }

    @Override
    public int reload() {
        return stopped.get() ? -Wire.Code.STATE : Native.reload(handle);
    }

    @Override
    public String reloadOutcome() {
        return stopped.get() ? null : Native.reloadOutcome(handle);
    }

    @Override
    public int stop(int deadlineMillis) {
        return stopped.compareAndSet(false, true) ? Native.stop(handle, deadlineMillis) : -Wire.Code.STATE;
    }
}

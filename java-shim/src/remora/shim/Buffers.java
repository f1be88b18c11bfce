package remora.shim;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The four direct buffers shared with the core: allocated once, alive as long as the process. */
final class Buffers {
    final ByteBuffer control = allocate(Wire.CONTROL_BYTES);
    final ByteBuffer answer = allocate(Wire.ANSWER_BYTES);
    final ByteBuffer plan = allocate(Wire.PLAN_BYTES);
    final ByteBuffer sample = allocate(Wire.SAMPLE_BYTES);
    /** The only one that writes into {@link #control}: it knows what waits there. */
    final ControlWriter records = new ControlWriter(control);

    private static ByteBuffer allocate(int bytes) {
        return ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}

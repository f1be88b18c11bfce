package remora.shim;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

/** Fills the sample buffer and hands it over when it is full or the cycle ends. */
final class SampleWriter {
    /** A batch is handed over when it is this old, for all its values are taken to be as old as the first. */
    private static final long OLD_NANOS = 20_000_000L;

    private final Core core;
    private final ByteBuffer buffer;
    private final TextTable texts;
    private final ControlWriter control;
    private int position;
    /** What is in the buffer has been read since then. */
    private long sinceNanos;
    private long submitNanos;

    SampleWriter(Core core, Buffers buffers, TextTable texts) {
        this.core = core;
        this.buffer = buffers.sample;
        this.texts = texts;
        this.control = buffers.records;
    }

    /** Time spent in the core so far; whoever times a group takes it off. */
    long submitNanos() {
        return submitNanos;
    }

    /** Units are about to be read. To be said as often as reads may have taken long. */
    void begin(long nowNanos) {
        if (position > 0 && nowNanos - sinceNanos > OLD_NANOS) {
            flush();
        }
        if (position == 0) {
            sinceNanos = nowNanos;
        }
    }

    /** One unit. {@code result}: number of values in {@code scratch}, or a negated {@link Wire.ReadStatus}. */
    void unit(int unit, int result, Scratch scratch) {
        int count = Math.max(result, 0);
        int bytes = Wire.SampleRecord.SIZE + count * 8;
        if (position + bytes > buffer.capacity()) {
            flush();
        }
        int at = position;
        buffer.putInt(at + Wire.SampleRecord.UNIT, unit);
        buffer.put(at + Wire.SampleRecord.KIND, (byte) Wire.SampleKind.VALUES);
        buffer.put(at + Wire.SampleRecord.STATUS, (byte) (result < 0 ? -result : Wire.ReadStatus.OK));
        buffer.putShort(at + Wire.SampleRecord.VALUE_COUNT, (short) count);
        at += Wire.SampleRecord.SIZE;
        for (int i = 0; i < count; i++, at += 8) {
            buffer.putDouble(at, scratch.values[i]);
        }
        position = at;
        if (scratch.anyText) {
            replaceTexts(at - count * 8, count, scratch);
        }
    }

    /** Cost of a group; a group that was interrupted has none. */
    void cost(int family, int units, long nanos) {
        if (position + Wire.CostRecord.SIZE > buffer.capacity()) {
            flush();
        }
        buffer.putInt(position + Wire.CostRecord.FAMILY, family);
        buffer.put(position + Wire.CostRecord.KIND, (byte) Wire.SampleKind.COST);
        buffer.put(position + Wire.CostRecord.KIND + 1, (byte) 0);
        buffer.putShort(position + Wire.CostRecord.UNIT_COUNT, (short) units);
        buffer.putLong(position + Wire.CostRecord.NANOS, nanos);
        position += Wire.CostRecord.SIZE;
    }

    void flush() {
        if (position == 0) {
            return;
        }
        long start = System.nanoTime();
        if (!texts.untold().isEmpty()) {
            tellTexts();
        }
        int bytes = position;
        position = 0;
        int result = core.submit(bytes, sinceNanos);
        sinceNanos = start;
        submitNanos += System.nanoTime() - start;
        if (CoreFailure.isFatal(result)) {
            throw new CoreFailure("the core refused samples (code " + -result + ")");
        }
    }

    private void replaceTexts(int at, int count, Scratch scratch) {
        for (int i = 0; i < count; i++) {
            if (scratch.texts[i] != null) {
                buffer.putDouble(at + i * 8, texts.id(scratch.texts[i]));
            }
        }
        Arrays.fill(scratch.texts, null);
        scratch.anyText = false;
    }

    /** Texts that do not get through now are sent before a later submit. */
    private void tellTexts() {
        if (control.position() > 0) {
            return;  // records of beans wait there to be sent
        }
        List<String> untold = texts.untold();
        int first = texts.size() - untold.size() + 1;
        int told = 0;
        while (told < untold.size() && control.text(first + told, TextTable.bytes(untold.get(told)))) {
            told++;
        }
        int result = core.control(control.position());
        control.reset();
        if (CoreFailure.isFatal(result)) {
            throw new CoreFailure("the core refused texts (code " + -result + ")");
        }
        if (result >= 0) {
            untold.subList(0, told).clear();
        }
    }
}

package remora.shim;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Writes records into the control buffer. Each returns false, having written nothing, when there is no room. */
final class ControlWriter {
    private final ByteBuffer buffer;
    private int position;
    private int records;

    ControlWriter(ByteBuffer buffer) {
        this.buffer = buffer;
    }

    int position() {
        return position;
    }

    void reset() {
        position = 0;
        records = 0;
    }

    boolean unregister(int unit) {
        if (!begin(Wire.UnregisterRecord.SIZE, Wire.ControlKind.UNREGISTER, 0, 0)) {
            return false;
        }
        buffer.putInt(position + Wire.UnregisterRecord.UNIT, unit);
        buffer.putInt(position + Wire.UnregisterRecord.UNIT + 4, 0);
        position += Wire.UnregisterRecord.SIZE;
        return true;
    }

    boolean swept() {
        if (!begin(Wire.SweptRecord.SIZE, Wire.ControlKind.SWEPT, 0, 0)) {
            return false;
        }
        buffer.putLong(position + Wire.ControlHeader.SIZE, 0);
        position += Wire.SweptRecord.SIZE;
        return true;
    }

    boolean text(int id, byte[] bytes) {
        if (!begin(Wire.TextRecord.SIZE + bytes.length, Wire.ControlKind.TEXT, 0, 0)) {
            return false;
        }
        buffer.putInt(position + Wire.TextRecord.TEXT, id);
        buffer.putInt(position + Wire.TextRecord.TEXT_BYTES, bytes.length);
        finish(put(position + Wire.TextRecord.SIZE, bytes));
        return true;
    }

    /** {@code kind}: BEAN or ASK; {@code name}: at most {@link Wire#NAME_BYTES_MAX}. */
    boolean bean(int kind, int token, byte[] name, Description description) {
        boolean isMBean = description.kind == Wire.BeanKind.MBEAN;
        int count = isMBean ? description.slots.size() : 0;
        byte[][] paths = new byte[count][];
        int bytes = Wire.BeanRecord.SIZE + name.length;
        for (int i = 0; i < count; i++) {
            paths[i] = description.slots.get(i).path().getBytes(StandardCharsets.UTF_8);
            bytes += Wire.AttributeHead.SIZE + paths[i].length;
        }
        if (!begin(bytes, kind, description.kind, count)) {
            return false;
        }
        buffer.putInt(position + Wire.BeanRecord.TOKEN, token);
        buffer.putShort(position + Wire.BeanRecord.NAME_BYTES, (short) name.length);
        int high = isMBean ? description.leftOut : description.gaugeType;
        buffer.putShort(position + Wire.BeanRecord.FLAGS, (short) (description.status | high << 8));
        int at = put(position + Wire.BeanRecord.SIZE, name);
        for (int i = 0; i < count; i++) {
            Description.Slot slot = description.slots.get(i);
            boolean isExpensive = slot.attribute.equals(description.expensive);
            buffer.put(at + Wire.AttributeHead.TYPE, (byte) slot.type);
            int flags = isExpensive ? Wire.AttributeFlag.ATTRIBUTE_EXPENSIVE : 0;
            buffer.put(at + Wire.AttributeHead.FLAGS, (byte) flags);
            buffer.putShort(at + Wire.AttributeHead.PATH_BYTES, (short) paths[i].length);
            at = put(at + Wire.AttributeHead.SIZE, paths[i]);
        }
        finish(at);
        return true;
    }

    private boolean begin(int bytes, int kind, int beanKind, int attributes) {
        int padded = bytes + 7 & ~7;
        if (position + padded > buffer.capacity() || records >= Wire.CONTROL_RECORDS_MAX) {
            return false;
        }
        records++;
        buffer.putInt(position + Wire.ControlHeader.BYTES, padded);
        buffer.put(position + Wire.ControlHeader.KIND, (byte) kind);
        buffer.put(position + Wire.ControlHeader.BEAN_KIND, (byte) beanKind);
        buffer.putShort(position + Wire.ControlHeader.ATTRIBUTE_COUNT, (short) attributes);
        return true;
    }

    private int put(int at, byte[] bytes) {
        buffer.position(at);
        buffer.put(bytes);
        return at + bytes.length;
    }

    private void finish(int end) {
        int at = end;
        for (; (at & 7) != 0; at++) {
            buffer.put(at, (byte) 0);
        }
        position = at;
    }
}

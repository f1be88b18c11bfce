package remora.shim;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What an MBean has to offer: as it declares that (an outline, which calls none of its attributes), or found by looking
 * at the values of those that the core may want.
 */
final class Description {
    /** One value of an MBean: an attribute, or one leaf of a composite attribute. */
    static final class Slot {
        final String attribute;
        final String[] keys;
        final int type;
        /** Which of {@link ProcessValues}; 0: the bean's own. */
        final short process;

        Slot(String attribute, String[] keys, int type) {
            this(attribute, keys, type, (short) 0);
        }

        Slot(String attribute, String[] keys, int type, short process) {
            this.attribute = attribute;
            this.keys = keys;
            this.type = type;
            this.process = process;
        }

        /** Path for people and for naming: "HeapMemoryUsage.used". */
        String path() {
            if (keys.length == 0) {
                return attribute;
            }
            StringBuilder path = new StringBuilder(attribute);
            for (String key : keys) {
                path.append('.').append(key);
            }
            return path.toString();
        }
    }

    /** More is not told. */
    static final int LEFT_OUT_MAX = 255;

    int kind;
    /** Metric object of the Yammer kinds, else null. */
    Object source;
    /** Type of a gauge's value; {@link Wire.ValueType#NUMBER} while unknown. */
    int gaugeType;
    /** {@link Wire.ReadStatus} of describing. Anything but OK: nothing can be said about the bean. */
    int status;
    /** Something numeric had no value yet: worth describing again later. */
    boolean incomplete;
    /** {@link OpenFiles} tells its {@link OpenFiles#ATTRIBUTE}. */
    boolean countsOpenFiles;
    /** The bean has the host's CPU load under two names. Each covers the time since either was read: only one is. */
    boolean hasTwoCpuLoads;
    /** An attribute that takes so long to read that the core wants it only where it is asked for by name, or null. */
    String expensive;
    /** Hash of the outline that a description of values was made after. */
    int outline;
    final List<Slot> slots = new ArrayList<>();
    /** Values that no record has room for, at most {@link #LEFT_OUT_MAX}: see {@link Wire#ATTRIBUTES_MAX}. */
    int leftOut;
    /** Of an outline: attributes that are declared to hold a number (true) or a composite (false). */
    final Map<String, Boolean> numeric = new HashMap<>();

    static Description failed(int status) {
        Description failed = new Description();
        failed.kind = Wire.BeanKind.MBEAN;
        failed.status = status;
        failed.incomplete = true;
        return failed;
    }

    void add(Slot slot) {
        int bytes = slot.path().getBytes(StandardCharsets.UTF_8).length;
        if (slots.size() < Wire.ATTRIBUTES_MAX && bytes > 0 && bytes <= Wire.PATH_BYTES_MAX) {
            slots.add(slot);
        } else {
            leftOut = Math.min(leftOut + 1, LEFT_OUT_MAX);
        }
    }

    /** Equal for equal offers. */
    int hash() {
        int hash = (kind * 31 + gaugeType) * 31 + status;
        for (Slot slot : slots) {
            hash = (hash * 31 + slot.attribute.hashCode()) * 31 + Arrays.hashCode(slot.keys) * 31 + slot.type;
        }
        return hash;
    }

    /** The plan for the wanted slots, given by index. */
    MBeanPlan plan(short[] wanted) {
        List<String> attributes = new ArrayList<>();
        short[] slotAttribute = new short[wanted.length];
        String[][] slotKeys = new String[wanted.length][];
        byte[] slotType = new byte[wanted.length];
        for (int i = 0; i < wanted.length; i++) {
            Slot slot = slots.get(wanted[i]);
            boolean isAlias = hasTwoCpuLoads && slot.attribute.equals("SystemCpuLoad");
            String attribute = isAlias ? "CpuLoad" : slot.attribute;
            boolean counted = countsOpenFiles && attribute.equals(OpenFiles.ATTRIBUTE);
            short process = counted ? ProcessValues.OPEN_FILES : slot.process;
            int index = process < 0 ? process : attributes.indexOf(attribute);
            if (index < 0 && process == 0) {
                index = attributes.size();
                attributes.add(attribute);
            }
            slotAttribute[i] = (short) index;
            slotKeys[i] = slot.keys;
            slotType[i] = (byte) slot.type;
        }
        return new MBeanPlan(attributes.toArray(new String[0]), slotAttribute, slotKeys, slotType, hash(), outline);
    }
}

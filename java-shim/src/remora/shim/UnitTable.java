package remora.shim;

import java.util.Arrays;
import java.util.BitSet;
import javax.management.ObjectName;

/**
 * What the shim knows of each unit, in flat arrays indexed by the unit id that the core gave, and an open hash from
 * ObjectName to unit. Names are the MBeanServer's own objects where possible, plans are shared.
 */
final class UnitTable {
    static final int UNITS_MAX = 1 << 22;
    /** Kind of an id that is not in use. */
    static final byte ABSENT = -1;

    private static final int FREE = 0;
    private static final int DELETED = -1;

    private ObjectName[] names;
    private Object[] sources;
    private Object[] plans;
    private byte[] kinds;
    private boolean[] texts;
    private int[] slots;
    private final BitSet unconfirmed = new BitSet();
    private int used;
    private int size;
    private int strings;

    UnitTable() {
        clear();
    }

    void clear() {
        names = new ObjectName[64];
        sources = new Object[64];
        plans = new Object[64];
        texts = new boolean[64];
        kinds = new byte[64];
        Arrays.fill(kinds, ABSENT);
        slots = new int[128];
        used = 0;
        size = 0;
    }

    int size() {
        return size;
    }

    /** The core will decide anew: each unit is unconfirmed until the core has named it again. */
    void unconfirmAll() {
        for (int unit = 0; unit < kinds.length; unit++) {
            unconfirmed.set(unit, kinds[unit] != ABSENT);
        }
    }

    boolean isUnconfirmed(int unit) {
        return unconfirmed.get(unit);
    }

    /** The first unconfirmed unit from {@code unit} on, or -1. */
    int nextUnconfirmed(int unit) {
        return unconfirmed.nextSetBit(unit);
    }

    /** Ids run below this. */
    int bound() {
        return kinds.length;
    }

    /**
     * Adds or replaces a unit. {@code source}: metric object or null; {@code plan}: {@link MBeanPlan}, of a metric
     * object byte[] of statistics, of a histogram or timer {@link HistogramPlan}; {@code text}: a gauge whose value is
     * text. False when the id is out of bounds.
     */
    boolean put(int unit, ObjectName name, int kind, Object source, Object plan, boolean text) {
        if (unit < 0 || unit >= UNITS_MAX) {
            return false;
        }
        if (unit < kinds.length && kinds[unit] != ABSENT) {
            remove(unit);
        }
        grow(unit);
        names[unit] = name;
        sources[unit] = source;
        plans[unit] = plan;
        kinds[unit] = (byte) kind;
        texts[unit] = text;
        size++;
        index(unit);
        return true;
    }

    /** Unit of a name, or -1. */
    int find(ObjectName name) {
        int slot = findSlot(name);
        return slot < 0 ? -1 : slots[slot] - 1;
    }

    void remove(int unit) {
        int slot = findSlot(names[unit]);
        if (slot >= 0 && slots[slot] == unit + 1) {
            slots[slot] = DELETED;
        }
        names[unit] = null;
        sources[unit] = null;
        plans[unit] = null;
        kinds[unit] = ABSENT;
        unconfirmed.clear(unit);
        size--;
    }

    /** {@link Wire.BeanKind}, or {@link #ABSENT} for ids not in use. */
    byte kind(int unit) {
        return unit >= 0 && unit < kinds.length ? kinds[unit] : ABSENT;
    }

    ObjectName name(int unit) {
        return names[unit];
    }

    Object source(int unit) {
        return sources[unit];
    }

    /**
     * Has the metric object's head loaded. In a large broker that is a cache miss: for units that are read soon, one
     * call right after the other, the misses are waited for together, and not each before the next read begins.
     */
    void fetch(int unit) {
        if (unit >= 0 && unit < sources.length && sources[unit] instanceof String) {
            strings++;  // never, but the compiler cannot know and has to look
        }
    }

    void replaceSource(int unit, Object source) {
        sources[unit] = source;
        if (plans[unit] instanceof HistogramPlan) {
            plans[unit] = ((HistogramPlan) plans[unit]).renewed();
        }
    }

    Object plan(int unit) {
        return plans[unit];
    }

    boolean isText(int unit) {
        return texts[unit];
    }

    private void grow(int unit) {
        int old = kinds.length;
        if (unit < old) {
            return;
        }
        int length = Math.max(unit + 1, old + (old >> 1));
        names = Arrays.copyOf(names, length);
        sources = Arrays.copyOf(sources, length);
        plans = Arrays.copyOf(plans, length);
        texts = Arrays.copyOf(texts, length);
        kinds = Arrays.copyOf(kinds, length);
        Arrays.fill(kinds, old, length, ABSENT);
    }

    private void index(int unit) {
        if ((used + 1) * 4L > slots.length * 3L) {
            rebuild();  // takes the new unit along
            return;
        }
        int mask = slots.length - 1;
        int at = spread(names[unit]) & mask;
        while (slots[at] != FREE) {
            at = at + 1 & mask;
        }
        slots[at] = unit + 1;
        used++;
    }

    private void rebuild() {
        int length = 128;
        while (length * 2L < size * 3L) {
            length *= 2;
        }
        slots = new int[length];
        used = 0;
        for (int unit = 0; unit < kinds.length; unit++) {
            if (kinds[unit] != ABSENT) {
                int at = spread(names[unit]) & length - 1;
                while (slots[at] != FREE) {
                    at = at + 1 & length - 1;
                }
                slots[at] = unit + 1;
                used++;
            }
        }
    }

    private int findSlot(ObjectName name) {
        int mask = slots.length - 1;
        for (int at = spread(name) & mask; slots[at] != FREE; at = at + 1 & mask) {
            int entry = slots[at];
            if (entry != DELETED && names[entry - 1].equals(name)) {
                return at;
            }
        }
        return -1;
    }

    private static int spread(ObjectName name) {
        int hash = name.hashCode() * 0x9E3779B1;
        return hash ^ hash >>> 15;
    }
}

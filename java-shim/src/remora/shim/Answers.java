package remora.shim;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import javax.management.ObjectName;

/** The beans of one control batch, and the core's answers to them. Plans that are equal become one object. */
final class Answers {
    /** An MBean that the core may want, once the values of these slots of its outline are known. */
    static final class Wanted {
        final ObjectName name;
        final Description outline;
        final short[] slots;

        Wanted(ObjectName name, Description outline, short[] slots) {
            this.name = name;
            this.outline = outline;
            this.slots = slots;
        }
    }

    private static final int PLANS_MAX = 4096;

    private final ByteBuffer buffer;
    private final UnitTable units;
    private final List<ObjectName> names = new ArrayList<>();
    private final Set<ObjectName> nameSet = new HashSet<>();
    private final List<Description> descriptions = new ArrayList<>();
    private final BitSet asks = new BitSet();
    private final Queue<Wanted> wanted;
    private final List<byte[]> statLists = new ArrayList<>();
    private final Map<MBeanPlan, MBeanPlan> plans = new HashMap<>();

    /** {@code wanted}: takes what the core may want of the MBeans that it was asked for. */
    Answers(ByteBuffer buffer, UnitTable units, Queue<Wanted> wanted) {
        this.buffer = buffer;
        this.units = units;
        this.wanted = wanted;
    }

    List<ObjectName> names() {
        return names;
    }

    boolean contains(ObjectName name) {
        return nameSet.contains(name);
    }

    Description description(int index) {
        return descriptions.get(index);
    }

    /** {@code isAsk}: {@code description} is an outline that the core was asked for. */
    void add(ObjectName name, Description description, boolean isAsk) {
        asks.set(names.size(), isAsk);
        names.add(name);
        nameSet.add(name);
        descriptions.add(description);
    }

    void clear() {
        names.clear();
        nameSet.clear();
        descriptions.clear();
    }

    /** Takes {@code bytes} of answers, one a bean in the same order. */
    void take(int bytes) {
        int at = 0;
        for (int i = 0; i < names.size(); i++) {
            if (at + Wire.BeanAnswer.SIZE > bytes || buffer.getInt(at + Wire.BeanAnswer.TOKEN) != i) {
                throw new CoreFailure("the core's answer " + i + " of " + names.size() + " makes no sense");
            }
            int unit = buffer.getInt(at + Wire.BeanAnswer.UNIT);
            int before = units.find(names.get(i));
            if (asks.get(i) && unit >= 0) {
                short[] slots = selectors(at, bytes);
                checkSelectors(slots, descriptions.get(i).slots.size(), names.get(i));
                wanted.add(new Wanted(names.get(i), descriptions.get(i), slots));
            } else if (before >= 0 && before != unit) {
                units.remove(before);  // the core no longer has it
            }
            if (!asks.get(i) && unit >= 0) {
                accept(unit, names.get(i), descriptions.get(i), selectors(at, bytes));
            }
            at += buffer.getShort(at + Wire.BeanAnswer.BYTES) & 0xffff;
        }
        clear();
    }

    private short[] selectors(int at, int bytes) {
        int count = buffer.getShort(at + Wire.BeanAnswer.SLOT_COUNT) & 0xffff;
        if (count > Wire.ATTRIBUTES_MAX || at + Wire.BeanAnswer.SIZE + count * 2 > bytes) {
            throw new CoreFailure("the core asks for " + count + " values of one bean");
        }
        short[] wanted = new short[count];
        for (int i = 0; i < count; i++) {
            wanted[i] = buffer.getShort(at + Wire.BeanAnswer.SIZE + i * 2);
        }
        return wanted;
    }

    private void accept(int unit, ObjectName name, Description description, short[] wanted) {
        int bound = description.kind == Wire.BeanKind.MBEAN ? description.slots.size() : Wire.STAT_COUNT;
        checkSelectors(wanted, bound, name);
        Object plan = planOf(description, wanted);
        boolean text = description.gaugeType == Wire.ValueType.TEXT;
        if (!units.put(unit, name, description.kind, description.source, plan, text)) {
            throw new CoreFailure("the core names unit " + unit);
        }
    }

    private Object planOf(Description description, short[] wanted) {
        switch (description.kind) {
            case Wire.BeanKind.MBEAN:
                return shared(description.plan(wanted));
            case Wire.BeanKind.HISTOGRAM:
            case Wire.BeanKind.TIMER:
                return new HistogramPlan(shared(wanted));
            default:
                return shared(wanted);
        }
    }

    private static void checkSelectors(short[] wanted, int bound, ObjectName name) {
        for (short selector : wanted) {
            if (selector < 0 || selector >= bound) {
                throw new CoreFailure("the core asks for value " + selector + " of " + name);
            }
        }
    }

    private MBeanPlan shared(MBeanPlan plan) {
        if (plans.size() >= PLANS_MAX) {
            plans.clear();
        }
        MBeanPlan known = plans.putIfAbsent(plan, plan);
        return known == null ? plan : known;
    }

    private byte[] shared(short[] wanted) {
        byte[] stats = new byte[wanted.length];
        for (int i = 0; i < wanted.length; i++) {
            stats[i] = (byte) wanted[i];
        }
        for (byte[] known : statLists) {
            if (Arrays.equals(known, stats)) {
                return known;
            }
        }
        if (statLists.size() < PLANS_MAX) {
            statLists.add(stats);
        }
        return stats;
    }
}

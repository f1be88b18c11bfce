package remora.shim;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.management.Attribute;
import javax.management.AttributeList;
import javax.management.InstanceNotFoundException;
import javax.management.MBeanAttributeInfo;
import javax.management.MBeanInfo;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import javax.management.openmbean.CompositeData;
import javax.management.openmbean.CompositeType;
import javax.management.openmbean.OpenMBeanAttributeInfo;
import javax.management.openmbean.OpenType;
import javax.management.openmbean.SimpleType;

/** Tier 2: reads and describes MBeans through the MBeanServer. Every method runs foreign code. */
final class MBeanReader {
    private static final int DEPTH_MAX = 4;
    private static final String[] NO_KEYS = {};
    private static final int NO_VALUE = -1;
    private static final String COMPOSITE = CompositeData.class.getName();

    /** Attributes of platform beans that are expensive or private and never numeric. */
    private static final Set<String> NEVER_READ = new HashSet<>(Arrays.asList(
            "SystemProperties", "ClassPath", "BootClassPath", "LibraryPath", "InputArguments", "AllThreadIds"));

    private static final Set<String> NUMERIC_TYPES = new HashSet<>(Arrays.asList(
            "byte", "short", "int", "long", "float", "double", "boolean",
            "java.lang.Byte", "java.lang.Short", "java.lang.Integer", "java.lang.Long", "java.lang.Float",
            "java.lang.Double", "java.lang.Boolean", "java.lang.Number",
            "java.math.BigInteger", "java.math.BigDecimal",
            "java.util.concurrent.atomic.AtomicInteger", "java.util.concurrent.atomic.AtomicLong", COMPOSITE));

    private static final AttributeList NOTHING = new AttributeList();

    private final MBeanServer server;
    private final boolean countsOpenFiles;
    private volatile boolean oneByOne;

    /** {@code countsOpenFiles}: {@link OpenFiles#isAvailable}; without it open files are listed, which is expensive. */
    MBeanReader(MBeanServer server, boolean countsOpenFiles) {
        this.server = server;
        this.countsOpenFiles = countsOpenFiles;
    }

    /**
     * What a bean declares, without a look at any of its values.
     *
     * @throws InstanceNotFoundException when it is gone
     */
    Description outline(ObjectName name) throws Exception {
        Description result = new Description();
        result.kind = Wire.BeanKind.MBEAN;
        boolean platform = name.getDomain().startsWith("java.");
        result.expensive = OpenFiles.isOf(name) && !countsOpenFiles ? OpenFiles.ATTRIBUTE : null;
        for (MBeanAttributeInfo info : server.getMBeanInfo(name).getAttributes()) {
            String attribute = info.getName();
            if (!info.isReadable() || platform && NEVER_READ.contains(attribute)) {
                continue;
            }
            result.hasTwoCpuLoads |= OpenFiles.isOf(name) && attribute.equals("CpuLoad");
            if (NUMERIC_TYPES.contains(info.getType())) {
                result.numeric.put(attribute, !COMPOSITE.equals(info.getType()));
            }
            if (info instanceof OpenMBeanAttributeInfo) {
                addDeclared(result, attribute, NO_KEYS, ((OpenMBeanAttributeInfo) info).getOpenType());
            } else {
                addSlot(result, attribute, NO_KEYS, declaredType(info.getType()));
            }
        }
        ProcessValues.offer(name, result);
        return result;
    }

    /** An open type tells what a composite consists of. */
    private static void addDeclared(Description result, String attribute, String[] keys, OpenType<?> type) {
        if (type instanceof CompositeType && keys.length < DEPTH_MAX) {
            for (String key : ((CompositeType) type).keySet()) {
                addDeclared(result, attribute, deeper(keys, key), ((CompositeType) type).getType(key));
            }
        } else if (type instanceof SimpleType) {
            addSlot(result, attribute, keys, declaredType(type.getClassName()));
        }
    }

    /** {@link Wire.ValueType#OTHER} for what may hold anything; {@link #NO_VALUE} for what never is one value. */
    private static int declaredType(String type) {
        if (type != null && (type.startsWith("[") || type.endsWith("TabularData"))) {
            return NO_VALUE;
        }
        if ("boolean".equals(type) || "java.lang.Boolean".equals(type)) {
            return Wire.ValueType.BOOLEAN;
        }
        if ("java.lang.String".equals(type)) {
            return Wire.ValueType.TEXT;
        }
        return NUMERIC_TYPES.contains(type) && !COMPOSITE.equals(type) ? Wire.ValueType.NUMBER : Wire.ValueType.OTHER;
    }

    /**
     * Describes a bean by the values of what the core may want of its outline: declared types are not to be trusted.
     *
     * @param wanted slots of {@code outline}
     * @throws InstanceNotFoundException when it is gone
     */
    Description describe(ObjectName name, Description outline, short[] wanted) throws Exception {
        Set<String> asked = new LinkedHashSet<>();
        List<Description.Slot> ofProcess = new ArrayList<>();
        for (short index : wanted) {
            Description.Slot slot = outline.slots.get(index);
            if (slot.process == 0) {
                asked.add(slot.attribute);
            } else {
                ofProcess.add(slot);
            }
        }
        Description description = describe(asked, outline.numeric, valuesOf(name, asked));
        description.slots.addAll(ofProcess);
        description.countsOpenFiles =
                countsOpenFiles && asked.contains(OpenFiles.ATTRIBUTE) && OpenFiles.isCounted(server, name);
        description.expensive = outline.expensive;
        description.hasTwoCpuLoads = outline.hasTwoCpuLoads;
        description.outline = outline.hash();
        return description;
    }

    /** Empty when the bean throws: it is then taken at its word, and its reads will tell. */
    private Map<String, Object> valuesOf(ObjectName name, Set<String> asked) throws InstanceNotFoundException {
        Map<String, Object> values = new HashMap<>();
        try {
            for (Attribute attribute : attributes(name, asked.toArray(new String[0])).asList()) {
                values.put(attribute.getName(), attribute.getValue());
            }
        } catch (InstanceNotFoundException e) {
            throw e;
        } catch (Throwable cause) {
            values.clear();
        }
        return values;
    }

    private static Description describe(Set<String> asked, Map<String, Boolean> numeric, Map<String, Object> values) {
        Description result = new Description();
        result.kind = Wire.BeanKind.MBEAN;
        List<String> missing = new ArrayList<>();
        for (String attribute : asked) {
            Object value = values.get(attribute);
            if (value instanceof CompositeData || Scratch.typeOf(value) != Wire.ValueType.OTHER) {
                addSlots(result, attribute, NO_KEYS, value);
            } else if (numeric.containsKey(attribute)) {
                missing.add(attribute);
            }
        }
        result.incomplete = !missing.isEmpty();
        if (result.slots.isEmpty()) {
            // Wholly bad for now: offered as declared, so that its reads fail by name and are retried.
            for (String attribute : missing) {
                if (numeric.get(attribute)) {
                    addSlot(result, attribute, NO_KEYS, Wire.ValueType.NUMBER);
                }
            }
        }
        return result;
    }

    private static void addSlots(Description result, String attribute, String[] keys, Object value) {
        if (result.leftOut >= Description.LEFT_OUT_MAX) {
            return;
        }
        if (!(value instanceof CompositeData)) {
            int type = Scratch.typeOf(value);
            if (type != Wire.ValueType.OTHER) {
                addSlot(result, attribute, keys, type);
            }
            return;
        }
        if (keys.length >= DEPTH_MAX) {
            return;
        }
        CompositeData composite = (CompositeData) value;
        for (String key : composite.getCompositeType().keySet()) {
            Object inner = composite.get(key);
            if (inner != null) {
                addSlots(result, attribute, deeper(keys, key), inner);
            }
        }
    }

    private static String[] deeper(String[] keys, String key) {
        String[] deeper = Arrays.copyOf(keys, keys.length + 1);
        deeper[keys.length] = key;
        return deeper;
    }

    private static void addSlot(Description result, String attribute, String[] keys, int type) {
        if (type != NO_VALUE) {
            result.add(new Description.Slot(attribute, keys, type));
        }
    }

    /**
     * Reads the slots of {@code plan} in order. A slot without a value is {@link Scratch#NO_VALUE} as long as another
     * has one.
     *
     * @return the number of values, or a negated {@link Wire.ReadStatus}
     */
    int read(ObjectName name, MBeanPlan plan, Scratch scratch) throws Exception {
        int slots = plan.slotAttribute.length;
        if (plan.attributes.length == 1 && !plan.hasProcessValues) {
            return readOne(server.getAttribute(name, plan.attributes[0]), plan, scratch);
        }
        AttributeList found = plan.attributes.length == 0 ? NOTHING : attributes(name, plan.attributes);
        scratch.process.begin();
        int good = 0;
        for (int slot = 0; slot < slots; slot++) {
            if (plan.slotAttribute[slot] < 0) {
                scratch.values[slot] = scratch.process.value(plan.slotAttribute[slot]);
                good += Scratch.isNoValue(scratch.values[slot]) ? 0 : 1;
                continue;
            }
            Object value = valueOf(found, plan.attributes, plan.slotAttribute[slot]);
            good += store(value, plan, slot, scratch);
        }
        if (good == 0) {
            return found.isEmpty() ? -Wire.ReadStatus.THREW : -Wire.ReadStatus.NOT_NUMBER;
        }
        return slots;
    }

    /**
     * From now on each attribute is asked for by itself. A broker that ends removes metrics from beans that are still
     * there, and Kafka's beans log a stack trace for each attribute that a call for several does not find. Any thread.
     */
    void askOneByOne() {
        oneByOne = true;
    }

    private AttributeList attributes(ObjectName name, String[] wanted) throws Exception {
        if (!oneByOne) {
            return server.getAttributes(name, wanted);
        }
        AttributeList found = new AttributeList(wanted.length);
        for (String attribute : wanted) {
            try {
                found.add(new Attribute(attribute, server.getAttribute(name, attribute)));
            } catch (InstanceNotFoundException e) {
                throw e;
            } catch (Exception e) {
                // Left out, as a call for several leaves it out.
            }
        }
        return found;
    }

    private static int readOne(Object value, MBeanPlan plan, Scratch scratch) {
        int good = 0;
        for (int slot = 0; slot < plan.slotAttribute.length; slot++) {
            good += store(value, plan, slot, scratch);
        }
        return good == 0 ? -Wire.ReadStatus.NOT_NUMBER : plan.slotAttribute.length;
    }

    /** Failed attributes are left out of the list, and a dynamic bean may answer in any order. */
    private static Object valueOf(AttributeList found, String[] attributes, int index) {
        String wanted = attributes[index];
        int size = found.size();
        for (int i = Math.min(index, size - 1); i >= 0; i--) {
            Attribute attribute = (Attribute) found.get(i);
            if (attribute.getName().equals(wanted)) {
                return attribute.getValue();
            }
        }
        for (int i = index + 1; i < size; i++) {
            Attribute attribute = (Attribute) found.get(i);
            if (attribute.getName().equals(wanted)) {
                return attribute.getValue();
            }
        }
        return null;
    }

    /** Returns 1 when the slot got a value of its described type, else 0 and leaves {@link Scratch#NO_VALUE}. */
    private static int store(Object value, MBeanPlan plan, int slot, Scratch scratch) {
        for (String key : plan.slotKeys[slot]) {
            if (!(value instanceof CompositeData) || !((CompositeData) value).containsKey(key)) {
                value = null;
                break;
            }
            value = ((CompositeData) value).get(key);
        }
        boolean wantsText = plan.slotType[slot] == Wire.ValueType.TEXT;
        scratch.values[slot] = Scratch.NO_VALUE;
        if (wantsText) {
            String text = Scratch.textOf(value);
            if (text != null) {
                scratch.text(slot, text);
            }
            return text == null ? 0 : 1;
        }
        if (value instanceof Number) {
            scratch.values[slot] = ((Number) value).doubleValue();
            return 1;
        }
        if (value instanceof Boolean) {
            scratch.values[slot] = (Boolean) value ? 1 : 0;
            return 1;
        }
        return 0;
    }
}

package remora.shim;

import java.util.Arrays;

/** What to read of an MBean through the MBeanServer; shared by all MBeans alike. */
final class MBeanPlan {
    /** Attributes to ask for, each once. */
    final String[] attributes;
    /** For each slot: index into {@link #attributes}; below 0 which of {@link ProcessValues}. */
    final short[] slotAttribute;
    /** For each slot: keys into nested composites, empty for a plain attribute. */
    final String[][] slotKeys;
    /** For each slot: {@link Wire.ValueType} as described. */
    final byte[] slotType;
    /** Hash of the whole description, wanted or not: tells whether a bean that was looked at again has changed. */
    final int described;
    /** Hash of the bean's outline: tells whether a bean registered again has. */
    final int outline;
    /** Whether a slot is one of {@link ProcessValues}. */
    final boolean hasProcessValues;

    MBeanPlan(
            String[] attributes,
            short[] slotAttribute,
            String[][] slotKeys,
            byte[] slotType,
            int described,
            int outline) {
        this.attributes = attributes;
        this.slotAttribute = slotAttribute;
        this.slotKeys = slotKeys;
        this.slotType = slotType;
        this.described = described;
        this.outline = outline;
        boolean found = false;
        for (short attribute : slotAttribute) {
            found |= attribute < 0;
        }
        hasProcessValues = found;
    }

    @Override
    public boolean equals(Object other) {
        if (!(other instanceof MBeanPlan)) {
            return false;
        }
        MBeanPlan plan = (MBeanPlan) other;
        return described == plan.described
                && outline == plan.outline
                && Arrays.equals(attributes, plan.attributes)
                && Arrays.equals(slotAttribute, plan.slotAttribute)
                && Arrays.equals(slotType, plan.slotType)
                && Arrays.deepEquals(slotKeys, plan.slotKeys);
    }

    @Override
    public int hashCode() {
        return described * 31 + Arrays.hashCode(attributes) + Arrays.hashCode(slotAttribute);
    }
}

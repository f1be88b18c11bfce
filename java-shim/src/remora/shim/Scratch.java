package remora.shim;

/** Where one read leaves its values, owned by one collector thread. Texts lie beside the numbers by slot. */
final class Scratch {
    /** Stands for a value that there is not. A NaN of its own: one that a broker reports is a value. */
    static final double NO_VALUE = Double.longBitsToDouble(Wire.NO_VALUE_BITS);

    final double[] values = new double[Wire.ATTRIBUTES_MAX];
    final String[] texts = new String[Wire.ATTRIBUTES_MAX];
    final ProcessValues process = new ProcessValues();
    /** Of the histogram or timer that was read last, as it was before its values were taken. */
    long count;
    /** True when at least one slot of {@link #texts} is set; whoever takes them sets it back. */
    boolean anyText;

    void text(int slot, String text) {
        texts[slot] = text;
        anyText = true;
    }

    static boolean isNoValue(double value) {
        return Double.doubleToRawLongBits(value) == Wire.NO_VALUE_BITS;
    }

    /** Text of a value that counts as text, or null. Calls no foreign code. */
    static String textOf(Object value) {
        if (value instanceof String) {
            return (String) value;
        }
        if (value instanceof Enum) {
            return ((Enum<?>) value).name();
        }
        return value instanceof Character ? value.toString() : null;
    }

    /** {@link Wire.ValueType} of a value as found. */
    static int typeOf(Object value) {
        if (value instanceof Number) {
            return Wire.ValueType.NUMBER;
        }
        if (value instanceof Boolean) {
            return Wire.ValueType.BOOLEAN;
        }
        return value instanceof String || value instanceof Enum || value instanceof Character
                ? Wire.ValueType.TEXT
                : Wire.ValueType.OTHER;
    }
}

package remora.bench;

/** How far a value is off in the series' own scale, as native/model/deviation.h has it. */
final class Scale {
    static final float DEVIATION_MAX = 10;
    private static final float MEMORY_SECONDS = 300;
    private static final double FLOOR = 1e-9;

    private double mean;
    private float variance;
    private float ageSeconds;

    /** {@code first}: the first value of the series. */
    Scale(double first) {
        mean = Double.isFinite(first) ? first : 0;
    }

    /** Takes the truth {@code now} into the scale; returns how far {@code before} is off it, at most 10. */
    float take(double before, double now, float elapsedSeconds) {
        if (!Double.isFinite(now)) {
            boolean same = before == now || Double.isNaN(now) && Double.isNaN(before);
            return same ? 0 : DEVIATION_MAX;
        }
        float memory = Math.min(ageSeconds, MEMORY_SECONDS);
        float span = elapsedSeconds + memory;
        // One half, when there is no past, splits the difference between the only two values.
        double a = memory > 0 ? elapsedSeconds / span : 0.5;
        double off = now - mean;
        mean += a * off;
        double spread = (1 - a) * (variance + a * off * off);
        variance = (float) Math.min(spread, 1e38);
        ageSeconds = Math.min(ageSeconds + elapsedSeconds, MEMORY_SECONDS);
        if (now == before) {
            return 0;
        }
        double unit = Math.max(Math.sqrt(spread), FLOOR * Math.abs(now));
        double deviation = Math.abs(now - before) / unit;
        // Also when `before` is no number: a comparison with NaN is false.
        return deviation < DEVIATION_MAX ? (float) deviation : DEVIATION_MAX;
    }
}

package remora.bench;

/** Whether one emitted value is what a second reader found around the tick. */
final class Judge {
    /** TRUE, NEAR and FLICKER are true; UNSURE and NO_TRUTH are not judged. */
    enum Verdict {
        /** Equal to something that the truth found around the tick. */
        TRUE,
        /** Read around the tick, and within what the truth found there. */
        NEAR,
        /** Read around the tick, of what comes and goes between the passes, and within the last minute's range. */
        FLICKER,
        /** Read around the tick, and not what the passes found: it may have come and gone. Not judged, but bounded. */
        UNSURE,
        /** Read before the window, and the truth has moved away since. */
        STALE,
        /** Said to be read around the tick, but not within what the truth found. */
        WRONG,
        /** Said to be read around the tick, but it stands still while the truth moves. */
        FROZEN,
        /** Not in the truth, though it looked. */
        GHOST,
        /** The truth did not look, or the bean came or went meanwhile. */
        NO_TRUTH;

        boolean isTrue() {
            return ordinal() <= FLICKER.ordinal();
        }

        boolean isJudged() {
            return this != UNSURE && this != NO_TRUTH;
        }
    }

    /**
     * Ticks before that a value may stand still and never be what the truth found: counts and bytes that come in
     * regions are the same by chance, and a rate whose sawtooth has the period of the ticks.
     */
    private static final int STILL = 3;
    /** Fractions, and whole numbers from here on (bytes), may be off unseen by a share; more when their bean moves. */
    private static final double MUCH = 1e6;
    private static final double OFF = 1e-3;
    /** How far beyond the range of the last minute, as a share of it, a value that comes and goes may be. */
    private static final double BEYOND = 0.1;
    private static final double OFF_MOVING = 0.02;
    private static final double PRINTED = 1e-12;

    private Judge() {}

    static boolean equal(double a, double b) {
        return a == b || Double.isNaN(a) && Double.isNaN(b)
                || Math.abs(a - b) <= PRINTED * Math.max(Math.abs(a), Math.abs(b));
    }

    /** What is known of the series around the tick. */
    static final class Window {
        /** Truths of the passes around the tick, in their order. */
        final double[] truths = new double[32];
        int count;
        /** A counter that rose in the run and never fell. */
        boolean monotone;
        /** Comes and goes within windows. */
        boolean flickers;
        /** Some value of the same bean moved in this window: so may this one, between the passes. */
        boolean unitMoved;
        /** The range of the last minute. */
        double lowest;
        double highest;
        /** How much the truth moved back and forth in the window before. */
        double noiseBefore;
        /** Ticks before this one that had the same value, none of them found by the truth. */
        int stillTicks;

        boolean holds(double emitted) {
            for (int i = 0; i < count; i++) {
                if (equal(truths[i], emitted)) {
                    return true;
                }
            }
            return false;
        }
    }

    /** {@code fresh}: the read is said to be no older than the first pass of the window. */
    static Verdict judge(double emitted, boolean fresh, Window window) {
        if (window.holds(emitted)) {
            return Verdict.TRUE;
        }
        if (!fresh) {
            return Verdict.STALE;
        }
        double low = Double.POSITIVE_INFINITY;
        double high = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < window.count; i++) {
            low = Math.min(low, window.truths[i]);
            high = Math.max(high, window.truths[i]);
        }
        if (window.stillTicks > 0) {
            return window.stillTicks >= STILL || window.monotone ? Verdict.FROZEN : Verdict.UNSURE;
        }
        // What never falls was between the first pass and the last, whenever it was read.
        double slack = window.monotone ? 0 : Math.max(high - low, window.noiseBefore);
        if (!window.monotone && (emitted != Math.rint(emitted) || Math.abs(emitted) >= MUCH && window.unitMoved)) {
            double off = window.unitMoved ? OFF_MOVING : OFF;
            slack = Math.max(slack, off * Math.max(Math.abs(low), Math.abs(high)));
        }
        if (emitted >= low - slack && emitted <= high + slack) {
            return Verdict.NEAR;
        }
        boolean mayFlicker = window.flickers || window.unitMoved && !window.monotone;
        double beyond = BEYOND * (window.highest - window.lowest);
        if (mayFlicker && emitted >= window.lowest - beyond && emitted <= window.highest + beyond) {
            return Verdict.FLICKER;
        }
        // Nobody else saw it, but it says that it is fresh and it does not stand still.
        return window.monotone ? Verdict.WRONG : Verdict.UNSURE;
    }

    /** How far values went back and forth: 0 when they only rise or only fall. */
    static double noise(double[] values, int count) {
        double way = 0;
        for (int i = 1; i < count; i++) {
            way += Math.abs(values[i] - values[i - 1]);
        }
        double noise = count == 0 ? 0 : (way - Math.abs(values[count - 1] - values[0])) / 2;
        return Double.isFinite(noise) ? noise : 0;
    }
}

package remora.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Holds what the agent's file says, tick by tick, against the truth of {@link TruthAgent}.
 *
 * <pre>
 * Join NDJSON TRUTH OUT BASE_INTERVAL_MS NAME:FROM_MS:TO_MS...
 * </pre>
 *
 * The judged ticks begin with the second one after registration: the second that holds the same number of beans'
 * values, to two in a hundred. OUT is JSON, one object a stage in the given order.
 */
public final class Join {
    private static final double BACK_MS = 2200;
    private static final double AFTER_MS = 300;
    private static final double LATE_MS = 2500;
    private static final double SETTLED = 1.02;
    private static final int RANGE_TICKS = 6;
    private static final double EXPENSIVE_S = 0.00033;
    private static final String COST = "remora_family_read_typical_seconds";
    private static final String ACCURACY = "remora_accuracy_";

    /** A pass with all its values. */
    private static final class Snapshot {
        final TruthLog.Pass pass;
        final long[] bits;

        Snapshot(TruthLog.Pass pass, long[] bits) {
            this.pass = pass;
            this.bits = bits;
        }
    }

    private final TruthLog.Content truth;
    private final List<Tally> tallies = new ArrayList<>();
    private final Map<String, Integer> ids = new HashMap<>();
    private final double backMillis;
    private final int count;
    private final boolean[] monotone;
    private final boolean[] flickers;
    private final int[] unitOf;
    private final int[] familyOf;
    private final int[] rowOf;

    // The walk through the passes.
    private final Deque<Snapshot> passes = new ArrayDeque<>();
    private final long[] current;
    private int next;

    // By series, from tick to tick.
    private final double[][] lows = new double[RANGE_TICKS][];
    private final double[][] highs = new double[RANGE_TICKS][];
    private final double[] noise;
    private final double[] emitted;
    private final int[] stillTicks;
    private final Scale[] scales;
    private final double[] scaledAt;
    private final boolean[] present;
    private final int[] shownAt;
    private final boolean[] familyShown;
    private final int[] familyPresent;
    private final int[] familyEmitted;
    private final float[] unitDeviation;
    private final int[] unitAt;
    private final int[] unitMovedAt;
    private Map<String, Double> costs = new HashMap<>();
    private int tickNumber;

    private Join(TruthLog.Content truth, double baseMillis, List<String> stages) {
        this.truth = truth;
        count = truth.series.size();
        backMillis = Math.min(BACK_MS, baseMillis * 0.99);
        stages.forEach(stage -> tallies.add(new Tally(stage, truth.series)));
        monotone = new boolean[count];
        flickers = new boolean[count];
        unitOf = new int[count];
        familyOf = new int[count];
        rowOf = new int[count];
        current = new long[count];
        noise = new double[count];
        emitted = new double[count];
        stillTicks = new int[count];
        scales = new Scale[count];
        scaledAt = new double[count];
        present = new boolean[count];
        shownAt = new int[count];
        Map<String, Integer> units = new HashMap<>();
        Map<String, Integer> families = new HashMap<>();
        for (int id = 0; id < count; id++) {
            Subject subject = truth.series.get(id);
            ids.put(subject.bean + '\0' + subject.attribute, id);
            unitOf[id] = units.computeIfAbsent(subject.bean, key -> units.size());
            familyOf[id] = families.computeIfAbsent(subject.family, key -> families.size());
        }
        for (int i = 0; i < RANGE_TICKS; i++) {
            lows[i] = new double[count];
            highs[i] = new double[count];
            Arrays.fill(lows[i], Double.POSITIVE_INFINITY);
            Arrays.fill(highs[i], Double.NEGATIVE_INFINITY);
        }
        unitDeviation = new float[units.size()];
        unitAt = new int[units.size()];
        unitMovedAt = new int[units.size()];
        familyShown = new boolean[families.size()];
        familyPresent = new int[families.size()];
        familyEmitted = new int[families.size()];
        Arrays.fill(current, TruthLog.UNREAD);
    }

    public static void main(String[] arguments) throws IOException {
        String result = run(Paths.get(arguments[0]), Paths.get(arguments[1]), Double.parseDouble(arguments[3]),
                Arrays.asList(arguments).subList(4, arguments.length));
        Files.write(Paths.get(arguments[2]), result.getBytes(StandardCharsets.UTF_8));
    }

    static String run(Path file, Path truth, double baseMillis, List<String> stages) throws IOException {
        Join join = new Join(TruthLog.read(truth), baseMillis, stages);
        join.learn();
        try (NdjsonTicks ticks = new NdjsonTicks(file)) {
            int before = 0;
            boolean settled = false;
            for (NdjsonTicks.Tick tick = ticks.tick(); tick != null; tick = ticks.tick()) {
                int values = tick.values.size();
                settled |= before > 0 && values <= SETTLED * before;
                before = values;
                join.take(tick, settled);
            }
        }
        List<String> parts = new ArrayList<>();
        join.tallies.forEach(tally -> parts.add(tally.json()));
        return "[" + String.join(",\n", parts) + "]\n";
    }

    /** From the truth alone: what rises and never falls, and what comes and goes between the passes of one tick. */
    private void learn() {
        double[] last = new double[count];
        double[] first = new double[count];
        double[] way = new double[count];
        int[] flicks = new int[count];
        boolean[] rose = new boolean[count];
        Arrays.fill(monotone, true);
        Arrays.fill(last, Double.NaN);
        Arrays.fill(first, Double.NaN);
        long group = 0;
        for (TruthLog.Pass pass : truth.passes) {
            if (pass.group != group) {
                countFlicks(first, last, way, flicks);
                group = pass.group;
            }
            for (int i = 0; i < pass.ids.length; i++) {
                int id = pass.ids[i];
                double value = TruthLog.isNumber(pass.bits[i]) ? Double.longBitsToDouble(pass.bits[i]) : Double.NaN;
                if (!Double.isNaN(last[id]) && !Double.isNaN(value)) {
                    monotone[id] &= value >= last[id];
                    rose[id] |= value > last[id];
                    way[id] += Math.abs(value - last[id]);
                }
                first[id] = Double.isNaN(first[id]) ? value : first[id];
                last[id] = value;
            }
        }
        countFlicks(first, last, way, flicks);
        for (int id = 0; id < count; id++) {
            flickers[id] = flicks[id] >= 2;
            // A gauge may have risen only by chance.
            monotone[id] &= rose[id] && truth.series.get(id).isCounter();
        }
    }

    private static void countFlicks(double[] first, double[] last, double[] way, int[] flicks) {
        for (int id = 0; id < flicks.length; id++) {
            if (way[id] > Math.abs(last[id] - first[id])) {
                flicks[id]++;
            }
            way[id] = 0;
            first[id] = last[id];
        }
    }

    /** The passes around the tick, or null when there are too few. */
    private List<Snapshot> around(double tickMillis) {
        List<TruthLog.Pass> all = truth.passes;
        boolean after = !passes.isEmpty() && passes.getLast().pass.beginMicros / 1e3 >= tickMillis;
        while (next < all.size()) {
            double begin = all.get(next).beginMicros / 1e3;
            if (begin > tickMillis + (after ? AFTER_MS : LATE_MS)) {
                break;
            }
            TruthLog.Pass pass = all.get(next++);
            for (int i = 0; i < pass.ids.length; i++) {
                current[pass.ids[i]] = pass.bits[i];
            }
            passes.add(new Snapshot(pass, current.clone()));
            after |= begin >= tickMillis;
        }
        while (!passes.isEmpty() && passes.getFirst().pass.beginMicros / 1e3 < tickMillis - backMillis) {
            passes.removeFirst();
        }
        return passes.size() >= 2 && after ? new ArrayList<>(passes) : null;
    }

    private void take(NdjsonTicks.Tick tick, boolean settled) {
        double tickMillis = tick.millis();
        tickNumber++;
        List<Snapshot> window = around(tickMillis);
        Tally tally = null;
        for (Tally stage : tallies) {
            tally = settled && stage.covers(tickMillis) ? stage : tally;
        }
        if (tally != null) {
            tally.ticks++;
            tally.ticksWithoutTruth += window == null ? 1 : 0;
        }
        Map<String, Double> known = costs;
        costs = new HashMap<>();
        for (NdjsonTicks.Line line : tick.own) {
            if (line.name.equals(COST)) {
                costs.put(line.labels.get("family"), line.value);
            }
        }
        known.replaceAll((family, seconds) -> Math.max(seconds, costs.getOrDefault(family, 0.0)));
        costs.forEach(known::putIfAbsent);
        if (window != null) {
            judge(tick, tickMillis, window, tally, known);
        }
    }

    private void judge(NdjsonTicks.Tick tick, double tickMillis, List<Snapshot> window, Tally tally,
            Map<String, Double> known) {
        double firstMillis = Math.floor(window.get(0).pass.beginMicros / 1e3);
        double firstEndMillis = window.get(0).pass.endMicros / 1e3;
        Snapshot nearest = nearest(window, tickMillis);
        TickRow[] rows = new TickRow[Subject.Kind.values().length + 1];
        Arrays.setAll(rows, i -> new TickRow());
        List<Integer> unitIds = new ArrayList<>();
        Judge.Window seen = new Judge.Window();
        for (int id = 0; id < count; id++) {
            if (window.get(0).bits[id] != nearest.bits[id]) {
                unitMovedAt[unitOf[id]] = tickNumber;
            }
        }
        for (NdjsonTicks.Line line : tick.values) {
            Integer found = ids.get(line.bean + '\0' + line.attribute);
            if (found == null) {
                if (tally != null && Subject.excluded(line.bean, line.attribute) == null) {
                    tally.unknown(new Subject(line.bean, line.attribute).family.replace('\0', ' '));
                }
                continue;
            }
            int id = found;
            int age = (int) Math.max(0, Math.round(tickMillis - line.readMillis));
            Judge.Verdict verdict = verdict(id, line, line.readMillis >= firstMillis, window, seen);
            // Read before the first pass was through: nobody knows what the value was then.
            boolean unseen = line.readMillis < firstEndMillis && age <= backMillis;
            if (unseen && (verdict == Judge.Verdict.STALE || verdict == Judge.Verdict.WRONG)) {
                verdict = Judge.Verdict.NO_TRUTH;
            }
            shownAt[id] = tickNumber;
            familyShown[familyOf[id]] = true;
            float deviation = deviation(id, line.value, nearest.bits[id], tickMillis);
            deviation = verdict.isTrue() ? 0 : deviation;
            Subject subject = truth.series.get(id);
            int row = subject.kind.ordinal();
            double seconds = subject.kind == Subject.Kind.BROKER ? known.getOrDefault(subject.bean, 0.0) : 0;
            if (seconds > EXPENSIVE_S) {
                row = Subject.Kind.values().length;
            }
            rowOf[id] = row;
            if (!verdict.isJudged() || tally == null) {
                if (tally != null) {
                    tally.value(row, id, verdict, age, 0);
                }
                continue;
            }
            tally.value(row, id, verdict, age, deviation);
            tally.example(verdict, id, line.value, age, seen);
            rows[row].take(verdict, age);
            if (verdict != Judge.Verdict.GHOST) {
                if (seconds > EXPENSIVE_S) {
                    tally.expensive(subject.bean, seconds, age, verdict.isTrue());
                }
                int unit = unitOf[id];
                if (unitAt[unit] != tickNumber) {
                    unitAt[unit] = tickNumber;
                    unitDeviation[unit] = 0;
                    unitIds.add(id);
                }
                unitDeviation[unit] = Math.max(unitDeviation[unit], Math.min(1, deviation));
            }
        }
        for (int id : unitIds) {
            float deviation = unitDeviation[unitOf[id]];
            rows[rowOf[id]].unit(deviation);
            tally.unit(rowOf[id], deviation);
        }
        look(window, tally);
        if (tally != null) {
            tally.tick(tickJson(tick, tickMillis, rows));
        }
    }

    private Judge.Verdict verdict(int id, NdjsonTicks.Line line, boolean fresh, List<Snapshot> window,
            Judge.Window seen) {
        int absent = 0;
        int other = 0;
        seen.count = 0;
        for (Snapshot snapshot : window) {
            long bits = snapshot.bits[id];
            if (TruthLog.isNumber(bits)) {
                if (seen.count < seen.truths.length) {
                    seen.truths[seen.count++] = Double.longBitsToDouble(bits);
                }
            } else if (bits == TruthLog.ABSENT) {
                absent++;
            } else {
                other++;
            }
        }
        if (seen.count == 0) {
            return absent > 0 && other == 0 ? Judge.Verdict.GHOST : Judge.Verdict.NO_TRUTH;
        }
        boolean held = seen.holds(line.value);
        boolean same = Double.doubleToLongBits(emitted[id]) == Double.doubleToLongBits(line.value);
        seen.stillTicks = same && !held ? stillTicks[id] : 0;
        seen.monotone = monotone[id];
        seen.flickers = flickers[id];
        seen.unitMoved = unitMovedAt[unitOf[id]] == tickNumber;
        seen.noiseBefore = noise[id];
        seen.lowest = Double.POSITIVE_INFINITY;
        seen.highest = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < RANGE_TICKS; i++) {
            seen.lowest = Math.min(seen.lowest, lows[i][id]);
            seen.highest = Math.max(seen.highest, highs[i][id]);
        }
        emitted[id] = line.value;
        stillTicks[id] = held ? 0 : seen.stillTicks + 1;
        Judge.Verdict verdict = Judge.judge(line.value, fresh, seen);
        return absent + other > 0 && !verdict.isTrue() ? Judge.Verdict.NO_TRUTH : verdict;
    }

    private float deviation(int id, double value, long bits, double tickMillis) {
        if (!TruthLog.isNumber(bits)) {
            return 0;
        }
        double now = Double.longBitsToDouble(bits);
        if (scales[id] == null) {
            scales[id] = new Scale(now);
            scaledAt[id] = tickMillis;
            return Judge.equal(value, now) ? 0 : Scale.DEVIATION_MAX;
        }
        float elapsed = (float) ((tickMillis - scaledAt[id]) / 1e3);
        scaledAt[id] = tickMillis;
        return scales[id].take(value, now, elapsed);
    }

    private static Snapshot nearest(List<Snapshot> window, double tickMillis) {
        Snapshot best = window.get(0);
        for (Snapshot snapshot : window) {
            if (Math.abs(snapshot.pass.beginMicros / 1e3 - tickMillis)
                    <= Math.abs(best.pass.beginMicros / 1e3 - tickMillis)) {
                best = snapshot;
            }
        }
        return best;
    }

    /** Looks at every series of the truth: its range, its noise, and whether the file should have held it. */
    private void look(List<Snapshot> window, Tally tally) {
        Arrays.fill(familyPresent, 0);
        Arrays.fill(familyEmitted, 0);
        boolean[] wasPresent = present.clone();
        double[] values = new double[window.size()];
        double[] low = lows[tickNumber % RANGE_TICKS];
        double[] high = highs[tickNumber % RANGE_TICKS];
        for (int id = 0; id < count; id++) {
            int n = 0;
            low[id] = Double.POSITIVE_INFINITY;
            high[id] = Double.NEGATIVE_INFINITY;
            for (Snapshot snapshot : window) {
                if (TruthLog.isNumber(snapshot.bits[id])) {
                    double value = Double.longBitsToDouble(snapshot.bits[id]);
                    values[n++] = value;
                    low[id] = Math.min(low[id], value);
                    high[id] = Math.max(high[id], value);
                }
            }
            noise[id] = Judge.noise(values, n);
            present[id] = n == window.size();
            familyPresent[familyOf[id]] += present[id] ? 1 : 0;
            familyEmitted[familyOf[id]] += shownAt[id] == tickNumber ? 1 : 0;
        }
        for (int id = 0; tally != null && id < count; id++) {
            int family = familyOf[id];
            if (!present[id] || !wasPresent[id] || shownAt[id] == tickNumber || !familyShown[family]) {
                continue;
            }
            // Of a large broker's partitions a sample is shown.
            boolean sampled = truth.series.get(id).kind == Subject.Kind.PARTITION
                    && familyEmitted[family] * 2 < familyPresent[family];
            if (!sampled) {
                tally.missing(truth.series.get(id).kind.ordinal(), id);
            }
        }
    }

    /** One class at one tick. */
    private static final class TickRow {
        long judged;
        long isTrue;
        int ageMillis;
        long units;
        double unitError;

        void take(Judge.Verdict verdict, int age) {
            ageMillis = Math.max(ageMillis, age);
            if (verdict != Judge.Verdict.GHOST) {
                judged++;
                isTrue += verdict.isTrue() ? 1 : 0;
            }
        }

        void unit(float deviation) {
            units++;
            unitError += deviation;
        }
    }

    private static String tickJson(NdjsonTicks.Tick tick, double tickMillis, TickRow[] rows) {
        StringBuilder out = new StringBuilder("{\"ms\":").append((long) tickMillis).append(",\"classes\":{");
        for (int i = 0; i < rows.length; i++) {
            TickRow row = rows[i];
            out.append(i == 0 ? "" : ",").append(Tally.quote(Tally.rowName(i))).append(":[").append(row.judged)
                    .append(',').append(row.isTrue).append(',').append(row.ageMillis / 1e3).append(',')
                    .append(row.units).append(',').append(row.unitError).append(']');
        }
        out.append("},\"own\":{");
        String comma = "";
        for (NdjsonTicks.Line line : tick.own) {
            if (line.name.startsWith(ACCURACY) && Double.isFinite(line.value)) {
                out.append(comma).append(Tally.quote(line.name.substring(ACCURACY.length()) + ' '
                        + line.labels.get("class"))).append(':').append(line.value);
                comma = ",";
            }
        }
        return out.append("}}").toString();
    }
}

package remora.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What came out over the ticks of one stage of a run, by class and by series. */
final class Tally {
    private static final int WORST = 15;
    private static final int NAMES_MAX = 20;
    private static final int EXAMPLES_MAX = 40;
    private static final int AGE_MS_MAX = 3_600_000;

    /** One class. */
    static final class Row {
        final long[] verdicts = new long[Judge.Verdict.values().length];
        final TreeMap<Integer, Long> ages = new TreeMap<>();
        long judged;
        long missing;
        double error;
        double deviation;
        double unitError;
        long units;

        void age(int millis) {
            ages.merge(millis, 1L, Long::sum);
        }

        /** The age in ms that {@code share} of all values do not exceed. */
        int ageAt(double share) {
            long all = ages.values().stream().mapToLong(Long::longValue).sum();
            long seen = 0;
            for (Map.Entry<Integer, Long> entry : ages.entrySet()) {
                seen += entry.getValue();
                if (seen >= share * all) {
                    return entry.getKey();
                }
            }
            return 0;
        }

        long isTrue() {
            return verdicts[0] + verdicts[1] + verdicts[2];
        }
    }

    /** A bean that costs more than half a millisecond. */
    private static final class Expensive {
        double seconds;
        int ageMillis;
        long judged;
        long isTrue;
    }

    final String name;
    final double fromMillis;
    final double toMillis;
    /** By class, the expensive beans of the broker last. */
    final Row[] rows = new Row[Subject.Kind.values().length + 1];
    long ticks;
    long ticksWithoutTruth;
    private final List<Subject> series;
    private final int[] judged;
    private final int[] untrue;
    private final int[] ageMillis;
    private final float[] error;
    private final Map<String, Expensive> expensive = new LinkedHashMap<>();
    private final Map<String, Long> unknown = new TreeMap<>();
    private final Map<String, Long> missing = new TreeMap<>();
    private final Map<String, Long> ghosts = new TreeMap<>();
    private final List<String> perTick = new ArrayList<>();
    private final List<String> examples = new ArrayList<>();

    /** {@code stage}: NAME:FROM_MS:TO_MS. */
    Tally(String stage, List<Subject> series) {
        String[] parts = stage.split(":");
        name = parts[0];
        fromMillis = Double.parseDouble(parts[1]);
        toMillis = Double.parseDouble(parts[2]);
        this.series = series;
        judged = new int[series.size()];
        untrue = new int[series.size()];
        ageMillis = new int[series.size()];
        error = new float[series.size()];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = new Row();
        }
    }

    boolean covers(double tickMillis) {
        return tickMillis >= fromMillis && tickMillis < toMillis;
    }

    void value(int row, int id, Judge.Verdict verdict, int age, float deviation) {
        Row all = rows[row];
        all.verdicts[verdict.ordinal()]++;
        if (!verdict.isJudged()) {
            return;
        }
        all.age(Math.min(age, AGE_MS_MAX));
        ageMillis[id] = Math.max(ageMillis[id], age);
        if (verdict == Judge.Verdict.GHOST) {
            count(ghosts, id);
            return;
        }
        all.judged++;
        judged[id]++;
        float capped = Math.min(1, deviation);
        all.error += capped;
        all.deviation += deviation;
        error[id] += capped;
        if (!verdict.isTrue()) {
            untrue[id]++;
        }
    }

    /** Of values that say they are fresh and are not true: for people who doubt the verdict. */
    void example(Judge.Verdict verdict, int id, double emitted, int age, Judge.Window window) {
        if (examples.size() < EXAMPLES_MAX && (verdict == Judge.Verdict.WRONG || verdict == Judge.Verdict.FROZEN)) {
            Subject subject = series.get(id);
            examples.add("{\"bean\":" + quote(subject.bean) + ",\"attribute\":" + quote(subject.attribute)
                    + ",\"verdict\":" + quote(verdict.name().toLowerCase()) + ",\"emitted\":"
                    + quote(String.valueOf(emitted)) + ",\"age_s\":" + age / 1e3 + ",\"truths\":"
                    + quote(Arrays.toString(Arrays.copyOf(window.truths, window.count))) + "}");
        }
    }

    void unit(int row, float deviation) {
        rows[row].units++;
        rows[row].unitError += deviation;
    }

    void missing(int row, int id) {
        rows[row].missing++;
        count(missing, id);
    }

    void unknown(String family) {
        unknown.merge(family, 1L, Long::sum);
    }

    void expensive(String bean, double seconds, int age, boolean isTrue) {
        Expensive found = expensive.computeIfAbsent(bean, key -> new Expensive());
        found.seconds = Math.max(found.seconds, seconds);
        found.ageMillis = Math.max(found.ageMillis, age);
        found.judged++;
        found.isTrue += isTrue ? 1 : 0;
    }

    void tick(String json) {
        perTick.add(json);
    }

    private void count(Map<String, Long> names, int id) {
        names.merge(series.get(id).family.replace('\0', ' '), 1L, Long::sum);
    }

    String json() {
        StringBuilder out = new StringBuilder("{\"name\":").append(quote(name)).append(",\"ticks\":").append(ticks)
                .append(",\"ticks_without_truth\":").append(ticksWithoutTruth).append(",\"classes\":{");
        for (int i = 0; i < rows.length; i++) {
            out.append(i == 0 ? "" : ",").append(quote(rowName(i))).append(':').append(row(rows[i]));
        }
        out.append("},\"worst\":[");
        out.append(String.join(",", worst())).append("],\"expensive\":{");
        String comma = "";
        for (Map.Entry<String, Expensive> entry : expensive.entrySet()) {
            Expensive found = entry.getValue();
            out.append(comma).append(quote(entry.getKey())).append(":{\"seconds\":").append(found.seconds)
                    .append(",\"age_max_s\":").append(found.ageMillis / 1e3).append(",\"true\":")
                    .append((double) found.isTrue / found.judged).append('}');
            comma = ",";
        }
        return out.append("},\"examples\":[").append(String.join(",", examples)).append("],\"unknown\":")
                .append(names(unknown)).append(",\"missing\":").append(names(missing))
                .append(",\"ghosts\":").append(names(ghosts)).append(",\"per_tick\":[")
                .append(String.join(",", perTick)).append("]}").toString();
    }

    static String rowName(int row) {
        Subject.Kind[] kinds = Subject.Kind.values();
        return row == kinds.length ? "broker, expensive" : kinds[row].name().toLowerCase();
    }

    private static String row(Row row) {
        StringBuilder out = new StringBuilder("{\"judged\":").append(row.judged).append(",\"true\":")
                .append(row.isTrue()).append(",\"missing\":").append(row.missing);
        for (Judge.Verdict verdict : Judge.Verdict.values()) {
            out.append(",\"").append(verdict.name().toLowerCase()).append("_verdicts\":")
                    .append(row.verdicts[verdict.ordinal()]);
        }
        double values = Math.max(1, row.judged);
        return out.append(",\"age_p50_s\":").append(row.ageAt(0.5) / 1e3).append(",\"age_p99_s\":")
                .append(row.ageAt(0.99) / 1e3).append(",\"age_max_s\":").append(row.ageAt(1) / 1e3)
                .append(",\"error\":").append(row.error / values).append(",\"deviation\":")
                .append(row.deviation / values).append(",\"unit_error\":")
                .append(row.unitError / Math.max(1, row.units)).append('}').toString();
    }

    private List<String> worst() {
        Integer[] order = new Integer[series.size()];
        Arrays.setAll(order, i -> i);
        Arrays.sort(order,
                (a, b) -> untrue[a] != untrue[b] ? untrue[b] - untrue[a] : Float.compare(error[b], error[a]));
        List<String> rows = new ArrayList<>();
        for (int i = 0; i < Math.min(WORST, order.length) && untrue[order[i]] > 0; i++) {
            int id = order[i];
            Subject subject = series.get(id);
            rows.add("{\"bean\":" + quote(subject.bean) + ",\"attribute\":" + quote(subject.attribute)
                    + ",\"class\":" + quote(rowName(subject.kind.ordinal())) + ",\"untrue\":"
                    + (double) untrue[id] / judged[id] + ",\"error\":" + error[id] / judged[id]
                    + ",\"age_max_s\":" + ageMillis[id] / 1e3 + "}");
        }
        return rows;
    }

    /** The most frequent names. */
    private static String names(Map<String, Long> counts) {
        StringBuilder out = new StringBuilder("{");
        counts.entrySet().stream().sorted((a, b) -> Long.compare(b.getValue(), a.getValue())).limit(NAMES_MAX)
                .forEach(entry -> out.append(out.length() == 1 ? "" : ",").append(quote(entry.getKey())).append(':')
                        .append(entry.getValue()));
        return out.append('}').toString();
    }

    static String quote(String text) {
        StringBuilder out = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c < ' ') {
                out.append(String.format("\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        return out.append('"').toString();
    }
}

package remora.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * Made-up truths and files, of which it is known what is true, through {@link Join}. Ends with a status that is not 0
 * when a verdict is another.
 */
public final class JoinTest {
    private static final int TICKS = 20;
    private static final long BASE_MS = 10_000;
    private static final long START_MS = 1_700_000_000_000L;
    private static final int[] PASS_MS = {-2100, -1400, -800, -300, 30};
    private static final int PASS_LENGTH_MS = 5;
    private static final int[] SLOW_PASS_MS = {-2100, 30};
    private static final int SLOW_PASS_LENGTH_MS = 1900;

    /** A series: what the broker has at a time, and what the file says at a tick (null: no line). */
    private interface Truth {
        double at(long millis);
    }

    /** What the file says at a tick. */
    private interface Emitted {
        double[] at(long tickMillis, Truth truth);
    }

    private static int failures;

    private JoinTest() {}

    public static void main(String[] arguments) throws IOException {
        truths();
        lies();
        counts();
        scale();
        if (failures > 0) {
            throw new IllegalStateException(failures + " verdicts are wrong");
        }
        System.out.println("the judge judges as it should");
    }

    private static double wave(long millis) {
        return 50 + 10 * Math.sin(millis / 371.0) + new Random(millis).nextDouble();
    }

    private static double rising(long millis) {
        return (millis - START_MS) * 2;
    }

    /** Moves once a tick, between the ticks' windows: within a window it stands. */
    private static double steps(long millis) {
        return new Random((millis - START_MS + BASE_MS / 2) / BASE_MS).nextInt(1_000_000);
    }

    private static void truths() throws IOException {
        double all = TICKS - 3.0;
        Emitted fresh = (tick, truth) -> new double[] {truth.at(tick - 500), tick - 500};
        check("a counter read for the tick", fresh, JoinTest::rising, all, all, 0);
        check("a percentile read for the tick", fresh, JoinTest::wave, all, all, 0);
        check("a value that moves between ticks, read for the tick", fresh, JoinTest::steps, all, all, 0);
        check("a constant read long ago", (tick, truth) -> new double[] {7, START_MS}, millis -> 7, all, all, 0);
        check("not a number, as in the broker", (tick, truth) -> new double[] {Double.NaN, tick - 500},
                millis -> Double.NaN, all, all, 0);
        check("a value that comes and goes", fresh, millis -> new Random(millis).nextInt(3), all, all, 0);
    }

    private static void lies() throws IOException {
        double all = TICKS - 3.0;
        long past = START_MS + 500;
        check("a percentile frozen, and it says so", (tick, truth) -> new double[] {truth.at(past), past},
                JoinTest::wave, all, 0, 0);
        check("a percentile frozen at 0, and it says so", (tick, truth) -> new double[] {0, past}, JoinTest::wave,
                all, 0, 0);
        check("a percentile frozen that says it is fresh", (tick, truth) -> new double[] {truth.at(past), tick - 100},
                JoinTest::wave, all, 0, 0);
        check("a counter frozen that says it is fresh", (tick, truth) -> new double[] {truth.at(past), tick - 100},
                JoinTest::rising, all, 0, 0);
        check("a counter one tick behind", (tick, truth) -> new double[] {truth.at(tick - BASE_MS), tick - BASE_MS},
                JoinTest::rising, all, 0, 0);
        check("a counter one tick behind that says it is fresh",
                (tick, truth) -> new double[] {truth.at(tick - BASE_MS), tick - 100}, JoinTest::rising, all, 0, 0);
        check("a counter of seconds one tick behind that says it is fresh",
                (tick, truth) -> new double[] {truth.at(tick - BASE_MS), tick - 100},
                millis -> 1e6 + (millis - START_MS) / 12345.6, all, 0, 0);
        check("a gauge one tick behind that says it is fresh",
                (tick, truth) -> new double[] {truth.at(tick - BASE_MS), tick - 100}, JoinTest::steps, all, 0, 0);
        check("a counter a little ahead", (tick, truth) -> new double[] {truth.at(tick + 500), tick - 100},
                JoinTest::rising, all, 0, 0);
        check("a constant that is another", (tick, truth) -> new double[] {7.01, tick - 100}, millis -> 7, all, 0, 0);
        check("not a number where there is one", (tick, truth) -> new double[] {Double.NaN, tick - 100},
                millis -> 7, all, 0, 0);
    }

    private static void counts() throws IOException {
        // The only pass before the tick reads the value after the agent did.
        check("a counter that the truth was too slow for", (tick, truth) -> new double[] {truth.at(tick - 1000),
            tick - 1000}, JoinTest::rising, 0, 0, 0, SLOW_PASS_MS, SLOW_PASS_LENGTH_MS);
        check("a counter one tick behind, and a slow truth", (tick, truth) -> new double[] {
            truth.at(tick - BASE_MS), tick - BASE_MS}, JoinTest::rising, TICKS - 3.0, 0, 0, SLOW_PASS_MS,
            SLOW_PASS_LENGTH_MS);
        check("a value that the file leaves out", (tick, truth) -> tick < START_MS + 10 * BASE_MS
                ? new double[] {7, tick - 100} : null, millis -> 7, 8, 8, 9);
    }

    /** The numbers that native/model/deviation.h gives: a jump after constancy is off by sqrt(1 / (a (1 - a))). */
    private static void scale() {
        Scale scale = new Scale(5);
        for (int i = 0; i < 60; i++) {
            expect("a constant is not off", 0, scale.take(5, 5, 10));
        }
        double a = 10.0 / 310;
        expect("a jump after 300 s", Math.sqrt(1 / (a * (1 - a))), scale.take(5, 9, 10));
        expect("NaN equals NaN", 0, new Scale(1).take(Double.NaN, Double.NaN, 10));
        expect("a number where NaN is", Scale.DEVIATION_MAX, new Scale(1).take(1, Double.NaN, 10));
    }

    private static void expect(String what, double wanted, double found) {
        if (Math.abs(wanted - found) > 1e-3) {
            failures++;
            System.err.println(what + ": " + found + ", should be " + wanted);
        }
    }

    private static void check(String what, Emitted emitted, Truth truth, double judged, double isTrueLeast,
            double missing) throws IOException {
        check(what, emitted, truth, judged, isTrueLeast, missing, PASS_MS, PASS_LENGTH_MS);
    }

    /** Judges one series over all ticks beside another that is always true; a pass reads when it ends. */
    private static void check(String what, Emitted emitted, Truth truth, double judged, double isTrueLeast,
            double missing, int[] passes, int passLength) throws IOException {
        Path directory = Files.createTempDirectory("remora-judge");
        Path file = directory.resolve("file");
        Path log = directory.resolve("truth");
        List<String> lines = new ArrayList<>();
        try (TruthLog.Writer writer = new TruthLog.Writer(log)) {
            int id = writer.define("kafka.server:type=Made", "Count");
            int other = writer.define("kafka.server:type=Other", "Value");
            int like = writer.define("kafka.server:type=Other", "More");
            for (int i = 0; i < TICKS; i++) {
                long tick = START_MS + i * BASE_MS;
                for (int offset : passes) {
                    long end = tick + offset + passLength;
                    writer.begin(tick, (tick + offset) * 1000);
                    writer.put(id, truth.at(passLength == PASS_LENGTH_MS ? tick + offset : end));
                    writer.put(other, 1);
                    writer.put(like, 2);
                    writer.end(end * 1000);
                }
                double[] value = emitted.at(tick, truth);
                if (value != null) {
                    lines.add(line("kafka.server:type=Made", "Count", value[0], (long) value[1]));
                }
                lines.add(line("kafka.server:type=Other", "Value", 1, tick - 100));
                lines.add(line("kafka.server:type=Other", "More", 2, tick - 100));
                lines.add(line("", "", i, tick));
            }
        }
        Files.write(file, lines, StandardCharsets.UTF_8);
        String json = Join.run(file, log, BASE_MS, Arrays.asList("made:0:" + Long.MAX_VALUE));
        Files.delete(file);
        Files.delete(log);
        Files.delete(directory);
        // Of the three series two are always true. The last tick is not known to be whole, and is left out; of the
        // others the first two are the time of registration.
        double others = 2 * (TICKS - 2.0);
        double foundJudged = number(json, "judged") - others;
        double foundTrue = number(json, "true") - others;
        double foundMissing = number(json, "missing");
        // What is unsure is bounded by a claim of its own: it is never true.
        double foundUnsure = number(json, "unsure_verdicts");
        boolean good = Math.abs(foundJudged + foundUnsure - judged) <= 1 && foundMissing == missing
                && (isTrueLeast == 0 ? foundTrue == 0 : foundTrue >= isTrueLeast && foundUnsure == 0);
        System.out.println((good ? "  " : "! ") + what + ": " + (int) foundTrue + " of " + (int) foundJudged
                + " true, " + (int) foundUnsure + " unsure, " + (int) foundMissing + " missing");
        failures += good ? 0 : 1;
    }

    private static String line(String bean, String attribute, double value, long millis) {
        String number = Double.isNaN(value) ? "null,\"text\":\"NaN\"" : String.valueOf(value);
        return "{\"ts\":" + millis + ",\"name\":\"made\",\"mbean\":\"" + bean + "\",\"attribute\":\"" + attribute
                + "\",\"labels\":{\"broker\":\"1\"},\"value\":" + number + "}";
    }

    /** A number of the class broker. */
    private static double number(String json, String key) {
        int at = json.indexOf("\"" + key + "\":", json.indexOf("\"broker\":")) + key.length() + 3;
        int end = at;
        while (end < json.length() && ",}".indexOf(json.charAt(end)) < 0) {
            end++;
        }
        return Double.parseDouble(json.substring(at, end));
    }
}

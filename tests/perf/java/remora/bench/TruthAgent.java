package remora.bench;

import java.io.IOException;
import java.lang.instrument.Instrumentation;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;

/**
 * Rides in the broker beside the agent under test and reads the same values by itself: several passes before each tick
 * of the agent's NDJSON file and one right after it. Argument: {@code NDJSON=TRUTH_FILE=BASE_INTERVAL_MS}.
 */
public final class TruthAgent implements Runnable {
    private static final long BACK_MS = 2100;
    private static final long LAST_MS = 150;
    private static final long LATE_MS = 1500;
    private static final long STEP_LEAST_MS = 300;
    private static final long CHANCE_MS = 250;
    private static final int PASSES_MAX = 5;

    private final Path file;
    private final Path truth;
    private final long baseMillis;
    private TruthReader reader;
    private NdjsonTicks lines;
    private long length;
    private long passMillis = 100;

    private TruthAgent(String[] arguments) {
        file = Paths.get(arguments[0]);
        truth = Paths.get(arguments[1]);
        baseMillis = Long.parseLong(arguments[2]);
    }

    public static void premain(String arguments, Instrumentation instrumentation) {
        Thread thread = new Thread(new TruthAgent(arguments.split("=")), "truth");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void run() {
        try {
            reader = new TruthReader(ManagementFactory.getPlatformMBeanServer(), new TruthLog.Writer(truth));
            while (!grown()) {
                Thread.sleep(20);
            }
            lines = new NdjsonTicks(file);
            long tick = System.currentTimeMillis();
            while (true) {
                tick = follow(settle(tick) + baseMillis);
            }
        } catch (InterruptedException e) {
            // The host ends.
        } catch (Throwable cause) {
            System.err.println("truth: " + cause);
            cause.printStackTrace();
        }
    }

    /** Passes around the tick that is due at {@code due}, which is returned. */
    private long follow(long due) throws IOException, InterruptedException {
        long back = Math.min(BACK_MS, baseMillis * 6 / 10);
        long passes = Math.max(2, Math.min(PASSES_MAX, back / Math.max(STEP_LEAST_MS, 2 * passMillis)));
        for (int i = 0; i < passes; i++) {
            // At chance: in even steps, or the same steps at each tick, a sawtooth always shows the same part.
            double share = (double) i / (passes - 1);
            long chance = i == 0 ? 0 : (long) (Math.random() * CHANCE_MS);
            sleepUntil(due - back + (long) ((back - LAST_MS) * share) - chance);
            if (i == 0) {
                // What the tick before left behind has come by now.
                length = Files.size(file);
            }
            if (i == 0 || System.currentTimeMillis() < due - LAST_MS / 2) {
                pass(due);
            }
        }
        boolean came = grown();
        while (!came && System.currentTimeMillis() < due + LATE_MS) {
            Thread.sleep(5);
            came = grown();
        }
        pass(due);
        return due;
    }

    private void pass(long due) throws IOException {
        long began = System.currentTimeMillis();
        reader.pass(due);
        passMillis = (passMillis * 3 + System.currentTimeMillis() - began) / 4;
    }

    private boolean grown() throws IOException {
        return Files.exists(file) && Files.size(file) != length;
    }

    /** Waits until the tick is wholly in the file; learns the families that it holds, and returns its time. */
    private long settle(long came) throws IOException, InterruptedException {
        NdjsonTicks.Tick tick = new NdjsonTicks.Tick();
        long until = System.currentTimeMillis() + baseMillis / 4;
        do {
            length = Files.size(file);
            Thread.sleep(50);
            lines.lines(line -> {
                if (line.bean.isEmpty()) {
                    tick.own.add(line);
                } else {
                    reader.want(line.bean, line.attribute);
                }
            });
            // The agent's own lines are the last of a tick.
        } while (grown() || tick.own.isEmpty() && System.currentTimeMillis() < until);
        return tick.own.isEmpty() ? came : (long) tick.millis();
    }

    private static void sleepUntil(long millis) throws InterruptedException {
        long left = millis - System.currentTimeMillis();
        if (left > 0) {
            Thread.sleep(left);
        }
    }
}

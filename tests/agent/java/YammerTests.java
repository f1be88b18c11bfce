package remora.shim;

import com.yammer.metrics.core.Counter;
import com.yammer.metrics.core.Gauge;
import com.yammer.metrics.core.Histogram;
import com.yammer.metrics.core.Meter;
import com.yammer.metrics.core.MetricName;
import com.yammer.metrics.core.MetricsRegistry;
import com.yammer.metrics.core.Timer;
import com.yammer.metrics.reporting.JmxReporter;
import java.lang.management.ManagementFactory;
import java.util.Collections;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import remora.shim.TestRunner.Group;

/**
 * Tier 1 against the real Yammer library: every statistic read from the metric objects equals what the MBeanServer
 * says, metric objects that change behind a name are followed, and a cycle allocates nothing of its own.
 */
public final class YammerTests {
    private enum State {
        FOLLOWER,
        LEADER
    }

    private static MetricName name(String name) {
        return new MetricName("kafka.test", "T", name, null, "kafka.test:type=T,name=" + name);
    }

    private static <T> Gauge<T> gauge(T value) {
        return new Gauge<T>() {
            @Override
            public T value() {
                return value;
            }
        };
    }

    private static void check(boolean good, String what) {
        if (!good) {
            throw new AssertionError(what);
        }
    }

    private static FakeCore.Unit await(FakeCore core, String name, int kind) throws Exception {
        for (int i = 0; i < 500; i++) {
            FakeCore.Unit unit = core.unit("kafka.test:type=T,name=" + name);
            if (unit != null && unit.reads > 1 && unit.kind == kind) {
                return unit;
            }
            Thread.sleep(20);
        }
        throw new AssertionError("never saw " + name);
    }

    private static void equalsMBean(MBeanServer server, FakeCore.Unit unit) throws Exception {
        for (String path : unit.paths) {
            if (path.equals("Sum") || path.endsWith("Rate")) {
                continue;  // the first is no attribute, the others move with time
            }
            Object seen = server.getAttribute(new ObjectName(unit.name), path);
            double wanted = ((Number) seen).doubleValue();
            check(wanted == unit.value(path), unit.name + " " + path + ": " + wanted + " and " + unit.value(path));
        }
    }

    @Group("yammer")
    static void metricsAreReadAsTheirMBeans() throws Exception {
        MetricsRegistry registry = new MetricsRegistry();
        JmxReporter reporter = new JmxReporter(registry);
        reporter.start();
        Random random = new Random(3);
        registry.newGauge(name("Number"), gauge(42L));
        registry.newGauge(name("Flag"), gauge(true));
        registry.newGauge(name("Enum"), gauge(State.LEADER));
        registry.newGauge(name("Nothing"), gauge(null));
        Counter counter = registry.newCounter(name("Counter"));
        Meter meter = registry.newMeter(name("Meter"), "things", TimeUnit.SECONDS);
        Histogram histogram = registry.newHistogram(name("Histogram"), true);
        Timer timer = registry.newTimer(name("Timer"), TimeUnit.MILLISECONDS, TimeUnit.SECONDS);
        registry.newTimer(name("IdleTimer"), TimeUnit.MICROSECONDS, TimeUnit.SECONDS);
        long sum = 0;
        for (int i = 0; i < 5000; i++) {
            int value = random.nextInt(100_000);
            sum += value;
            histogram.update(value);
            timer.update(value, TimeUnit.MICROSECONDS);
            meter.mark(value);
            counter.inc();
        }
        MBeanServer server = ManagementFactory.getPlatformMBeanServer();
        Buffers buffers = new Buffers();
        FakeCore core = new FakeCore(buffers, 100);
        YammerReader reader = new YammerReader(Collections.singletonList(registry));
        Session session = new Session(core, buffers, server, reader, "");
        Supervisor supervisor = new Supervisor(session, 5000);
        Thread thread = new Thread(supervisor::run);
        thread.setDaemon(true);
        thread.start();

        equalsMBean(server, await(core, "Number", Wire.BeanKind.GAUGE));
        equalsMBean(server, await(core, "Counter", Wire.BeanKind.COUNTER));
        equalsMBean(server, await(core, "Meter", Wire.BeanKind.METER));
        equalsMBean(server, await(core, "Histogram", Wire.BeanKind.HISTOGRAM));
        equalsMBean(server, await(core, "Timer", Wire.BeanKind.TIMER));
        equalsMBean(server, await(core, "IdleTimer", Wire.BeanKind.TIMER));
        check(await(core, "Histogram", Wire.BeanKind.HISTOGRAM).value("Sum") == sum, "sum");
        check(await(core, "Flag", Wire.BeanKind.GAUGE).value("Value") == 1, "flag");
        // Taken for a number until it is read.
        for (int i = 0; i < 1500 && await(core, "Enum", Wire.BeanKind.GAUGE).gaugeType != Wire.ValueType.TEXT; i++) {
            Thread.sleep(20);
        }
        check(await(core, "Enum", Wire.BeanKind.GAUGE).gaugeType == Wire.ValueType.TEXT, "type of a text gauge");
        check("LEADER".equals(core.text((int) core.unit("kafka.test:type=T,name=Enum").value("Value"))), "text gauge");
        check(await(core, "Nothing", Wire.BeanKind.GAUGE).lastStatus == Wire.ReadStatus.NOT_NUMBER, "null gauge");

        registry.removeMetric(name("Number"));
        registry.newGauge(name("Number"), gauge(43.5));
        for (int i = 0; i < 500 && core.unit("kafka.test:type=T,name=Number").value("Value") != 43.5; i++) {
            Thread.sleep(20);
        }
        check(core.unit("kafka.test:type=T,name=Number").value("Value") == 43.5, "a metric object that was replaced");
        registry.removeMetric(name("Number"));
        for (int i = 0; i < 500 && core.unit("kafka.test:type=T,name=Number") != null; i++) {
            Thread.sleep(20);
        }
        check(core.unit("kafka.test:type=T,name=Number") == null, "a metric that is gone");
        supervisor.shutdown();
    }

    /** Meters, counters and histogram counts: nothing of the host allocates there, so any byte would be ours. */
    @Group("yammer")
    static void plainReadsAllocateNothing() throws Exception {
        MetricsRegistry registry = new MetricsRegistry();
        YammerReader reader = new YammerReader(Collections.singletonList(registry));
        Buffers buffers = new Buffers();
        Core sink = new Core() {
            @Override
            public int control(int bytes) {
                return 0;
            }

            @Override
            public int learn(String facts) {
                return 0;
            }

            @Override
            public int plan(long nowNanos) {
                return 0;
            }

            @Override
            public int submit(int bytes, long nowNanos) {
                return 0;
            }

            @Override
            public int stop(int deadlineMillis) {
                return 0;
            }

            @Override
            public int reload() {
                return 0;
            }

            @Override
            public String reloadOutcome() {
                return null;
            }
        };
        UnitTable units = new UnitTable();
        byte[] count = {Wire.Stat.COUNT, Wire.Stat.MAX};
        for (int i = 0; i < 3000; i++) {
            MetricName name = name("n" + i);
            Object metric = i % 3 == 0 ? registry.newCounter(name)
                    : i % 3 == 1 ? registry.newMeter(name, "x", TimeUnit.SECONDS) : registry.newHistogram(name, true);
            Object plan = metric instanceof Histogram ? new HistogramPlan(count) : count;
            units.put(i, new ObjectName(name.getMBeanName()), reader.kindOf(metric), metric, plan, false);
        }
        SampleWriter samples = new SampleWriter(sink, buffers, new TextTable());
        ReadGate gate = new ReadGate();
        Scratch scratch = new Scratch();
        com.sun.management.ThreadMXBean threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        long id = Thread.currentThread().getId();
        long bytes = 0;
        for (int pass = 0; pass < 200; pass++) {
            long before = threads.getThreadAllocatedBytes(id);
            for (int unit = 0; unit < 3000; unit++) {
                gate.enter(unit);
                int result = reader.read(units.kind(unit), units.source(unit), units.plan(unit), scratch);
                gate.leave();
                samples.unit(unit, result, scratch);
            }
            samples.flush();
            bytes = threads.getThreadAllocatedBytes(id) - before;
        }
        check(bytes < 1024, "a pass over 3000 metrics allocated " + bytes + " bytes");
    }

    /** A histogram that stands still is not copied and sorted again; one that moves is, at the next read. */
    @Group("yammer")
    static void quantilesFollowEveryUpdate() throws Exception {
        MetricsRegistry registry = new MetricsRegistry();
        YammerReader reader = new YammerReader(Collections.singletonList(registry));
        Histogram histogram = registry.newHistogram(name("Quiet"), false);
        Timer timer = registry.newTimer(name("QuietTimer"), TimeUnit.MILLISECONDS, TimeUnit.SECONDS);
        for (int i = 1; i <= 900; i++) {
            histogram.update(i);
            timer.update(i, TimeUnit.MILLISECONDS);
        }
        byte[] stats = {Wire.Stat.P99, Wire.Stat.COUNT, Wire.Stat.MAX, Wire.Stat.P50};
        HistogramPlan[] plans = {new HistogramPlan(stats), new HistogramPlan(stats)};
        long second = TimeUnit.SECONDS.toNanos(1);
        long now = 0;
        check(readBoth(reader, histogram, timer, plans, now) > 2 * 900 * 8, "the first read takes a snapshot");
        check(readBoth(reader, histogram, timer, plans, now += second / 4) > 2 * 900 * 8,
                "so does one that is too early to know that all updates were sampled");
        check(readBoth(reader, histogram, timer, plans, now += second) > 2 * 900 * 8, "and the one that is kept");
        for (int i = 0; i < 3; i++) {
            long bytes = readBoth(reader, histogram, timer, plans, now += second);
            check(bytes < 1024, "a histogram that stands still allocated " + bytes + " bytes");
        }
        for (int i = 0; i < 200; i++) {
            histogram.update(100_000 + i);
            timer.update(100_000 + i, TimeUnit.MILLISECONDS);
            readBoth(reader, histogram, timer, plans, now += i % 3 * second);
        }
        check(plans[0].renewed().needsSnapshot(histogram.count()), "another metric object");
    }

    /** Compares with the metrics' own snapshots; returns the bytes allocated by the two reads. */
    private static long readBoth(
            YammerReader reader, Histogram histogram, Timer timer, HistogramPlan[] plans, long nowNanos) {
        com.sun.management.ThreadMXBean threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        long id = Thread.currentThread().getId();
        Scratch scratch = new Scratch();
        long before = threads.getThreadAllocatedBytes(id);
        equal(4, reader.read(Wire.BeanKind.HISTOGRAM, histogram, plans[0], scratch), "values");
        long bytes = threads.getThreadAllocatedBytes(id) - before;
        plans[0].took(scratch.count, scratch.values, nowNanos);
        equal(histogram.getSnapshot().get99thPercentile(), scratch.values[0], "p99 of a histogram");
        equal((double) histogram.count(), scratch.values[1], "count of a histogram");
        equal(histogram.max(), scratch.values[2], "max of a histogram");
        equal(histogram.getSnapshot().getMedian(), scratch.values[3], "p50 of a histogram");
        before = threads.getThreadAllocatedBytes(id);
        equal(4, reader.read(Wire.BeanKind.TIMER, timer, plans[1], scratch), "values");
        bytes += threads.getThreadAllocatedBytes(id) - before;
        plans[1].took(scratch.count, scratch.values, nowNanos);
        equal(timer.getSnapshot().get99thPercentile(), scratch.values[0], "p99 of a timer");
        equal(timer.max(), scratch.values[2], "max of a timer");
        equal(timer.getSnapshot().getMedian(), scratch.values[3], "p50 of a timer");
        return bytes;
    }

    private static void equal(double wanted, double found, String what) {
        check(wanted == found, what + ": wanted " + wanted + ", found " + found);
    }

    public static void main(String[] arguments) {
        TestRunner.run(YammerTests.class, "yammer");
    }

    private YammerTests() {}
}

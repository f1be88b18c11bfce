package remora.shim;

import java.io.PrintWriter;
import java.lang.instrument.Instrumentation;
import java.lang.management.ManagementFactory;
import java.util.Locale;
import java.util.Map;
import javax.management.MBeanServer;

/**
 * A test agent: the whole shim over {@link FakeCore}. Arguments: {@code OUT,INTERVAL_MS,PASSES}. In a broker (or any
 * JVM with {@code force=true}), reads everything each interval; after PASSES passes writes to OUT one line a value,
 * {@code ObjectName TAB path TAB value}, and to OUT.cost one line a pass.
 */
public final class FakeAgent {
    /** See the class. */
    public static void premain(String text, Instrumentation instrumentation) {
        Arguments arguments = new Arguments(text);
        if (!arguments.force() && !BrokerGate.isBroker(System.getProperty("sun.java.command"), arguments.mainClass())) {
            return;
        }
        Thread thread = new Thread(() -> run(text.split(","), arguments, instrumentation), "remora");
        thread.setDaemon(true);
        thread.start();
    }

    private static void run(String[] words, Arguments arguments, Instrumentation instrumentation) {
        try {
            MBeanServer server = BrokerGate.awaitNode(arguments);
            Map<String, String> facts = Facts.ofProcess();
            facts.putAll(Facts.ofBroker(server));
            Buffers buffers = new Buffers();
            FakeCore core = new FakeCore(buffers, Long.parseLong(words[1]));
            Session session =
                    new Session(core, buffers, server, Registries.reader(instrumentation), arguments.domains());
            Supervisor supervisor = new Supervisor(session, arguments.blockedAfterMillis());
            Thread writer = new Thread(() -> report(words[0], core, session, facts, Integer.parseInt(words[2])));
            writer.setDaemon(true);
            writer.start();
            supervisor.hook();
            supervisor.run();
        } catch (Throwable cause) {
            cause.printStackTrace();
        }
    }

    private static long collectorId() {
        for (Thread thread : Thread.getAllStackTraces().keySet()) {
            if (thread.getName().startsWith("remora-collector")) {
                return thread.getId();
            }
        }
        return -1;
    }

    private static void report(String out, FakeCore core, Session session, Map<String, String> facts, int passes) {
        com.sun.management.ThreadMXBean threads =
                (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        try (PrintWriter cost = new PrintWriter(out + ".cost", "UTF-8")) {
            cost.println(facts);
            long cpu = 0;
            long bytes = 0;
            long nanos = 0;
            for (int pass = 0; pass < passes; ) {
                Thread.sleep(20);
                if (core.passes() == pass) {
                    continue;
                }
                Thread.sleep(150);
                pass = (int) core.passes();
                long id = collectorId();
                long cpuNow = threads.getThreadCpuTime(id);
                long bytesNow = threads.getThreadAllocatedBytes(id);
                cost.println(String.format(Locale.ROOT,
                        "pass %d units %d cpu_ms %.2f alloc_kb %d cost_ms %.2f controls %d plans %d submits %d", pass,
                        core.units().size(), (cpuNow - cpu) / 1e6, (bytesNow - bytes) / 1024,
                        (core.costNanos - nanos) / 1e6, core.controls, core.plans, core.submits));
                cost.flush();
                cpu = cpuNow;
                bytes = bytesNow;
                nanos = core.costNanos;
            }
            write(out, core);
            cost.println("done");
        } catch (Exception e) {
            e.printStackTrace();
        }
    }

    private static void write(String out, FakeCore core) throws Exception {
        try (PrintWriter values = new PrintWriter(out, "UTF-8")) {
            for (FakeCore.Unit unit : core.units()) {
                if (unit.lastStatus != Wire.ReadStatus.OK) {
                    values.println(unit.name + "\t!status\t" + unit.lastStatus);
                }
                for (int i = 0; i < unit.values.length; i++) {
                    String type = unit.types.get(i) == Wire.ValueType.TEXT ? "text:" : "";
                    String value = type.isEmpty() ? "" + unit.values[i] : type + core.text((int) unit.values[i]);
                    values.println(unit.name + "\t" + unit.paths.get(i) + "\t" + value);
                }
            }
        }
    }

    private FakeAgent() {}
}

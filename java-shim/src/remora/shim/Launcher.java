package remora.shim;

import java.io.File;
import java.lang.instrument.Instrumentation;
import java.lang.management.ManagementFactory;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.management.MBeanServer;

/** The daemon thread "remora": loads the library, waits for the broker, starts the core, then supervises. */
final class Launcher implements Runnable {
    private final Arguments arguments;
    private final boolean forced;
    private final Instrumentation instrumentation;

    Launcher(Arguments arguments, boolean forced, Instrumentation instrumentation) {
        this.arguments = arguments;
        this.forced = forced;
        this.instrumentation = instrumentation;
    }

    @Override
    public void run() {
        try {
            Map<String, String> facts = Facts.ofProcess();
            if (!new NativeLoader(ownJar(), arguments.library(), facts).load()) {
                return;
            }
            Map<String, String> known = new LinkedHashMap<>(facts);
            known.putAll(Facts.ofFiles(Arguments.property("sun.java.command")));
            Native.endFiles(arguments.text(), Facts.lines(known));
            MBeanServer server = forced ? ManagementFactory.getPlatformMBeanServer() : BrokerGate.awaitNode();
            launch(server, facts);
        } catch (InterruptedException e) {
            // Not before the broker was up: nothing to end.
        } catch (Throwable cause) {
            Log.say("stays off: " + Log.text(cause));
        }
    }

    private void launch(MBeanServer server, Map<String, String> facts) throws InterruptedException {
        facts.putAll(forced ? Facts.ofBroker(server) : Facts.awaitBroker(server));
        String pending = forced ? "" : Facts.pending(facts);
        facts.put(Facts.PENDING, pending);
        Buffers buffers = new Buffers();
        Core core;
        try {
            core = new NativeCore(arguments.text(), Facts.lines(facts), buffers);
        } catch (IllegalStateException e) {
            sayWhy(e.getMessage());
            return;
        }
        MetricReader metrics = arguments.mbeanTierOnly() ? null : Registries.reader(instrumentation);
        Session session = new Session(core, buffers, server, metrics, arguments.domains());
        Supervisor supervisor = new Supervisor(session, arguments.blockedAfterMillis());
        supervisor.hook();
        if (!pending.isEmpty()) {
            new LateFacts(server, supervisor, facts).start();
        }
        supervisor.run();
    }

    /** A wrong configuration has a line for each mistake. */
    private static void sayWhy(String reasons) {
        String[] lines = String.valueOf(reasons).split("\n");
        if (lines.length == 1) {
            Log.say("stays off: " + lines[0]);
            return;
        }
        Log.say("stays off, for " + lines.length + " reasons:");
        for (String line : lines) {
            Log.say(line);
        }
    }

    /** The jar that this class came from, or null. */
    private static File ownJar() {
        try {
            return new File(Launcher.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        } catch (Exception e) {
            return null;
        }
    }
}

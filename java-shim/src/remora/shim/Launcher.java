package remora.shim;

import java.io.File;
import java.lang.instrument.Instrumentation;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.management.MBeanServer;

/** The daemon thread "remora": loads the library, waits for the node, starts the core, then supervises. */
final class Launcher implements Runnable {
    private final Arguments arguments;
    private final Instrumentation instrumentation;

    Launcher(Arguments arguments, Instrumentation instrumentation) {
        this.arguments = arguments;
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
            launch(BrokerGate.awaitNode(arguments), facts);
        } catch (InterruptedException e) {
            // Not before the node was there: nothing to end.
        } catch (Throwable cause) {
            Log.error("stays off: " + Log.text(cause));
        }
    }

    private void launch(MBeanServer server, Map<String, String> facts) throws InterruptedException {
        boolean isNode = !arguments.force() || BrokerGate.isNode(server);
        facts.putAll(isNode ? Facts.awaitBroker(server) : Facts.ofBroker(server));
        String pending = isNode ? Facts.pending(facts) : "";
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
            Log.error("stays off: " + lines[0]);
            return;
        }
        Log.error("stays off, for " + lines.length + " reasons:");
        for (String line : lines) {
            Log.error(line);
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

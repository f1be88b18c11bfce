package remora.shim;

import java.lang.instrument.Instrumentation;
import java.util.concurrent.atomic.AtomicBoolean;

/** Entry of {@code -javaagent}. Looks at the command line, starts at most one daemon thread, returns. */
public final class Agent {
    private static final AtomicBoolean STARTED = new AtomicBoolean();

    /** Called by the JVM before {@code main}. Never throws, never prints in a JVM that is no broker. */
    public static void premain(String text, Instrumentation instrumentation) {
        try {
            begin(text, instrumentation);
        } catch (Throwable cause) {
            // A host must never suffer from its agent, whatever happened here.
        }
    }

    /** Called by the JVM on attach. */
    public static void agentmain(String text, Instrumentation instrumentation) {
        premain(text, instrumentation);
    }

    private static void begin(String text, Instrumentation instrumentation) {
        Arguments arguments = new Arguments(text);
        boolean forced = arguments.force();
        if (!forced && !BrokerGate.isBroker(Arguments.property("sun.java.command"))) {
            return;
        }
        if (!STARTED.compareAndSet(false, true)) {
            return;
        }
        Thread thread = new Thread(new Launcher(arguments, forced, instrumentation), "remora");
        thread.setDaemon(true);
        thread.start();
    }

    private Agent() {}
}

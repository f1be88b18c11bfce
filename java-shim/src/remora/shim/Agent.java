package remora.shim;

import java.lang.instrument.Instrumentation;
import java.util.concurrent.atomic.AtomicReference;

/** Entry of {@code -javaagent}. Looks at the command line, starts at most one daemon thread, returns. */
public final class Agent {
    /** Arguments of the agent of this JVM. */
    private static final AtomicReference<String> RUNNING = new AtomicReference<>();

    /** Called by the JVM before {@code main}. Never throws, never prints in a JVM that is no broker. */
    public static void premain(String text, Instrumentation instrumentation) {
        try {
            begin(new Arguments(text), instrumentation);
        } catch (Throwable cause) {
            // A host must never suffer from its agent, whatever happened here.
        }
    }

    /** Called by the JVM on attach. */
    public static void agentmain(String text, Instrumentation instrumentation) {
        premain(text, instrumentation);
    }

    private static void begin(Arguments arguments, Instrumentation instrumentation) {
        String command = Arguments.property("sun.java.command");
        if (!arguments.force() && !BrokerGate.isBroker(command, arguments.mainClass())) {
            return;
        }
        if (!RUNNING.compareAndSet(null, arguments.text())) {
            String running = RUNNING.get();
            if (!running.equals(arguments.text())) {
                Log.warn("this JVM has one agent already, with the arguments \"" + running + "\"; another one with \""
                        + arguments.text() + "\" is not started");
            }
            return;
        }
        Thread thread = new Thread(new Launcher(arguments, instrumentation), "remora");
        thread.setDaemon(true);
        thread.start();
    }

    private Agent() {}
}

package remora.shim;

import java.io.File;
import java.lang.instrument.Instrumentation;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import javax.management.MBeanServer;
import remora.Answer;
import remora.Shim;

/** The daemon thread "remora": loads the library, waits for the node, starts the core, then supervises. */
public final class Launcher implements Shim {
    private static final String ENDED_EARLY = "the agent was asked to end before it began";
    private static final int RELOAD_POLL_MILLIS = 20;
    private static final int RELOAD_POLLS = 250;

    private static final int BEGIN_MILLIS = 1_000;

    private final CountDownLatch begun = new CountDownLatch(1);
    private String arguments = "";
    private Thread thread;
    private Supervisor supervisor;
    private boolean isEnding;

    @Override
    public boolean run(File jar, String text, Instrumentation instrumentation, Answer answer) {
        if (!begin(text)) {
            answer.refuse(ENDED_EARLY);
            return true;
        }
        boolean isLoaded = false;
        try {
            Arguments given = new Arguments(text);
            if (!BrokerGate.isWanted(given)) {
                answer.refuse("this JVM is no broker: it runs " + BrokerGate.command()
                        + "; the argument main=CLASS names another main class of a broker");
                return true;
            }
            Map<String, String> facts = Facts.ofProcess();
            String fault = new NativeLoader(jar, given.library(), facts).load();
            isLoaded = fault == null;
            if (isLoaded) {
                Map<String, String> known = new LinkedHashMap<>(facts);
                known.putAll(Facts.ofFiles(BrokerGate.command()));
                Native.endFiles(text, Facts.lines(known));
                launch(given, instrumentation, facts, answer);
            } else {
                Log.error("native library: " + fault);
                answer.refuse("native library: " + fault);
            }
        } catch (InterruptedException e) {
            answer.refuse(ENDED_EARLY);
        } catch (Throwable cause) {
            stayOff(Log.text(cause), answer);
        }
        boolean isOut = !isLoaded || Native.threads() == 0;
        Log.close();
        return isOut;
    }

    /** False when it was asked to end before. */
    synchronized boolean begin(String text) {
        arguments = text;
        thread = Thread.currentThread();
        begun.countDown();
        return !isEnding;
    }

    private void launch(Arguments given, Instrumentation instrumentation, Map<String, String> facts, Answer answer)
            throws InterruptedException {
        MBeanServer server = BrokerGate.awaitNode(given);
        boolean isNode = !given.force() || BrokerGate.isNode(server);
        facts.putAll(isNode ? Facts.awaitBroker(server) : Facts.ofBroker(server));
        String pending = isNode ? Facts.pending(facts) : "";
        facts.put(Facts.PENDING, pending);
        Buffers buffers = new Buffers();
        Core core;
        try {
            core = new NativeCore(given.text(), Facts.lines(facts), buffers);
        } catch (IllegalStateException e) {
            stayOff(e.getMessage(), answer);
            return;
        }
        MetricReader metrics = given.mbeanTierOnly() ? null : Registries.reader(instrumentation);
        Session session = new Session(core, buffers, server, metrics, given.domains());
        Supervisor watch = new Supervisor(session, given.blockedAfterMillis());
        watch.hook();
        if (!supervisedBy(watch)) {
            watch.end();
            throw new InterruptedException();
        }
        LateFacts late = new LateFacts(server, watch, facts);
        if (!pending.isEmpty()) {
            late.start();
        }
        answer.accept("the agent runs, version " + Native.version());
        watch.run();
        late.stop();
    }

    /** False when the agent was asked to end meanwhile. */
    private synchronized boolean supervisedBy(Supervisor watch) {
        supervisor = watch;
        return !isEnding;
    }

    @Override
    public void end() {
        Supervisor found;
        synchronized (this) {
            isEnding = true;
            found = supervisor;
            if (found == null && thread != null) {
                thread.interrupt();
            }
        }
        Log.info("detached; the broker goes on");
        if (found != null) {
            found.end();
        }
    }

    @Override
    public void reload(Answer answer) {
        Supervisor found = supervisor();
        if (found == null) {
            answer.refuse("the agent has not begun yet, and will read its configuration then");
            return;
        }
        String mistakes = null;
        boolean isAsked = found.reload();
        // Not one long wait: the end of the host must not wait for this.
        for (int i = 0; isAsked && mistakes == null && i < RELOAD_POLLS; i++) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(RELOAD_POLL_MILLIS));
            mistakes = found.reloadOutcome();
        }
        if (!isAsked) {
            answer.refuse("the agent has ended");
        } else if (mistakes == null) {
            answer.refuse("the agent has not read its configuration within "
                    + RELOAD_POLLS * RELOAD_POLL_MILLIS / 1000 + " s; it will when it can");
        } else if (mistakes.isEmpty()) {
            answer.accept("the configuration was read again and is used from now on");
        } else {
            answer.refuse("the configuration is not used, the one before stays:\n" + mistakes);
        }
    }

    private synchronized Supervisor supervisor() {
        return supervisor;
    }

    @Override
    public void meet(String other, Answer answer) {
        try {
            begun.await(BEGIN_MILLIS, TimeUnit.MILLISECONDS);  // a moment, and the caller may be the host's start
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        refuse(other, answer);
    }

    private synchronized void refuse(String other, Answer answer) {
        String version = supervisor == null ? "and is about to begin" : "version " + Native.version();
        answer.refuse("an agent runs already, " + version + ", with the arguments \"" + arguments
                + "\"; detach it first, or have it read its configuration again");
        if (!other.equals(arguments)) {
            Log.warn("this JVM has one agent already, with the arguments \"" + arguments + "\"; another one with \""
                    + other + "\" is not started");
        }
    }

    /** A wrong configuration has a line for each mistake. */
    private static void stayOff(String reasons, Answer answer) {
        String[] lines = String.valueOf(reasons).split("\n");
        answer.refuse("the agent stays off:\n" + reasons);
        if (lines.length == 1) {
            Log.error("stays off: " + lines[0]);
            return;
        }
        Log.error("stays off, for " + lines.length + " reasons:");
        for (String line : lines) {
            Log.error(line);
        }
    }
}

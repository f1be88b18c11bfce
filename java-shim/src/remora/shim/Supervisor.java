package remora.shim;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import javax.management.ObjectName;

/**
 * Starts the collector, watches it, replaces it when it hangs in a bean, and ends the agent. A thread that hangs in
 * foreign code cannot be interrupted; it is left where it is and finds out, if it ever returns.
 */
final class Supervisor {
    /** What the host's end waits for: the core; before that the collector, three times so long at most. */
    private static final int STOP_MILLIS = 800;
    private static final int COLLECTOR_MILLIS = 200;
    /** A detach has time: on a machine that is short of CPU a thread is not given up for being slow. */
    private static final int DETACH_FACTOR = 10;
    private static final long UP_NANOS = TimeUnit.MINUTES.toNanos(1);

    private final Session session;
    /** Between two looks while no read is under way: each wakes a processor of the host. */
    private final long quietMillis;
    /** While one is. */
    private final long pollMillis;
    private final int pollsBlocked;
    private final long upNanos;
    private volatile Thread watcher;
    private final Thread hook = new Thread(this::shutdown, "remora-stop");
    private Collector collector;
    private Thread thread;
    private int generation;
    private volatile boolean finished;
    private long lastToken;
    private int samePolls;

    Supervisor(Session session, long blockedAfterMillis) {
        this(session, blockedAfterMillis, UP_NANOS);
    }

    /** {@code upNanos}: after so long it looks for what the host hides. */
    Supervisor(Session session, long blockedAfterMillis, long upNanos) {
        this.session = session;
        quietMillis = blockedAfterMillis;
        this.upNanos = upNanos;
        pollMillis = Math.max(25, Math.min(1000, blockedAfterMillis / 4));
        pollsBlocked = (int) Math.max(2, (blockedAfterMillis + pollMillis - 1) / pollMillis);
    }

    /** Runs until the agent ends. On the daemon thread that started the agent. */
    void run() {
        watcher = Thread.currentThread();
        try {
            session.catalog.open();
        } catch (Exception e) {
            end("no registration notifications: " + Log.text(e), 1);
            return;
        }
        start(Collector.FIRST);
        long begun = System.nanoTime();
        boolean looked = false;
        while (isRunning()) {
            try {
                Thread.sleep(lastToken == 0 ? quietMillis : pollMillis);
            } catch (InterruptedException e) {
                // It has ended, or is to be looked at now.
            }
            watch();
            if (!looked && System.nanoTime() - begun >= upNanos) {
                looked = true;
                look();
            }
        }
    }

    /** On a thread that nobody waits for: it asks the MBean server, and this one watches those that do. */
    private void look() {
        Thread looker = new Thread(this::sayHidden, "remora-look");
        looker.setDaemon(true);
        looker.start();
    }

    private void sayHidden() {
        try {
            String hidden = BrokerGate.hidden(session.server);
            if (hidden != null) {
                Log.warn(hidden);
            }
        } catch (Exception e) {
            // A host that does not tell hides nothing that we could name.
        }
    }

    /** Registers the stop of the agent with the host's shutdown. */
    void hook() {
        try {
            Runtime.getRuntime().addShutdownHook(hook);
        } catch (IllegalStateException | SecurityException e) {
            // The host is going down already, or forbids it: then the last output is what was written before.
        }
    }

    /** Lets go of the host's shutdown: the hook holds on to everything that the agent knows of the host. */
    private void unhook() {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException | SecurityException e) {
            // The host is going down already.
        }
    }

    /** Ends the agent once the broker has ended, and within about a second then. Any thread. */
    void shutdown() {
        if (finished) {
            return;  // a detach is at work, which has more time than the host's end
        }
        try {
            session.mbeans.askOneByOne();
            HostEnd.await(this::isRunning);
            end(null, 1);
        } catch (Throwable cause) {
            // The host ends now, with or without us.
        }
    }

    /** Ends the agent now. Any thread. */
    void end() {
        end(null, DETACH_FACTOR);
        Thread thread = watcher;
        if (thread != null) {
            thread.interrupt();
        }
    }

    /** Asks the core to read its configuration again. False when the agent has ended. Any thread. */
    synchronized boolean reload() {
        return !finished && session.core.reload() >= 0;
    }

    /** Null until that was done, then a line for each mistake, "" without any. Any thread. */
    synchronized String reloadOutcome() {
        return finished ? null : session.core.reloadOutcome();
    }

    /** Hands facts to the core that it did not have at its start. False when the agent has ended. Any thread. */
    synchronized boolean tell(String facts) {
        return !finished && session.core.learn(facts) >= 0;
    }

    /** False when the agent has ended. Any thread. */
    synchronized boolean isRunning() {
        return !finished;
    }

    private synchronized void start(int predecessorSubject) {
        generation++;
        collector = new Collector(session, predecessorSubject);
        thread = new Thread(collector, generation == 1 ? "remora-collector" : "remora-collector-" + generation);
        thread.setDaemon(true);
        lastToken = 0;
        samePolls = 0;
        thread.start();
    }

    private synchronized void watch() {
        if (finished || session.stopping) {
            return;
        }
        if (collector.hasEnded()) {
            end(collector.failure(), 1);
            return;
        }
        long token = collector.gate.get();
        if (token == 0 || token != lastToken) {
            lastToken = token;
            samePolls = 0;
        } else if (++samePolls >= pollsBlocked) {
            giveUp(token);
        } else if (samePolls == pollsBlocked - 1) {
            collector.gate.ask();
        }
    }

    private void giveUp(long token) {
        if (!collector.gate.abandon(token)) {
            return;
        }
        int subject = ReadGate.subject(token);
        ObjectName name = nameOf(subject);
        String where = name == null ? "the MBean server" : name.toString();
        boolean hungBefore = session.stuck.knows(name);
        long hangMillis = pollMillis * pollsBlocked;
        Runnable returned = session.stuck.add(name, TimeUnit.MILLISECONDS.toNanos(hangMillis));
        boolean pauses = session.stuck.isFull();
        collector.onReturn(() -> {
            returned.run();
            if (pauses) {
                Log.info("the read of " + where + " has returned; reading goes on");
            }
        });
        if (pauses || !hungBefore) {
            Log.warn("a read of " + where + " has not returned for " + hangMillis + " ms; "
                    + (pauses ? "only meters and counters are read until one returns"
                            : "going on without it and beans like it")
                    + " (" + session.stuck.alive() + " of at most " + Stuck.THREADS_MAX + " threads hang)");
        }
        start(subject);
    }

    private ObjectName nameOf(int subject) {
        if (subject == ReadGate.DESCRIBING) {
            return session.registrar.current();
        }
        return subject >= 0 && session.units.kind(subject) != UnitTable.ABSENT ? session.units.name(subject) : null;
    }

    /** {@code reason}: one line for a person, or null for an orderly end; {@code patience}: 1 at the host's end. */
    private synchronized void end(String reason, int patience) {
        if (finished) {
            return;
        }
        finished = true;
        session.stopping = true;
        session.catalog.close();
        unhook();
        if (reason != null) {
            Log.error("stopped: " + reason + "; the host goes on");
        }
        if (collector == null || collectorIsOut(COLLECTOR_MILLIS * patience)) {
            session.core.stop(STOP_MILLIS * patience);
        }
    }

    /** True when no collector can call the core any more: it has ended, or hangs in a read and was given up. */
    private boolean collectorIsOut(int millis) {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        long asked = 0;
        while (!collector.hasEnded()) {
            LockSupport.unpark(thread);
            try {
                thread.join(ReadGate.ASKED_MILLIS);
            } catch (InterruptedException e) {
                // The host is in a hurry; the bound below holds.
            }
            boolean late = System.nanoTime() - end > 0;
            if (collector.gate.isAbandoned() || late && collector.gate.abandon(asked)) {
                return true;
            }
            asked = collector.gate.get();
            if (late) {
                collector.gate.ask();
            }
            if (System.nanoTime() - end > TimeUnit.MILLISECONDS.toNanos(millis * 3)) {
                return false;
            }
        }
        return true;
    }
}

package remora;

import java.io.File;
import java.lang.instrument.Instrumentation;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** One agent, from its start to its end. A JVM has one at a time; while it lives, its classes and library stay. */
final class Life implements Runnable {
    private static final long LOAD_MILLIS = 5_000;
    private static final long END_MILLIS = 20_000;

    /** Of a life that has ended, when threads hang in its library, which must stay then. */
    private static final List<Shim> HANGING = new ArrayList<>();

    private static Life current;

    private final File jar;
    private final String arguments;
    private final Instrumentation instrumentation;
    private final Answer answer;
    private final Thread thread;
    private final CountDownLatch loaded = new CountDownLatch(1);
    private volatile Shim shim;
    private volatile boolean isHanging;

    private Life(File jar, String arguments, Instrumentation instrumentation, Answer answer) {
        this.jar = jar;
        this.arguments = arguments;
        this.instrumentation = instrumentation;
        this.answer = answer;
        thread = new Thread(this, "remora");
        thread.setDaemon(true);
        thread.setContextClassLoader(ClassLoader.getSystemClassLoader());
    }

    /** Starts an agent unless there is one, which then says so. {@code answer} gets the outcome. */
    static void begin(File jar, String arguments, Instrumentation instrumentation, Answer answer)
            throws InterruptedException {
        Life found;
        synchronized (Life.class) {
            found = current;
            if (found == null) {
                current = new Life(jar, arguments, instrumentation, answer);
                current.thread.start();
                return;
            }
        }
        Shim shim = found.shim();
        if (shim == null) {
            answer.refuse("another agent is at its end; try again");
        } else {
            shim.meet(arguments, answer);
        }
    }

    /** Null when there is none. */
    static synchronized Life current() {
        return current;
    }

    @Override
    public void run() {
        boolean isOut = true;
        try {
            shim = ShimLoader.load(jar);
            loaded.countDown();
            isOut = false;
            isOut = shim.run(jar, arguments, instrumentation, answer);
        } catch (Throwable cause) {
            System.err.println("error remora: stays off: " + cause);
            answer.refuse("stays off: " + cause);
        }
        finish(isOut);
    }

    private void finish(boolean isOut) {
        synchronized (Life.class) {
            if (!isOut) {
                isHanging = true;
                HANGING.add(shim);
            }
            shim = null;
            current = null;
        }
        loaded.countDown();
    }

    /** Asks it to end, and tells when it has. */
    void end(Answer asker) throws InterruptedException {
        Shim found = shim();
        if (found != null) {
            found.end();
            thread.join(END_MILLIS);
        }
        if (thread.isAlive()) {
            asker.refuse("the agent has not ended within " + END_MILLIS / 1000 + " s; it goes on ending");
        } else if (isHanging) {
            asker.refuse("the agent has ended, but a thread of it hangs: that thread and the library stay");
        } else {
            asker.accept("the agent has ended");
        }
    }

    /** Has it read its configuration again. */
    void reload(Answer asker) throws InterruptedException {
        Shim found = shim();
        if (found == null) {
            asker.refuse("no agent runs in this JVM");
        } else {
            found.reload(asker);
        }
    }

    /** Waits until its classes are there. Null when it has ended. */
    private Shim shim() throws InterruptedException {
        loaded.await(LOAD_MILLIS, TimeUnit.MILLISECONDS);
        return shim;
    }
}

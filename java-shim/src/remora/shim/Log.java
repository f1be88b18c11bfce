package remora.shim;

import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * The shim's own handful of lines: standard error, in the form of the core's. Nothing is ever written to standard
 * output. Whoever says something never waits for a reader: a daemon thread writes the lines and ends after a second
 * without any. There are so few that those which wait are kept.
 *
 * <p>There is no executor of the JDK here. The JIT would compile its loop with our classes in it, and threads of the
 * host wait in that loop too. Then our classes could not be unloaded after a detach.
 */
final class Log {
    private static final int LINES_MAX = 150;
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss,SSS", Locale.ROOT);
    /** After the last line. */
    private static final String END = "";
    private static final BlockingQueue<String> WAITING = new LinkedBlockingQueue<>(LINES_MAX + 2);
    private static Thread writer;
    private static int lines;
    private static int lost;

    static void info(String line) {
        say("info", line);
    }

    static void warn(String line) {
        say("warning", line);
    }

    /** What keeps the agent off or ends it. */
    static void error(String line) {
        say("error", line);
    }

    private static synchronized void say(String level, String line) {
        if (lines >= LINES_MAX) {
            lost++;
            return;
        }
        lines++;
        write(level, line + (lines == LINES_MAX ? " (last line of the shim)" : ""));
    }

    private static synchronized void sayLost() {
        if (lost > 0) {
            write("warning", lost + " more lines of the shim were left out");
        }
    }

    private static synchronized void write(String level, String line) {
        WAITING.add("[" + LocalDateTime.now().format(TIME) + "] " + level + " remora: " + line);
        if (writer != null) {
            return;
        }
        Thread thread = new Thread(Log::writeLines, "remora-lines");
        thread.setDaemon(true);
        thread.setContextClassLoader(null);  // whoever speaks first may be a thread of the host
        try {
            thread.start();
            writer = thread;
        } catch (Throwable cause) {
            // No thread or memory to say it: the host needs them more.
        }
    }

    private static void writeLines() {
        try {
            for (String line = next(); line != END; line = next()) {
                System.err.println(line);
            }
        } catch (Throwable cause) {
            forgetWriter();  // the next line starts another one
        }
    }

    /** Waits for a line; {@link #END} after a second without any. */
    private static String next() throws InterruptedException {
        String line = WAITING.poll(1, TimeUnit.SECONDS);
        return line == null ? nextOrEnd() : line;
    }

    /** Locked as write() is: either the line is found here, or its writer finds no thread and starts another. */
    private static synchronized String nextOrEnd() {
        String line = WAITING.poll();
        if (line == null) {
            forgetWriter();
        }
        return line == null ? END : line;
    }

    private static synchronized void forgetWriter() {
        writer = null;
    }

    /** Says how many lines were lost, and waits a second at most for those under way. The last thing to call. */
    static void close() {
        sayLost();
        try {
            Thread thread = endWriter();
            if (thread != null) {
                thread.join(TimeUnit.SECONDS.toMillis(1));
            }
        } catch (InterruptedException e) {
            // The thread ends by itself when it has nothing more to write.
        }
    }

    /** Has the writer end after the lines that wait. Returns it, or null when there is none. */
    private static synchronized Thread endWriter() {
        WAITING.add(END);
        return writer;
    }

    /** A throwable as one line without its stack. */
    static String text(Throwable cause) {
        try {
            String message = cause.getMessage();
            String name = cause.getClass().getName();
            return message == null ? name : name + ": " + message.replace('\n', ' ');
        } catch (Throwable hostile) {
            return cause.getClass().getName();
        }
    }

    private Log() {}
}

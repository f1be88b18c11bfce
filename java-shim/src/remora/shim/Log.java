package remora.shim;

import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The shim's own handful of lines: standard error, in the form of the core's. Nothing is ever written to standard
 * output. Whoever says something never waits for a reader: a daemon thread writes the lines and ends after a second
 * without any. There are so few that those which wait are kept.
 */
final class Log {
    private static final int LINES_MAX = 150;
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss,SSS", Locale.ROOT);
    private static final ThreadPoolExecutor WRITER = new ThreadPoolExecutor(
            0, 1, 1, TimeUnit.SECONDS, new LinkedBlockingQueue<>(LINES_MAX), Log::writerOf);
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

    private static void write(String level, String line) {
        String text = "[" + LocalDateTime.now().format(TIME) + "] " + level + " remora: " + line;
        try {
            WRITER.execute(() -> System.err.println(text));
        } catch (Throwable cause) {
            // No thread or memory to say it: the host needs them more.
        }
    }

    private static Thread writerOf(Runnable lines) {
        Thread thread = new Thread(lines, "remora-lines");
        thread.setDaemon(true);
        thread.setContextClassLoader(null);  // whoever speaks first may be a thread of the host
        return thread;
    }

    /** Says how many lines were lost, and waits a second at most for those under way. The last thing to call. */
    static void close() {
        sayLost();
        try {
            WRITER.shutdown();
            WRITER.awaitTermination(1, TimeUnit.SECONDS);
        } catch (InterruptedException | SecurityException e) {
            // The thread ends by itself when it has nothing more to write.
        }
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

package remora.shim;

/** The shim's own handful of lines: standard error, prefixed. Nothing is ever written to standard output. */
final class Log {
    private static final int LINES_MAX = 150;
    private static int lines;

    static synchronized void say(String line) {
        if (lines >= LINES_MAX) {
            return;
        }
        lines++;
        System.err.println("remora: " + line + (lines == LINES_MAX ? " (last line of the shim)" : ""));
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

package remora.bench;

import java.io.Closeable;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Reads the agent's NDJSON file, also while it grows: line by line, or tick by tick. */
final class NdjsonTicks implements Closeable {
    /** The tick's own time, in seconds; a build without it has the tick's time in the agent's own lines. */
    private static final String TICK_TIME = "remora_last_tick_timestamp_seconds";

    /** One line. {@code bean} is empty for the agent's own metrics, and only these have {@code labels}. */
    static final class Line {
        long readMillis;
        String name;
        String bean;
        String attribute;
        double value;
        Map<String, String> labels;
    }

    /** All lines of one tick. */
    static final class Tick {
        final List<Line> values = new ArrayList<>();
        final List<Line> own = new ArrayList<>();

        /** When the tick was, wall time in ms. */
        double millis() {
            double latest = 0;
            double told = 0;
            for (Line line : own) {
                if (line.name.equals(TICK_TIME)) {
                    told = line.value * 1000;
                }
                latest = Math.max(latest, line.readMillis);
            }
            return told > 0 ? told : latest;
        }
    }

    private final RandomAccessFile file;
    private byte[] buffer = new byte[1 << 20];
    private int from;
    private int to;
    private Line ahead;

    // Of the line being parsed.
    private int at;
    private int end;

    NdjsonTicks(Path path) throws IOException {
        file = new RandomAccessFile(path.toFile(), "r");
    }

    @Override
    public void close() throws IOException {
        file.close();
    }

    /** Every whole line that came since the last call. */
    void lines(Consumer<Line> taker) throws IOException {
        for (Line line = line(); line != null; line = line()) {
            taker.accept(line);
        }
    }

    /**
     * The next tick, or null when there is none that is surely whole. The agent's own metrics are the last of a tick,
     * so a bean's value after them is the next tick's.
     */
    Tick tick() throws IOException {
        Tick tick = new Tick();
        for (Line line = ahead != null ? ahead : line(); line != null; line = line()) {
            if (!line.bean.isEmpty() && !tick.own.isEmpty()) {
                ahead = line;
                return tick;
            }
            (line.bean.isEmpty() ? tick.own : tick.values).add(line);
        }
        ahead = null;
        return null;
    }

    private Line line() throws IOException {
        int searched = from;
        while (true) {
            for (int i = searched; i < to; i++) {
                if (buffer[i] == '\n') {
                    at = from;
                    end = i;
                    from = i + 1;
                    return parse();
                }
            }
            int left = to - from;
            if (from > 0) {
                System.arraycopy(buffer, from, buffer, 0, left);
            } else if (left == buffer.length) {
                buffer = Arrays.copyOf(buffer, left * 2);
            }
            from = 0;
            to = left;
            searched = left;
            int got = file.read(buffer, to, buffer.length - to);
            if (got <= 0) {
                return null;
            }
            to += got;
        }
    }

    private Line parse() throws IOException {
        Line line = new Line();
        String text = null;
        boolean isNull = false;
        Map<String, String> labels = null;
        expect('{');
        while (peek() != '}') {
            switch (string()) {
                case "ts":
                    line.readMillis = Long.parseLong(plain());
                    break;
                case "name":
                    line.name = string();
                    break;
                case "mbean":
                    line.bean = string();
                    break;
                case "attribute":
                    line.attribute = string();
                    break;
                case "labels":
                    labels = line.bean != null && !line.bean.isEmpty() ? skipLabels() : labels();
                    break;
                case "text":
                    text = string();
                    break;
                case "value":
                    String number = plain();
                    isNull = number.equals("null");
                    line.value = isNull ? Double.NaN : Double.parseDouble(number);
                    break;
                default:
                    plain();
            }
        }
        if (line.bean == null || line.attribute == null || line.name == null) {
            throw new IOException("not a line of the NDJSON output: "
                    + new String(buffer, at, Math.max(0, end - at), StandardCharsets.UTF_8));
        }
        if (isNull && text != null && !text.equals("NaN")) {
            line.value = text.equals("+Inf") ? Double.POSITIVE_INFINITY : Double.NEGATIVE_INFINITY;
        }
        line.labels = line.bean.isEmpty() ? labels : null;
        return line;
    }

    private Map<String, String> labels() throws IOException {
        Map<String, String> labels = new HashMap<>();
        expect('{');
        while (peek() != '}') {
            labels.put(string(), string());
        }
        at++;
        return labels;
    }

    private Map<String, String> skipLabels() throws IOException {
        expect('{');
        while (peek() != '}') {
            string();
        }
        at++;
        return null;
    }

    /** The next byte that is no separator. */
    private byte peek() throws IOException {
        while (at < end && (buffer[at] == ',' || buffer[at] == ':' || buffer[at] == ' ')) {
            at++;
        }
        if (at >= end) {
            throw new IOException("a line of the NDJSON output ends early");
        }
        return buffer[at];
    }

    private void expect(char wanted) throws IOException {
        if (peek() != wanted) {
            throw new IOException("the NDJSON output has " + (char) buffer[at] + " in place of " + wanted);
        }
        at++;
    }

    private String string() throws IOException {
        expect('"');
        int start = at;
        boolean escaped = false;
        while (at < end && buffer[at] != '"') {
            escaped |= buffer[at] == '\\';
            at += buffer[at] == '\\' ? 2 : 1;
        }
        String text = new String(buffer, start, at - start, StandardCharsets.UTF_8);
        at++;
        return escaped ? unescape(text) : text;
    }

    private static String unescape(String text) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\\') {
                c = text.charAt(++i);
                if (c == 'u') {
                    c = (char) Integer.parseInt(text.substring(i + 1, i + 5), 16);
                    i += 4;
                } else {
                    int index = "nrtbf".indexOf(c);
                    c = index < 0 ? c : "\n\r\t\b\f".charAt(index);
                }
            }
            out.append(c);
        }
        return out.toString();
    }

    /** A number or a word. */
    private String plain() throws IOException {
        peek();
        int start = at;
        while (at < end && buffer[at] != ',' && buffer[at] != '}') {
            at++;
        }
        return new String(buffer, start, at - start, StandardCharsets.ISO_8859_1).trim();
    }
}

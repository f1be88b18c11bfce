package remora.bench;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The file of the truth: definitions of series and passes over them, of each pass only what changed since the pass
 * before. Values are the bits of doubles; three NaNs stand for what is no number.
 *
 * <pre>
 * 'S' bean attribute                               a series; ids count from 0
 * 'P' group begin_us (id bits)... -1 end_us        a pass; group: the tick that it belongs to, ms
 * </pre>
 */
final class TruthLog {
    /** The bean is not registered, or the attribute cannot be read. */
    static final long ABSENT = 0x7ff8000000000a01L;
    /** The value is a text. */
    static final long TEXT = 0x7ff8000000000a02L;
    /** Nobody looked. */
    static final long UNREAD = 0x7ff8000000000a03L;

    private TruthLog() {}

    static boolean isNumber(long bits) {
        return bits != ABSENT && bits != TEXT && bits != UNREAD;
    }

    /** Writes. One thread. */
    static final class Writer implements Closeable {
        private final DataOutputStream out;
        private long[] last = new long[1024];
        private int count;

        Writer(Path path) throws IOException {
            out = new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(path), 1 << 16));
        }

        /** Defines a series, outside a pass; returns its id. */
        int define(String bean, String attribute) throws IOException {
            out.writeByte('S');
            out.writeUTF(bean);
            out.writeUTF(attribute);
            if (count == last.length) {
                last = Arrays.copyOf(last, count * 2);
            }
            last[count] = UNREAD;
            return count++;
        }

        void begin(long group, long micros) throws IOException {
            out.writeByte('P');
            out.writeLong(group);
            out.writeLong(micros);
        }

        void put(int id, double value) throws IOException {
            putBits(id, Double.doubleToLongBits(value));
        }

        void putBits(int id, long bits) throws IOException {
            if (last[id] != bits) {
                last[id] = bits;
                out.writeInt(id);
                out.writeLong(bits);
            }
        }

        /** Ends a pass; it is in the file then. */
        void end(long micros) throws IOException {
            out.writeInt(-1);
            out.writeLong(micros);
            out.flush();
        }

        @Override
        public void close() throws IOException {
            out.close();
        }
    }

    /** One pass as read back. */
    static final class Pass {
        long group;
        long beginMicros;
        long endMicros;
        int[] ids;
        long[] bits;
    }

    /** The whole file. */
    static final class Content {
        final List<Subject> series = new ArrayList<>();
        final List<Pass> passes = new ArrayList<>();
    }

    /**
     * Reads all; a pass that was cut off at the end is left out. A bean that went and came again was defined twice:
     * its series are one here.
     */
    static Content read(Path path) throws IOException {
        Content content = new Content();
        Map<String, Integer> known = new HashMap<>();
        int[] idOf = new int[1024];
        int defined = 0;
        try (DataInputStream in = new DataInputStream(new BufferedInputStream(Files.newInputStream(path), 1 << 20))) {
            int[] ids = new int[1024];
            long[] bits = new long[1024];
            while (true) {
                int mark = in.read();
                if (mark < 0) {
                    return content;
                }
                if (mark == 'S') {
                    String bean = in.readUTF();
                    String attribute = in.readUTF();
                    if (defined == idOf.length) {
                        idOf = Arrays.copyOf(idOf, defined * 2);
                    }
                    Integer id = known.putIfAbsent(bean + '\0' + attribute, content.series.size());
                    idOf[defined++] = id == null ? content.series.size() : id;
                    if (id == null) {
                        content.series.add(new Subject(bean, attribute));
                    }
                    continue;
                }
                Pass pass = new Pass();
                pass.group = in.readLong();
                pass.beginMicros = in.readLong();
                int n = 0;
                for (int id = in.readInt(); id >= 0; id = in.readInt()) {
                    if (n == ids.length) {
                        ids = Arrays.copyOf(ids, n * 2);
                        bits = Arrays.copyOf(bits, n * 2);
                    }
                    ids[n] = idOf[id];
                    bits[n++] = in.readLong();
                }
                pass.endMicros = in.readLong();
                pass.ids = Arrays.copyOf(ids, n);
                pass.bits = Arrays.copyOf(bits, n);
                content.passes.add(pass);
            }
        } catch (EOFException cut) {
            return content;
        }
    }
}

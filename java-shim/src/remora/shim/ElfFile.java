package remora.shim;

import java.io.File;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Looks whether a file can be a whole shared library for this host, before the dynamic linker does: a library that was
 * cut short ends the whole process with a bus error in there, which no handler of ours could contain.
 */
final class ElfFile {
    private static final int HEADER_BYTES = 64;
    private static final int TYPE_SHARED = 3;
    private static final int SEGMENT_LOAD = 1;
    private static final int SEGMENT_DYNAMIC = 2;
    private static final int PROGRAM_HEADER_BYTES = 56;
    private static final int PROGRAM_HEADERS_MAX = 64;

    /** What is wrong with {@code file}, or null. {@code arch}: "x86_64" or "aarch64". */
    static String fault(File file, String arch) {
        try (RandomAccessFile in = new RandomAccessFile(file, "r")) {
            return fault(in, arch);
        } catch (IOException | SecurityException e) {
            return Log.text(e);
        }
    }

    private static String fault(RandomAccessFile in, String arch) throws IOException {
        long size = in.length();
        if (size < HEADER_BYTES) {
            return "is corrupt: " + size + " bytes long";
        }
        ByteBuffer head = read(in, 0, HEADER_BYTES);
        if (head.getInt(0) != 0x464c457f || head.get(4) != 2 || head.get(5) != 1 || head.getShort(16) != TYPE_SHARED) {
            return "is corrupt: no 64-bit shared library";
        }
        int machine = head.getShort(18) & 0xffff;
        String built = machine == 62 ? "x86_64" : machine == 183 ? "aarch64" : "machine " + machine;
        if (!built.equals(arch)) {
            return "is for " + built + ", this host is " + arch;
        }
        long sections = head.getLong(40);
        long sectionsEnd = sections + (long) (head.getShort(58) & 0xffff) * (head.getShort(60) & 0xffff);
        if (sections < 0 || sectionsEnd > size) {
            return "is corrupt: cut short at " + size + " bytes";
        }
        return segmentFault(in, head, size);
    }

    private static String segmentFault(RandomAccessFile in, ByteBuffer head, long size) throws IOException {
        long table = head.getLong(32);
        int entryBytes = head.getShort(54) & 0xffff;
        int count = head.getShort(56) & 0xffff;
        if (entryBytes != PROGRAM_HEADER_BYTES || count > PROGRAM_HEADERS_MAX || !fits(table, count * 56L, size)) {
            return "is corrupt: no program headers";
        }
        ByteBuffer segments = read(in, table, count * PROGRAM_HEADER_BYTES);
        boolean load = false;
        boolean dynamic = false;
        for (int at = 0; at < count * PROGRAM_HEADER_BYTES; at += PROGRAM_HEADER_BYTES) {
            int type = segments.getInt(at);
            if (type != SEGMENT_LOAD && type != SEGMENT_DYNAMIC) {
                continue;
            }
            load |= type == SEGMENT_LOAD;
            dynamic |= type == SEGMENT_DYNAMIC;
            if (!fits(segments.getLong(at + 8), segments.getLong(at + 32), size)) {
                return "is corrupt: cut short at " + size + " bytes";
            }
        }
        return load && dynamic ? null : "is corrupt: nothing to load in it";
    }

    private static boolean fits(long offset, long bytes, long size) {
        return offset >= 0 && bytes >= 0 && offset <= size && bytes <= size - offset;
    }

    private static ByteBuffer read(RandomAccessFile in, long offset, int bytes) throws IOException {
        byte[] block = new byte[bytes];
        in.seek(offset);
        in.readFully(block);
        return ByteBuffer.wrap(block).order(ByteOrder.LITTLE_ENDIAN);
    }

    private ElfFile() {}
}

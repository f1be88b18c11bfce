package remora;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.nio.file.StandardOpenOption;

/**
 * What came of a command, for whoever gave it: lines for a person, then {@code status N}, with 0 when it was done. Goes
 * into a file that the asker has made; without one nobody is told. Only the first answer counts. Any thread.
 */
public final class Answer {
    private final Path file;
    private boolean given;

    private Answer(Path file) {
        this.file = file;
    }

    /** {@code file}: of the asker, or null. */
    static Answer to(String file) {
        return new Answer(file == null ? null : Paths.get(file));
    }

    /** It was done. */
    public void accept(String lines) {
        give(lines, 0);
    }

    /** It was not done; {@code lines} say why. */
    public void refuse(String lines) {
        give(lines, 1);
    }

    private synchronized void give(String lines, int status) {
        if (file == null || given) {
            return;
        }
        given = true;
        ByteBuffer bytes = ByteBuffer.wrap((lines + "\nstatus " + status + "\n").getBytes(StandardCharsets.UTF_8));
        // Never made here, and no link followed: the name came from outside.
        try (SeekableByteChannel out =
                Files.newByteChannel(file, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
            while (bytes.hasRemaining()) {
                out.write(bytes);
            }
        } catch (IOException | RuntimeException e) {
            // The asker has gone away.
        }
    }
}

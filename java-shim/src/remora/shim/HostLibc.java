package remora.shim;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Makes "needs GLIBC_2.35, this host has glibc 2.31" of what a dynamic linker says when it refuses a library. */
final class HostLibc {
    private static final Pattern VERSION = Pattern.compile("version .?(GLIBC\\w*_[\\d.]+).? not found");
    private static final Pattern MUSL = Pattern.compile(
            "Error loading shared library ([^\\s:]+)|Error relocating [^:]+: ([^\\s:]+): symbol not found");
    /** Of what the library prints when it is run. The versions of its symbols may all be older. */
    private static final Pattern BANNER = Pattern.compile("GNU C Library [^\n]* release version (\\d+\\.\\d+)");
    private static final Pattern MAPPED = Pattern.compile("(?m)/\\S*/(?:(ld-musl)-\\S+|libc[.-]\\S*)$");

    /** Null when {@code message} is not about the C library. {@code host}: what {@link #name} says of the host. */
    static String fault(String message, String host) {
        Matcher version = VERSION.matcher(message);
        if (version.find()) {
            return "needs " + version.group(1) + ", this host has " + host;
        }
        Matcher musl = MUSL.matcher(message);
        if (musl.find()) {
            String absent = musl.group(1) == null ? musl.group(2) : musl.group(1);
            return "needs " + absent + " of glibc, this host has " + host;
        }
        return null;
    }

    /** The C library of this process, as "glibc 2.31" or "musl". */
    static String name() {
        try {
            return name(text(Paths.get("/proc/self/maps")));
        } catch (IOException | RuntimeException e) {
            return "another C library";
        }
    }

    /** {@code maps}: the process's list of mapped files. */
    static String name(String maps) throws IOException {
        Matcher mapped = MAPPED.matcher(maps);
        if (!mapped.find()) {
            return "another C library";
        }
        if (mapped.group(1) != null) {
            return "musl";
        }
        Matcher banner = BANNER.matcher(text(Paths.get(mapped.group())));
        return banner.find() ? "glibc " + banner.group(1) : "another C library";
    }

    private static String text(Path file) throws IOException {
        return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
    }

    private HostLibc() {}
}

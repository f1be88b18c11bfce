package remora.shim;

import java.io.EOFException;
import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipInputStream;

/**
 * Finds and loads libremora.so: at the place the operator named, else beside the jar, else out of the jar into the
 * first directory from which the system will map code. A library of an agent that has ended may still be loaded: then a
 * copy of it serves. Says in one line what came of it.
 */
final class NativeLoader {
    private static final String NAME = "libremora.so";
    /** What the JVM says of a library whose agent has ended and whose classes it has not collected yet. */
    private static final String ALREADY_LOADED = "already loaded in another";

    private final File jar;
    private final String named;
    private final Map<String, String> facts;
    /** Places by what is wrong with them: most fail alike. */
    private final Map<String, List<String>> tried = new LinkedHashMap<>();
    /** What is there to copy fails in every directory alike. */
    private boolean isCopyBad;

    /** {@code jar}: the shim's own, or null; {@code named}: the operator's choice, or null. */
    NativeLoader(File jar, String named, Map<String, String> facts) {
        this.jar = jar;
        this.named = named;
        this.facts = facts;
    }

    /** Null when the library is loaded and speaks the shim's layout; else one line that says why not. */
    String load() {
        String loaded = find();
        if (loaded == null) {
            return "none could be loaded, the agent stays off; tried " + faults();
        }
        int version;
        try {
            version = Native.wireVersion();
        } catch (Throwable cause) {
            return loaded + " is no library of this agent, which stays off: " + Log.text(cause);
        }
        if (version != Wire.VERSION) {
            return loaded + " has layout " + version + ", this jar has " + Wire.VERSION + "; the agent stays off";
        }
        Log.info("native library: loaded " + loaded + (tried.isEmpty() ? "" : "; before: " + faults()));
        return null;
    }

    private String find() {
        String arch = arch();
        if (arch == null) {
            fails("nothing", "no library for " + facts.get("os.arch") + ", only for x86_64 and aarch64");
            return null;
        }
        if (named != null) {
            return tryLoad(new File(named), "as configured", true);
        }
        File directory = jar == null ? null : jar.getParentFile();
        if (directory != null) {
            String exact = "libremora-linux-" + arch + ".so";
            for (String name : new String[] {"lib/" + exact, exact, "lib/" + NAME, NAME}) {
                String loaded = tryLoad(new File(directory, name), "beside the jar", false);
                if (loaded != null) {
                    return loaded;
                }
            }
        }
        if (jar == null || !jar.isFile()) {
            fails("the jar of the agent", "not found");
            return null;
        }
        return loadCopy(() -> entry("native/linux-" + arch + "/" + NAME), "from the jar");
    }

    private void fails(String place, String why) {
        tried.computeIfAbsent(why, key -> new ArrayList<>()).add(place);
    }

    /** "A, B: why; C: why". */
    private String faults() {
        List<String> found = new ArrayList<>();
        tried.forEach((why, places) -> found.add(String.join(", ", places) + ": " + why));
        return String.join("; ", found);
    }

    /** What is wrong, without the place: its name would make equal faults differ. */
    private static String text(Throwable cause, File file) {
        String kind = cause.getClass().getSimpleName();
        if (cause instanceof FileSystemException) {
            String reason = ((FileSystemException) cause).getReason();
            return reason == null ? kind : reason;
        }
        String message = cause.getMessage();
        String libc = libcFault(cause);
        if (libc != null) {
            return libc;
        }
        return message == null ? kind : message.replace('\n', ' ').replace(file.getAbsolutePath() + ": ", "");
    }

    /** Null when the C library is not the reason. */
    private static String libcFault(Throwable cause) {
        boolean linker = cause instanceof UnsatisfiedLinkError && cause.getMessage() != null;
        return linker ? HostLibc.fault(cause.getMessage(), HostLibc.name()) : null;
    }

    private String arch() {
        String arch = facts.get("os.arch");
        if ("amd64".equals(arch) || "x86_64".equals(arch)) {
            return "x86_64";
        }
        return "aarch64".equals(arch) ? "aarch64" : null;
    }

    /** {@code mustExist}: absence is worth telling. Returns a text for the log, or null. */
    private String tryLoad(File file, String how, boolean mustExist) {
        if (!file.isFile()) {
            if (mustExist) {
                fails(file.getPath(), "not there");
            }
            return null;
        }
        String fault = ElfFile.fault(file, arch());
        if (fault != null) {
            fails(file.getPath(), fault);
            return null;
        }
        try {
            System.load(file.getAbsolutePath());
            return file + " (" + how + ")";
        } catch (Throwable cause) {
            if (String.valueOf(cause.getMessage()).contains(ALREADY_LOADED)) {
                return loadCopy(() -> new FileInputStream(file), "a copy of " + file);
            }
            fails(file.getPath(), text(cause, file));
            return null;
        }
    }

    /** Where a library is read from, each time from its beginning. */
    private interface Source {
        InputStream open() throws IOException;
    }

    private String loadCopy(Source source, String what) {
        for (String directory : directories()) {
            String loaded = loadCopy(source, what, new File(directory));
            if (loaded != null || isCopyBad) {
                return loaded;
            }
        }
        return null;
    }

    /** Its entry {@code name}, read as {@link remora.ShimLoader} reads the jar. */
    private InputStream entry(String name) throws IOException {
        ZipInputStream in = new ZipInputStream(new FileInputStream(jar));
        try {
            for (ZipEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
                if (entry.getName().equals(name)) {
                    return in;
                }
            }
        } catch (IOException e) {
            in.close();
            throw e;
        }
        in.close();
        throw new NoSuchFileException(jar.getPath(), null, "has no " + name);
    }

    private Set<String> directories() {
        Set<String> directories = new LinkedHashSet<>();
        directories.add(Arguments.environment("REMORA_TMPDIR"));
        directories.add(facts.get("java.io.tmpdir"));
        directories.add(facts.get("kafka.logs.dir"));
        directories.add(jar == null ? null : jar.getAbsoluteFile().getParent());
        String home = facts.get("user.home");
        directories.add(home == null ? null : home + "/.cache");
        directories.remove(null);
        return directories;
    }

    private String loadCopy(Source source, String what, File directory) {
        Path path = null;
        try {
            if (!directory.isDirectory()) {
                fails(directory.getPath(), "no directory");
                return null;
            }
            path = Files.createTempFile(directory.toPath(), "libremora-", ".so");
            if (!copy(source, what, path)) {
                isCopyBad = true;
                return null;
            }
            System.load(path.toAbsolutePath().toString());
            return what + " by way of " + directory;
        } catch (Throwable cause) {
            isCopyBad = libcFault(cause) != null;
            fails(isCopyBad ? what : directory.getPath(),
                    text(cause, path == null ? directory : path.toFile()));
            return null;
        } finally {
            delete(path);  // a loaded library stays mapped
        }
    }

    /** False when what is there to copy is of no use anywhere. */
    private boolean copy(Source source, String what, Path path) throws IOException {
        InputStream opened;
        try {
            opened = source.open();
        } catch (IOException e) {
            fails(what, text(e, jar));
            return false;
        }
        try (InputStream in = opened; OutputStream out = Files.newOutputStream(path)) {
            byte[] block = new byte[64 * 1024];
            for (int n = in.read(block); n >= 0; n = in.read(block)) {
                out.write(block, 0, n);
            }
        } catch (ZipException | EOFException e) {
            fails(what, "is corrupt: " + text(e, jar));
            return false;
        }
        String fault = ElfFile.fault(path.toFile(), arch());
        if (fault != null) {
            fails(what, fault);
        }
        return fault == null;
    }

    private static void delete(Path path) {
        try {
            if (path != null) {
                Files.deleteIfExists(path);
            }
        } catch (IOException | SecurityException e) {
            // A leftover file is harmless.
        }
    }
}

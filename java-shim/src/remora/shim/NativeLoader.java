package remora.shim;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.jar.JarFile;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;

/**
 * Finds and loads libremora.so: at the place the operator named, else beside the jar, else out of the jar into the
 * first directory from which the system will map code. Says in one line what came of it.
 */
final class NativeLoader {
    private static final String NAME = "libremora.so";

    private final File jar;
    private final String named;
    private final Map<String, String> facts;
    /** Places by what is wrong with them: most fail alike. */
    private final Map<String, List<String>> tried = new LinkedHashMap<>();
    private boolean jarCopyBad;

    /** {@code jar}: the shim's own, or null; {@code named}: the operator's choice, or null. */
    NativeLoader(File jar, String named, Map<String, String> facts) {
        this.jar = jar;
        this.named = named;
        this.facts = facts;
    }

    /** True when the library is loaded and speaks the shim's layout. */
    boolean load() {
        String loaded = find();
        if (loaded == null) {
            Log.error("native library: none could be loaded, the agent stays off; tried " + faults());
            return false;
        }
        int version;
        try {
            version = Native.wireVersion();
        } catch (Throwable cause) {
            Log.error("native library: " + loaded + " is no library of this agent, which stays off: "
                    + Log.text(cause));
            return false;
        }
        if (version != Wire.VERSION) {
            Log.error("native library: " + loaded + " has layout " + version + ", this jar has " + Wire.VERSION
                    + "; the agent stays off");
            return false;
        }
        Log.info("native library: loaded " + loaded + (tried.isEmpty() ? "" : "; before: " + faults()));
        return true;
    }

    private String find() {
        String arch = arch();
        if (arch == null) {
            fails("nothing", "no library for " + facts.get("os.arch"));
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
        return extractAndLoad("native/linux-" + arch + "/" + NAME);
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
        return message == null ? kind : message.replace('\n', ' ').replace(file.getAbsolutePath() + ": ", "");
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
                fails(file + " (" + how + ")", "not there");
            }
            return null;
        }
        String fault = ElfFile.fault(file, arch());
        if (fault != null) {
            fails(file + " (" + how + ")", fault);
            return null;
        }
        try {
            System.load(file.getAbsolutePath());
            return file + " (" + how + ")";
        } catch (Throwable cause) {
            fails(file + " (" + how + ")", text(cause, file));
            return null;
        }
    }

    private String extractAndLoad(String entryName) {
        if (jar == null || !jar.isFile()) {
            fails("the jar of the agent", "not found");
            return null;
        }
        try (JarFile file = new JarFile(jar)) {
            ZipEntry entry = file.getEntry(entryName);
            if (entry == null) {
                fails(jar.getPath(), "has no " + entryName);
                return null;
            }
            for (String directory : directories()) {
                String loaded = extractInto(file, entry, new File(directory));
                if (loaded != null || jarCopyBad) {
                    return loaded;
                }
            }
        } catch (IOException e) {
            fails(jar.getPath(), text(e, jar));
        }
        return null;
    }

    private Set<String> directories() {
        Set<String> directories = new LinkedHashSet<>();
        directories.add(Arguments.environment("REMORA_TMPDIR"));
        directories.add(facts.get("java.io.tmpdir"));
        directories.add(facts.get("kafka.logs.dir"));
        directories.add(jar.getAbsoluteFile().getParent());
        String home = facts.get("user.home");
        directories.add(home == null ? null : home + "/.cache");
        directories.remove(null);
        return directories;
    }

    private String extractInto(JarFile file, ZipEntry entry, File directory) {
        Path path = null;
        try {
            if (!directory.isDirectory()) {
                fails(directory.getPath(), "no directory");
                return null;
            }
            path = Files.createTempFile(directory.toPath(), "libremora-", ".so");
            copy(file, entry, path);
            String fault = ElfFile.fault(path.toFile(), arch());
            if (fault != null) {
                fails("the copy in the jar", fault);
                jarCopyBad = true;
                return null;
            }
            System.load(path.toAbsolutePath().toString());
            return "from the jar by way of " + directory;
        } catch (Throwable cause) {
            fails(directory.getPath(), text(cause, path == null ? directory : path.toFile()));
            return null;
        } finally {
            delete(path);  // a loaded library stays mapped
        }
    }

    private static void copy(JarFile file, ZipEntry entry, Path path) throws IOException {
        CRC32 crc = new CRC32();
        long bytes = 0;
        try (InputStream in = file.getInputStream(entry); OutputStream out = Files.newOutputStream(path)) {
            byte[] block = new byte[64 * 1024];
            for (int n = in.read(block); n >= 0; n = in.read(block)) {
                crc.update(block, 0, n);
                out.write(block, 0, n);
                bytes += n;
            }
        }
        if (bytes != entry.getSize() || crc.getValue() != entry.getCrc()) {
            throw new IOException("extracted " + bytes + " bytes that are not those of the jar");
        }
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

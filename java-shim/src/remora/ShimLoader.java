package remora;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.HashMap;
import java.util.Map;
import java.util.jar.JarEntry;
import java.util.jar.JarInputStream;

/**
 * Has the classes of {@code remora.shim} from one jar, and everything else from the host. The jar is read through once,
 * as a stream: a jar that is replaced later changes nothing, no descriptor stays open, and Java 8 cannot mistake
 * it for an older file of the same name and time.
 */
final class ShimLoader extends ClassLoader {
    private static final String PACKAGE = "remora.shim";
    private static final String ENTRY = PACKAGE + ".Launcher";
    private static final String SUFFIX = ".class";

    static {
        registerAsParallelCapable();
    }

    /** Bytes of the classes that are not defined yet. */
    private final Map<String, byte[]> classes = new HashMap<>();

    private ShimLoader(ClassLoader host) {
        super(host);
    }

    /** The agent in {@code jar}, not started. IOException when it cannot be read or is no jar of an agent. */
    static Shim load(File jar) throws IOException, ReflectiveOperationException {
        ShimLoader loader = new ShimLoader(ClassLoader.getSystemClassLoader());
        try (JarInputStream in = new JarInputStream(new FileInputStream(jar))) {
            loader.read(in);
        }
        if (!loader.classes.containsKey(ENTRY)) {
            throw new IOException(jar + " is no jar of this agent");
        }
        return (Shim) loader.loadClass(ENTRY).getDeclaredConstructor().newInstance();
    }

    private void read(JarInputStream in) throws IOException {
        String folder = PACKAGE.replace('.', '/') + "/";
        for (JarEntry entry = in.getNextJarEntry(); entry != null; entry = in.getNextJarEntry()) {
            String name = entry.getName();
            if (name.startsWith(folder) && name.endsWith(SUFFIX)) {
                classes.put(name.substring(0, name.length() - SUFFIX.length()).replace('/', '.'), bytesOf(in));
            }
        }
    }

    private static byte[] bytesOf(InputStream in) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        byte[] block = new byte[8 * 1024];
        for (int n = in.read(block); n >= 0; n = in.read(block)) {
            out.write(block, 0, n);
        }
        return out.toByteArray();
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (!name.startsWith(PACKAGE + ".")) {
            return super.loadClass(name, resolve);
        }
        synchronized (getClassLoadingLock(name)) {
            Class<?> known = findLoadedClass(name);
            return known == null ? define(name) : known;
        }
    }

    private Class<?> define(String name) throws ClassNotFoundException {
        byte[] bytes;
        synchronized (classes) {
            bytes = classes.remove(name);
        }
        if (bytes == null) {
            throw new ClassNotFoundException(name);
        }
        // Not a domain of this loader's own: a thread of the host that is made while our code is on the stack keeps
        // the domains that it finds there.
        return defineClass(name, bytes, 0, bytes.length, Agent.class.getProtectionDomain());
    }
}

package remora.shim;

import java.io.File;
import javax.management.MBeanServer;
import javax.management.ObjectName;

/**
 * How many files the process has open, without listing them as the platform's bean does: that takes milliseconds in a
 * broker with many files, while the CPU time beside it waits, and fails when no file can be opened any more. Since
 * Linux 6.2 the size of {@code /proc/self/fd} is their number; before, it is 0.
 */
final class OpenFiles {
    static final String ATTRIBUTE = "OpenFileDescriptorCount";

    private static final File DIRECTORY = new File("/proc/self/fd");
    /** Files come and go between the two looks. */
    private static final int DIFFERENCE_MAX = 8;
    private static final int TRIES = 3;

    /** 0 where the system does not have the number. Allocates nothing. */
    static long count() {
        return DIRECTORY.length();
    }

    /** Whether the system has the number. */
    static boolean isAvailable() {
        return count() > 0;
    }

    /** Whether {@code name} is the bean of the operating system, which has the attribute. */
    static boolean isOf(ObjectName name) {
        return name.getCanonicalName().equals("java.lang:type=OperatingSystem");
    }

    /** Whether {@link #count} tells what the attribute of {@code name} does. Reads the attribute. */
    static boolean isCounted(MBeanServer server, ObjectName name) {
        try {
            for (int i = 0; i < TRIES && isOf(name) && isAvailable(); i++) {
                Object listed = server.getAttribute(name, ATTRIBUTE);
                if (listed instanceof Number && Math.abs(((Number) listed).longValue() - count()) <= DIFFERENCE_MAX) {
                    return true;
                }
            }
        } catch (Throwable cause) {
            // A bean without the attribute, or one that fails: it is read as it is.
        }
        return false;
    }

    private OpenFiles() {}
}

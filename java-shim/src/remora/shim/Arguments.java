package remora.shim;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * The text after {@code -javaagent:remora.jar=}: comma-separated {@code key=value} items; a first item without
 * {@code =} is the path of the configuration, or an argument of jmx_exporter's. The shim uses a few keys, the core gets
 * the whole text as it is.
 */
public final class Arguments {
    private static final long BLOCKED_AFTER_MS_DEFAULT = 2000;
    private static final long BLOCKED_AFTER_MS_MIN = 200;
    /** An argument of jmx_exporter's: {@code [HOST:]PORT:FILE}. */
    private static final Pattern ENDPOINT = Pattern.compile("(?:(?:[\\w.-]+|\\[.+]):)?\\d{1,5}:.+");

    private final String text;
    private final Map<String, String> items = new LinkedHashMap<>();
    private final boolean hasEndpoint;

    /** {@code text}: null when there is none. */
    public Arguments(String text) {
        this.text = text == null ? "" : text;
        String[] all = this.text.split(",");
        hasEndpoint = ENDPOINT.matcher(all.length == 0 ? "" : all[0]).matches();
        boolean first = true;
        for (String item : all) {
            int equals = first && hasEndpoint ? -1 : item.indexOf('=');
            if (equals > 0) {
                items.put(item.substring(0, equals).trim(), item.substring(equals + 1).trim());
            } else if (first && !item.trim().isEmpty()) {
                items.put("config", item.trim());
            }
            first = false;
        }
    }

    String text() {
        return text;
    }

    /** Begin in any JVM, not only in a broker. */
    boolean force() {
        return isTrue(items.get("force")) || isTrue(property("remora.force")) || isTrue(environment("REMORA_FORCE"));
    }

    /** The main class that is a broker's too, or null. */
    String mainClass() {
        return items.get("main");
    }

    /** The library named by the operator, or null. */
    String library() {
        String named = items.get("library");
        if (named == null || named.isEmpty()) {
            named = environment("REMORA_LIBRARY");
        }
        return named == null || named.isEmpty() ? null : named;
    }

    /** More MBean domains to look at: prefixes separated by ':', or "*" for all, as jmx_exporter does. */
    String domains() {
        String named = items.get("domains");
        return named != null ? named : hasEndpoint ? "*" : "";
    }

    /** Read through the MBean server only, never the metric objects behind the MBeans. */
    boolean mbeanTierOnly() {
        return "mbean".equals(items.get("tier"));
    }

    /** A read that has not returned after this long is given up. */
    long blockedAfterMillis() {
        String named = items.get("blocked_after_ms");
        if (named != null) {
            try {
                return Math.max(BLOCKED_AFTER_MS_MIN, Long.parseLong(named));
            } catch (NumberFormatException e) {
                Log.warn("argument blocked_after_ms=" + named + " is no number, using " + BLOCKED_AFTER_MS_DEFAULT);
            }
        }
        return BLOCKED_AFTER_MS_DEFAULT;
    }

    static String environment(String name) {
        try {
            return System.getenv(name);
        } catch (SecurityException e) {
            return null;
        }
    }

    static String property(String name) {
        try {
            return System.getProperty(name);
        } catch (SecurityException e) {
            return null;
        }
    }

    private static boolean isTrue(String value) {
        return value != null && (value.equalsIgnoreCase("true") || value.equals("1"));
    }
}

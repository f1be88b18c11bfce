import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import javax.management.Attribute;
import javax.management.MBeanAttributeInfo;
import javax.management.MBeanServerConnection;
import javax.management.ObjectInstance;
import javax.management.ObjectName;
import javax.management.openmbean.CompositeData;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;

/**
 * Dumps what a remote JMX client sees: {@code LabJmx SERVICE_URL OUT}, where OUT is a file or
 * {@code -}. One line of JSON for each number, boolean or string; tables, arrays and other objects
 * are left out. One bean that cannot be read never ends the dump.
 */
public final class LabJmx {
    /** Beans of these classes all have the attributes of their class: one look is enough. */
    private static final String FIXED_SHAPE = "com.yammer.metrics.reporting.JmxReporter$";

    private final MBeanServerConnection server;
    private final Writer out;
    private final Map<String, String[]> shapes;
    private int beans;
    private int values;
    private int failures;

    private LabJmx(MBeanServerConnection server, Writer out, Map<String, String[]> shapes) {
        this.server = server;
        this.out = out;
        this.shapes = shapes;
    }

    /** A connection that is kept from one dump to the next. Of one thread. */
    static final class Session implements AutoCloseable {
        private final JMXConnector connector;
        private final Map<String, String[]> shapes = new HashMap<>();
        private LabJmx last;

        Session(String url) throws IOException {
            connector = JMXConnectorFactory.connect(new JMXServiceURL(url));
        }

        /** Dumps everything into the file {@code target}, or to stdout for {@code -}: values written. */
        int dump(String target) throws IOException {
            try (OutputStream stream = target.equals("-")
                            ? System.out : Files.newOutputStream(Paths.get(target));
                    Writer out = new BufferedWriter(
                            new OutputStreamWriter(stream, StandardCharsets.UTF_8), 1 << 16)) {
                last = new LabJmx(connector.getMBeanServerConnection(), out, shapes);
                last.run();
                return last.values;
            }
        }

        @Override
        public void close() throws IOException {
            connector.close();
        }
    }

    public static void main(String[] args) throws Exception {
        if (args.length != 2) {
            System.err.println("LabJmx SERVICE_URL OUT|-");
            System.exit(2);
        }
        try (Session session = new Session(args[0])) {
            session.dump(args[1]);
            System.err.printf("lab: %d MBeans, %d values, %d unreadable%n",
                    session.last.beans, session.last.values, session.last.failures);
        }
    }

    private void run() throws IOException {
        List<ObjectInstance> all = new ArrayList<>(server.queryMBeans(null, null));
        all.sort(Comparator.comparing(instance -> instance.getObjectName().toString()));
        for (ObjectInstance instance : all) {
            dump(instance);
        }
    }

    private void dump(ObjectInstance instance) throws IOException {
        ObjectName name = instance.getObjectName();
        String[] attributes;
        try {
            attributes = readable(instance);
        } catch (IOException | RuntimeException failure) {
            giveUpIfDisconnected(failure);
            failures++;
            return;
        } catch (Exception gone) {
            failures++;
            return;
        }
        beans++;
        long t0 = System.currentTimeMillis();
        try {
            List<Attribute> list = server.getAttributes(name, attributes).asList();
            long t1 = System.currentTimeMillis();
            failures += attributes.length - list.size();
            for (Attribute attribute : list) {
                write(name, attribute.getName(), attribute.getValue(), t0, t1);
            }
        } catch (Exception oneOfThemSpoilsAll) {
            giveUpIfDisconnected(oneOfThemSpoilsAll);
            dumpOneByOne(name, attributes);
        }
    }

    /** An attribute whose value cannot be sent over the wire fails the bulk read of its bean. */
    private void dumpOneByOne(ObjectName name, String[] attributes) throws IOException {
        for (String attribute : attributes) {
            long t0 = System.currentTimeMillis();
            Object value;
            try {
                value = server.getAttribute(name, attribute);
            } catch (Exception failure) {
                giveUpIfDisconnected(failure);
                failures++;
                continue;
            }
            write(name, attribute, value, t0, System.currentTimeMillis());
        }
    }

    private String[] readable(ObjectInstance instance) throws Exception {
        String type = String.valueOf(instance.getClassName());
        String[] known = shapes.get(type);
        if (known != null) {
            return known;
        }
        List<String> names = new ArrayList<>();
        for (MBeanAttributeInfo info : server.getMBeanInfo(instance.getObjectName())
                .getAttributes()) {
            if (info.isReadable()) {
                names.add(info.getName());
            }
        }
        String[] found = names.toArray(new String[0]);
        if (type.startsWith(FIXED_SHAPE)) {
            shapes.put(type, found);
        }
        return found;
    }

    /** A value that does not unmarshal is an I/O error too: only a dead connection ends it all. */
    private void giveUpIfDisconnected(Exception failure) throws IOException {
        if (failure instanceof IOException) {
            server.getMBeanCount();
        }
    }

    private void write(ObjectName name, String attribute, Object value, long t0, long t1)
            throws IOException {
        if (value instanceof CompositeData) {
            CompositeData data = (CompositeData) value;
            for (String key : new TreeSet<>(data.getCompositeType().keySet())) {
                write(name, attribute + "." + key, data.get(key), t0, t1);
            }
            return;
        }
        String text = json(value);
        if (text == null) {
            return;
        }
        values++;
        out.write("{\"mbean\": " + quoted(name.toString()) + ", \"attribute\": " + quoted(attribute)
                + ", \"type\": " + quoted(value.getClass().getSimpleName()) + ", \"value\": " + text
                + ", \"t0\": " + t0 + ", \"t1\": " + t1 + "}\n");
    }

    /** The value as JSON; null for what is no number, boolean or string. */
    private static String json(Object value) {
        if (value instanceof Boolean) {
            return value.toString();
        }
        if (value instanceof CharSequence || value instanceof Character) {
            return quoted(value.toString());
        }
        if (!(value instanceof Number)) {
            return null;
        }
        if (value instanceof Long || value instanceof Integer || value instanceof Short
                || value instanceof Byte || value instanceof BigInteger
                || value instanceof BigDecimal || value instanceof AtomicLong
                || value instanceof AtomicInteger) {
            return value.toString();
        }
        double number = ((Number) value).doubleValue();
        if (Double.isNaN(number) || Double.isInfinite(number)) {
            return quoted(Double.toString(number));
        }
        return value instanceof Float ? value.toString() : Double.toString(number);
    }

    private static String quoted(String text) {
        StringBuilder result = new StringBuilder(text.length() + 2).append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                result.append('\\').append(c);
            } else if (c < 0x20 || c >= 0x7f) {
                result.append(String.format("\\u%04x", (int) c));
            } else {
                result.append(c);
            }
        }
        return result.append('"').toString();
    }
}

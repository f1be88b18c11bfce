import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.management.Attribute;
import javax.management.AttributeList;
import javax.management.AttributeNotFoundException;
import javax.management.DynamicMBean;
import javax.management.MBeanAttributeInfo;
import javax.management.MBeanInfo;
import javax.management.ObjectName;
import javax.management.openmbean.CompositeDataSupport;
import javax.management.openmbean.CompositeType;
import javax.management.openmbean.OpenType;
import javax.management.openmbean.SimpleType;

/** Registers the beans of the file beans.tsv, says so, and ends with its standard input. */
public final class TestBeans implements DynamicMBean {
    private final Map<String, Object> values = new LinkedHashMap<>();
    private final Map<String, String> descriptions = new LinkedHashMap<>();

    public static void main(String[] arguments) throws Exception {
        Map<String, TestBeans> beans = new LinkedHashMap<>();
        Map<String, List<String[]>> composites = new LinkedHashMap<>();
        for (String line : Files.readAllLines(Paths.get(arguments[0]), StandardCharsets.UTF_8)) {
            if (!line.startsWith("#")) {
                String[] row = line.split("\t", -1);
                TestBeans bean = beans.computeIfAbsent(row[0], name -> new TestBeans());
                String[] path = row[1].split("/");
                bean.descriptions.put(path[0], row[4]);
                if (path.length == 1) {
                    bean.values.put(path[0], value(row[2], row[3]));
                } else {
                    List<String[]> rows = composites.computeIfAbsent(row[0] + "\t" + path[0], key -> new ArrayList<>());
                    rows.add(new String[] {path[1], row[2], row[3]});
                    bean.values.put(path[0], composite(row[4], rows));
                }
            }
        }
        for (Map.Entry<String, TestBeans> bean : beans.entrySet()) {
            java.lang.management.ManagementFactory.getPlatformMBeanServer()
                    .registerMBean(bean.getValue(), new ObjectName(bean.getKey()));
        }
        System.out.println("ready");
        while (System.in.read() >= 0) {
            continue;
        }
    }

    private static Object value(String type, String text) {
        switch (type) {
            case "int":
                return Integer.valueOf(text);
            case "long":
                return Long.valueOf(text);
            case "double":
                return Double.valueOf(text);
            case "boolean":
                return Boolean.valueOf(text);
            case "date":
                return new Date((long) (Double.parseDouble(text) * 1000));
            case "enum":
                return Thread.State.valueOf(text);
            default:
                return text.replace("\\n", "\n");
        }
    }

    private static Object composite(String description, List<String[]> rows) throws Exception {
        Map<String, Object> items = new LinkedHashMap<>();
        for (String[] row : rows) {
            items.put(row[0], value(row[1], row[2]));
        }
        String[] names = items.keySet().toArray(new String[0]);
        OpenType<?>[] types = new OpenType<?>[names.length];
        for (int i = 0; i < types.length; i++) {
            types[i] = SimpleType.LONG;
        }
        return new CompositeDataSupport(new CompositeType("usage", description, names, names, types), items);
    }

    @Override
    public MBeanInfo getMBeanInfo() {
        MBeanAttributeInfo[] attributes = values.entrySet().stream()
                .map(entry -> new MBeanAttributeInfo(entry.getKey(), entry.getValue().getClass().getName(),
                        descriptions.get(entry.getKey()), true, false, false))
                .toArray(MBeanAttributeInfo[]::new);
        return new MBeanInfo(getClass().getName(), "a bean of the vectors", attributes, null, null, null);
    }

    @Override
    public Object getAttribute(String name) throws AttributeNotFoundException {
        if (!values.containsKey(name)) {
            throw new AttributeNotFoundException(name);
        }
        return values.get(name);
    }

    @Override
    public AttributeList getAttributes(String[] names) {
        AttributeList found = new AttributeList();
        for (String name : names) {
            found.add(new Attribute(name, values.get(name)));
        }
        return found;
    }

    @Override
    public void setAttribute(Attribute attribute) throws AttributeNotFoundException {
        throw new AttributeNotFoundException(attribute.getName());
    }

    @Override
    public AttributeList setAttributes(AttributeList attributes) {
        return new AttributeList();
    }

    @Override
    public Object invoke(String name, Object[] arguments, String[] signature) {
        return null;
    }
}

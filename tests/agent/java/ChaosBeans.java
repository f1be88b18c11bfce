package remora.shim;

import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.ConcurrentModificationException;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import javax.management.Attribute;
import javax.management.AttributeList;
import javax.management.DynamicMBean;
import javax.management.JMException;
import javax.management.MBeanAttributeInfo;
import javax.management.MBeanInfo;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import javax.management.openmbean.CompositeDataSupport;
import javax.management.openmbean.CompositeType;
import javax.management.openmbean.OpenDataException;
import javax.management.openmbean.OpenType;
import javax.management.openmbean.SimpleType;

/**
 * A thousand good MBeans beside one of each bad kind. As a program: {@code ChaosBeans [GOOD [SECONDS]]} registers them,
 * prints {@code ready} and lives until SECONDS are over (0: until standard input ends).
 *
 * <p>Good: {@code kafka.chaos:type=Good,name=N}, {@code Value} counts the times it was asked for, {@code Fixed} is N.
 */
public final class ChaosBeans {
    /** What a bad bean does when its only attribute "Value", declared double, is asked for. */
    interface Value {
        Object get() throws Exception;
    }

    /** One bad bean. */
    static class Bean implements DynamicMBean {
        private final Value value;
        private final boolean infoThrows;
        private final AtomicLong infoAsked = new AtomicLong();
        volatile String[] names = {"Value"};

        Bean(Value value, boolean infoThrows) {
            this.value = value;
            this.infoThrows = infoThrows;
        }

        @Override
        public Object getAttribute(String name) {
            try {
                return value.get();
            } catch (RuntimeException e) {
                throw e;
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public AttributeList getAttributes(String[] wanted) {
            AttributeList found = new AttributeList();
            for (String name : wanted) {
                found.add(new Attribute(name, getAttribute(name)));
            }
            return found;
        }

        @Override
        public MBeanInfo getMBeanInfo() {
            if (infoThrows && infoAsked.incrementAndGet() > 1) {  // the first is the registration's
                throw new ConcurrentModificationException("info");
            }
            MBeanAttributeInfo[] attributes = new MBeanAttributeInfo[names.length];
            for (int i = 0; i < names.length; i++) {
                attributes[i] = new MBeanAttributeInfo(names[i], "double", names[i], true, false, false);
            }
            return new MBeanInfo(getClass().getName(), "bad", attributes, null, null, null);
        }

        @Override
        public void setAttribute(Attribute attribute) {
            throw new UnsupportedOperationException();
        }

        @Override
        public AttributeList setAttributes(AttributeList attributes) {
            return new AttributeList();
        }

        @Override
        public Object invoke(String action, Object[] arguments, String[] signature) {
            throw new UnsupportedOperationException();
        }
    }

    /** A good bean, of the standard make. */
    public interface GoodMBean {
        long getValue();

        int getFixed();
    }

    /** A good bean. */
    public static final class Good implements GoodMBean {
        private final AtomicLong reads = new AtomicLong();
        private final int fixed;

        Good(int fixed) {
            this.fixed = fixed;
        }

        @Override
        public long getValue() {
            return reads.incrementAndGet();
        }

        @Override
        public int getFixed() {
            return fixed;
        }
    }

    /** Keeps what a wild reader allocates reachable for a moment. */
    static volatile Object garbage;

    /** Opened by whoever wants the blocked reads to return. */
    static final CountDownLatch RELEASE = new CountDownLatch(1);

    private static int overflow(int depth) {
        return overflow(depth + 1) + 1;
    }

    private static Object hugeComposite(int keys) throws OpenDataException {
        String[] names = new String[keys];
        OpenType<?>[] types = new OpenType<?>[keys];
        Object[] values = new Object[keys];
        for (int i = 0; i < keys; i++) {
            names[i] = "key" + i;
            types[i] = SimpleType.LONG;
            values[i] = (long) i;
        }
        return new CompositeDataSupport(new CompositeType("Huge", "huge", names, names, types), names, values);
    }

    /** The bad kinds by name. */
    static Map<String, Bean> bad() throws OpenDataException {
        Map<String, Bean> bad = new LinkedHashMap<>();
        Object huge = hugeComposite(10_000);
        bad.put("ThrowsRuntime", new Bean(() -> {
            throw new IllegalStateException("on purpose");
        }, false));
        bad.put("ThrowsError", new Bean(() -> {
            throw new AssertionError("on purpose");
        }, false));
        bad.put("ThrowsLinkage", new Bean(() -> {
            throw new NoClassDefFoundError("on purpose");
        }, false));
        bad.put("Overflows", new Bean(() -> overflow(0), false));
        bad.put("InfoThrows", new Bean(() -> 1.0, true));
        bad.put("Null", new Bean(() -> null, false));
        bad.put("NotANumber", new Bean(() -> Double.NaN, false));
        bad.put("Text", new Bean(() -> "leader", false));
        bad.put("EndlessText", new Bean(() -> "at " + System.nanoTime(), false));
        bad.put("OtherClass", new Bean(Date::new, false));
        bad.put("Array", new Bean(() -> new double[] {1, 2}, false));
        bad.put("Huge", new Bean(() -> huge, false));
        bad.put("Wild", new Bean(() -> {
            List<byte[]> blocks = new ArrayList<>();
            for (int i = 0; i < 64; i++) {
                blocks.add(new byte[64 * 1024]);
            }
            garbage = blocks;
            return blocks.size();
        }, false));
        bad.put("Slow", new Bean(() -> {
            Thread.sleep(50);
            return 50;
        }, false));
        AtomicLong turns = new AtomicLong();
        bad.put("TurnsBad", new Bean(() -> {
            if (turns.incrementAndGet() > 3) {
                throw new IllegalStateException("after three good reads");
            }
            return turns.get();
        }, false));
        AtomicLong asked = new AtomicLong();
        bad.put("BlocksLater", new Bean(() -> {
            if (asked.incrementAndGet() > 3) {
                RELEASE.await();
            }
            return 7;
        }, false));
        bad.put("BlocksAtOnce", new Bean(() -> {
            RELEASE.await();
            return 8;
        }, false));
        return bad;
    }

    static ObjectName goodName(int index) throws JMException {
        return new ObjectName("kafka.chaos:type=Good,name=" + index);
    }

    static ObjectName badName(String kind) throws JMException {
        return new ObjectName("kafka.chaos:type=Bad,name=" + kind);
    }

    static void registerGood(MBeanServer server, int count) throws JMException {
        for (int i = 0; i < count; i++) {
            server.registerMBean(new Good(i), goodName(i));
        }
    }

    static void registerBad(MBeanServer server, Map<String, Bean> bad) throws JMException {
        for (Map.Entry<String, Bean> bean : bad.entrySet()) {
            server.registerMBean(bean.getValue(), badName(bean.getKey()));
        }
    }

    /** See the class. */
    public static void main(String[] arguments) throws Exception {
        int good = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 1000;
        long seconds = arguments.length > 1 ? Long.parseLong(arguments[1]) : 0;
        MBeanServer server = ManagementFactory.getPlatformMBeanServer();
        registerGood(server, good);
        registerBad(server, bad());
        System.out.println("ready");
        if (seconds > 0) {
            Thread.sleep(seconds * 1000);
            return;
        }
        while (System.in.read() >= 0) {
            // Lives until its parent closes the pipe.
        }
    }

    private ChaosBeans() {}
}

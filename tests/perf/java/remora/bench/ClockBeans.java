package remora.bench;

import java.lang.management.ManagementFactory;
import javax.management.Attribute;
import javax.management.AttributeList;
import javax.management.AttributeNotFoundException;
import javax.management.DynamicMBean;
import javax.management.MBeanAttributeInfo;
import javax.management.MBeanInfo;
import javax.management.MBeanServer;
import javax.management.ObjectName;

/**
 * A JVM without Kafka whose MBeans have Kafka's names and tell the time at which they are read, in seconds since 1970:
 * what a file says is then its own age. Argument: how many partitions. Ends with its standard input.
 */
public final class ClockBeans implements DynamicMBean {
    private static final String VALUE = "Value";
    private static final int PARTITIONS_OF_TOPIC = 100;
    private static final String[] OF_BROKER = {
        "kafka.network:type=RequestChannel,name=RequestQueueSize",
        "kafka.server:type=ReplicaManager,name=UnderReplicatedPartitions",
    };
    private static final String[] OF_PARTITION = {"Size", "LogStartOffset", "LogEndOffset"};
    private static final MBeanInfo INFO = new MBeanInfo(ClockBeans.class.getName(), "tells the time",
            new MBeanAttributeInfo[] {new MBeanAttributeInfo(VALUE, "java.lang.Object", "now", true, false, false)},
            null, null, null);

    private ClockBeans() {}

    public static void main(String[] arguments) throws Exception {
        MBeanServer server = ManagementFactory.getPlatformMBeanServer();
        ClockBeans clock = new ClockBeans();
        for (String name : OF_BROKER) {
            server.registerMBean(clock, new ObjectName(name));
        }
        int partitions = Integer.parseInt(arguments[0]);
        for (int i = 0; i < partitions; i++) {
            for (String name : OF_PARTITION) {
                server.registerMBean(clock, new ObjectName("kafka.log:type=Log,name=" + name + ",topic=t"
                        + i / PARTITIONS_OF_TOPIC + ",partition=" + i % PARTITIONS_OF_TOPIC));
            }
        }
        System.out.println("ready");
        while (System.in.read() >= 0) {
            // Until whoever started this ends.
        }
    }

    @Override
    public Object getAttribute(String attribute) throws AttributeNotFoundException {
        if (!attribute.equals(VALUE)) {
            throw new AttributeNotFoundException(attribute);
        }
        return System.currentTimeMillis() / 1000.0;
    }

    @Override
    public AttributeList getAttributes(String[] attributes) {
        AttributeList list = new AttributeList();
        for (String attribute : attributes) {
            if (attribute.equals(VALUE)) {
                list.add(new Attribute(VALUE, System.currentTimeMillis() / 1000.0));
            }
        }
        return list;
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
    public Object invoke(String action, Object[] arguments, String[] signature) {
        throw new UnsupportedOperationException(action);
    }

    @Override
    public MBeanInfo getMBeanInfo() {
        return INFO;
    }
}

package remora.shim;

import static remora.shim.ShimTests.await;
import static remora.shim.ShimTests.check;
import static remora.shim.ShimTests.equal;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.ref.WeakReference;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.management.MBeanServer;
import javax.management.MBeanServerFactory;
import javax.management.ObjectName;
import remora.Answer;
import remora.shim.TestRunner.Group;

/** When the shim begins, what it says and how it ends, in one JVM without the native library. */
public final class LifeTests {
    private static final String NODE = "kafka.server:type=KafkaServer,name=BrokerState";

    /** What is written to standard error meanwhile; {@code gate}: writing waits for it. */
    private static final class Heard extends OutputStream {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private final CountDownLatch gate;

        Heard(CountDownLatch gate) {
            this.gate = gate;
        }

        @Override
        public void write(int one) {
            try {
                gate.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            synchronized (bytes) {
                bytes.write(one);
            }
        }

        String text() {
            synchronized (bytes) {
                return bytes.toString();
            }
        }
    }

    /** Runs {@code action} and returns what it said, up to the line that ends in {@code last}. */
    private static String said(Runnable action, String last) throws Exception {
        PrintStream before = System.err;
        Heard heard = new Heard(new CountDownLatch(0));
        System.setErr(new PrintStream(heard, true));
        try {
            action.run();
            await(() -> heard.text().contains(last), last);
            return heard.text();
        } finally {
            System.setErr(before);
        }
    }

    // --- when it begins ----------------------------------------------------------------------------

    @Group("life")
    static void whoIsABroker() {
        check(BrokerGate.isBroker("kafka.Kafka config/server.properties", null), "kafka.Kafka");
        check(BrokerGate.isBroker("kafka.Kafka", null), "kafka.Kafka alone");
        check(BrokerGate.isBroker("io.confluent.support.metrics.SupportedKafka x", null), "Confluent's wrapper");
        String wrapper = "com.cloudera.kafka.wrap.Kafka";
        check(!BrokerGate.isBroker(wrapper + " x", null), "a wrapper that nobody names");
        check(BrokerGate.isBroker(wrapper + " x", new Arguments("/a.json,main=" + wrapper).mainClass()), "a named one");
        check(BrokerGate.isBroker("kafka.Kafka x", wrapper), "Kafka's own beside a named one");
        for (String tool : new String[] {"kafka.admin.TopicCommand --list", "kafka.tools.StorageTool format",
                "kafka.KafkaTool", "", "x kafka.Kafka", "org.apache.kafka.tools.TopicCommand", wrapper + "2"}) {
            check(!BrokerGate.isBroker(tool, wrapper), "not a broker: " + tool);
        }
        check(!BrokerGate.isBroker(null, wrapper), "no command");
    }

    @Group("life")
    static void aWrapperThatNobodyNamesIsToldHow() {
        String line = BrokerGate.likeABroker("com.cloudera.kafka.wrap.Kafka x");
        check(line.contains("add main=com.cloudera.kafka.wrap.Kafka to the agent's arguments"), line);
        for (String other : new String[] {"kafka.admin.TopicCommand", "kafka.KafkaTool", "Kafka", "", "/a/b.Kafka.jar"}) {
            check(BrokerGate.likeABroker(other) == null, "no broker: " + other);
        }
        check(BrokerGate.likeABroker(null) == null, "no command");
    }

    /** Of the platform's MBean server, where there is no node yet. */
    @Group("life")
    static void aSilentWaitIsSaidAndForceEndsIt() throws Exception {
        String forced = said(() -> awaitNode("force=true", 50), "beginning without");
        check(forced.contains("no MBean of a domain kafka.* after 0 s"), forced);
        Thread waiting = new Thread(() -> awaitNode("", 50), "waits-for-a-node");
        String unforced = said(waiting::start, "waiting for the first one");
        equal(1, unforced.split("\\R").length, "lines");
        check(waiting.isAlive(), "it goes on waiting");
        MBeanServer server = java.lang.management.ManagementFactory.getPlatformMBeanServer();
        ObjectName node = new ObjectName(NODE);
        server.registerMBean(new ChaosBeans.Good(1), node);
        try {
            waiting.join(TimeUnit.SECONDS.toMillis(30));
            check(!waiting.isAlive(), "the node is there");
        } finally {
            server.unregisterMBean(node);
        }
    }

    private static void awaitNode(String arguments, long silentMillis) {
        try {
            BrokerGate.awaitNode(new Arguments(arguments), silentMillis);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** An attach may find another one that was loaded a moment ago. */
    @Group("life")
    static void whoeverMeetsAnAgentThatHasNotBegunIsToldItsArguments() throws Exception {
        Method to = Answer.class.getDeclaredMethod("to", String.class);
        to.setAccessible(true);
        Answer nobody = (Answer) to.invoke(null, (String) null);
        Launcher launcher = new Launcher();
        Thread other = new Thread(() -> launcher.meet("two", nobody), "meets-another");
        String heard = said(() -> {
            other.start();
            while (other.getState() != Thread.State.TIMED_WAITING && other.isAlive()) {
                Thread.yield();
            }
            launcher.begin("one");
        }, "is not started");
        check(heard.contains("with the arguments \"one\"; another one with \"two\" is not started"), heard);
    }

    @Group("life")
    static void whatIsASignOfANode() throws Exception {
        check(!BrokerGate.hasSign(new String[] {"java.lang", "kafka", "JMImplementation"}, ""), "the JVM's own, log4j's");
        check(BrokerGate.hasSign(new String[] {"java.lang", "kafka.server"}, ""), "a node's");
        check(BrokerGate.hasSign(new String[] {"java.lang"}, "*"), "any domain");
        check(BrokerGate.hasSign(new String[] {"com.acme.broker"}, "x:com.acme"), "one that is named");
        check(!BrokerGate.hasSign(new String[] {"com.acme.broker"}, "com.other:"), "another one");
        MBeanServer server = MBeanServerFactory.newMBeanServer();
        server.registerMBean(new ChaosBeans.Good(1), new ObjectName("kafka.connect:type=app-info"));
        check(!BrokerGate.isNode(server), "Connect");
        check(BrokerGate.hidden(server) == null, "Connect hides nothing");
        server.registerMBean(new ChaosBeans.Good(1), new ObjectName(NODE));
        check(BrokerGate.isNode(server), "a broker");
        check(BrokerGate.hidden(server).contains("metric.reporters"), "no JmxReporter");
        server.registerMBean(new ChaosBeans.Good(1), new ObjectName("kafka.server:type=kafka-metrics-count"));
        check(BrokerGate.hidden(server) == null, "nothing is hidden");
    }

    @Group("life")
    static void factsAreWaitedForOnlyWhereTheFilesDoNotTell() throws Exception {
        long second = TimeUnit.SECONDS.toNanos(1);
        Map<String, String> facts = new HashMap<>();
        facts.put("broker.id", "1");
        facts.put("cluster.id", "c");
        check(!Facts.isEnough(facts, 59 * second) && Facts.isEnough(facts, 60 * second), "Kafka's data may be anywhere");
        facts.put("log.dirs", "/x");
        check(Facts.isEnough(facts, 0), "all is known");
        facts.remove("broker.id");
        check(!Facts.isEnough(facts, 4 * second) && Facts.isEnough(facts, 5 * second), "an id may come later");

        File folder = Files.createTempDirectory("remora-life").toFile();
        File meta = new File(folder, "meta.properties");
        Files.write(meta.toPath(), "version=0\ncluster.id=c1\nbroker.id=1004\n".getBytes("UTF-8"));
        File broker = new File(folder, "server.properties");
        Files.write(broker.toPath(), ("broker.id=-1\nlog.dirs=" + folder + "\n").getBytes("UTF-8"));
        equal("1004", Facts.ofFiles("kafka.Kafka " + broker).get("broker.id"), "the id that ZooKeeper gave");
        check(Facts.ofFiles("kafka.Kafka " + broker).get("node.role") == null, "no role without KRaft");
        Files.write(broker.toPath(), ("process.roles=controller,broker\nnode.id=7\nlog.dirs=" + folder).getBytes("UTF-8"));
        equal("7", Facts.ofFiles("kafka.Kafka " + broker).get("broker.id"), "the properties come first");
        equal("broker,controller", Facts.ofFiles("kafka.Kafka " + broker).get("node.role"), "both roles");
        check(meta.delete() && broker.delete() && folder.delete(), "cleaned up");
    }

    // --- what it says ------------------------------------------------------------------------------

    @Group("life")
    static void linesCarryTimeAndLevel() throws Exception {
        String heard = said(() -> Log.warn("look"), "look");
        check(heard.matches("\\[\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d,\\d{3}] warning remora: look\\R"), heard);
    }

    @Group("lines")
    static void linesThatAreLostAreCounted() throws Exception {
        String heard = said(() -> {
            for (int i = 1; i <= 160; i++) {
                Log.info("line " + i + ".");
            }
            Log.close();
        }, "left out");
        check(heard.contains("line 150. (last line of the shim)"), heard);
        check(!heard.contains("line 151."), heard);
        check(heard.contains("warning remora: 10 more lines of the shim were left out"), heard);
    }

    @Group("life")
    static void nobodyWaitsForAReaderOfStandardError() throws Exception {
        PrintStream before = System.err;
        CountDownLatch reader = new CountDownLatch(1);
        Heard heard = new Heard(reader);
        System.setErr(new PrintStream(heard, true));
        try {
            for (int i = 0; i < 20; i++) {
                Log.info("line " + i + ".");  // would hang in the first one
            }
            equal("", heard.text(), "nothing can be written yet");
            reader.countDown();
            await(() -> heard.text().contains("line 19."), "the lines once they are read");
            for (int i = 0; i < 20; i++) {
                check(heard.text().contains("line " + i + "."), "line " + i);
            }
        } finally {
            System.setErr(before);
        }
    }

    @Group("life")
    static void aLibraryThatCannotBeLoadedIsOneLine() throws Exception {
        File folder = Files.createTempDirectory("remora-life").toFile();
        File jar = new File(folder, "remora.jar");
        try (java.util.jar.JarOutputStream out = new java.util.jar.JarOutputStream(Files.newOutputStream(jar.toPath()))) {
            for (String arch : new String[] {"x86_64", "aarch64"}) {
                out.putNextEntry(new java.util.zip.ZipEntry("native/linux-" + arch + "/libremora.so"));
                out.write(new byte[100]);
                out.closeEntry();
            }
        }
        Map<String, String> facts = Facts.ofProcess();
        for (String property : new String[] {"java.io.tmpdir", "kafka.logs.dir"}) {
            facts.put(property, folder + "/not-" + property);  // places that fail alike
        }
        NativeLoader loader = new NativeLoader(jar, null, facts);
        String heard = loader.load();
        equal(1, heard.split("\\R").length, "lines");
        check(heard.contains("is corrupt"), heard);
        equal(heard.indexOf("no directory"), heard.lastIndexOf("no directory"), "the same fault is said once");
        check(heard.contains("/not-java.io.tmpdir, " + folder + "/not-kafka.logs.dir: no directory; "), heard);
        check(jar.delete() && folder.delete(), "cleaned up");
    }

    // --- how it ends -------------------------------------------------------------------------------

    /** A shim over a server of its own that switches itself off; what is left of it. */
    private static WeakReference<Session> sessionThatEnded() throws Exception {
        MBeanServer server = MBeanServerFactory.newMBeanServer();
        ChaosBeans.registerGood(server, 20);
        Buffers buffers = new Buffers();
        FakeCore core = new FakeCore(buffers, 100);
        Session session = new Session(core, buffers, server, null, "");
        Supervisor supervisor = new Supervisor(session, 1000);
        supervisor.hook();
        Thread thread = new Thread(supervisor::run, "remora");
        thread.start();
        await(() -> core.units().size() == 20, "twenty units");
        core.switchesOff = true;
        thread.join(TimeUnit.SECONDS.toMillis(30));
        check(!thread.isAlive(), "still supervising");
        return new WeakReference<>(session);
    }

    @Group("life")
    static void nothingOfTheHostIsHeldAfterTheEnd() throws Exception {
        WeakReference<Session> session = sessionThatEnded();
        await(() -> {
            System.gc();
            return session.get() == null;
        }, "the end of what the agent knew of its host");
    }

    /** Not in the JVM's shutdown there is no hook of the host to wait for. */
    @Group("life")
    static void elsewhereTheEndIsAtOnce() throws Exception {
        Thread other = new Thread(() -> {
            try {
                Thread.sleep(Long.MAX_VALUE);
            } catch (InterruptedException e) {
                // Told to end.
            }
        }, "some-thread");
        other.start();
        HostEnd.await(() -> true);
        check(other.isAlive(), "nobody else was waited for");
        other.interrupt();
    }

    /** {@code arguments}: the group to run. */
    public static void main(String[] arguments) {
        TestRunner.run(LifeTests.class, arguments[0]);
    }

    private LifeTests() {}
}

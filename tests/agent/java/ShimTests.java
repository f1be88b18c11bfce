package remora.shim;

import java.io.File;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import javax.management.MBeanServer;
import javax.management.MBeanServerFactory;
import javax.management.ObjectName;
import remora.shim.TestRunner.Group;

/** Tests of the shim in one JVM without the native library. {@code ShimTests GROUP} runs one group. */
public final class ShimTests {
    /** A running shim over the fake core. */
    static final class Rig implements AutoCloseable {
        final MBeanServer server;
        final FakeCore core;
        final Session session;
        final Supervisor supervisor;
        final Thread thread;

        Rig(long intervalMillis, long blockedAfterMillis, MetricReader metrics) {
            this(intervalMillis, blockedAfterMillis, metrics, MBeanServerFactory.newMBeanServer());
        }

        Rig(long intervalMillis, long blockedAfterMillis, MetricReader metrics, MBeanServer server) {
            this(intervalMillis, blockedAfterMillis, metrics, server, Long.MAX_VALUE);
        }

        Rig(long intervalMillis, long blockedAfterMillis, MetricReader metrics, MBeanServer server, long upNanos) {
            this.server = server;
            Buffers buffers = new Buffers();
            core = new FakeCore(buffers, intervalMillis);
            session = new Session(core, buffers, server, metrics, "");
            supervisor = new Supervisor(session, blockedAfterMillis, upNanos);
            thread = new Thread(supervisor::run, "remora");
            thread.setDaemon(true);
        }

        Rig start() {
            thread.start();
            return this;
        }

        FakeCore.Unit awaitUnit(String name) throws Exception {
            await(() -> core.unit(name) != null && core.unit(name).reads > 0, "a read of " + name);
            return core.unit(name);
        }

        @Override
        public void close() {
            supervisor.shutdown();
        }
    }

    static void check(boolean good, String what) {
        if (!good) {
            throw new AssertionError(what);
        }
    }

    static void equal(Object wanted, Object found, String what) {
        check(wanted.equals(found), what + ": wanted " + wanted + ", found " + found);
    }

    static void await(BooleanSupplier condition, String what) throws Exception {
        for (int i = 0; i < 1500; i++) {
            if (condition.getAsBoolean()) {
                return;
            }
            Thread.sleep(20);
        }
        throw new AssertionError("never saw " + what);
    }

    static String good(int index) throws Exception {
        return ChaosBeans.goodName(index).toString();
    }

    private static String bad(String kind) throws Exception {
        return ChaosBeans.badName(kind).toString();
    }

    // --- arguments, gate ---------------------------------------------------------------------------

    @Group("tables")
    static void arguments() {
        equal("/etc/remora.json", new Arguments("/etc/remora.json").text(), "text");
        check(!new Arguments("/etc/remora.json").force(), "not forced");
        check(new Arguments("config=/a.json,force=true").force(), "forced");
        check(new Arguments("/a.json,force=true").force(), "forced after a bare path");
        equal("/x.so", new Arguments("library=/x.so").library(), "library");
        equal(7000L, new Arguments("blocked_after_ms=7000").blockedAfterMillis(), "blocked_after_ms");
        equal(2000L, new Arguments("blocked_after_ms=soon").blockedAfterMillis(), "blocked_after_ms that is no number");
        check(new Arguments("/a.json,tier=mbean").mbeanTierOnly(), "no metric objects");
        check(!new Arguments("/a.json").mbeanTierOnly(), "metric objects");
        equal("", new Arguments(null).text(), "no text");
        equal("a.B", new Arguments("/a.json,main=a.B").mainClass(), "main");
        equal("", new Arguments("/a.json").domains(), "domains of Kafka");
        for (String endpoint : new String[] {"8080:/k.yml", "broker-1:8080:/k.yml", "[::1]:8080:/a=b.yml,force=true"}) {
            equal("*", new Arguments(endpoint).domains(), "every domain, as jmx_exporter sees them");
        }
        equal("x", new Arguments("8080:/k.yml,domains=x").domains(), "domains that are named");
    }

    /** Nobody is given up without having been asked, and nobody who came back in between. */
    @Group("tables")
    static void aReadIsGivenUpInTwoSteps() {
        ReadGate gate = new ReadGate();
        gate.enter(7);
        long token = gate.get();
        equal(7, ReadGate.subject(token), "subject");
        check(!gate.abandon(token), "given up unasked");
        gate.ask();
        gate.leave();
        equal(0L, gate.get(), "outside");
        check(!gate.abandon(token), "given up after it came back");
        gate.enter(7);
        check(gate.get() != token, "the same token twice");
        check(!gate.abandon(token), "given up for an earlier read");
        gate.leave();
        gate.enter(8);
        token = gate.get();
        gate.ask();
        check(gate.abandon(token) && gate.isAbandoned(), "given up");
        check(!gate.abandon(token), "given up twice");
        try {
            gate.leave();
            check(false, "went on although given up");
        } catch (ReadGate.Abandoned abandoned) {
            // As it should.
        }
    }

    // --- tables ------------------------------------------------------------------------------------

    @Group("tables")
    static void unitTableFollowsAMap() throws Exception {
        UnitTable table = new UnitTable();
        Map<ObjectName, Integer> model = new HashMap<>();
        List<Integer> free = new ArrayList<>();
        Random random = new Random(7);
        int next = 0;
        for (int step = 0; step < 200_000; step++) {
            ObjectName name = new ObjectName("d:n=" + random.nextInt(3000));
            Integer known = model.get(name);
            equal(known == null ? -1 : known, table.find(name), "find");
            if (known == null && random.nextInt(3) > 0) {
                int unit = free.isEmpty() ? next++ : free.remove(free.size() - 1);
                check(table.put(unit, name, 1, null, null, false), "put");
                model.put(name, unit);
            } else if (known != null && random.nextBoolean()) {
                table.remove(known);
                model.remove(name);
                free.add(known);
            }
        }
        equal(model.size(), table.size(), "size");
        check(!table.put(UnitTable.UNITS_MAX, new ObjectName("d:n=x"), 1, null, null, false), "id out of bounds");
        equal(UnitTable.ABSENT, table.kind(1 << 30), "kind of an unknown id");
    }

    @Group("tables")
    static void textTableIsBounded() {
        TextTable table = new TextTable();
        for (int i = 1; i <= Wire.TEXTS_MAX; i++) {
            equal(i, table.id("t" + i), "new text");
        }
        equal(0, table.id("one more"), "text beyond the bound");
        equal(5, table.id("t5"), "known text");
        StringBuilder longText = new StringBuilder();
        for (int i = 0; i < 300; i++) {
            longText.append('\u00e4');
        }
        byte[] bytes = TextTable.bytes(longText.toString());
        equal(Wire.TEXT_BYTES_MAX, bytes.length, "bytes of a long text");
        equal(longText.substring(0, 128), new String(bytes, java.nio.charset.StandardCharsets.UTF_8), "cut text");
    }

    /** An alert may be among them. */
    @Group("tables")
    static void whatCouldNotBeDescribedIsLookedAtAgainWithinAboutAMinute() throws Exception {
        Retries retries = new Retries();
        ObjectName name = new ObjectName("d:n=1");
        long second = 1_000_000_000L;
        long now = 0;
        for (int attempt = 0; attempt < 10; attempt++) {
            retries.add(name, 1, now);
            long begun = now;
            while (retries.due(now).isEmpty()) {
                now += second;
                check(now - begun <= 65 * second, "attempt " + attempt + " is not made again within a minute");
            }
            check(now - begun >= 5 * second, "attempt " + attempt + " comes too soon");
        }
        check(now >= 300 * second, "seldom, when it goes on failing");
    }

    // --- what exists -------------------------------------------------------------------------------

    /** However long a read takes: no value that waits for it passes for younger than it is. */
    @Group("tables")
    static void aBatchIsAsOldAsItsFirstRead() {
        Buffers buffers = new Buffers();
        FakeCore core = new FakeCore(buffers, 1000);
        SampleWriter samples = new SampleWriter(core, buffers, new TextTable());
        Scratch scratch = new Scratch();
        long second = 1_000_000_000L;
        samples.begin(100 * second);
        samples.unit(0, -Wire.ReadStatus.GONE, scratch);
        samples.begin(100 * second + 1);
        samples.unit(1, -Wire.ReadStatus.GONE, scratch);
        samples.flush();
        equal(100 * second, core.since, "the first read of a batch");
        samples.begin(200 * second);
        samples.unit(0, -Wire.ReadStatus.GONE, scratch);
        samples.begin(202 * second);
        equal(200 * second, core.since, "an old batch does not wait for more");
        samples.unit(1, -Wire.ReadStatus.GONE, scratch);
        samples.flush();
        equal(202 * second, core.since, "what was read after the slow one");
    }

    /** Texts of reads use the buffer in which records of beans gather. */
    @Group("tables")
    static void textsLeaveRecordsThatWaitAlone() {
        Buffers buffers = new Buffers();
        FakeCore core = new FakeCore(buffers, 1000);
        TextTable texts = new TextTable();
        SampleWriter samples = new SampleWriter(core, buffers, texts);
        Scratch scratch = new Scratch();
        check(buffers.records.unregister(7), "a record waits");
        int waiting = buffers.records.position();
        for (int i = 0; i < 2; i++) {
            scratch.texts[0] = "text";
            scratch.anyText = true;
            samples.unit(0, 1, scratch);
            samples.flush();
            equal((long) i, core.controls, "calls of the core for texts");
            equal(i == 0 ? 1 : 0, texts.untold().size(), "texts that wait");
            equal(i == 0 ? waiting : 0, buffers.records.position(), "records that wait");
            if (i == 0) {
                equal(7, buffers.control.getInt(Wire.UnregisterRecord.UNIT), "the record");
            }
            buffers.records.reset();
        }
    }

    @Group("catalog")
    static void beansComeAndGo() throws Exception {
        try (Rig rig = new Rig(200, 5000, null)) {
            ChaosBeans.registerGood(rig.server, 300);
            rig.start();
            await(() -> rig.core.units().size() == 300, "three hundred units");
            check(rig.awaitUnit(good(7)).value("Fixed") == 7, "value of a bean that was there");
            rig.server.registerMBean(new ChaosBeans.Good(1000), ChaosBeans.goodName(1000));
            check(rig.awaitUnit(good(1000)).value("Fixed") == 1000, "value of a bean that came");
            for (int i = 0; i < 300; i++) {
                rig.server.unregisterMBean(ChaosBeans.goodName(i));
            }
            await(() -> rig.core.units().size() == 1, "only the last bean left");
            equal(1, rig.session.units.size(), "units in the shim");
        }
    }

    @Group("catalog")
    static void aBeanRegisteredAnewForEachAttributeIsOfferedOnce() throws Exception {
        try (Rig rig = new Rig(200, 5000, null).start()) {
            ObjectName name = new ObjectName("kafka.chaos:type=Growing");
            ChaosBeans.Bean bean = new ChaosBeans.Bean(() -> 1.0, false);
            rig.server.registerMBean(bean, name);
            rig.awaitUnit(name.toString());
            long controls = rig.core.controls;
            for (int i = 2; i <= 20; i++) {
                String[] names = new String[i];
                for (int j = 0; j < i; j++) {
                    names[j] = "a" + j;
                }
                bean.names = names;
                rig.server.unregisterMBean(name);
                rig.server.registerMBean(bean, name);
                Thread.sleep(5);
            }
            await(() -> rig.core.unit(name.toString()) != null && rig.core.unit(name.toString()).values.length == 20,
                    "twenty attributes");
            check(rig.core.controls - controls <= 6, "control calls " + (rig.core.controls - controls));
            controls = rig.core.controls;
            rig.server.unregisterMBean(name);
            rig.server.registerMBean(bean, name);
            Thread.sleep(900);
            check(rig.core.unit(name.toString()).lastStatus == Wire.ReadStatus.OK, "still read");
            check(rig.core.controls - controls <= 2, "control calls for no change " + (rig.core.controls - controls));
        }
    }

    @Group("catalog")
    static void aStormLeavesNothingBehind() throws Exception {
        try (Rig rig = new Rig(500, 5000, null).start()) {
            for (int round = 0; round < 3; round++) {
                ChaosBeans.registerGood(rig.server, 5000);
                await(() -> rig.core.units().size() == 5000, "five thousand units");
                for (int i = 0; i < 5000; i++) {
                    rig.server.unregisterMBean(ChaosBeans.goodName(i));
                }
                await(() -> rig.core.units().isEmpty(), "no unit");
                equal(0, rig.session.units.size(), "units in the shim");
                check(!rig.session.registrar.hasWork(), "nothing left to do");
            }
            check(rig.session.units.bound() < 10_000, "ids are used again: " + rig.session.units.bound());
        }
    }

    @Group("catalog")
    static void aFullCoreIsToldAgain() throws Exception {
        try (Rig rig = new Rig(200, 5000, null)) {
            ChaosBeans.registerGood(rig.server, 1000);
            rig.core.failControls(3);
            rig.start();
            await(() -> rig.core.units().size() == 1000, "all units in spite of a full core");
            rig.core.failControls(2);
            for (int i = 0; i < 500; i++) {
                rig.server.unregisterMBean(ChaosBeans.goodName(i));
            }
            await(() -> rig.core.units().size() == 500, "half the units");
        }
    }

    @Group("catalog")
    static void lostEventsAreFoundByAQuery() throws Exception {
        try (Rig rig = new Rig(200, 5000, null)) {
            ChaosBeans.registerGood(rig.server, 100);
            rig.start();
            await(() -> rig.core.units().size() == 100, "a hundred units");
            ObjectName ghost = new ObjectName("kafka.chaos:type=Ghost");
            rig.session.catalog.close();  // deaf: what happens now is not heard
            for (int i = 0; i < 50; i++) {
                rig.server.unregisterMBean(ChaosBeans.goodName(i));
            }
            rig.server.registerMBean(new ChaosBeans.Good(1), ghost);
            ObjectName[] flood = new ObjectName[200_001];
            for (int i = 0; i < flood.length; i++) {
                flood[i] = new ObjectName("flood:n=" + i);
            }
            long quietFrom = System.nanoTime() + 10_000_000_000L;  // so that nothing is taken out meanwhile
            for (ObjectName name : flood) {
                rig.session.catalog.put(name, true, quietFrom);
            }
            rig.awaitUnit(ghost.toString());
            await(() -> rig.core.units().size() == 51, "51 units");
        }
    }

    /** All families have their partitions in the same order, which is not that of the names. */
    @Group("catalog")
    static void familiesOfTheSamePartitionsAreInTheSameOrder() throws Exception {
        String[] families = {"Partition/UnderReplicated", "Partition/ReplicasCount", "Log/Size"};
        int partitions = 900;
        try (Rig rig = new Rig(200, 5000, null)) {
            for (String family : families) {
                String[] parts = family.split("/");
                for (int i = 0; i < partitions; i++) {
                    rig.server.registerMBean(new ChaosBeans.Good(i), new ObjectName("kafka.x:type=" + parts[0] + ",name="
                            + parts[1] + ",topic=t" + i / 3 + ",partition=" + i % 3));
                }
            }
            rig.start();
            await(() -> rig.core.units().size() >= families.length * partitions, "all units");
            List<List<String>> orders = new ArrayList<>();
            for (String family : families) {
                TreeMap<Integer, String> byId = new TreeMap<>();
                for (FakeCore.Unit unit : rig.core.units()) {
                    ObjectName name = new ObjectName(unit.name);
                    if (family.equals(name.getKeyProperty("type") + "/" + name.getKeyProperty("name"))) {
                        byId.put(unit.id, name.getKeyProperty("topic") + "-" + name.getKeyProperty("partition"));
                    }
                }
                equal(partitions, byId.size(), "partitions of " + family);
                equal(partitions - 1, byId.lastKey() - byId.firstKey(), "ids from first to last of " + family);
                orders.add(new ArrayList<>(byId.values()));
            }
            List<String> sorted = new ArrayList<>(orders.get(0));
            Collections.sort(sorted);
            check(!sorted.equals(orders.get(0)), "by name: a cap would leave no share of the last topics");
            equal(orders.get(0), orders.get(1), "order of a second family");
            equal(orders.get(0), orders.get(2), "order of a family of another type");
        }
    }

    @Group("catalog")
    static void theCoreMayAskForEverythingAnew() throws Exception {
        try (Rig rig = new Rig(100, 5000, null)) {
            ChaosBeans.registerGood(rig.server, 700);
            rig.start();
            rig.awaitUnit(good(699));
            await(() -> rig.core.sweeps == 1, "the end of the first sweep");
            int id = rig.core.unit(good(699)).id;
            long reads = rig.core.unit(good(699)).reads;
            rig.core.flags = Wire.PlanFlag.PLAN_REDISCOVER;
            await(() -> rig.core.sweeps == 2, "the end of the second sweep");
            equal(700, rig.core.units().size(), "units that stayed");
            equal(id, rig.core.unit(good(699)).id, "id of a unit that stayed");
            FakeCore.Unit stayed = rig.core.unit(good(699));
            await(() -> stayed.reads > reads + 1, "more reads of a unit that stayed");
            rig.core.unwanted = good(699).substring(good(699).length() - 2);
            rig.core.failControls(2);
            rig.core.flags = Wire.PlanFlag.PLAN_REDISCOVER;
            await(() -> rig.core.sweeps == 3, "the end of the third sweep");
            check(rig.core.unit(good(699)) == null, "a unit that is not wanted any more");
            check(rig.core.units().size() < 700, "units left");
            rig.core.unwanted = null;
            rig.core.flags = Wire.PlanFlag.PLAN_REDISCOVER;
            await(() -> rig.core.sweeps == 4, "the end of the fourth sweep");
            equal(700, rig.core.units().size(), "units that came back");
            rig.awaitUnit(good(699));
            rig.core.flags = Wire.PlanFlag.PLAN_STOP;
            await(() -> !rig.thread.isAlive(), "the end of the agent");
            equal(1, rig.core.stops, "stops");
        }
    }

    // --- bad beans ---------------------------------------------------------------------------------

    @Group("chaos")
    static void badBeansAreDataAndGoodOnesGoOn() throws Exception {
        try (Rig rig = new Rig(200, 600, null)) {
            ChaosBeans.registerGood(rig.server, 1000);
            ChaosBeans.registerBad(rig.server, ChaosBeans.bad());
            rig.start();
            await(() -> hasStatus(rig, "BlocksLater", Wire.ReadStatus.BLOCKED), "a blocked read");
            await(() -> hasStatus(rig, "TurnsBad", Wire.ReadStatus.THREW), "a bean turned bad");
            for (String kind : new String[] {"ThrowsRuntime", "ThrowsError", "ThrowsLinkage", "Overflows"}) {
                await(() -> hasStatus(rig, kind, Wire.ReadStatus.THREW), "a throw of " + kind);
            }
            await(() -> hasStatus(rig, "Null", Wire.ReadStatus.NOT_NUMBER), "a null");
            await(() -> refusal(rig, "InfoThrows") == Wire.ReadStatus.THREW, "a failed description");
            await(() -> refusal(rig, "BlocksAtOnce") == Wire.ReadStatus.BLOCKED, "a blocked description");
            check(Double.isNaN(rig.awaitUnit(bad("NotANumber")).value("Value")), "NaN is a value");
            equal(Wire.ReadStatus.OK, rig.core.unit(bad("NotANumber")).lastStatus, "NaN is a value");
            equal("leader", rig.core.text((int) rig.awaitUnit(bad("Text")).value("Value")), "text");
            await(() -> hasStatus(rig, "OtherClass", Wire.ReadStatus.NOT_NUMBER), "a date is no number");
            await(() -> hasStatus(rig, "Array", Wire.ReadStatus.NOT_NUMBER), "an array is no number");
            equal(Wire.ATTRIBUTES_MAX, rig.awaitUnit(bad("Huge")).values.length, "huge composite is bounded");
            check(rig.core.textCount() < Wire.TEXTS_MAX, "texts");
            long before = rig.awaitUnit(good(999)).reads;
            await(() -> unitReads(rig, 999) > before + 3, "more reads of a good bean");
            // On a machine that stalls, a good read may be taken for one that hangs: it is back when it returns.
            for (int i = 0; i < 1000; i++) {
                String name = good(i);
                rig.awaitUnit(name);
                await(() -> rig.core.unit(name).lastStatus == Wire.ReadStatus.OK, "good bean " + name);
            }
            await(() -> rig.session.stuck.alive() == 2, "two threads that hang");
            ChaosBeans.RELEASE.countDown();
            await(() -> hasStatus(rig, "BlocksLater", Wire.ReadStatus.OK)
                    && rig.core.unit(badQuietly("BlocksLater")).lastStatus == Wire.ReadStatus.OK, "a read that is back");
            await(() -> rig.session.stuck.alive() == 0, "the threads' return");
            await(() -> rig.core.unit(badQuietly("BlocksAtOnce")) != null, "a bean described after all");
        }
    }

    private static String badQuietly(String kind) {
        return "kafka.chaos:type=Bad,name=" + kind;
    }

    private static boolean hasStatus(Rig rig, String kind, int status) {
        FakeCore.Unit unit = rig.core.unit(badQuietly(kind));
        return unit != null && unit.statuses[status] > 0;
    }

    private static int refusal(Rig rig, String kind) {
        Integer status = rig.core.refusal(badQuietly(kind));
        return status == null ? -1 : status;
    }

    private static long unitReads(Rig rig, int index) {
        FakeCore.Unit unit = rig.core.unit("kafka.chaos:type=Good,name=" + index);
        return unit == null ? 0 : unit.reads;
    }

    @Group("chaos")
    static void stopIsQuickEvenWhenAReadHangs() throws Exception {
        java.util.concurrent.CountDownLatch never = new java.util.concurrent.CountDownLatch(1);
        Rig rig = new Rig(100, 60_000, null);
        java.util.concurrent.atomic.AtomicInteger asked = new java.util.concurrent.atomic.AtomicInteger();
        rig.server.registerMBean(new ChaosBeans.Bean(() -> {
            if (asked.incrementAndGet() > 1) {
                never.await();
            }
            return 1;
        }, false), new ObjectName("kafka.chaos:type=Hangs"));
        rig.start();
        await(() -> asked.get() > 1, "a hanging read");
        rig.supervisor.shutdown();
        equal(1, rig.core.stops, "stops");
        long submits = rig.core.submits;
        never.countDown();
        Thread.sleep(200);
        equal(submits, rig.core.submits, "submits after the stop");
    }

    @Group("chaos")
    static void compositesAndPlatformBeans() throws Exception {
        Buffers buffers = new Buffers();
        FakeCore core = new FakeCore(buffers, 200);
        MBeanServer server = ManagementFactory.getPlatformMBeanServer();
        Session session = new Session(core, buffers, server, null, "");
        Supervisor supervisor = new Supervisor(session, 5000);
        Thread thread = new Thread(supervisor::run);
        thread.setDaemon(true);
        thread.start();
        await(() -> core.unit("java.lang:type=Memory") != null && core.unit("java.lang:type=Memory").reads > 0, "memory");
        check(core.unit("java.lang:type=Memory").value("HeapMemoryUsage.used") > 0, "heap used");
        await(() -> core.unit("java.lang:type=Runtime") != null && core.unit("java.lang:type=Runtime").reads > 0, "run");
        for (String path : core.unit("java.lang:type=Runtime").paths) {
            check(!path.contains("Path") || path.equals("BootClassPathSupported"), "never read: " + path);
            check(!path.startsWith("SystemProperties") && !path.equals("InputArguments"), "never read: " + path);
        }
        supervisor.shutdown();
    }

    // --- the native library ------------------------------------------------------------------------

    @Group("tables")
    static void aForeignLibcIsSaidByWhatIsNeededAndWhatIsThere() throws Exception {
        equal("needs GLIBC_2.35, this host has glibc 2.31", HostLibc.fault("/tmp/libremora-1.so: /lib/x86_64-linux-gnu"
                + "/libc.so.6: version `GLIBC_2.35' not found (required by /tmp/libremora-1.so)", "glibc 2.31"), "old");
        equal("needs ld-linux-x86-64.so.2 of glibc, this host has musl", HostLibc.fault("Error loading shared library "
                + "ld-linux-x86-64.so.2: No such file or directory (needed by /tmp/libremora-1.so)", "musl"), "a loader");
        equal("needs __strftime_l of glibc, this host has musl", HostLibc.fault("Error relocating /tmp/libremora-1.so: "
                + "__strftime_l: symbol not found", "musl"), "a symbol");
        check(HostLibc.fault("/tmp/libremora-1.so: failed to map segment from shared object", "musl") == null, "noexec");

        equal("musl", HostLibc.name("7f00-7f01 r-xp 00000000 00:01 7    /lib/ld-musl-x86_64.so.1\n"), "musl's own");
        equal("another C library", HostLibc.name("7f00-7f01 r-xp 00000000 00:01 7    /usr/bin/java\n"), "neither");
        File libc = File.createTempFile("libc-", ".so");
        libc.deleteOnExit();
        String banner = "GLIBC_2.30\0GNU C Library (Debian GLIBC 2.31-13) stable release version 2.31.\n\0";
        java.nio.file.Files.write(libc.toPath(), banner.getBytes("US-ASCII"));
        equal("glibc 2.31", HostLibc.name("7f00-7f01 r-xp 00000000 00:01 7    " + libc + "\n"), "its banner");
        check(HostLibc.name().matches("glibc 2\\.\\d+|musl"), "of this process: " + HostLibc.name());
    }

    @Group("tables")
    static void aMissingOrCorruptLibraryIsSaidAndNoHarm() throws Exception {
        Map<String, String> facts = Facts.ofProcess();
        check(new NativeLoader(null, "/nowhere/libremora.so", facts).load() != null, "missing");
        File corrupt = File.createTempFile("libremora", ".so");
        corrupt.deleteOnExit();
        check(new NativeLoader(null, corrupt.getPath(), facts).load() != null, "corrupt");
        check(new NativeLoader(null, null, facts).load() != null, "no jar");
        File whole = new File(System.getProperty("java.home"), "lib/libzip.so");
        if (!whole.isFile()) {
            whole = new File(System.getProperty("java.home"), "lib/amd64/libzip.so");
        }
        byte[] bytes = java.nio.file.Files.readAllBytes(whole.toPath());
        String arch = (bytes[18] & 0xff) == 62 ? "x86_64" : "aarch64";
        String other = arch.equals("x86_64") ? "aarch64" : "x86_64";
        equal("none", "" + (ElfFile.fault(whole, arch) == null ? "none" : ElfFile.fault(whole, arch)), "a whole one");
        check(ElfFile.fault(whole, other).startsWith("is for " + arch), "another architecture");
        for (int length : new int[] {0, 19, 63, 64, 500, bytes.length / 2, bytes.length - 1}) {
            java.nio.file.Files.write(corrupt.toPath(), java.util.Arrays.copyOf(bytes, length));
            check(ElfFile.fault(corrupt, arch).startsWith("is corrupt"), "cut at " + length);
        }
    }

    @Group("tables")
    static void whatTheBeansDoNotTellComesFromTheBrokersFiles() throws Exception {
        File folder = java.nio.file.Files.createTempDirectory("remora-facts").toFile();
        File meta = new File(folder, "meta.properties");
        java.nio.file.Files.write(meta.toPath(), "version=1\ncluster.id=abc_DEF-1\n".getBytes("UTF-8"));
        File broker = new File(folder, "server.properties");
        String text = "node.id=7\nbroker.rack=eu-1a\nlog.dirs=/nowhere," + folder + "\n";
        java.nio.file.Files.write(broker.toPath(), text.getBytes("UTF-8"));
        Map<String, String> facts = Facts.ofFiles("kafka.Kafka " + broker);
        equal("7", facts.get("broker.id"), "broker id");
        equal("abc_DEF-1", facts.get("cluster.id"), "cluster id");
        equal("eu-1a", facts.get("broker.rack"), "rack");
        facts = Facts.ofFiles("kafka.Kafka " + broker + " --override node.id=8 --override broker.rack=b");
        equal("8", facts.get("broker.id"), "broker id of the command line");
        equal("b", facts.get("broker.rack"), "rack of the command line");
        String generated = "broker.id=-1\nlog.dirs=" + folder + "\n";
        java.nio.file.Files.write(broker.toPath(), generated.getBytes("UTF-8"));
        check(!Facts.ofFiles("kafka.Kafka " + broker).containsKey("broker.id"), "an id that is yet to be generated");
        java.nio.file.Files.write(meta.toPath(), "broker.id=1001\nversion=0\n".getBytes("UTF-8"));
        equal("1001", Facts.ofFiles("kafka.Kafka " + broker).get("broker.id"), "a generated id");
        check(Facts.ofFiles("kafka.Kafka /nowhere/server.properties").isEmpty(), "no file, no facts");
        check(Facts.ofFiles(null).isEmpty() && Facts.ofFiles("kafka.Kafka").isEmpty(), "no command, no facts");
        java.nio.file.Files.write(broker.toPath(), "node.id=x; rm\nlog.dirs=\\u12".getBytes("UTF-8"));
        check(Facts.ofFiles("kafka.Kafka " + broker).isEmpty(), "what is no properties file");
        check(meta.delete() && broker.delete() && folder.delete(), "cleaned up");
    }

    /** A broker dies where anything of the agent stands among them, so each way to name them counts. */
    @Group("tables")
    static void whereKafkaKeepsItsDataIsKnownHoweverItIsNamed() throws Exception {
        File broker = File.createTempFile("remora-facts", ".properties");
        String here = new File("").getAbsolutePath();
        String[][] cases = {
            {"log.dirs=/a, /b,\n", "/a,/b"},
            {"log.dir=/a\n", "/a"},
            {"log.dirs=/a\nlog.dir=/old\nmetadata.log.dir=/meta\n", "/meta,/a,/old"},
            {"metadata.log.dir=/meta\n", "/meta,/tmp/kafka-logs"},
            {"node.id=1\n", "/tmp/kafka-logs"},
            {"log.dirs=data/x\n", here + "/data/x"},
        };
        for (String[] one : cases) {
            java.nio.file.Files.write(broker.toPath(), one[0].getBytes("UTF-8"));
            equal(one[1], Facts.ofFiles("kafka.Kafka " + broker).get("log.dirs"), one[0]);
        }
        equal("/c", Facts.ofFiles("kafka.Kafka " + broker + " --override log.dirs=/c").get("log.dirs"), "override");
        check(broker.delete(), "cleaned up");
        MBeanServer server = MBeanServerFactory.newMBeanServer();
        check(!Facts.ofBroker(server).containsKey("log.dirs"), "no beans, nothing is known");
        for (String directory : new String[] {"/d", "\"/e,f\""}) {
            server.registerMBean(new ChaosBeans.Good(1),
                    new ObjectName("kafka.log:type=LogManager,name=LogDirectoryOffline,logDirectory=" + directory));
        }
        String found = Facts.ofBroker(server).get("log.dirs");
        check(("," + found + ",").contains(",/d,") && found.contains("/e,f"), found);
        equal("/d,/a", Facts.merged("log.dirs", "/d", "/a"), "what both tell");
        equal("1", Facts.merged("broker.id", "1", "2"), "the bean's id");
    }

    /** An agent that has one of these already keeps the broker from starting. */
    @Group("tables")
    static void thePortsOfABrokerAreKnown() throws Exception {
        File broker = File.createTempFile("remora-facts", ".properties");
        String[][] cases = {
            {"listeners=PLAINTEXT://:9092, CONTROLLER://[::1]:9093,SSL://broker-1:9094\n", "9092,9093,9094"},
            {"listeners=PLAINTEXT://:9095\nport=9096\n", "9095,9096"},
            {"node.id=1\n", "9092"},
            {"listeners=PLAINTEXT://broker\n", "9092"},
        };
        for (String[] one : cases) {
            java.nio.file.Files.write(broker.toPath(), one[0].getBytes("UTF-8"));
            equal(one[1], Facts.ofFiles("kafka.Kafka " + broker).get("kafka.ports"), one[0]);
        }
        check(broker.delete(), "cleaned up");
    }

    /** What a broker says of itself once it runs. */
    public interface AppInfoMBean {
        String getVersion();
    }

    public static final class AppInfo implements AppInfoMBean {
        @Override
        public String getVersion() {
            return "3.5.0";
        }
    }

    @Group("tables")
    static void whatABrokerTellsLateReachesTheCore() throws Exception {
        try (Rig rig = new Rig(50, 5000, null).start()) {
            Map<String, String> facts = new HashMap<>();
            equal("broker.id,cluster.id,kafka.version,node.role", Facts.pending(facts), "nothing is known");
            facts.put(Facts.PENDING, Facts.pending(facts));
            new LateFacts(rig.server, rig.supervisor, facts, 10, Long.MAX_VALUE).start();
            rig.server.registerMBean(new AppInfo(), new ObjectName("kafka.server:type=app-info,id=1001"));
            await(() -> !rig.core.learnt.isEmpty(), "facts for the core");
            List<String> lines = java.util.Arrays.asList(rig.core.learnt.get(0).split("\n"));
            check(lines.contains("broker.id=1001") && lines.contains("kafka.version=3.5.0"), "facts: " + lines);
            check(lines.contains("pending=cluster.id,node.role"), "what is still looked for: " + lines);
        }
        try (Rig rig = new Rig(50, 5000, null).start()) {
            Map<String, String> facts = Collections.singletonMap(Facts.PENDING, "broker.id");
            new LateFacts(rig.server, rig.supervisor, facts, 10, 0).run();
            equal(1, rig.core.learnt.size(), "the end of the search is told");
            equal("pending=\n", rig.core.learnt.get(0), "nothing is looked for any more");
            rig.supervisor.shutdown();
            new LateFacts(rig.server, rig.supervisor, facts, 10, 0).run();
            equal(1, rig.core.learnt.size(), "a core that has ended is told nothing");
        }
    }

    /** {@code arguments}: the group to run. */
    public static void main(String[] arguments) {
        TestRunner.run(ShimTests.class, arguments[0]);
    }

    private ShimTests() {}
}

package remora.shim;

import static remora.shim.ShimTests.await;
import static remora.shim.ShimTests.check;
import static remora.shim.ShimTests.equal;
import static remora.shim.ShimTests.good;

import java.io.File;
import java.lang.management.ManagementFactory;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import javax.management.AttributeList;
import javax.management.InstanceNotFoundException;
import javax.management.MBeanInfo;
import javax.management.MBeanServer;
import javax.management.MBeanServerFactory;
import javax.management.ObjectName;
import remora.shim.ShimTests.Rig;
import remora.shim.TestRunner.Group;

/** Tests of what the shim tells the core, and of what hangs meanwhile. {@code RegistrarTests GROUP} runs one group. */
public final class RegistrarTests {
    /** Closed: whoever passes hangs until it is opened again. */
    private static final class Door {
        private volatile CountDownLatch closed = new CountDownLatch(0);

        void close() {
            closed = new CountDownLatch(1);
        }

        void open() {
            closed.countDown();
        }

        double pass() throws InterruptedException {
            closed.await();
            return 1;
        }

        void passQuietly() {
            try {
                pass();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private static ObjectName name(String rest) throws Exception {
        return new ObjectName("kafka.chaos:" + rest);
    }

    private static FakeCore.Unit unit(Rig rig, ObjectName name) {
        return rig.core.unit(name.toString());
    }

    private static FakeCore.Unit goodUnit(Rig rig, int index) {
        return rig.core.unit("kafka.chaos:type=Good,name=" + index);
    }

    private static long statuses(Rig rig, ObjectName name, int status) {
        FakeCore.Unit unit = unit(rig, name);
        return unit == null ? 0 : unit.statuses[status];
    }

    // --- hangs -------------------------------------------------------------------------------------

    @Group("hangs")
    static void whatIsLikeAHangingReadWaitsForItAndIsReadAgain() throws Exception {
        Door door = new Door();
        ObjectName[] alike = new ObjectName[20];
        try (Rig rig = new Rig(100, 1000, null)) {
            ChaosBeans.registerGood(rig.server, 10);
            for (int i = 0; i < alike.length; i++) {
                alike[i] = name("type=Locked,name=Size,topic=t" + i);
                rig.server.registerMBean(new ChaosBeans.Bean(door::pass, false), alike[i]);
            }
            ObjectName other = name("type=Locked,name=SizeMax,topic=t1");
            rig.server.registerMBean(new ChaosBeans.Bean(() -> 2.0, false), other);
            rig.start();
            for (ObjectName one : alike) {
                rig.awaitUnit(one.toString());
            }
            rig.awaitUnit(other.toString());
            door.close();
            await(() -> Arrays.stream(alike).filter(one -> statuses(rig, one, Wire.ReadStatus.HELD) > 2).count() >= 19,
                    "reads that wait");
            equal(1, rig.session.stuck.alive(), "threads that hang");
            long reads = statuses(rig, other, Wire.ReadStatus.OK);
            await(() -> statuses(rig, other, Wire.ReadStatus.OK) > reads + 2, "reads of what has another name");
            ObjectName late = name("type=Locked,name=Size,topic=late");
            rig.server.registerMBean(new ChaosBeans.Bean(door::pass, false), late);
            ObjectName lateOther = name("type=Late");
            rig.server.registerMBean(new ChaosBeans.Bean(() -> 3.0, false), lateOther);
            rig.awaitUnit(lateOther.toString());
            check(unit(rig, late) == null, "looked into what most likely hangs");
            equal(1, rig.session.stuck.alive(), "threads that hang");
            door.open();
            for (ObjectName one : alike) {
                await(() -> unit(rig, one).lastStatus == Wire.ReadStatus.OK, "a read of " + one);
            }
            rig.awaitUnit(late.toString());
            equal(0, rig.session.stuck.alive(), "threads that hang");
        }
    }

    /** Ten good beans and one by each name that hangs while the door is closed, all of them units by now; closes it. */
    private static void startBehind(Door door, Rig rig, ObjectName[] hanging) throws Exception {
        ChaosBeans.registerGood(rig.server, 10);
        for (ObjectName one : hanging) {
            rig.server.registerMBean(new ChaosBeans.Bean(door::pass, false), one);
        }
        rig.start();
        for (ObjectName one : hanging) {
            rig.awaitUnit(one.toString());
        }
        rig.awaitUnit(good(9));
        door.close();
    }

    @Group("hangs")
    static void asManyHangingReadsAsMayPauseTheAgentUntilTheyReturn() throws Exception {
        Door door = new Door();
        ObjectName[] hanging = new ObjectName[2 * Stuck.THREADS_MAX];
        try (Rig rig = new Rig(100, 1000, null)) {
            for (int i = 0; i < hanging.length; i++) {
                hanging[i] = name("type=Hangs,name=n" + i);
            }
            startBehind(door, rig, hanging);
            await(() -> goodUnit(rig, 9).statuses[Wire.ReadStatus.HELD] > 3, "a pause");
            equal(Stuck.THREADS_MAX, rig.session.stuck.alive(), "threads that hang");
            check(rig.thread.isAlive(), "the agent has ended");
            rig.server.registerMBean(new ChaosBeans.Good(77), ChaosBeans.goodName(77));
            door.open();
            for (ObjectName one : hanging) {
                await(() -> unit(rig, one).lastStatus == Wire.ReadStatus.OK, "a read of " + one);
            }
            await(() -> goodUnit(rig, 9).lastStatus == Wire.ReadStatus.OK, "a read of a good bean");
            rig.awaitUnit(good(77));
            equal(0, rig.core.stops, "stops");
        }
    }

    @Group("hangs")
    static void beansThatHangAgainAreTriedOneAtATimeAndTheOthersAreReadOn() throws Exception {
        Door door = new Door();
        ObjectName[] hanging = new ObjectName[5];
        try (Rig rig = new Rig(100, 1000, null)) {
            for (int i = 0; i < hanging.length; i++) {
                hanging[i] = name("type=Hangs" + i);
            }
            startBehind(door, rig, hanging);
            await(() -> rig.session.stuck.alive() == hanging.length, "hangs of all");
            long reads = goodUnit(rig, 9).reads;
            await(() -> goodUnit(rig, 9).reads > reads + 2, "reads meanwhile");
            door.open();
            door.close();
            await(() -> rig.session.stuck.alive() == 1, "one that is tried again");
            long held = statuses(rig, hanging[4], Wire.ReadStatus.HELD);
            await(() -> statuses(rig, hanging[4], Wire.ReadStatus.HELD) > held + 30, "one that waits for it");
            equal(1, rig.session.stuck.alive(), "threads that hang");
            ObjectName late = name("type=Late");
            rig.server.registerMBean(new ChaosBeans.Good(1), late);
            rig.awaitUnit(late.toString());
            equal(0L, goodUnit(rig, 9).statuses[Wire.ReadStatus.HELD], "reads of a good bean that had to wait");
            door.open();
            for (ObjectName one : hanging) {
                await(() -> unit(rig, one).lastStatus == Wire.ReadStatus.OK, "a read of " + one);
            }
        }
    }

    @Group("hangs")
    static void whatIsDueIsReadBetweenTwoDescriptionsThatHang() throws Exception {
        Door door = new Door();
        door.close();
        List<Long> readsAtHang = new CopyOnWriteArrayList<>();
        try (Rig rig = new Rig(100, 1000, null).start()) {
            ChaosBeans.registerGood(rig.server, 10);
            ObjectName text = name("type=Text");  // a new one goes to the core as beans do, by the same buffer
            rig.server.registerMBean(new ChaosBeans.Bean(() -> "at " + System.nanoTime(), false), text);
            rig.awaitUnit(text.toString());
            rig.awaitUnit(good(9));
            for (int i = 0; i < 2 * Stuck.THREADS_MAX; i++) {
                AtomicInteger asked = new AtomicInteger();
                rig.server.registerMBean(new ChaosBeans.Bean(() -> 1.0, false) {
                    @Override
                    public MBeanInfo getMBeanInfo() {
                        if (asked.getAndIncrement() > 0) {  // the first is the registration's
                            readsAtHang.add(goodUnit(rig, 9).reads);
                            door.passQuietly();
                        }
                        return super.getMBeanInfo();
                    }
                }, name("type=Described" + i));
            }
            int most = Stuck.THREADS_MAX - 1;
            await(() -> rig.session.stuck.alive() == most, "hangs");
            for (int i = 1; i < most; i++) {
                check(readsAtHang.get(i) > readsAtHang.get(i - 1), "no read before a hang: " + readsAtHang);
            }
            long reads = goodUnit(rig, 9).reads;
            await(() -> goodUnit(rig, 9).reads > reads + 20, "reads by the last thread");
            equal(most, readsAtHang.size(), "descriptions that were tried");
            equal(0L, goodUnit(rig, 9).statuses[Wire.ReadStatus.HELD], "reads that had to wait");
            rig.server.unregisterMBean(ChaosBeans.goodName(0));
            await(() -> goodUnit(rig, 0) == null, "the end of a bean");
            rig.core.flags = Wire.PlanFlag.PLAN_REDISCOVER;
            door.open();
            await(() -> rig.core.sweeps == 2 && rig.core.units().size() == 10 + 2 * Stuck.THREADS_MAX, "all beans");
        }
    }

    @Group("hangs")
    static void aHangInThePlanThatAsksForEverythingAnewDoesNotLoseThat() throws Exception {
        Door door = new Door();
        ObjectName hangs = name("type=Hangs");
        try (Rig rig = new Rig(100, 1000, null)) {
            ChaosBeans.registerGood(rig.server, 50);
            rig.server.registerMBean(new ChaosBeans.Bean(door::pass, false), hangs);
            rig.start();
            rig.awaitUnit(hangs.toString());
            await(() -> rig.core.sweeps == 1 && rig.core.units().size() == 51, "the first sweep");
            rig.core.anewWithUnits = door::close;
            await(() -> rig.core.sweeps == 2, "the sweep that was asked for");
            equal(1, rig.session.stuck.alive(), "threads that hang");
            door.open();
            await(() -> rig.core.units().size() == 51, "all units");
        }
    }

    /** A server whose calls named {@code what} pass a door. */
    private static MBeanServer behind(Door door, AtomicReference<String> what) {
        return behind(door::pass, what);
    }

    private static MBeanServer behind(Callable<Double> pass, AtomicReference<String> what) {
        MBeanServer server = MBeanServerFactory.newMBeanServer();
        return (MBeanServer) Proxy.newProxyInstance(RegistrarTests.class.getClassLoader(),
                new Class<?>[] {MBeanServer.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals(what.get())) {
                        pass.call();
                    }
                    try {
                        return method.invoke(server, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    /** A minute after its start the supervisor asks the server what the node hides. */
    @Group("hangs")
    static void aServerThatHangsWhenItIsAskedOnceDoesNotKeepTheWatcher() throws Exception {
        Door door = new Door();
        AtomicReference<String> what = new AtomicReference<>("isRegistered");
        AtomicInteger asked = new AtomicInteger();
        ObjectName hangs = name("type=Hangs");
        door.close();
        MBeanServer server = behind(() -> {
            asked.incrementAndGet();
            return door.pass();
        }, what);
        try (Rig rig = new Rig(100, 1000, null, server, 0)) {
            ChaosBeans.registerGood(rig.server, 10);
            rig.server.registerMBean(new ChaosBeans.Good(1), new ObjectName("kafka.server:type=KafkaServer,name=x"));
            Door read = new Door();
            rig.server.registerMBean(new ChaosBeans.Bean(read::pass, false), hangs);
            rig.start();
            rig.awaitUnit(hangs.toString());
            await(() -> asked.get() == 1, "the question");
            read.close();
            await(() -> rig.session.stuck.alive() == 1, "a read that is given up");
            read.open();
            await(() -> rig.session.stuck.alive() == 0, "its return");
            door.open();
        }
    }

    @Group("hangs")
    static void aServerThatHangsInASweepLosesNoBean() throws Exception {
        Door door = new Door();
        AtomicReference<String> what = new AtomicReference<>("");
        try (Rig rig = new Rig(100, 1000, null, behind(door, what))) {
            ChaosBeans.registerGood(rig.server, 100);
            what.set("getDomains");
            door.close();
            rig.start();
            await(() -> rig.session.stuck.alive() == 1, "a server that hangs");
            door.open();
            await(() -> rig.core.sweeps == 1 && rig.core.units().size() == 100, "the first sweep");
            rig.awaitUnit(good(99));
            what.set("queryNames");
            door.close();
            rig.core.flags = Wire.PlanFlag.PLAN_REDISCOVER;
            await(() -> rig.session.stuck.alive() == 1, "a server that hangs");
            long reads = goodUnit(rig, 99).reads;
            await(() -> goodUnit(rig, 99).reads > reads + 2, "reads meanwhile");
            equal(1, rig.session.stuck.alive(), "threads that hang");
            equal(1, rig.core.sweeps, "sweeps");
            door.open();
            await(() -> rig.core.sweeps == 2, "the second sweep");
            equal(100, rig.core.units().size(), "units");
            what.set("isRegistered");
            door.close();
            rig.server.unregisterMBean(ChaosBeans.goodName(0));
            await(() -> rig.session.stuck.alive() == 1, "a server that hangs");
            door.open();
            await(() -> rig.core.units().size() == 99, "the end of a bean");
        }
    }

    // --- offers ------------------------------------------------------------------------------------

    @Group("offers")
    static void whatAFullCoreDidNotTakeIsSaidAgain() throws Exception {
        try (Rig rig = new Rig(100, 5000, null)) {
            for (int i = 0; i < 20; i++) {
                AtomicInteger asked = new AtomicInteger();
                ChaosBeans.Bean bean = new ChaosBeans.Bean(
                        () -> asked.getAndIncrement() % 2 == 0 ? null : 1.0, false);
                bean.names = new String[] {"Late", "Value"};  // the first has no value yet
                rig.server.registerMBean(bean, name("type=Incomplete,name=n" + i));
            }
            ObjectName bad = name("type=Undescribed");
            rig.server.registerMBean(new ChaosBeans.Bean(() -> 1.0, true), bad);
            rig.core.failNext(Wire.ReadStatus.OK);
            rig.start();
            await(() -> rig.core.units().size() == 20, "beans whose description is incomplete");
            check(rig.core.hasFailed(), "the core was never full");
            await(() -> Integer.valueOf(Wire.ReadStatus.THREW).equals(rig.core.refusal(bad.toString())), "a refusal");
            rig.core.failNext(Wire.ReadStatus.GONE);
            rig.server.unregisterMBean(bad);
            await(() -> Integer.valueOf(Wire.ReadStatus.GONE).equals(rig.core.refusal(bad.toString())),
                    "that a bean which was never described is gone");
            check(rig.core.hasFailed(), "the core was never full");
        }
    }

    @Group("offers")
    static void moreBeansThanCanBeRetriedAreAllFoundWhenTheyCanBeDescribed() throws Exception {
        int count = Retries.BEANS_MAX + 500;
        AtomicBoolean throwing = new AtomicBoolean();
        try (Rig rig = new Rig(100, 5000, null)) {
            for (int i = 0; i < count; i++) {
                rig.server.registerMBean(new ChaosBeans.Bean(() -> 1.0, false) {
                    @Override
                    public MBeanInfo getMBeanInfo() {
                        if (throwing.get()) {
                            throw new IllegalStateException("not yet");
                        }
                        return super.getMBeanInfo();
                    }
                }, name("type=Undescribed,name=n" + i));
            }
            throwing.set(true);
            rig.start();
            await(() -> rig.core.sweeps == 1, "the first sweep");
            equal(Integer.valueOf(Wire.ReadStatus.THREW),
                    rig.core.refusal(name("type=Undescribed,name=n0").toString()), "why it is refused");
            equal(0, rig.core.units().size(), "units");
            throwing.set(false);
            await(() -> rig.core.units().size() == count, "all beans");
        }
    }

    @Group("offers")
    static void beansThatHadNoRoomAreForgottenWhenASweepHasFoundRoomForAll() throws Exception {
        Retries retries = new Retries();
        for (int i = 0; i <= Retries.BEANS_MAX; i++) {
            retries.add(name("type=Undescribed,name=n" + i), 0, 0);
        }
        check(retries.hasForgotten(), "one had no room");
        retries.swept();
        check(retries.hasForgotten(), "of a sweep that began before");
        check(retries.takeForgotten(Retries.LAST_NANOS), "time to look at all that there are");
        check(retries.hasForgotten(), "it was not offered yet");
        retries.remove(name("type=Undescribed,name=n0"));
        retries.add(name("type=Undescribed,name=n" + Retries.BEANS_MAX), 0, Retries.LAST_NANOS);
        retries.swept();
        check(!retries.hasForgotten(), "there was room for all");
    }

    @Group("offers")
    static void whatNoRecordHasRoomForIsToldAndTheRestIsRead() throws Exception {
        String[] names = new String[302];
        Arrays.setAll(names, i -> "a" + i);
        names[0] = "";
        names[1] = filled(Wire.PATH_BYTES_MAX / 2 + 1, '\u00e9');  // two bytes each
        ChaosBeans.Bean many = new ChaosBeans.Bean(() -> 1.0, false);
        many.names = names;
        ObjectName tooLong = name("type=Long,name=" + filled(Wire.NAME_BYTES_MAX, 'x'));
        try (Rig rig = new Rig(100, 5000, null)) {
            rig.server.registerMBean(many, name("type=Many"));
            rig.server.registerMBean(new ChaosBeans.Bean(() -> 1.0, false), tooLong);
            rig.start();
            String bean = name("type=Many").toString();
            equal(Wire.ATTRIBUTES_MAX, rig.awaitUnit(bean).values.length, "values");
            equal(names.length - Wire.ATTRIBUTES_MAX, rig.core.leftOut.get(bean), "values left out");
            String begin = tooLong.toString().substring(0, Wire.NAME_BYTES_MAX / 4);
            await(() -> Integer.valueOf(Wire.ReadStatus.TOO_LARGE).equals(rig.core.refusal(begin)), "a refusal");
        }
    }

    private static String filled(int length, char with) {
        return new String(new char[length]).replace('\0', with);
    }

    @Group("offers")
    static void aBeanThatLivesIsNotLostByEventsInTheWrongOrder() throws Exception {
        try (Rig rig = new Rig(100, 5000, null).start()) {
            ChaosBeans.registerGood(rig.server, 2);
            rig.awaitUnit(good(0));
            rig.awaitUnit(good(1));
            // One thread has put the bean in the place of another, and the threads' news overtake each other.
            rig.session.catalog.put(ChaosBeans.goodName(0), true, System.nanoTime());
            rig.session.catalog.put(ChaosBeans.goodName(0), false, System.nanoTime());
            rig.server.unregisterMBean(ChaosBeans.goodName(1));
            await(() -> goodUnit(rig, 1) == null, "the end of a bean");
            await(() -> !rig.session.catalog.hasPending(), "nothing to do");
            long reads = rig.awaitUnit(good(0)).reads;
            await(() -> goodUnit(rig, 0).reads > reads + 1, "reads of a bean that lives");
        }
    }

    @Group("offers")
    static void whatNobodyWantsIsNeverCalled() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        AtomicInteger wanted = new AtomicInteger();
        try (Rig rig = new Rig(100, 5000, null)) {
            rig.core.unwanted = "type=Unwanted";
            rig.core.unwantedPath = "Expensive";
            ChaosBeans.Bean unwanted = new ChaosBeans.Bean(calls::incrementAndGet, false);
            rig.server.registerMBean(unwanted, name("type=Unwanted,name=before"));
            ChaosBeans.Bean partly = new ChaosBeans.Bean(wanted::incrementAndGet, false) {
                @Override
                public Object getAttribute(String name) {
                    return name.equals("Expensive") ? calls.incrementAndGet() : super.getAttribute(name);
                }
            };
            partly.names = new String[] {"Cheap", "Expensive"};
            rig.server.registerMBean(partly, name("type=Partly"));
            rig.start();
            equal(1, rig.awaitUnit(name("type=Partly").toString()).values.length, "values");
            await(() -> rig.core.sweeps == 1, "the first sweep");
            rig.server.registerMBean(unwanted, name("type=Unwanted,name=after"));
            ChaosBeans.registerGood(rig.server, 1);
            rig.awaitUnit(good(0));
            rig.core.flags = Wire.PlanFlag.PLAN_REDISCOVER;
            await(() -> rig.core.sweeps == 2, "the second sweep");
            await(() -> rig.core.refusal("kafka.chaos:type=Unwanted,name=after") != null, "a refusal");
            check(wanted.get() > 0, "nothing was called");
            equal(0, calls.get(), "calls of what nobody wants");
        }
    }

    /** Gauges by name, with what they have been asked. */
    private static final class Gauges implements MetricReader {
        final Map<String, Object> values = new ConcurrentHashMap<>();
        final AtomicInteger looks = new AtomicInteger();

        @Override
        public Object find(String name) {
            return values.containsKey(name) ? name : null;
        }

        @Override
        public int kindOf(Object metric) {
            return Wire.BeanKind.GAUGE;
        }

        @Override
        public Object gaugeValue(Object metric) {
            looks.incrementAndGet();
            return values.get((String) metric);
        }

        @Override
        public int read(int kind, Object metric, Object plan, Scratch scratch) {
            Object value = values.get((String) metric);
            if (value instanceof String) {
                scratch.text(0, (String) value);
            } else {
                scratch.values[0] = ((Number) value).doubleValue();
            }
            return 1;
        }
    }

    @Group("offers")
    static void aGaugeIsLookedAtOnlyWhenItIsNoNumber() throws Exception {
        Gauges gauges = new Gauges();
        try (Rig rig = new Rig(100, 5000, gauges)) {
            for (int i = 0; i < 100; i++) {
                gauges.values.put(name("type=Gauge,name=n" + i).toString(), i);
            }
            ObjectName state = name("type=Gauge,name=n100");
            gauges.values.put(state.toString(), "leader");
            for (int i = 0; i <= 100; i++) {
                rig.server.registerMBean(new ChaosBeans.Good(i), name("type=Gauge,name=n" + i));
            }
            rig.start();
            await(() -> rig.core.unit(state.toString()) != null
                    && rig.core.unit(state.toString()).gaugeType == Wire.ValueType.TEXT, "a gauge of text");
            equal("leader", rig.core.text((int) rig.awaitUnit(state.toString()).value("Value")), "text");
            equal(1, gauges.looks.get(), "looks");
            check(rig.awaitUnit(name("type=Gauge,name=n42").toString()).value("Value") == 42, "a number");
            rig.core.flags = Wire.PlanFlag.PLAN_REDISCOVER;
            await(() -> rig.core.sweeps == 2, "the second sweep");
            equal(Wire.ValueType.TEXT, rig.core.unit(state.toString()).gaugeType, "type that was known");
            equal(1, gauges.looks.get(), "looks");
        }
    }

    @Group("offers")
    static void aGaugeOfTextThatNobodyWantsIsOfferedAsTextFromThenOn() throws Exception {
        Gauges gauges = new Gauges();
        try (Rig rig = new Rig(100, 5000, gauges)) {
            ObjectName state = name("type=Gauge,name=state");
            gauges.values.put(state.toString(), "leader");
            rig.server.registerMBean(new ChaosBeans.Good(0), state);
            rig.core.refusesTexts = true;
            rig.start();
            List<Integer> found = Arrays.asList(Wire.ValueType.NUMBER, Wire.ValueType.TEXT);
            await(() -> found.equals(rig.core.gaugeTypes.get(state.toString())), "a gauge that turned out to be text");
            rig.core.flags = Wire.PlanFlag.PLAN_REDISCOVER;
            await(() -> rig.core.sweeps == 2, "the second sweep");
            equal(Arrays.asList(Wire.ValueType.NUMBER, Wire.ValueType.TEXT, Wire.ValueType.TEXT),
                    rig.core.gaugeTypes.get(state.toString()), "what it was offered as");
            equal(1, gauges.looks.get(), "looks");
        }
    }

    // --- open files --------------------------------------------------------------------------------

    /** What {@link #openFilesAreCountedWhereThatIsTrue} asks. */
    public interface OperatingSystemMXBean {
        long getOpenFileDescriptorCount();

        long getProcessCpuTime();
    }

    /** Tells the truth plus an error, and counts how often it is asked. */
    public static final class ListedFiles implements OperatingSystemMXBean {
        final long error;
        volatile int listings;

        ListedFiles(long error) {
            this.error = error;
        }

        @Override
        public long getOpenFileDescriptorCount() {
            listings++;
            return new File("/proc/self/fd").list().length + error;
        }

        @Override
        public long getProcessCpuTime() {
            return 7;
        }
    }

    /** As the registrar does it, with a core that wants everything. */
    static Description describe(MBeanReader reader, ObjectName name) throws Exception {
        Description outline = reader.outline(name);
        short[] all = new short[outline.slots.size()];
        for (short i = 0; i < all.length; i++) {
            all[i] = i;
        }
        return reader.describe(name, outline, all);
    }

    @Group("offers")
    static void openFilesAreCountedWhereThatIsTrue() throws Exception {
        ObjectName name = new ObjectName("java.lang:type=OperatingSystem");
        for (long error : new long[] {0, 1_000_000}) {
            MBeanServer server = MBeanServerFactory.newMBeanServer();
            ListedFiles files = new ListedFiles(error);
            server.registerMBean(files, name);
            MBeanReader reader = new MBeanReader(server, OpenFiles.isAvailable());
            Description description = describe(reader, name);
            boolean counted = OpenFiles.isAvailable() && error == 0;
            equal(counted, description.countsOpenFiles, "counted, error " + error);
            int before = files.listings;
            Scratch scratch = new Scratch();
            for (short[] wanted : new short[][] {{0, 1}, {1, 0}, {0}, {1}}) {
                MBeanPlan plan = description.plan(wanted);
                equal(wanted.length, reader.read(name, plan, scratch), "values");
                for (int i = 0; i < wanted.length; i++) {
                    boolean isCpu = description.slots.get(wanted[i]).attribute.equals("ProcessCpuTime");
                    double value = scratch.values[i];
                    check(isCpu ? value == 7 : value > error && value < error + 20_000, "value " + value);
                }
            }
            equal(counted ? 0 : 3, files.listings - before, "listings, error " + error);
        }
        ObjectName other = new ObjectName("java.lang:type=Other");
        check(!OpenFiles.isCounted(MBeanServerFactory.newMBeanServer(), other), "another bean");
        MBeanServer platform = ManagementFactory.getPlatformMBeanServer();
        equal(OpenFiles.isAvailable(), OpenFiles.isCounted(platform, name), "the JVM's own");
    }

    /** Before Linux 6.2: the core knows that listing them is expensive, and nothing lists them without need. */
    @Group("offers")
    static void openFilesAreExpensiveWhereTheyAreListed() throws Exception {
        ObjectName name = new ObjectName("java.lang:type=OperatingSystem");
        MBeanServer server = MBeanServerFactory.newMBeanServer();
        ListedFiles files = new ListedFiles(0);
        server.registerMBean(files, name);
        MBeanReader reader = new MBeanReader(server, false);
        Description outline = reader.outline(name);
        equal(OpenFiles.ATTRIBUTE, outline.expensive, "expensive");
        check(new MBeanReader(server, true).outline(name).expensive == null, "expensive where the system tells");
        for (short i = 0; i < outline.slots.size(); i++) {
            boolean isExpensive = outline.slots.get(i).attribute.equals(OpenFiles.ATTRIBUTE);
            int before = files.listings;
            Description description = reader.describe(name, outline, new short[] {i});
            equal(isExpensive ? 1 : 0, files.listings - before, "listings");
            Buffers buffers = new Buffers();
            check(new ControlWriter(buffers.control).bean(Wire.ControlKind.BEAN, 0, new byte[8], description), "room");
            int flags = buffers.control.get(Wire.BeanRecord.SIZE + 8 + Wire.AttributeHead.FLAGS);
            equal(isExpensive ? Wire.AttributeFlag.ATTRIBUTE_EXPENSIVE : 0, flags, "flags");
        }
    }

    /** Two names of one load, as a JDK from 14 on has them: whoever asks second is told of no time at all. */
    public interface LoadsMXBean {
        double getCpuLoad();

        double getSystemCpuLoad();

        double getProcessCpuLoad();
    }

    /** Counts how often the load of the host is asked for. */
    public static final class Loads implements LoadsMXBean {
        volatile int windows;

        @Override
        public double getCpuLoad() {
            return ++windows;
        }

        @Override
        public double getSystemCpuLoad() {
            return getCpuLoad();
        }

        @Override
        public double getProcessCpuLoad() {
            return 0.5;
        }
    }

    @Group("offers")
    static void theLoadOfTheHostIsReadOnceWhateverItsName() throws Exception {
        ObjectName name = new ObjectName("java.lang:type=OperatingSystem");
        MBeanServer server = MBeanServerFactory.newMBeanServer();
        Loads loads = new Loads();
        server.registerMBean(loads, name);
        MBeanReader reader = new MBeanReader(server, true);
        Description description = describe(reader, name);
        Scratch scratch = new Scratch();
        for (short[] wanted : new short[][] {{0, 1, 2}, {2, 1, 0}}) {
            int before = loads.windows;
            equal(3, reader.read(name, description.plan(wanted), scratch), "values");
            equal(1, loads.windows - before, "windows");
            for (int i = 0; i < 3; i++) {
                boolean isProcess = description.slots.get(wanted[i]).attribute.equals("ProcessCpuLoad");
                equal(isProcess ? 0.5 : before + 1.0, scratch.values[i], description.slots.get(wanted[i]).attribute);
            }
        }
    }

    @Group("offers")
    static void aHostThatEndsIsAskedForOneAttributeAfterTheOther() throws Exception {
        AtomicInteger several = new AtomicInteger();
        AtomicInteger left = new AtomicInteger(2);
        ChaosBeans.Bean bean = new ChaosBeans.Bean(() -> 7, false) {
            @Override
            public Object getAttribute(String name) {
                if (name.equals("B") && left.get() < 2 || left.get() < 1) {
                    throw new IllegalStateException(name + " is gone");
                }
                return super.getAttribute(name);
            }

            @Override
            public AttributeList getAttributes(String[] wanted) {
                several.incrementAndGet();
                return super.getAttributes(wanted);
            }
        };
        bean.names = new String[] {"A", "B"};
        ObjectName name = name("type=Ends");
        MBeanServer server = MBeanServerFactory.newMBeanServer();
        server.registerMBean(bean, name);
        MBeanReader reader = new MBeanReader(server, true);
        MBeanPlan plan = describe(reader, name).plan(new short[] {0, 1});
        Scratch scratch = new Scratch();
        equal(2, reader.read(name, plan, scratch), "values");
        int before = several.get();
        check(before > 0, "nothing was asked for several attributes");
        reader.askOneByOne();
        equal(2, reader.read(name, plan, scratch), "values");
        check(scratch.values[0] == 7 && scratch.values[1] == 7, "both values");
        left.set(1);
        equal(2, reader.read(name, plan, scratch), "values");
        check(scratch.values[0] == 7 && Scratch.isNoValue(scratch.values[1]), "one that is gone");
        left.set(0);
        equal(-Wire.ReadStatus.THREW, reader.read(name, plan, scratch), "status");
        left.set(2);
        equal(2, describe(reader, name).slots.size(), "slots of a bean that is looked at now");
        equal(before, several.get(), "calls for several attributes");
        server.unregisterMBean(name);
        try {
            reader.read(name, plan, scratch);
            check(false, "a bean that left was read");
        } catch (InstanceNotFoundException e) {
            // As it must be: the collector counts it as gone.
        }
    }

    /** {@code arguments}: the group to run. */
    public static void main(String[] arguments) {
        TestRunner.run(RegistrarTests.class, arguments[0]);
    }

    private RegistrarTests() {}
}

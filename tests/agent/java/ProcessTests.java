package remora.shim;

import static remora.shim.RegistrarTests.describe;
import static remora.shim.ShimTests.await;
import static remora.shim.ShimTests.check;
import static remora.shim.ShimTests.equal;

import java.io.File;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import javax.management.MBeanServer;
import javax.management.MBeanServerFactory;
import javax.management.ObjectName;
import remora.shim.TestRunner.Group;

/** Tests of what the shim finds out about the process by itself, beside the platform's beans. */
public final class ProcessTests {
    private static final Map<String, Double> NOTHING = new HashMap<>();

    private static MBeanReader reader(MBeanServer server) {
        return new MBeanReader(server, OpenFiles.isAvailable());
    }

    /** One read of every value of a platform bean, by path. */
    private static Map<String, Double> read(String type) {
        try {
            ObjectName name = new ObjectName("java.lang:type=" + type);
            MBeanReader reader = reader(ManagementFactory.getPlatformMBeanServer());
            Description description = describe(reader, name);
            short[] wanted = new short[description.slots.size()];
            for (short i = 0; i < wanted.length; i++) {
                wanted[i] = i;
            }
            Scratch scratch = new Scratch();
            equal(wanted.length, reader.read(name, description.plan(wanted), scratch), "values");
            Map<String, Double> values = new HashMap<>();
            for (int i = 0; i < wanted.length; i++) {
                values.put(description.slots.get(i).path(), scratch.values[i]);
            }
            return values;
        } catch (Exception e) {
            return NOTHING;
        }
    }

    private static double states(Map<String, Double> threading) {
        double sum = 0;
        for (String state : new String[] {"RUNNABLE", "BLOCKED", "WAITING", "TIMED_WAITING"}) {
            sum += threading.getOrDefault("ThreadStates." + state, Double.NaN);
        }
        return sum;
    }

    private static Thread daemon(Runnable work) {
        Thread thread = new Thread(work);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    @Group("process")
    static void statesAreThoseOfEveryLiveThread() throws Exception {
        // Threads come and go in any JVM: both counts agree at some moment.
        await(() -> {
            Map<String, Double> threading = read("Threading");
            return states(threading) == threading.getOrDefault("ThreadCount", 0.0);
        }, "as many states as threads");
        Map<String, Double> before = read("Threading");
        Object lock = new Object();
        CountDownLatch end = new CountDownLatch(1);
        List<Thread> threads = new ArrayList<>();
        synchronized (lock) {
            for (int i = 0; i < 300; i++) {  // more than the first look has room for
                threads.add(daemon(i < 100 ? () -> {
                    synchronized (lock) {
                        LockSupport.parkNanos(1);
                    }
                } : i < 200 ? () -> {
                    try {
                        end.await();
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                } : () -> {
                    while (end.getCount() > 0) {
                        LockSupport.parkNanos(60_000_000_000L);
                    }
                }));
            }
            await(() -> {
                Map<String, Double> now = read("Threading");
                return now.get("ThreadStates.BLOCKED") >= before.get("ThreadStates.BLOCKED") + 100
                        && now.get("ThreadStates.WAITING") >= before.get("ThreadStates.WAITING") + 100
                        && now.get("ThreadStates.TIMED_WAITING") >= before.get("ThreadStates.TIMED_WAITING") + 100;
            }, "a hundred threads of each state");
            equal(0.0, read("Threading").get("DeadlockedThreadCount"), "a hundred wait for one that goes on");
        }
        end.countDown();
        for (Thread thread : threads) {
            LockSupport.unpark(thread);
            thread.join();
        }
    }

    /** Leaves a deadlock behind, so it has a JVM of its own. */
    @Group("deadlocks")
    static void deadlocksOverMonitorsAndLocksAreCounted() throws Exception {
        equal(0.0, read("Threading").get("DeadlockedThreadCount"), "nobody waits");
        ReentrantLock one = new ReentrantLock();
        ReentrantLock two = new ReentrantLock();
        CountDownLatch both = new CountDownLatch(2);
        Thread first = daemon(() -> takeBoth(one, two, both));
        Thread second = daemon(() -> takeBoth(two, one, both));
        await(() -> read("Threading").get("DeadlockedThreadCount") == 2, "the deadlock over locks");
        first.interrupt();
        first.join();
        second.join();
        equal(0.0, read("Threading").get("DeadlockedThreadCount"), "it was dissolved");
        // One over monitors cannot be: it ends with this JVM.
        Object left = new Object();
        Object right = new Object();
        CountDownLatch begun = new CountDownLatch(2);
        daemon(() -> enterBoth(left, right, begun));
        daemon(() -> enterBoth(right, left, begun));
        await(() -> read("Threading").get("DeadlockedThreadCount") == 2, "the deadlock over monitors");
    }

    private static void takeBoth(ReentrantLock mine, ReentrantLock other, CountDownLatch both) {
        mine.lock();
        try {
            both.countDown();
            both.await();
            other.lockInterruptibly();
            other.unlock();
        } catch (InterruptedException e) {
            // The way out.
        } finally {
            mine.unlock();
        }
    }

    private static void enterBoth(Object mine, Object other, CountDownLatch begun) {
        synchronized (mine) {
            begun.countDown();
            try {
                begun.await();
            } catch (InterruptedException e) {
                return;
            }
            synchronized (other) {
                begun.countDown();
            }
        }
    }

    @Group("process")
    static void residentMemoryIsTheSystems() throws Exception {
        File status = new File("/proc/self/status");
        double found = read("OperatingSystem").getOrDefault("ResidentMemorySize", Double.NaN);
        equal(!status.exists(), Double.isNaN(found), "told where the system tells it");
        if (status.exists()) {
            for (String line : Files.readAllLines(status.toPath())) {
                if (line.startsWith("VmRSS:")) {
                    double system = Double.parseDouble(line.replaceAll("[^0-9]", "")) * 1024;
                    check(found > system / 2 && found < system * 2, found + " bytes, the system says " + system);
                }
            }
        }
    }

    @Group("process")
    static void onlyTheBeansOfThePlatformCarryThem() throws Exception {
        MBeanServer server = MBeanServerFactory.newMBeanServer();
        ObjectName name = new ObjectName("app:type=Threading");
        server.registerMBean(new RegistrarTests.ListedFiles(0), name);
        for (Description.Slot slot : describe(reader(server), name).slots) {
            equal((short) 0, slot.process, slot.path());
        }
    }

    /** {@code arguments}: the group to run. */
    public static void main(String[] arguments) {
        TestRunner.run(ProcessTests.class, arguments[0]);
    }

    private ProcessTests() {}
}

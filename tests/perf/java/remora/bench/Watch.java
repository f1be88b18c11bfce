package remora.bench;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/**
 * How long the agent's collector runs without a pause, seen from outside: it looks every two milliseconds whether the
 * thread sleeps, and the collector's shortest sleep is ten. Ends with the first answer.
 */
final class Watch implements Runnable {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private volatile boolean done;
    private volatile long wallNanosMax;
    private volatile long cpuNanosMax;

    @Override
    public void run() {
        try {
            Thread collector = null;
            while (!done && collector == null) {
                Thread.sleep(20);
                collector = find("remora-collector");
            }
            if (collector != null) {
                follow(collector);
            }
        } catch (InterruptedException e) {
            // The host ends.
        }
    }

    private void follow(Thread collector) throws InterruptedException {
        long wall = System.nanoTime();
        long cpu = THREADS.getThreadCpuTime(collector.getId());
        while (!done && collector.isAlive()) {
            boolean sleeps = collector.getState() == Thread.State.TIMED_WAITING;
            long wallNow = System.nanoTime();
            long cpuNow = THREADS.getThreadCpuTime(collector.getId());
            wallNanosMax = Math.max(wallNanosMax, wallNow - wall);
            cpuNanosMax = Math.max(cpuNanosMax, cpuNow - cpu);
            if (sleeps) {
                wall = wallNow;
                cpu = cpuNow;
            }
            Thread.sleep(2);
        }
    }

    private static Thread find(String name) {
        ThreadGroup group = Thread.currentThread().getThreadGroup();
        while (group.getParent() != null) {
            group = group.getParent();
        }
        Thread[] threads = new Thread[group.activeCount() * 2 + 16];
        int count = group.enumerate(threads, true);
        for (int i = 0; i < count; i++) {
            if (threads[i].getName().startsWith(name)) {
                return threads[i];
            }
        }
        return null;
    }

    String answer() {
        done = true;
        return "{\"wall_nanos_max\":" + wallNanosMax + ",\"cpu_nanos_max\":" + cpuNanosMax + "}";
    }
}

package remora.shim;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import javax.management.InstanceNotFoundException;

/**
 * The collector thread's loop: tell the core what exists, ask what is due, read it, hand it over, sleep. Two calls of
 * the core a cycle in steady state, and no allocation but what the host's own metrics do.
 */
final class Collector implements Runnable {
    private static final long WAIT_MIN_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
    private static final long WAIT_CHANGES_NANOS = TimeUnit.MILLISECONDS.toNanos(250);
    private static final long WAIT_MAX_NANOS = TimeUnit.SECONDS.toNanos(2);
    private static final int FETCHED_UNITS = 16;
    /** No predecessor. */
    static final int FIRST = Integer.MIN_VALUE;

    final ReadGate gate = new ReadGate();

    private final Session session;
    private final int predecessorSubject;
    private final Scratch scratch = new Scratch();
    private final ByteBuffer plan;
    private volatile Runnable onReturn;
    private volatile boolean ended;
    private volatile String failure;
    private boolean moreToRegister;
    /** The thread before this one hung in a description, and this one may too: first it reads what is due. */
    private boolean readsFirst;

    /** {@code predecessorSubject}: what the thread before this one hung in, or {@link #FIRST}. */
    Collector(Session session, int predecessorSubject) {
        this.session = session;
        this.predecessorSubject = predecessorSubject;
        this.plan = session.buffers.plan;
        this.readsFirst = predecessorSubject == ReadGate.DESCRIBING;
    }

    /** True when the loop is over and the thread will touch nothing more. */
    boolean hasEnded() {
        return ended;
    }

    /** Why it ended, one line for a person; null when it was asked to. */
    String failure() {
        return failure;
    }

    /** Supervisor, after giving this collector up: {@code action} runs if the thread ever comes back. */
    void onReturn(Runnable action) {
        onReturn = action;
        if (ended) {
            action.run();
        }
    }

    @Override
    public void run() {
        try {
            takeOver();
            while (!session.stopping && cycle()) {
                await();
            }
        } catch (ReadGate.Abandoned abandoned) {
            // A successor is at work: leave without a trace.
        } catch (CoreFailure cause) {
            failure = cause.getMessage();
        } catch (Throwable cause) {
            failure = "collector failed: " + Log.text(cause);
        }
        ended = true;
        Runnable action = onReturn;
        if (action != null) {
            action.run();
        }
    }

    private void takeOver() {
        if (predecessorSubject == FIRST) {
            session.registrar.sweep();
        } else if (predecessorSubject == ReadGate.DESCRIBING) {
            session.registrar.giveUpCurrent();
        } else if (predecessorSubject >= 0) {
            session.samples.unit(predecessorSubject, -Wire.ReadStatus.BLOCKED, scratch);
            readGroups(true);
        }
    }

    /** False when the core wants the agent to end. */
    private boolean cycle() {
        moreToRegister = readsFirst || session.registrar.step(gate);
        if (moreToRegister && !readsFirst) {
            pause(WAIT_MIN_NANOS);  // a whole slice is over, the next one is for reading
        }
        int result = session.core.plan(System.nanoTime());
        if (CoreFailure.isFatal(result)) {
            throw new CoreFailure("the core gave no plan (code " + -result + ")");
        }
        int flags = plan.getInt(Wire.PlanHeader.FLAGS);
        if ((flags & Wire.PlanFlag.PLAN_STOP) != 0) {
            failure = "the core has switched itself off";
            return false;
        }
        // Before the reads: this thread may not come back from one of them.
        if ((flags & Wire.PlanFlag.PLAN_REDISCOVER) != 0) {
            session.registrar.rediscover();
            moreToRegister = true;
        }
        readsFirst = readsFirst && result > 0;
        if (result > 0) {
            session.groupsLeft = plan.getInt(Wire.PlanHeader.GROUP_COUNT);
            session.groupOffset = Wire.PlanHeader.SIZE;
            session.nextUnit = 0;
            readGroups(false);
        }
        return true;
    }

    private void await() {
        long wait = WAIT_MIN_NANOS;
        if (!moreToRegister) {
            long most = session.registrar.hasWork() ? WAIT_CHANGES_NANOS : WAIT_MAX_NANOS;
            long wanted = plan.getLong(Wire.PlanHeader.WAKE_NS) - System.nanoTime();
            wait = Math.max(WAIT_MIN_NANOS, Math.min(wanted, most));
        }
        pause(wait);
    }

    private void pause(long nanos) {
        LockSupport.parkNanos(this, nanos);
        Thread.interrupted();  // an interrupt left standing would turn the loop into a spin
    }

    /** Reads the groups left of the plan. {@code resumed}: the first one was begun by another thread. */
    private void readGroups(boolean resumed) {
        boolean whole = !resumed;
        while (session.groupsLeft > 0 && !session.stopping) {
            readGroup(whole);
            whole = true;
        }
        session.samples.flush();
    }

    private void readGroup(boolean whole) {
        int family = plan.getInt(session.groupOffset + Wire.PlanGroup.FAMILY);
        int count = plan.getInt(session.groupOffset + Wire.PlanGroup.UNIT_COUNT);
        int unitsAt = session.groupOffset + Wire.PlanGroup.SIZE;
        long submitBefore = session.samples.submitNanos();
        long start = System.nanoTime();
        while (session.nextUnit < count) {
            if (session.stopping) {
                return;
            }
            if (session.nextUnit % FETCHED_UNITS == 0) {
                session.samples.begin(session.nextUnit == 0 ? start : System.nanoTime());
                int end = Math.min(session.nextUnit + FETCHED_UNITS, count);
                for (int i = session.nextUnit; i < end; i++) {
                    session.units.fetch(plan.getInt(unitsAt + 4 * i));
                }
            }
            int unit = plan.getInt(unitsAt + 4 * session.nextUnit++);
            readUnit(unit);
        }
        if (whole) {
            long inCore = session.samples.submitNanos() - submitBefore;
            session.samples.cost(family, count, System.nanoTime() - start - inCore);
        }
        session.groupOffset = unitsAt + (4 * count + 7 & ~7);
        session.nextUnit = 0;
        session.groupsLeft--;
    }

    private void readUnit(int unit) {
        UnitTable units = session.units;
        byte kind = units.kind(unit);
        int result;
        if (kind == Wire.BeanKind.METER || kind == Wire.BeanKind.COUNTER) {
            result = readPlain(unit, kind);
        } else if (kind == UnitTable.ABSENT) {
            result = -Wire.ReadStatus.GONE;
        } else if (!session.stuck.isEmpty() && session.stuck.holds(units.name(unit))) {
            result = -Wire.ReadStatus.HELD;
        } else {
            result = readGuarded(unit, kind);
        }
        if (scratch.anyText || kind == Wire.BeanKind.GAUGE && units.isText(unit)) {
            result = checkText(unit, kind, result);
        }
        session.samples.unit(unit, result, scratch);
    }

    /** Meters and counters are the library's own arithmetic: they cannot hang, and the guard would cost a third. */
    private int readPlain(int unit, byte kind) {
        UnitTable units = session.units;
        try {
            return session.metrics.read(kind, units.source(unit), units.plan(unit), scratch);
        } catch (Throwable cause) {
            return -Wire.ReadStatus.THREW;
        }
    }

    private int readGuarded(int unit, byte kind) {
        UnitTable units = session.units;
        Object plan = units.plan(unit);
        gate.enter(unit);
        int result;
        try {
            result = kind == Wire.BeanKind.MBEAN
                    ? session.mbeans.read(units.name(unit), (MBeanPlan) plan, scratch)
                    : session.metrics.read(kind, units.source(unit), plan, scratch);
        } catch (InstanceNotFoundException e) {
            result = -Wire.ReadStatus.GONE;
        } catch (Throwable cause) {
            result = -Wire.ReadStatus.THREW;
        }
        gate.leave();
        if (result > 0 && plan instanceof HistogramPlan) {
            ((HistogramPlan) plan).took(scratch.count, scratch.values, System.nanoTime());
        }
        return result;
    }

    /** A gauge is text or number as it is known; a read that failed half-way leaves no texts behind. */
    private int checkText(int unit, byte kind, int result) {
        boolean mismatch =
                kind == Wire.BeanKind.GAUGE && result > 0 && session.units.isText(unit) != scratch.anyText;
        if (mismatch) {
            session.registrar.lookAgain(unit);
        }
        int checked = mismatch ? -Wire.ReadStatus.NOT_NUMBER : result;
        if (checked < 0 && scratch.anyText) {
            Arrays.fill(scratch.texts, null);
            scratch.anyText = false;
        }
        return checked;
    }
}

package remora.shim;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import javax.management.InstanceNotFoundException;
import javax.management.ObjectName;

/**
 * Tells the core what exists, in slices of bounded time. All on the collector thread; its state survives a collector
 * that was given up in the middle of a description.
 */
final class Registrar {
    private static final long SLICE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final Comparator<ObjectName> BY_CANONICAL_NAME = Comparator.comparing(ObjectName::getCanonicalName);
    private static final int BATCH_BYTES = 64 * 1024;
    /** Of a name that is too long, for people: no more bytes than a name may have. */
    private static final int LONG_NAME_CHARS = Wire.NAME_BYTES_MAX / 4;

    private final Core core;
    private final MBeanCatalog catalog;
    private final MetricDescriber metrics;
    private final MBeanReader mbeans;
    private final UnitTable units;
    private final ControlWriter control;
    private final Answers answers;
    private final Retries retries = new Retries();
    private final Sweep sweep;
    private final ArrayDeque<ObjectName> backlog = new ArrayDeque<>();
    private final ArrayDeque<Answers.Wanted> wanted = new ArrayDeque<>();  // by the core; to be looked into
    private final List<ObjectName> arrived = new ArrayList<>();  // taken from the catalog, not in the backlog yet
    private final Set<ObjectName> held = new LinkedHashSet<>();  // until Stuck no longer holds them
    private final ArrayList<Integer> batchUnregistrations = new ArrayList<>();
    private final ArrayDeque<Integer> unsentUnregistrations = new ArrayDeque<>();
    private final Stuck stuck;
    private boolean full;
    private boolean sweeping;
    private boolean batchSwept;
    private ObjectName current;

    /** {@code metrics}: tier 1, or null. */
    Registrar(
            Core core,
            Buffers buffers,
            MBeanCatalog catalog,
            MetricReader metrics,
            MBeanReader mbeans,
            UnitTable units,
            Stuck stuck) {
        this.core = core;
        this.catalog = catalog;
        this.metrics = new MetricDescriber(catalog, metrics);
        this.mbeans = mbeans;
        this.units = units;
        this.stuck = stuck;
        this.sweep = new Sweep(catalog, units);
        this.control = buffers.records;
        this.answers = new Answers(buffers.answer, units, wanted);
    }

    /**
     * Asks for a query of everything; units whose beans are gone leave when it is through. Calls no foreign code: what
     * was asked for is done by {@link #step}, whichever thread lives to do it.
     */
    void sweep() {
        sweeping = true;
        sweep.begin();
        backlog.clear();
        wanted.clear();
    }

    /** The core decides anew: offer all beans, those that are units too. Units stay until it has answered. */
    void rediscover() {
        units.unconfirmAll();
        retries.markAllUnsent();
        sweep();
    }

    /** A gauge that is text where it was a number, or the other way round. */
    void lookAgain(int unit) {
        if (!retries.contains(units.name(unit))) {
            retries.add(units.name(unit), 0, System.nanoTime());
        }
    }

    /**
     * The bean being described hangs, and so does the thread that asked: report it and try again later. What had
     * gathered goes with it: reads may come before the next {@link #step}, and their texts use the same buffer.
     */
    void giveUpCurrent() {
        ObjectName name = current;
        current = null;
        if (name != null) {
            offerAs(name, Description.failed(Wire.ReadStatus.BLOCKED), System.nanoTime());
        }
        send();
    }

    /** Name of the bean being described, for the log. Any thread. */
    ObjectName current() {
        return current;
    }

    /** True while something waits to be sent. */
    boolean hasWork() {
        return catalog.hasPending() || !backlog.isEmpty() || !wanted.isEmpty() || sweeping
                || !unsentUnregistrations.isEmpty() || !held.isEmpty();
    }

    /** One slice. True when there is more to do at once. */
    boolean step(ReadGate gate) {
        long deadline = System.nanoTime() + SLICE_NANOS;
        full = false;
        while (!full && !unsentUnregistrations.isEmpty()) {
            unregister(unsentUnregistrations.poll());
        }
        if (catalog.takeOverflow()) {
            sweep();
        }
        long now = System.nanoTime();
        if (stuck.update(now)) {
            backlog.addAll(held);
            held.clear();
        }
        if (!sweeping && retries.takeForgotten(now)) {
            sweep();
        }
        backlog.addAll(retries.due(now));
        boolean more = drainEvents(gate, deadline);
        if (!more) {
            more = drainBacklog(gate, deadline);
        }
        send();
        return (more || !wanted.isEmpty()) && !full;
    }

    private boolean drainEvents(ReadGate gate, long deadline) {
        if (!catalog.hasPending()) {
            return false;
        }
        Iterator<Map.Entry<ObjectName, Long>> events = catalog.events();
        boolean late = false;
        while (!full && !late && events.hasNext()) {
            Map.Entry<ObjectName, Long> entry = events.next();
            Long event = entry.getValue();
            long now = System.nanoTime();
            boolean registered = MBeanCatalog.isRegistered(event);
            if (MBeanCatalog.isReady(event, now) && (registered || !stuck.holdsServer())) {
                boolean there = registered || isRegistered(entry.getKey(), gate);
                if (!catalog.take(entry.getKey(), event)) {
                    continue;
                }
                if (there) {
                    arrived.add(entry.getKey());
                } else {
                    gone(entry.getKey());
                }
            }
            late = now - deadline >= 0;
        }
        // Alike stands beside alike: ids are given in this order, a family is read together, and what is known of its
        // units then lies together in every table here and in the core.
        arrived.sort(BY_CANONICAL_NAME);
        backlog.addAll(arrived);
        arrived.clear();
        return late;
    }

    /** Two threads may tell in the wrong order what they did: the server knows. */
    private boolean isRegistered(ObjectName name, ReadGate gate) {
        gate.enter(ReadGate.LOOKING);
        boolean registered = false;
        try {
            registered = catalog.has(name);
        } catch (Throwable cause) {
            // A server that cannot be asked: the event is all there is.
        }
        gate.leave();
        return registered;
    }

    private boolean drainBacklog(ReadGate gate, long deadline) {
        while (!full && System.nanoTime() - deadline < 0) {
            boolean queries = sweep.hasQueries();
            ObjectName name;
            boolean waits = sweeping && stuck.holdsSweep(queries);
            if (queries && !waits) {
                sweep.query(gate);
            } else if (!queries && sweep.hasNames()) {
                sweep.order(backlog);
            } else if (!wanted.isEmpty()) {
                lookInto(wanted.poll(), gate);
            } else if ((name = backlog.poll()) != null) {
                offer(name, gate);
            } else if (queries || waits || !sweeping || endSweep()) {
                return false;
            }
        }
        return true;
    }

    /** True when everything that was there has been sent, this included. */
    private boolean endSweep() {
        dropUnseen();
        send();
        if (full || !backlog.isEmpty() || !wanted.isEmpty()) {
            return false;
        }
        // What could not be offered again has no place in the new selection.
        for (int unit = units.nextUnconfirmed(0); unit >= 0; unit = units.nextUnconfirmed(unit + 1)) {
            forget(unit);
        }
        if (!control.swept()) {
            send();
            control.swept();
        }
        batchSwept = true;
        sweeping = false;
        retries.swept();
        return true;
    }

    private void dropUnseen() {
        BitSet lost = sweep.takeUnseen();
        for (int unit = lost.nextSetBit(0); unit >= 0; unit = lost.nextSetBit(unit + 1)) {
            if (units.kind(unit) != UnitTable.ABSENT) {
                forget(unit);
            }
        }
    }

    private void gone(ObjectName name) {
        boolean wasHeld = held.remove(name);
        boolean wasRetried = retries.remove(name) || wasHeld || retries.hasForgotten();
        if (answers.contains(name)) {
            send();
        }
        int unit = units.find(name);
        if (unit >= 0) {
            forget(unit);
        } else if (wasRetried) {
            append(name, Description.failed(Wire.ReadStatus.GONE), false);  // the core may list it as undescribed
        }
    }

    private void forget(int unit) {
        units.remove(unit);
        sweep.forget(unit);
        unregister(unit);
    }

    private void unregister(int unit) {
        if (!control.unregister(unit)) {
            send();
            control.unregister(unit);
        }
        batchUnregistrations.add(unit);
    }

    /** A metric object is offered as it is; of an MBean the core is asked first whether it may want it. */
    private void offer(ObjectName name, ReadGate gate) {
        boolean isOurs = catalog.wantsDomain(name.getDomain());
        Object metric = metrics.find(name);
        int kind = metrics.kindOf(metric);
        if (kind < 0 && !isOurs) {
            return;
        }
        if (answers.contains(name)) {
            send();
        }
        boolean isRetried = retries.contains(name);
        int unit = units.find(name);
        if (unit >= 0 && metric != null && units.source(unit) == metric && !units.isUnconfirmed(unit) && !isRetried) {
            return;
        }
        if (isHeld(name)) {
            return;
        }
        Description found = call(name, gate, () -> kind < 0
                ? mbeans.outline(name) : metrics.describe(name, metric, kind, isRetried));
        if (found == null) {
            gone(name);
            return;
        }
        if (kind >= 0 && found.status == Wire.ReadStatus.OK) {
            metrics.remember(found);
        }
        if (kind >= 0 || found.status != Wire.ReadStatus.OK) {
            offerAs(name, found, System.nanoTime());
        } else if (unit < 0 || units.isUnconfirmed(unit) || isRetried || !isSame(unit, found)) {
            append(name, found, true);
        }
    }

    private boolean isSame(int unit, Description outline) {
        Object plan = units.plan(unit);
        return plan instanceof MBeanPlan && ((MBeanPlan) plan).outline == outline.hash();
    }

    private void lookInto(Answers.Wanted bean, ReadGate gate) {
        if (isHeld(bean.name)) {
            return;
        }
        if (answers.contains(bean.name)) {
            send();  // it was asked for twice
        }
        Description found = call(bean.name, gate, () -> mbeans.describe(bean.name, bean.outline, bean.slots));
        if (found == null) {
            gone(bean.name);
        } else {
            offerAs(bean.name, found, System.nanoTime());
        }
    }

    /** True when a call of the bean would most likely hang now; it is offered when that has changed. */
    private boolean isHeld(ObjectName name) {
        if (!stuck.holdsDescription(name)) {
            return false;
        }
        held.add(name);
        return true;
    }

    /** Foreign code. */
    private interface Call {
        Description run() throws Exception;
    }

    /** Null: the bean is gone. */
    private Description call(ObjectName name, ReadGate gate, Call call) {
        current = name;
        gate.enter(ReadGate.DESCRIBING);
        Description description;
        try {
            description = call.run();
        } catch (InstanceNotFoundException e) {
            description = null;
        } catch (Throwable cause) {
            description = Description.failed(Wire.ReadStatus.THREW);
        }
        gate.leave();
        current = null;
        return description;
    }

    private void offerAs(ObjectName name, Description description, long nowNanos) {
        int hash = description.hash();
        boolean known = description.status == Wire.ReadStatus.OK && retries.isKnown(name, hash);
        if (description.incomplete) {
            retries.add(name, hash, nowNanos);
        } else {
            retries.remove(name);
        }
        int unit = units.find(name);
        if (unit >= 0) {
            boolean confirmed = !units.isUnconfirmed(unit);
            boolean described = description.status == Wire.ReadStatus.OK;
            if (!described && confirmed) {
                return;  // its reads will tell; the description may be a passing trouble
            }
            if (described && isUnchanged(unit, description, hash)) {
                units.replaceSource(unit, description.source);
                if (confirmed) {
                    return;
                }
            } else {
                forget(unit);
            }
        } else if (known) {
            return;
        }
        append(name, description, false);
    }

    private boolean isUnchanged(int unit, Description description, int hash) {
        if (units.kind(unit) != description.kind) {
            return false;
        }
        if (description.kind == Wire.BeanKind.MBEAN) {
            return ((MBeanPlan) units.plan(unit)).described == hash;
        }
        return units.isText(unit) == (description.gaugeType == Wire.ValueType.TEXT);
    }

    private void append(ObjectName name, Description found, boolean isAsk) {
        byte[] bytes = name.toString().getBytes(StandardCharsets.UTF_8);
        boolean isTooLong = bytes.length > Wire.NAME_BYTES_MAX;
        if (isTooLong && found.status == Wire.ReadStatus.GONE) {
            return;
        }
        if (isTooLong) {
            bytes = name.toString().substring(0, LONG_NAME_CHARS).getBytes(StandardCharsets.UTF_8);
        }
        Description description = isTooLong ? Description.failed(Wire.ReadStatus.TOO_LARGE) : found;
        boolean asks = isAsk && !isTooLong;
        int kind = asks ? Wire.ControlKind.ASK : Wire.ControlKind.BEAN;
        if (control.position() >= BATCH_BYTES || !control.bean(kind, answers.names().size(), bytes, description)) {
            send();
            if (!control.bean(kind, answers.names().size(), bytes, description)) {
                return;  // cannot be: the layout's bounds fit an empty buffer
            }
        }
        answers.add(name, description, asks);
    }

    /** Hands over what has gathered. When the core has no room, all of it is sent again later. */
    private void send() {
        if (control.position() == 0) {
            return;
        }
        int result = core.control(control.position());
        control.reset();
        if (CoreFailure.isFatal(result)) {
            throw new CoreFailure("the core refused a registration (code " + -result + ")");
        }
        if (result < 0) {
            full = true;
            sendAgain();
            unsentUnregistrations.addAll(batchUnregistrations);
            sweeping = sweeping || batchSwept;
            answers.clear();
        } else {
            answers.take(result);
        }
        batchUnregistrations.clear();
        batchSwept = false;
    }

    private void sendAgain() {
        for (int i = 0; i < answers.names().size(); i++) {
            ObjectName name = answers.names().get(i);
            if (answers.description(i).status == Wire.ReadStatus.GONE) {
                retries.add(name, 0, System.nanoTime());  // found to be gone once more, the core hears once more
            }
            retries.markUnsent(name);
            backlog.add(name);
        }
    }
}

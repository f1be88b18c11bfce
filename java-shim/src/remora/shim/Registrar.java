package remora.shim;

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

    private final MBeanCatalog catalog;
    private final MetricDescriber metrics;
    private final MBeanReader mbeans;
    private final UnitTable units;
    private final Stuck stuck;
    private final Sweep sweep;
    private final Batch batch;

    // The way of a name. The catalog finds it and "arrived" puts it in order, or a sweep finds it. Then it waits in
    // "backlog" to be offered. An MBean that the core may want comes back in "wanted", which is done before the
    // backlog. One that would hang now waits in "held", one that could not be described in "retries"; both return to
    // the backlog, and so does what the core had no room for. A name may be here twice, or its bean may be gone: it is
    // looked up when its turn comes.
    private final List<ObjectName> arrived = new ArrayList<>();
    private final ArrayDeque<ObjectName> backlog = new ArrayDeque<>();
    private final ArrayDeque<Answers.Wanted> wanted = new ArrayDeque<>();
    private final Set<ObjectName> held = new LinkedHashSet<>();
    private final Retries retries = new Retries();

    private boolean sweeping;
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
        this.catalog = catalog;
        this.metrics = new MetricDescriber(catalog, metrics);
        this.mbeans = mbeans;
        this.units = units;
        this.stuck = stuck;
        this.sweep = new Sweep(catalog, units);
        this.batch = new Batch(core, buffers.records, new Answers(buffers.answer, units, wanted), new Batch.Unsent() {
            @Override
            public void bean(ObjectName name, Description description) {
                offerAgain(name, description);
            }

            @Override
            public void swept() {
                sweeping = true;
            }
        });
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
        batch.send();
    }

    /** Name of the bean being described, for the log. Any thread. */
    ObjectName current() {
        return current;
    }

    /** True while something waits to be sent. */
    boolean hasWork() {
        return catalog.hasPending() || !backlog.isEmpty() || !wanted.isEmpty() || sweeping
                || batch.hasUnsent() || !held.isEmpty();
    }

    /** One slice. True when there is more to do at once. */
    boolean step(ReadGate gate) {
        long deadline = System.nanoTime() + SLICE_NANOS;
        batch.begin();
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
        batch.send();
        return (more || !wanted.isEmpty()) && !batch.isFull();
    }

    private boolean drainEvents(ReadGate gate, long deadline) {
        if (!catalog.hasPending()) {
            return false;
        }
        Iterator<Map.Entry<ObjectName, Long>> events = catalog.events();
        boolean late = false;
        while (!batch.isFull() && !late && events.hasNext()) {
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
        while (!batch.isFull() && System.nanoTime() - deadline < 0) {
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
        batch.send();
        if (batch.isFull() || !backlog.isEmpty() || !wanted.isEmpty()) {
            return false;
        }
        // What could not be offered again has no place in the new selection.
        for (int unit = units.nextUnconfirmed(0); unit >= 0; unit = units.nextUnconfirmed(unit + 1)) {
            forget(unit);
        }
        batch.swept();
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
        if (batch.contains(name)) {
            batch.send();
        }
        int unit = units.find(name);
        if (unit >= 0) {
            forget(unit);
        } else if (wasRetried) {
            batch.bean(name, Description.failed(Wire.ReadStatus.GONE), false);  // the core may list it as undescribed
        }
    }

    private void forget(int unit) {
        units.remove(unit);
        sweep.forget(unit);
        batch.unregister(unit);
    }

    /** A metric object is offered as it is; of an MBean the core is asked first whether it may want it. */
    private void offer(ObjectName name, ReadGate gate) {
        boolean isOurs = catalog.wantsDomain(name.getDomain());
        Object metric = metrics.find(name);
        int kind = metrics.kindOf(metric);
        if (kind < 0 && !isOurs) {
            return;
        }
        if (batch.contains(name)) {
            batch.send();
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
            batch.bean(name, found, true);
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
        if (batch.contains(bean.name)) {
            batch.send();  // it was asked for twice
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
        batch.bean(name, description, false);
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

    /** The core had no room for what was said of the bean. */
    private void offerAgain(ObjectName name, Description description) {
        if (description.status == Wire.ReadStatus.GONE) {
            retries.add(name, 0, System.nanoTime());  // found to be gone once more, the core hears once more
        }
        retries.markUnsent(name);
        backlog.add(name);
    }
}

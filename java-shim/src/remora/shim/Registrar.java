package remora.shim;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import javax.management.InstanceNotFoundException;
import javax.management.MBeanServer;
import javax.management.ObjectName;

/**
 * Tells the core what exists, in slices of bounded time. All on the collector thread; its state survives a collector
 * that was given up in the middle of a description.
 */
final class Registrar {
    private static final long SLICE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final Comparator<ObjectName> BY_CANONICAL_NAME = Comparator.comparing(ObjectName::getCanonicalName);
    private static final int BATCH_BYTES = 64 * 1024;
    private static final int ORDERED_NAMES = 256;
    private static final int INDEX_BITS = 27;
    private static final long INDEX_MASK = (1L << INDEX_BITS) - 1;

    private final Core core;
    private final MBeanServer server;
    private final MBeanCatalog catalog;
    private final MetricReader metrics;
    private final MBeanReader mbeans;
    private final UnitTable units;
    private final ControlWriter control;
    private final Answers answers;
    private final Retries retries = new Retries();

    private final ArrayDeque<String> domains = new ArrayDeque<>();
    private final ArrayDeque<ObjectName> backlog = new ArrayDeque<>();
    private final ArrayList<Integer> batchUnregisters = new ArrayList<>();
    private final ArrayDeque<Integer> unsaid = new ArrayDeque<>();
    private final Stuck stuck;
    private boolean full;
    private boolean sweeping;
    private boolean batchSwept;
    private BitSet unseen;
    // What a sweep has found, while it is put in order: names, their keys, how many have one.
    private ArrayList<ObjectName> found = new ArrayList<>();
    private long[] keys = {};
    private int keyed;
    private ObjectName current;

    /** {@code metrics}: tier 1, or null. */
    Registrar(
            Core core,
            Buffers buffers,
            MBeanServer server,
            MBeanCatalog catalog,
            MetricReader metrics,
            MBeanReader mbeans,
            UnitTable units,
            Stuck stuck) {
        this.core = core;
        this.server = server;
        this.catalog = catalog;
        this.metrics = metrics;
        this.mbeans = mbeans;
        this.units = units;
        this.stuck = stuck;
        this.control = new ControlWriter(buffers.control);
        this.answers = new Answers(buffers.answer, units);
    }

    /** Asks for a query of everything; units whose beans are gone leave when it is through. */
    void sweep(ReadGate gate) {
        gate.enter(ReadGate.LOOKING);
        String[] all = {};
        try {
            all = catalog.domains();
        } catch (Throwable cause) {
            // Nothing is known then; notifications still come.
        }
        gate.leave();
        sweeping = true;
        domains.clear();
        domains.addAll(Arrays.asList(all));
        forgetFound();
        backlog.clear();
        unseen = new BitSet(units.bound());
        for (int unit = 0; unit < units.bound(); unit++) {
            unseen.set(unit, units.kind(unit) != UnitTable.ABSENT);
        }
    }

    /** The core decides anew: offer all beans, those that are units too. Units stay until it has answered. */
    void rediscover(ReadGate gate) {
        units.unconfirmAll();
        retries.clear();
        sweep(gate);
    }

    /** The bean being described hangs, and so does the thread that asked: report it and try again later. */
    void giveUpCurrent() {
        ObjectName name = current;
        current = null;
        if (name != null) {
            offerAs(name, Description.failed(Wire.ReadStatus.BLOCKED), System.nanoTime());
        }
    }

    /** Name of the bean being described, for the log. Any thread. */
    ObjectName current() {
        return current;
    }

    /** True while something waits to be said. */
    boolean hasWork() {
        return catalog.hasPending() || !backlog.isEmpty() || sweeping || !unsaid.isEmpty();
    }

    /** One slice. True when there is more to do at once. */
    boolean step(ReadGate gate) {
        long deadline = System.nanoTime() + SLICE_NANOS;
        full = false;
        while (!full && !unsaid.isEmpty()) {
            unregister(unsaid.poll());
        }
        if (catalog.takeOverflow()) {
            sweep(gate);
        }
        boolean more = drainEvents(gate, deadline);
        if (!more) {
            more = drainBacklog(gate, deadline);
        }
        if (!more) {
            for (ObjectName name : retries.due(System.nanoTime())) {
                offer(name, gate);
            }
        }
        send();
        return more && !full;
    }

    private boolean drainEvents(ReadGate gate, long deadline) {
        if (!catalog.hasPending()) {
            return false;
        }
        Iterator<Map.Entry<ObjectName, Long>> events = catalog.events();
        List<ObjectName> registered = new ArrayList<>();
        boolean late = false;
        while (!full && !late && events.hasNext()) {
            Map.Entry<ObjectName, Long> entry = events.next();
            Long event = entry.getValue();
            long now = System.nanoTime();
            if (MBeanCatalog.isReady(event, now) && catalog.take(entry.getKey(), event)) {
                if (MBeanCatalog.isRegistered(event)) {
                    registered.add(entry.getKey());
                } else {
                    gone(entry.getKey());
                }
            }
            late = now - deadline >= 0;
        }
        addInOrder(registered);
        return late;
    }

    /**
     * Alike stands beside alike: ids are given in this order, a family is read together, and what is known of its units
     * then lies together in every table here and in the core.
     */
    private void addInOrder(List<ObjectName> names) {
        names.sort(BY_CANONICAL_NAME);
        backlog.addAll(names);
    }

    private boolean drainBacklog(ReadGate gate, long deadline) {
        while (!full && System.nanoTime() - deadline < 0) {
            ObjectName name;
            if (!domains.isEmpty()) {
                query(domains.poll(), gate);
            } else if (!found.isEmpty()) {
                order();
            } else if ((name = backlog.poll()) != null) {
                offer(name, gate);
            } else if (!sweeping || endSweep()) {
                return false;
            }
        }
        return true;
    }

    /**
     * Caps keep what is offered first: what is not by topic before what is, partitions last, of these the broker's own
     * view of them (in sync or not) before their logs; alike beside alike, and these in an order by hash, so that a cap
     * leaves an even share of topics, and the same one after every start. The hash is of the partition or other object,
     * not of the family: all families of an object have it in the same place, and are read while it lies in the
     * processor's caches. One call does a part of it, and sees which units are there.
     */
    private void order() {
        if (keys.length == 0) {
            found.addAll(backlog);
            backlog.clear();
            keys = new long[found.size()];
        }
        int end = Math.min(keyed + ORDERED_NAMES, keys.length);
        for (; keyed < end; keyed++) {
            ObjectName name = found.get(keyed);
            keys[keyed] = key(name.getCanonicalName()) | keyed;
            int unit = units.find(name);
            if (unit >= 0 && unseen != null) {
                unseen.clear(unit);
            }
        }
        if (keyed < keys.length) {
            return;
        }
        Arrays.sort(keys);
        for (long key : keys) {
            backlog.add(found.get((int) (key & INDEX_MASK)));
        }
        forgetFound();
    }

    private void forgetFound() {
        found = new ArrayList<>();
        keys = new long[] {};
        keyed = 0;
    }

    private static long key(String name) {
        int comma = name.indexOf(',');
        long family = spread((comma < 0 ? name : name.substring(0, comma)).hashCode()) >>> 48;
        String object = comma < 0 ? "" : name.substring(comma, Math.max(comma, name.lastIndexOf(",type=")));
        long within = spread(object.hashCode()) >>> 46;
        return rank(name) << 61 | family << 45 | within << INDEX_BITS;
    }

    private static long spread(int hash) {
        return hash * 0x9E3779B97F4A7C15L;
    }

    /** By the text: an ObjectName that is asked for a property keeps a map of them for good. */
    private static long rank(String name) {
        if (!name.contains("topic=")) {
            return 0;
        }
        if (!name.contains("partition=")) {
            return 1;
        }
        return name.startsWith("kafka.cluster:") ? 2 : 3;
    }

    /** True when everything that was there has been said, this included. */
    private boolean endSweep() {
        dropUnseen();
        send();
        if (full || !backlog.isEmpty()) {
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
        return true;
    }

    private void query(String domain, ReadGate gate) {
        gate.enter(ReadGate.LOOKING);
        Set<ObjectName> names = Collections.emptySet();
        try {
            names = catalog.names(domain);
        } catch (Throwable cause) {
            // A domain that cannot be asked for has nothing for us.
        }
        gate.leave();
        found.addAll(names);
    }

    private void dropUnseen() {
        if (unseen == null) {
            return;
        }
        BitSet lost = unseen;
        unseen = null;
        for (int unit = lost.nextSetBit(0); unit >= 0; unit = lost.nextSetBit(unit + 1)) {
            if (units.kind(unit) != UnitTable.ABSENT) {
                forget(unit);
            }
        }
    }

    private void gone(ObjectName name) {
        boolean wasRetried = retries.remove(name);
        if (answers.contains(name)) {
            send();
        }
        int unit = units.find(name);
        if (unit >= 0) {
            forget(unit);
        } else if (wasRetried) {
            append(name, Description.failed(Wire.ReadStatus.GONE));  // the core may list it as undescribed
        }
    }

    private void forget(int unit) {
        units.remove(unit);
        if (unseen != null) {
            unseen.clear(unit);  // the id may come back for another bean
        }
        unregister(unit);
    }

    private void unregister(int unit) {
        if (!control.unregister(unit)) {
            send();
            control.unregister(unit);
        }
        batchUnregisters.add(unit);
    }

    private void offer(ObjectName name, ReadGate gate) {
        boolean wanted = catalog.wantsDomain(name.getDomain());
        Object metric = metricOf(name);
        int kind = metric == null ? -1 : metrics.kindOf(metric);
        if (kind < 0 && !wanted) {
            return;
        }
        if (answers.contains(name)) {
            send();
        }
        int unit = units.find(name);
        if (unit >= 0 && metric != null && units.source(unit) == metric && !units.isUnconfirmed(unit)) {
            return;
        }
        if (stuck.holds(name)) {
            offerAs(name, Description.failed(Wire.ReadStatus.BLOCKED), System.nanoTime());
            return;
        }
        current = name;
        gate.enter(ReadGate.DESCRIBING);
        Description description;
        try {
            description = kind < 0 ? mbeans.describe(name) : describe(name, metric, kind);
        } catch (InstanceNotFoundException e) {
            description = null;
        } catch (Throwable cause) {
            description = Description.failed(Wire.ReadStatus.THREW);
        }
        gate.leave();
        current = null;
        if (description == null) {
            gone(name);
        } else {
            offerAs(name, description, System.nanoTime());
        }
    }

    private Object metricOf(ObjectName name) {
        try {
            return metrics == null ? null : metrics.find(name.toString());
        } catch (Throwable cause) {
            return null;
        }
    }

    /** A metric object: existence is the MBeanServer's word, and a gauge is looked at once for its type. */
    private Description describe(ObjectName name, Object metric, int kind) throws InstanceNotFoundException {
        if (!server.isRegistered(name)) {
            throw new InstanceNotFoundException(name.toString());
        }
        Description description = new Description();
        description.kind = kind;
        description.source = metric;
        if (kind == Wire.BeanKind.GAUGE) {
            try {
                int type = Scratch.typeOf(metrics.gaugeValue(metric));
                description.incomplete = type == Wire.ValueType.OTHER;
                description.gaugeType = description.incomplete ? Wire.ValueType.NUMBER : type;
            } catch (Throwable cause) {
                description.incomplete = true;
            }
        }
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
        append(name, description);
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

    private void append(ObjectName name, Description description) {
        byte[] bytes = name.toString().getBytes(StandardCharsets.UTF_8);
        if (bytes.length > Wire.NAME_BYTES_MAX) {
            return;
        }
        if (control.position() >= BATCH_BYTES || !control.bean(answers.names().size(), bytes, description)) {
            send();
            if (!control.bean(answers.names().size(), bytes, description)) {
                return;  // cannot be: the layout's bounds fit an empty buffer
            }
        }
        answers.add(name, description);
    }

    /** Hands over what has gathered. When the core has no room, all of it will be said again. */
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
            backlog.addAll(answers.names());
            unsaid.addAll(batchUnregisters);
            sweeping = sweeping || batchSwept;
            answers.clear();
        } else {
            answers.take(result);
        }
        batchUnregisters.clear();
        batchSwept = false;
    }
}

package remora.shim;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.Comparator;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.WeakHashMap;
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
    /** Metric objects of gauges whose value was found to be text. */
    private final Map<Object, Boolean> texts = new WeakHashMap<>();

    private final ArrayDeque<String> domains = new ArrayDeque<>();
    private final ArrayDeque<ObjectName> backlog = new ArrayDeque<>();
    private final ArrayDeque<Answers.Wanted> wanted = new ArrayDeque<>();  // by the core; to be looked into
    private final List<ObjectName> arrived = new ArrayList<>();  // taken from the catalog, not in the backlog yet
    private final Set<ObjectName> held = new LinkedHashSet<>();  // until a thread that hangs is back
    private final ArrayList<Integer> batchUnregisters = new ArrayList<>();
    private final ArrayDeque<Integer> unsaid = new ArrayDeque<>();
    private final Stuck stuck;
    private boolean full;
    private boolean sweeping;
    private boolean domainsKnown = true;  // false: a sweep has not asked for them yet
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
        this.answers = new Answers(buffers.answer, units, wanted);
    }

    /**
     * Asks for a query of everything; units whose beans are gone leave when it is through. Calls no foreign code: what
     * was asked for is done by {@link #step}, whichever thread lives to do it.
     */
    void sweep() {
        sweeping = true;
        domainsKnown = false;
        domains.clear();
        forgetFound();
        backlog.clear();
        wanted.clear();
        unseen = new BitSet(units.bound());
        for (int unit = 0; unit < units.bound(); unit++) {
            unseen.set(unit, units.kind(unit) != UnitTable.ABSENT);
        }
    }

    /** The core decides anew: offer all beans, those that are units too. Units stay until it has answered. */
    void rediscover() {
        units.unconfirmAll();
        retries.unsayAll();
        sweep();
    }

    /** A gauge that is text where it was a number, or the other way round. */
    void lookAgain(int unit) {
        if (!retries.contains(units.name(unit))) {
            retries.add(units.name(unit), 0, System.nanoTime());
        }
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
        return catalog.hasPending() || !backlog.isEmpty() || !wanted.isEmpty() || sweeping || !unsaid.isEmpty()
                || !held.isEmpty();
    }

    /** One slice. True when there is more to do at once. */
    boolean step(ReadGate gate) {
        long deadline = System.nanoTime() + SLICE_NANOS;
        full = false;
        while (!full && !unsaid.isEmpty()) {
            unregister(unsaid.poll());
        }
        if (catalog.takeOverflow()) {
            sweep();
        }
        if (stuck.takeReturned()) {
            backlog.addAll(held);
            held.clear();
        }
        backlog.addAll(retries.due(System.nanoTime()));
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
            registered = server.isRegistered(name);
        } catch (Throwable cause) {
            // A server that cannot be asked: the event is all there is.
        }
        gate.leave();
        return registered;
    }

    private boolean drainBacklog(ReadGate gate, long deadline) {
        while (!full && System.nanoTime() - deadline < 0) {
            boolean queries = !domainsKnown || !domains.isEmpty();
            ObjectName name;
            if (queries && !stuck.holdsServer()) {
                query(gate);
            } else if (!queries && !found.isEmpty()) {
                order();
            } else if (!wanted.isEmpty()) {
                lookInto(wanted.poll(), gate);
            } else if ((name = backlog.poll()) != null) {
                offer(name, gate);
            } else if (queries || !sweeping || endSweep()) {
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
        return true;
    }

    /** Asks for the domains or, when they are known, for the names of one. What hangs is asked for again. */
    private void query(ReadGate gate) {
        gate.enter(ReadGate.LOOKING);
        String[] all = {};
        Set<ObjectName> names = Collections.emptySet();
        try {
            if (domainsKnown) {
                names = catalog.names(domains.peek());
            } else {
                all = catalog.domains();
            }
        } catch (Throwable cause) {
            // What cannot be asked for has nothing for us; notifications still come.
        }
        gate.leave();
        domains.poll();
        domains.addAll(Arrays.asList(all));
        domainsKnown = true;
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
            append(name, Description.failed(Wire.ReadStatus.GONE), false);  // the core may list it as undescribed
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

    /** A metric object is offered as it is; of an MBean the core is asked first whether it may want it. */
    private void offer(ObjectName name, ReadGate gate) {
        boolean isOurs = catalog.wantsDomain(name.getDomain());
        Object metric = metricOf(name);
        int kind = metric == null ? -1 : metrics.kindOf(metric);
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
        Description found = call(name, gate, () -> kind < 0 ? mbeans.outline(name) : describe(name, metric, kind));
        if (found == null) {
            gone(name);
        } else if (kind >= 0 || found.status != Wire.ReadStatus.OK) {
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

    /** True when a call of the bean would most likely hang now; it is offered when the threads are back. */
    private boolean isHeld(ObjectName name) {
        if (!stuck.holds(name)) {
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

    private Object metricOf(ObjectName name) {
        try {
            return metrics == null ? null : metrics.find(name.toString());
        } catch (Throwable cause) {
            return null;
        }
    }

    /**
     * A metric object: existence is the MBeanServer's word. A gauge is taken for a number, and looked at here only when
     * a read has found something else: nobody may want it, and it may be expensive. What was found is remembered, also
     * of a gauge that the core did not want then: offered as a number again it would be a unit until its next read.
     */
    private Description describe(ObjectName name, Object metric, int kind) throws InstanceNotFoundException {
        if (!server.isRegistered(name)) {
            throw new InstanceNotFoundException(name.toString());
        }
        Description description = new Description();
        description.kind = kind;
        description.source = metric;
        if (kind == Wire.BeanKind.GAUGE && retries.contains(name)) {
            int type = Scratch.typeOf(metrics.gaugeValue(metric));
            description.incomplete = type == Wire.ValueType.OTHER;
            if (type == Wire.ValueType.TEXT) {
                texts.put(metric, true);
            } else if (!description.incomplete) {
                texts.remove(metric);
            }
        }
        description.gaugeType = texts.containsKey(metric) ? Wire.ValueType.TEXT : Wire.ValueType.NUMBER;
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

    private void append(ObjectName name, Description description, boolean isAsk) {
        byte[] bytes = name.toString().getBytes(StandardCharsets.UTF_8);
        if (bytes.length > Wire.NAME_BYTES_MAX) {
            return;
        }
        int kind = isAsk ? Wire.ControlKind.ASK : Wire.ControlKind.BEAN;
        if (control.position() >= BATCH_BYTES || !control.bean(kind, answers.names().size(), bytes, description)) {
            send();
            if (!control.bean(kind, answers.names().size(), bytes, description)) {
                return;  // cannot be: the layout's bounds fit an empty buffer
            }
        }
        answers.add(name, description, isAsk);
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
            sayAgain();
            unsaid.addAll(batchUnregisters);
            sweeping = sweeping || batchSwept;
            answers.clear();
        } else {
            answers.take(result);
        }
        batchUnregisters.clear();
        batchSwept = false;
    }

    private void sayAgain() {
        for (int i = 0; i < answers.names().size(); i++) {
            ObjectName name = answers.names().get(i);
            if (answers.description(i).status == Wire.ReadStatus.GONE) {
                retries.add(name, 0, System.nanoTime());  // found to be gone once more, the core is told once more
            }
            retries.unsay(name);
            backlog.add(name);
        }
    }
}

package remora.shim;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.Set;
import javax.management.ObjectName;

/**
 * A query of everything, in slices: asks for the domains and the names of each, puts the names in order, and sees which
 * units have lost their bean. Collector thread; its state survives a collector that was given up in the middle.
 */
final class Sweep {
    private static final int ORDERED_NAMES = 256;
    private static final int INDEX_BITS = 27;
    private static final long INDEX_MASK = (1L << INDEX_BITS) - 1;

    private final MBeanCatalog catalog;
    private final UnitTable units;
    private final ArrayDeque<String> domains = new ArrayDeque<>();
    private boolean domainsKnown = true;  // false: not asked for yet
    private BitSet unseen = new BitSet();
    // What was found, while it is put in order: names, their keys, how many have one.
    private ArrayList<ObjectName> found = new ArrayList<>();
    private long[] keys = {};
    private int keyed;

    Sweep(MBeanCatalog catalog, UnitTable units) {
        this.catalog = catalog;
        this.units = units;
    }

    /** From the beginning, whatever was under way. Calls no foreign code. */
    void begin() {
        domainsKnown = false;
        domains.clear();
        forgetFound();
        unseen = new BitSet(units.bound());
        for (int unit = 0; unit < units.bound(); unit++) {
            unseen.set(unit, units.kind(unit) != UnitTable.ABSENT);
        }
    }

    /** Whether domains or names are still to be asked for: then {@link #query} is next. */
    boolean hasQueries() {
        return !domainsKnown || !domains.isEmpty();
    }

    /** Whether names were found that are not in order yet: then {@link #order} is next. */
    boolean hasNames() {
        return !found.isEmpty();
    }

    /** Asks for the domains or, when they are known, for the names of one. What hangs is asked for again. */
    void query(ReadGate gate) {
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

    /**
     * Caps keep what is offered first: what is not by topic before what is, partitions last, of these the broker's own
     * view of them (in sync or not) before their logs; alike beside alike, and these in an order by hash, so that a cap
     * leaves an even share of topics, and the same one after every start. The hash is of the partition or other object,
     * not of the family: all families of an object have it in the same place, and are read while it lies in the
     * processor's caches. One call does a part of it, and sees which units are there; the last one puts all names, and
     * what was in {@code backlog} before, into {@code backlog}.
     */
    void order(ArrayDeque<ObjectName> backlog) {
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
            if (unit >= 0) {
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

    /** The unit is gone: its id may come back for another bean. */
    void forget(int unit) {
        unseen.clear(unit);
    }

    /** Units whose beans were not found, once. */
    BitSet takeUnseen() {
        BitSet lost = unseen;
        unseen = new BitSet();
        return lost;
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
}

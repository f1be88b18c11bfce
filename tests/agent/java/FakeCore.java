package remora.shim;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/** A core in Java for tests: wants everything, reads everything each interval, checks the layout, keeps the values. */
class FakeCore implements Core {
    /** One registered bean. */
    static final class Unit {
        int id;
        String name;
        int kind;
        int status;
        int gaugeType;
        List<String> paths = new ArrayList<>();
        List<Integer> types = new ArrayList<>();
        int lastStatus = -1;
        double[] values = {};
        long reads;
        long[] statuses = new long[8];

        double value(String path) {
            int slot = paths.indexOf(path);
            return slot < 0 || slot >= values.length ? Double.NaN : values[slot];
        }
    }

    private static final String[] STAT_NAMES = {
        "Value", "Count", "MeanRate", "OneMinuteRate", "FiveMinuteRate", "FifteenMinuteRate", "Min", "Max", "Mean",
        "StdDev", "Sum", "50thPercentile", "75thPercentile", "95thPercentile", "98thPercentile", "99thPercentile",
        "999thPercentile"
    };

    final Buffers buffers;
    private final long intervalNanos;
    private final List<Unit> units = new ArrayList<>();
    private final ArrayDeque<Integer> free = new ArrayDeque<>();
    private final Map<Integer, String> texts = new HashMap<>();
    private final Map<String, Integer> refused = new TreeMap<>();
    private final Map<String, Unit> byName = new HashMap<>();
    /** Beans whose names hold this are not wanted. */
    volatile String unwanted;
    /** Refuses gauges of text, as the core does with all but a few. */
    volatile boolean refusesTexts;
    /** By name, the types that a gauge was offered with. */
    final Map<String, List<Integer>> gaugeTypes = new ConcurrentHashMap<>();
    /** By name, the values of an MBean that records had no room for. */
    final Map<String, Integer> leftOut = new ConcurrentHashMap<>();
    /** Attribute that no MBean is wanted for. */
    volatile String unwantedPath;
    /** Runs before the next plan with units, which then asks for everything anew. */
    volatile Runnable anewWithUnits;
    volatile int sweeps;
    /** The next plan tells the collector to end. */
    volatile boolean switchesOff;
    private boolean decidesAnew;
    private long nextNanos;
    private int nextUnit;
    private volatile int failControl;
    private volatile int failStatus = -1;
    volatile int flags;
    volatile int stops;
    /** Since when the values of the last batch have been read. */
    long since;
    final List<String> learnt = new CopyOnWriteArrayList<>();
    long controls;
    long plans;
    long submits;
    long passes;
    long costNanos;

    FakeCore(Buffers buffers, long intervalMillis) {
        this.buffers = buffers;
        this.intervalNanos = TimeUnit.MILLISECONDS.toNanos(intervalMillis);
    }

    /** The next {@code count} control calls answer "full". */
    void failControls(int count) {
        failControl = count;
    }

    /** The next control call with a bean described with {@code status} answers "full". */
    void failNext(int status) {
        failStatus = status;
    }

    boolean hasFailed() {
        return failStatus < 0;
    }

    private boolean failsAt(int at) {
        ByteBuffer in = buffers.control;
        boolean fails = in.get(at + Wire.ControlHeader.KIND) == Wire.ControlKind.BEAN
                && (in.getShort(at + Wire.BeanRecord.FLAGS) & 0xff) == failStatus;
        failStatus = fails ? -1 : failStatus;
        return fails;
    }

    static void check(boolean good, String what) {
        if (!good) {
            throw new AssertionError(what);
        }
    }

    @Override
    public synchronized int control(int bytes) {
        check(bytes > 0 && bytes <= Wire.CONTROL_BYTES && bytes % 8 == 0, "control bytes " + bytes);
        controls++;
        if (failControl > 0) {
            failControl--;
            return -Wire.Code.FULL;
        }
        ByteBuffer in = buffers.control;
        for (int at = 0; at < bytes; at += in.getInt(at + Wire.ControlHeader.BYTES)) {
            if (failsAt(at)) {
                return -Wire.Code.FULL;
            }
        }
        int answered = 0;
        int records = 0;
        for (int at = 0; at < bytes; ) {
            check(++records <= Wire.CONTROL_RECORDS_MAX, "records in one call " + records);
            int length = in.getInt(at + Wire.ControlHeader.BYTES);
            check(length >= 16 && length % 8 == 0 && at + length <= bytes, "record of " + length + " bytes");
            switch (in.get(at + Wire.ControlHeader.KIND)) {
                case Wire.ControlKind.BEAN:
                case Wire.ControlKind.ASK:
                    answered = bean(at, length, answered);
                    break;
                case Wire.ControlKind.UNREGISTER:
                    unregister(in.getInt(at + Wire.UnregisterRecord.UNIT));
                    break;
                case Wire.ControlKind.SWEPT:
                    check(length == Wire.SweptRecord.SIZE, "swept record");
                    sweeps++;
                    decidesAnew = false;
                    break;
                case Wire.ControlKind.TEXT:
                    texts.put(in.getInt(at + Wire.TextRecord.TEXT),
                            text(at + Wire.TextRecord.SIZE, in.getInt(at + Wire.TextRecord.TEXT_BYTES)));
                    break;
                default:
                    throw new AssertionError("record kind");
            }
            at += length;
        }
        return answered;
    }

    private String text(int at, int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = buffers.control.get(at + i);
        }
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private int bean(int at, int length, int answered) {
        ByteBuffer in = buffers.control;
        Unit unit = new Unit();
        unit.kind = in.get(at + Wire.ControlHeader.BEAN_KIND);
        int flagBits = in.getShort(at + Wire.BeanRecord.FLAGS) & 0xffff;
        unit.status = flagBits & 0xff;
        boolean isMBean = unit.kind == Wire.BeanKind.MBEAN;
        unit.gaugeType = isMBean ? 0 : flagBits >> 8;
        int nameBytes = in.getShort(at + Wire.BeanRecord.NAME_BYTES) & 0xffff;
        unit.name = text(at + Wire.BeanRecord.SIZE, nameBytes);
        int attribute = at + Wire.BeanRecord.SIZE + nameBytes;
        for (int i = 0; i < in.getShort(at + Wire.ControlHeader.ATTRIBUTE_COUNT); i++) {
            int pathBytes = in.getShort(attribute + Wire.AttributeHead.PATH_BYTES) & 0xffff;
            unit.types.add((int) in.get(attribute + Wire.AttributeHead.TYPE));
            unit.paths.add(text(attribute + Wire.AttributeHead.SIZE, pathBytes));
            attribute += Wire.AttributeHead.SIZE + pathBytes;
        }
        check((attribute + 7 & ~7) == at + length, "bean record length");
        List<Integer> selectors = selectors(unit);
        int id = -Wire.Code.NOT_FOUND;
        Unit known = byName.get(unit.name);
        boolean isAsk = in.get(at + Wire.ControlHeader.KIND) == Wire.ControlKind.ASK;
        leftOut.merge(unit.name, isMBean ? flagBits >> 8 : 0, Integer::sum);
        check(known == null || decidesAnew || isAsk, "offered twice: " + unit.name);
        if (unit.kind == Wire.BeanKind.GAUGE) {
            gaugeTypes.computeIfAbsent(unit.name, name -> new CopyOnWriteArrayList<>()).add(unit.gaugeType);
        }
        if (unwanted != null && unit.name.contains(unwanted) || refusesTexts && unit.gaugeType == Wire.ValueType.TEXT) {
            selectors.clear();
        }
        if (isAsk && !selectors.isEmpty()) {
            id = 0;
        } else if (selectors.isEmpty()) {
            refused.put(unit.name, unit.status);
            if (known != null) {
                unregister(known.id);
            }
        } else if (known != null && known.paths.equals(unit.paths)) {
            id = known.id;
        } else {
            if (known != null) {
                unregister(known.id);
            }
            id = free.isEmpty() ? units.size() : free.poll();
            unit.id = id;
            byName.put(unit.name, unit);
            if (id == units.size()) {
                units.add(unit);
            } else {
                units.set(id, unit);
            }
        }
        ByteBuffer out = buffers.answer;
        int size = Wire.BeanAnswer.SIZE + 2 * selectors.size() + 7 & ~7;
        out.putInt(answered + Wire.BeanAnswer.UNIT, id);
        out.putShort(answered + Wire.BeanAnswer.SLOT_COUNT, (short) selectors.size());
        out.putShort(answered + Wire.BeanAnswer.BYTES, (short) size);
        out.putInt(answered + Wire.BeanAnswer.TOKEN, in.getInt(at + Wire.BeanRecord.TOKEN));
        for (int i = 0; i < selectors.size(); i++) {
            out.putShort(answered + Wire.BeanAnswer.SIZE + 2 * i, (short) (int) selectors.get(i));
        }
        return answered + size;
    }

    private List<Integer> selectors(Unit unit) {
        List<Integer> selectors = new ArrayList<>();
        if (unit.kind == Wire.BeanKind.MBEAN) {
            for (int i = 0; i < unit.paths.size(); i++) {
                if (!unit.paths.get(i).equals(unwantedPath)) {
                    selectors.add(i);
                }
            }
            return selectors;
        }
        for (int stat = 0; stat < Wire.STAT_COUNT; stat++) {
            boolean rate = stat >= Wire.Stat.MEAN_RATE && stat <= Wire.Stat.FIFTEEN_MINUTE_RATE;
            boolean wanted;
            switch (unit.kind) {
                case Wire.BeanKind.GAUGE:
                    wanted = stat == Wire.Stat.VALUE;
                    break;
                case Wire.BeanKind.COUNTER:
                    wanted = stat == Wire.Stat.COUNT;
                    break;
                case Wire.BeanKind.METER:
                    wanted = stat == Wire.Stat.COUNT || rate;
                    break;
                case Wire.BeanKind.HISTOGRAM:
                    wanted = stat != Wire.Stat.VALUE && !rate;
                    break;
                default:
                    wanted = stat != Wire.Stat.VALUE;
            }
            if (wanted) {
                selectors.add(stat);
                unit.paths.add(STAT_NAMES[stat]);
                unit.types.add(stat == Wire.Stat.VALUE ? unit.gaugeType : Wire.ValueType.NUMBER);
            }
        }
        return selectors;
    }

    private void unregister(int id) {
        check(id >= 0 && id < units.size() && units.get(id) != null, "unregister of unknown unit " + id);
        byName.remove(units.get(id).name);
        units.set(id, null);
        free.add(id);
    }

    @Override
    public synchronized int plan(long now) {
        plans++;
        ByteBuffer out = buffers.plan;
        int count = 0;
        int groups = 0;
        int at = Wire.PlanHeader.SIZE;
        if (now - nextNanos >= 0 || nextUnit > 0) {
            nextNanos = nextUnit > 0 ? nextNanos : now + intervalNanos;
            int inGroup = 0;
            int groupAt = at;
            for (; nextUnit < units.size() && count < 20_000; nextUnit++) {
                if (units.get(nextUnit) == null) {
                    continue;
                }
                if (inGroup == 0) {
                    groupAt = at;
                    out.putInt(groupAt + Wire.PlanGroup.FAMILY, groups);
                    at += Wire.PlanGroup.SIZE;
                    groups++;
                }
                out.putInt(at, nextUnit);
                at += 4;
                inGroup++;
                count++;
                if (inGroup == 100) {
                    out.putInt(groupAt + Wire.PlanGroup.UNIT_COUNT, inGroup);
                    at = at + 7 & ~7;
                    inGroup = 0;
                }
            }
            if (inGroup > 0) {
                out.putInt(groupAt + Wire.PlanGroup.UNIT_COUNT, inGroup);
                at = at + 7 & ~7;
            }
            if (nextUnit >= units.size()) {
                nextUnit = 0;
                passes++;
            }
        }
        if (count > 0 && anewWithUnits != null) {
            anewWithUnits.run();
            anewWithUnits = null;
            flags |= Wire.PlanFlag.PLAN_REDISCOVER;
        }
        out.putInt(Wire.PlanHeader.GROUP_COUNT, groups);
        out.putInt(Wire.PlanHeader.UNIT_COUNT, count);
        out.putLong(Wire.PlanHeader.WAKE_NS, nextUnit > 0 ? now : nextNanos);
        out.putInt(Wire.PlanHeader.FLAGS, flags | (switchesOff ? Wire.PlanFlag.PLAN_STOP : 0));
        out.putInt(Wire.PlanHeader.BYTES, at);
        if ((flags & Wire.PlanFlag.PLAN_REDISCOVER) != 0) {
            flags &= ~Wire.PlanFlag.PLAN_REDISCOVER;
            decidesAnew = true;
        }
        return count;
    }

    @Override
    public synchronized int submit(int bytes, long since) {
        this.since = since;
        check(bytes > 0 && bytes <= Wire.SAMPLE_BYTES && bytes % 8 == 0, "sample bytes " + bytes);
        submits++;
        ByteBuffer in = buffers.sample;
        int taken = 0;
        int at = 0;
        while (at < bytes) {
            if (in.get(at + Wire.SampleRecord.KIND) == Wire.SampleKind.COST) {
                costNanos += in.getLong(at + Wire.CostRecord.NANOS);
                at += Wire.CostRecord.SIZE;
                continue;
            }
            check(in.get(at + Wire.SampleRecord.KIND) == Wire.SampleKind.VALUES, "sample kind");
            int id = in.getInt(at + Wire.SampleRecord.UNIT);
            int count = in.getShort(at + Wire.SampleRecord.VALUE_COUNT) & 0xffff;
            int status = in.get(at + Wire.SampleRecord.STATUS);
            Unit unit = id < units.size() ? units.get(id) : null;
            if (unit != null) {
                check(count == (status == Wire.ReadStatus.OK ? unit.paths.size() : 0), "value count of " + unit.name);
                unit.lastStatus = status;
                unit.statuses[status]++;
                unit.reads++;
                if (status == Wire.ReadStatus.OK) {
                    take(unit, at + Wire.SampleRecord.SIZE, count);
                }
            }
            taken += count;
            at += Wire.SampleRecord.SIZE + 8 * count;
        }
        check(at == bytes, "sample end");
        return taken;
    }

    private void take(Unit unit, int at, int count) {
        if (unit.values.length != count) {
            unit.values = new double[count];
        }
        for (int i = 0; i < count; i++) {
            unit.values[i] = buffers.sample.getDouble(at + 8 * i);
            if (unit.types.get(i) == Wire.ValueType.TEXT && unit.values[i] > 0) {
                check(texts.containsKey((int) unit.values[i]), "text " + unit.values[i] + " of " + unit.name);
            }
        }
    }

    @Override
    public int learn(String facts) {
        learnt.add(facts);
        return 0;
    }

    @Override
    public int reload() {
        return 0;
    }

    @Override
    public String reloadOutcome() {
        return "";
    }

    @Override
    public int stop(int deadlineMillis) {
        stops++;
        return 0;
    }

    synchronized Unit unit(String name) {
        for (Unit unit : units) {
            if (unit != null && unit.name.equals(name)) {
                return unit;
            }
        }
        return null;
    }

    synchronized List<Unit> units() {
        List<Unit> live = new ArrayList<>(units);
        live.removeIf(unit -> unit == null);
        return live;
    }

    synchronized Integer refusal(String name) {
        return refused.get(name);
    }

    synchronized String text(int id) {
        return texts.get(id);
    }

    synchronized int textCount() {
        return texts.size();
    }


    synchronized long passes() {
        return passes;
    }
}

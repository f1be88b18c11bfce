package remora.shim;

import javax.management.MBeanServer;

/**
 * Everything that a collector thread works on. One thread at a time: a successor takes over where the one before was
 * given up, and the gate orders their memory.
 */
final class Session {
    final Core core;
    final Buffers buffers;
    final MBeanServer server;
    final MBeanReader mbeans;
    /** Null where the host has no metric registry. */
    final MetricReader metrics;
    final MBeanCatalog catalog;
    final UnitTable units = new UnitTable();
    final Stuck stuck = new Stuck();
    final Registrar registrar;
    final SampleWriter samples;

    /** Asks the collector to hand over what it has and to end. */
    volatile boolean stopping;

    /** Where the collector is in the plan: groups left, offset of the group, next unit in it. */
    int groupsLeft;
    int groupOffset;
    int nextUnit;

    Session(Core core, Buffers buffers, MBeanServer server, MetricReader metrics, String domains) {
        this.core = core;
        this.buffers = buffers;
        this.server = server;
        this.metrics = metrics;
        mbeans = new MBeanReader(server, OpenFiles.isAvailable());
        catalog = new MBeanCatalog(server, domains);
        registrar = new Registrar(core, buffers, catalog, metrics, mbeans, units, stuck);
        samples = new SampleWriter(core, buffers, new TextTable());
    }
}

#include "name/jvm_names.h"

#include <array>

namespace remora {
namespace {

constexpr MetricType kGauge = MetricType::kGauge;
constexpr MetricType kCounter = MetricType::kCounter;
constexpr MetricType kSummary = MetricType::kSummary;
constexpr double kMilli = 1e-3;
constexpr double kNano = 1e-9;

constexpr std::string_view kThreadState = "Live threads by state.";

// What every Prometheus client says of its own process. node_exporter, which shows our textfile,
// does so too: its scrape fails unless the help is the same to the letter and a label tells the two
// processes apart.
constexpr JvmName process_name(std::string_view type, std::string_view path,
                               std::string_view metric_family, MetricType metric_type, double scale,
                               std::string_view help) {
    return {type, path, metric_family, "", metric_type, scale, "", "process", "kafka", help};
}

constexpr std::array kNames = {
    JvmName{"Memory", "HeapMemoryUsage.used", "jvm_memory_used_bytes", "", kGauge, 1, "", "area",
            "heap", "Bytes of a memory area in use."},
    JvmName{"Memory", "HeapMemoryUsage.committed", "jvm_memory_committed_bytes", "", kGauge, 1, "",
            "area", "heap", "Bytes of a memory area that the JVM has from the system."},
    JvmName{"Memory", "HeapMemoryUsage.max", "jvm_memory_max_bytes", "", kGauge, 1, "", "area",
            "heap", "Bytes that a memory area may grow to; -1 when unbounded."},
    JvmName{"Memory", "HeapMemoryUsage.init", "jvm_memory_init_bytes", "", kGauge, 1, "", "area",
            "heap", "Bytes of a memory area at JVM start."},
    JvmName{"Memory", "NonHeapMemoryUsage.used", "jvm_memory_used_bytes", "", kGauge, 1, "", "area",
            "nonheap", "Bytes of a memory area in use."},
    JvmName{"Memory", "NonHeapMemoryUsage.committed", "jvm_memory_committed_bytes", "", kGauge, 1,
            "", "area", "nonheap", "Bytes of a memory area that the JVM has from the system."},
    JvmName{"Memory", "NonHeapMemoryUsage.max", "jvm_memory_max_bytes", "", kGauge, 1, "", "area",
            "nonheap", "Bytes that a memory area may grow to; -1 when unbounded."},
    JvmName{"Memory", "NonHeapMemoryUsage.init", "jvm_memory_init_bytes", "", kGauge, 1, "", "area",
            "nonheap", "Bytes of a memory area at JVM start."},
    JvmName{"Memory", "ObjectPendingFinalizationCount", "jvm_memory_objects_pending_finalization",
            "", kGauge, 1, "", "", "", "Objects waiting in the finalizer queue."},
    JvmName{"MemoryPool", "Usage.used", "jvm_memory_pool_used_bytes", "", kGauge, 1, "pool", "", "",
            "Bytes of a memory pool in use."},
    JvmName{"MemoryPool", "Usage.committed", "jvm_memory_pool_committed_bytes", "", kGauge, 1,
            "pool", "", "", "Bytes of a memory pool that the JVM has from the system."},
    JvmName{"MemoryPool", "Usage.max", "jvm_memory_pool_max_bytes", "", kGauge, 1, "pool", "", "",
            "Bytes that a memory pool may grow to; -1 when unbounded."},
    JvmName{"MemoryPool", "Usage.init", "jvm_memory_pool_init_bytes", "", kGauge, 1, "pool", "", "",
            "Bytes of a memory pool at JVM start."},
    JvmName{"MemoryPool", "CollectionUsage.used", "jvm_memory_pool_collection_used_bytes", "",
            kGauge, 1, "pool", "", "", "Bytes of a memory pool in use after its last collection."},
    JvmName{"MemoryPool", "CollectionUsage.committed", "jvm_memory_pool_collection_committed_bytes",
            "", kGauge, 1, "pool", "", "",
            "Bytes of a memory pool committed after its last collection."},
    JvmName{"MemoryPool", "CollectionUsage.max", "jvm_memory_pool_collection_max_bytes", "", kGauge,
            1, "pool", "", "", "Bytes that a memory pool may grow to, as of its last collection."},
    JvmName{"MemoryPool", "CollectionUsage.init", "jvm_memory_pool_collection_init_bytes", "",
            kGauge, 1, "pool", "", "",
            "Bytes of a memory pool at JVM start, as of its last collection."},
    JvmName{"GarbageCollector", "CollectionCount", "jvm_gc_collection_seconds", "_count", kSummary,
            1, "gc", "", "", "Collections of a garbage collector and the time spent in them."},
    JvmName{"GarbageCollector", "CollectionTime", "jvm_gc_collection_seconds", "_sum", kSummary,
            kMilli, "gc", "", "", "Collections of a garbage collector and the time spent in them."},
    JvmName{"Threading", "ThreadCount", "jvm_threads_current", "", kGauge, 1, "", "", "",
            "Live threads."},
    JvmName{"Threading", "DaemonThreadCount", "jvm_threads_daemon", "", kGauge, 1, "", "", "",
            "Live daemon threads."},
    JvmName{"Threading", "PeakThreadCount", "jvm_threads_peak", "", kGauge, 1, "", "", "",
            "Most threads alive at once since the JVM started."},
    JvmName{"Threading", "TotalStartedThreadCount", "jvm_threads_started_total", "", kCounter, 1,
            "", "", "", "Threads started since the JVM started."},
    JvmName{"ClassLoading", "LoadedClassCount", "jvm_classes_currently_loaded", "", kGauge, 1, "",
            "", "", "Classes loaded now."},
    JvmName{"ClassLoading", "TotalLoadedClassCount", "jvm_classes_loaded_total", "", kCounter, 1,
            "", "", "", "Classes loaded since the JVM started."},
    JvmName{"ClassLoading", "UnloadedClassCount", "jvm_classes_unloaded_total", "", kCounter, 1, "",
            "", "", "Classes unloaded since the JVM started."},
    JvmName{"Compilation", "TotalCompilationTime", "jvm_compilation_time_seconds_total", "",
            kCounter, kMilli, "", "", "", "Time spent in just-in-time compilation."},
    JvmName{"BufferPool", "MemoryUsed", "jvm_buffer_pool_used_bytes", "", kGauge, 1, "pool", "", "",
            "Bytes that the buffers of a pool use."},
    JvmName{"BufferPool", "TotalCapacity", "jvm_buffer_pool_capacity_bytes", "", kGauge, 1, "pool",
            "", "", "Capacity of the buffers of a pool, in bytes."},
    JvmName{"BufferPool", "Count", "jvm_buffer_pool_used_buffers", "", kGauge, 1, "pool", "", "",
            "Buffers of a pool in use."},
    JvmName{"Threading", "ThreadStates.RUNNABLE", "jvm_threads_state", "", kGauge, 1, "", "state",
            "RUNNABLE", kThreadState},
    JvmName{"Threading", "ThreadStates.BLOCKED", "jvm_threads_state", "", kGauge, 1, "", "state",
            "BLOCKED", kThreadState},
    JvmName{"Threading", "ThreadStates.WAITING", "jvm_threads_state", "", kGauge, 1, "", "state",
            "WAITING", kThreadState},
    JvmName{"Threading", "ThreadStates.TIMED_WAITING", "jvm_threads_state", "", kGauge, 1, "",
            "state", "TIMED_WAITING", kThreadState},
    JvmName{"Threading", "DeadlockedThreadCount", "jvm_threads_deadlocked", "", kGauge, 1, "", "",
            "", "Threads in a deadlock over monitors or locks; 0 when healthy."},
    process_name("OperatingSystem", "ProcessCpuTime", "process_cpu_seconds_total", kCounter, kNano,
                 "Total user and system CPU time spent in seconds."),
    process_name("OperatingSystem", "OpenFileDescriptorCount", "process_open_fds", kGauge, 1,
                 "Number of open file descriptors."),
    process_name("OperatingSystem", "MaxFileDescriptorCount", "process_max_fds", kGauge, 1,
                 "Maximum number of open file descriptors."),
    process_name("OperatingSystem", "ResidentMemorySize", "process_resident_memory_bytes", kGauge,
                 1, "Resident memory size in bytes."),
    process_name("OperatingSystem", "CommittedVirtualMemorySize", "process_virtual_memory_bytes",
                 kGauge, 1, "Virtual memory size in bytes."),
    process_name("Runtime", "StartTime", "process_start_time_seconds", kGauge, kMilli,
                 "Start time of the process since unix epoch in seconds."),
};

}  // namespace

const JvmName* find_jvm_name(std::string_view domain, std::string_view type,
                             std::string_view path) {
    if (domain != "java.lang" && domain != "java.nio") {
        return nullptr;
    }
    // The one type of java.nio; nothing in java.lang has that name.
    if ((domain == "java.nio") != (type == "BufferPool")) {
        return nullptr;
    }
    for (const JvmName& name : kNames) {
        if (name.type == type && name.path == path) {
            return &name;
        }
    }
    return nullptr;
}

bool is_jvm_counter(std::string_view domain, std::string_view type, std::string_view path) {
    return domain == "java.lang" &&
           ((type == "Threading" && path == "TotalThreadAllocatedBytes") ||
            (type == "MemoryPool" &&
             (path == "UsageThresholdCount" || path == "CollectionUsageThresholdCount")));
}

bool is_platform_domain(std::string_view domain) {
    constexpr std::array<std::string_view, 8> kDomains = {
        "java.lang",    "java.nio",           "java.util.logging", "com.sun.management",
        "jdk.internal", "jdk.management.jfr", "jdk.management",    "sun.management"};
    for (const std::string_view known : kDomains) {
        if (domain == known) {
            return true;
        }
    }
    return false;
}

}  // namespace remora

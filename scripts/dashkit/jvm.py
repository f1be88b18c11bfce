"""The JVM of brokers: memory, collections, threads, files, CPU."""
from dashkit.common import ALARMING, BY, growth, highest, rate
from dashkit.grafana import Dashboard, Query, graph, row, stat

PROCESS = ',process="kafka"'
BY_POOL, BY_GC = f"{BY}, pool", f"{BY}, gc"


def of_process(name):
    return highest(name, PROCESS)


def memory(name, area):
    return highest(f"jvm_memory_{name}_bytes", f',area="{area}"')


PANELS = (
    row("Now"),
    stat("Runs for", "Since the process began; of several brokers the shortest.", "s",
         f"min(time() - process_start_time_seconds{{@{PROCESS}}})", steps=((None, "blue"),)),
    stat("CPU, cores", "Of all threads of the brokers that are chosen.", "none",
         "sum(" + rate("process_cpu_seconds_total", PROCESS) + ")"),
    stat("Heap used", "Of the most; of several brokers the fullest. It rises and falls with each collection.",
         "percentunit", 'max(jvm_memory_used_bytes{@,area="heap"} / (jvm_memory_max_bytes{@,area="heap"} > 0))'),
    stat("In collections", "Share of time in which the JVM stood still for garbage collection.", "percentunit",
         "max(" + growth("jvm_gc_collection_seconds_sum", ',gc!~".*(Cycles|Concurrent).*"') + ")",
         steps=((None, "green"), (0.05, "orange"), (0.2, "red"))),
    stat("Deadlocked threads", "Threads that wait for one another for ever.", "none", "sum(jvm_threads_deadlocked{@})",
         steps=ALARMING),
    stat("Open files", "Of the most that the process may have. A broker has two for each segment.", "percentunit",
         f"max(process_open_fds{{@{PROCESS}}} / process_max_fds{{@{PROCESS}}})",
         steps=((None, "green"), (0.7, "orange"), (0.85, "red"))),
    stat("Threads", "Live ones.", "none", "sum(jvm_threads_current{@})"),
    stat("Resident memory", "What the processes have in RAM. The page cache, which Kafka lives on, is not in it.",
         "bytes", f"sum(process_resident_memory_bytes{{@{PROCESS}}})"),

    row("Memory"),
    graph("Heap", "Used, and the most.", "bytes", Query(memory("used", "heap"), "used {{instance}} {{broker}}"),
          Query(memory("max", "heap"), "most {{instance}} {{broker}}")),
    graph("Outside of the heap", "Classes, compiled code and the like.", "bytes",
          Query(memory("used", "nonheap"), "used {{instance}} {{broker}}")),
    graph("Resident memory", "What the process has in RAM.", "bytes",
          Query(of_process("process_resident_memory_bytes"))),
    graph("After collections", "What was still in use after the last collection of each pool. When that of the old "
          "pool rises for days, something leaks.", "bytes",
          Query(highest("jvm_memory_pool_collection_used_bytes", by=BY_POOL), "{{pool}} {{instance}} {{broker}}")),
    graph("Pools", "Used now.", "bytes",
          Query(highest("jvm_memory_pool_used_bytes", by=BY_POOL), "{{pool}} {{instance}} {{broker}}")),
    graph("Buffers", "Memory of direct and mapped buffers. Kafka maps the indexes of its logs.", "bytes",
          Query(highest("jvm_buffer_pool_used_bytes", by=BY_POOL), "{{pool}} {{instance}} {{broker}}")),

    row("Collections"),
    graph("Share of time", "By collector. 5 % is much for a broker.", "percentunit",
          Query(growth("jvm_gc_collection_seconds_sum", by=BY_GC), "{{gc}} {{instance}} {{broker}}")),
    graph("Collections", "By collector.", "cps",
          Query(growth("jvm_gc_collection_seconds_count", by=BY_GC), "{{gc}} {{instance}} {{broker}}")),
    graph("Mean length", "Of the collections of each moment. Nothing where there was none.", "s",
          Query(f"{growth('jvm_gc_collection_seconds_sum', by=BY_GC)}"
                f" / ({growth('jvm_gc_collection_seconds_count', by=BY_GC)} > 0)",
                "{{gc}} {{instance}} {{broker}}")),

    row("CPU, threads, files"),
    graph("CPU, cores", "Of all threads.", "none",
          Query(growth("process_cpu_seconds_total", PROCESS))),
    graph("Threads by state", "Blocked: they wait for a lock.", "none",
          Query("sum by (state) (jvm_threads_state{@})", "{{state}}"), stacked=True),
    graph("Open files", "Files and connections, and the most that the process may have.", "none",
          Query(of_process("process_open_fds"), "open {{instance}} {{broker}}"),
          Query(of_process("process_max_fds"), "most {{instance}} {{broker}}")),
    graph("Threads", "Live ones.", "none", Query(highest("jvm_threads_current"))),
    graph("Threads that start", "A number that stays high: something makes a thread for each request.", "cps",
          Query(growth("jvm_threads_started_total"))),
    graph("Classes", "Loaded now.", "none", Query(highest("jvm_classes_currently_loaded"))),
)

DASHBOARD = Dashboard(
    "remora-jvm", "Kafka JVM", "Memory, collections, threads, files and CPU of brokers. Metrics by Remora.",
    ("datasource", "cluster", "instance", "broker"), PANELS)

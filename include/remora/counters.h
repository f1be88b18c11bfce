// Every counter of the agent: one table gives the enum, the names in self-metrics and in `remora
// stat`, and the help text. Counters only grow; a gauge is set. One writer thread each, readers
// anywhere.
#pragma once

#include <cstddef>
#include <cstdint>

namespace remora {

// X(name, kind, metric name without the `remora_` prefix, help)
// kind: counter | gauge | seconds (a counter kept in nanoseconds and shown in seconds). A name
// ending in `_dropped_total` is a loss: the conservation check sums them.
// clang-format off
#define REMORA_COUNTERS(X) \
    /* reading: collector thread */ \
    X(kCycles,               counter, "cycles_total",                  "plan/submit cycles of the collector") \
    X(kJniCalls,             counter, "jni_calls_total",               "plan and submit calls across JNI") \
    X(kUnitsPlanned,         counter, "units_planned_total",           "units handed out to be read") \
    X(kUnitsRead,            counter, "units_read_total",              "units read with a usable result") \
    X(kValuesRead,           counter, "values_read_total",             "values read") \
    X(kReadsFailed,          counter, "reads_failed_total",            "units whose read threw, was no number, or too large") \
    X(kReadsGone,            counter, "reads_gone_total",              "units that were unregistered when read (transient)") \
    X(kReadsBlocked,         counter, "reads_blocked_total",           "reads that did not return and cost their thread") \
    X(kReadsHeld,            counter, "reads_held_total",              "reads put off: a bean like it hangs or has hung, or too many threads hang") \
    X(kReadNanos,            seconds, "read_seconds_total",            "wall time spent in reads, by the collector's own clock") \
    X(kCollectorCpuNanos,    seconds, "collector_cpu_seconds_total",   "CPU time of the collector thread") \
    X(kCollectorCycleNanosMax, gauge, "collector_cycle_nanoseconds_max", "longest collector cycle so far") \
    X(kSubmitsRejected,      counter, "submits_rejected_total",        "submitted batches with a malformed record") \
    /* registration: collector thread */ \
    X(kUnits,                gauge,   "units",                         "units registered now") \
    X(kUnitsMetricObjects,   gauge,   "units_metric_objects",          "of these units read as metric objects; the others go through the MBean server") \
    X(kSeries,               gauge,   "series",                        "series registered now") \
    X(kSeriesHidden,         gauge,   "series_hidden",                 "of these series not shown: partitions outside the sample, not among the top, aggregated") \
    X(kFamilies,             gauge,   "families",                      "cost families known") \
    X(kBeansSeen,            counter, "beans_seen_total",              "bean registrations offered by the shim") \
    X(kBeansUndescribed,     counter, "beans_undescribed_total",       "beans that threw or blocked when they were looked at") \
    X(kBeansNotSelected,     counter, "beans_not_selected_total",      "beans that the selection leaves out") \
    X(kRegexUnanswered,      counter, "regex_unanswered_total",        "names that a regular expression gave no answer about within its limits; they count as not matched") \
    X(kUnitsRegistered,      counter, "units_registered_total",        "units registered") \
    X(kUnitsUnregistered,    counter, "units_unregistered_total",      "units unregistered") \
    X(kUnitsRefused,         counter, "units_refused_total",           "units refused because a limit was reached") \
    X(kSeriesRefused,        counter, "series_refused_total",          "series refused because a cap or limit was reached") \
    X(kOutputSeriesRefused,  counter, "output_series_refused_total",   "series that an output had no room for") \
    X(kOutputSeriesClashing, counter, "output_series_clashing_total",  "series that an output left out since another has their name and labels or their family") \
    X(kOutputRuleFaults,     counter, "output_rule_faults_total",      "values of which a rule that fits makes no series: no number, no name, two labels of one name, too many steps") \
    X(kTextsRefused,         counter, "texts_refused_total",           "distinct text values beyond the limit") \
    /* ring 1 */ \
    X(kRingPushed,           counter, "ring_pushed_total",             "messages pushed into the sample ring") \
    X(kRingFullDropped,      counter, "ring_full_values_dropped_total", "values lost because the sample ring was full") \
    X(kControlDropped,       counter, "control_ring_full_total",       "registrations retried because the ring was full") \
    /* cache and sampling: core thread */ \
    X(kValuesCached,         counter, "values_cached_total",           "values taken into the cache") \
    X(kValuesSuperseded,     counter, "values_superseded_total",       "cached values replaced before any tick emitted them") \
    X(kValuesEmittedFresh,   counter, "values_emitted_fresh_total",    "values read since the last tick and emitted (misses)") \
    X(kValuesHidden,         counter, "values_hidden_total",           "values read of series that are not shown") \
    X(kValuesAggregated,     counter, "values_aggregated_total",       "values made of those of several units") \
    X(kAggregatesUnknown,    gauge,   "aggregates_unknown",            "sums and maxima left out of the outputs now: a part of them is not known") \
    X(kValuesOrphanDropped,  counter, "values_orphan_dropped_total",   "values of units that were gone on arrival") \
    X(kValuesUnregisteredDropped, counter, "values_unregistered_dropped_total", "fresh values whose unit left before a tick") \
    X(kCacheHits,            counter, "cache_hits_total",              "series emitted from cache without a read since the last tick") \
    X(kValuesMissing,        counter, "values_missing_total",          "attributes left out because they threw or were null beside others of their bean") \
    X(kCacheMisses,          counter, "cache_misses_total",            "series emitted that were read since the last tick") \
    X(kValuesUnaccounted,    gauge,   "values_unaccounted",            "cached values that no counter tells the end of: 0 unless the agent is wrong") \
    X(kCacheStale,           counter, "cache_stale_total",             "series emitted that were older than twice their interval") \
    X(kValuesExpired,        gauge,   "values_expired",                "series left out of the outputs now: not read for five times their bound") \
    X(kUnitsQuarantined,     gauge,   "units_quarantined",             "units in quarantine now") \
    X(kQuarantines,          counter, "quarantines_total",             "times a unit entered quarantine") \
    X(kUnitsShed,            gauge,   "units_shed",                    "units not read because the CPU ceiling is too low") \
    X(kWideningStep,         gauge,   "bounds_widening_step",          "how far bounds on age are widened because the CPU ceiling is too low: 0 (not) to 6") \
    X(kTickIntervalMillis,   gauge,   "tick_interval_milliseconds",    "time between two ticks; more than the base interval when the CPU ceiling is too low") \
    X(kPriceNanos,           gauge,   "sampler_price_nanoseconds",     "CPU time a second that is spent at most to have one moving value a second younger; it falls when the CPU ceiling is too low") \
    X(kBudgetPpm,            gauge,   "cpu_budget_ppm",                "ceiling of the agent's CPU, millionths of one core") \
    X(kCpuUsedPpm,           gauge,   "cpu_used_ppm",                  "CPU used over the last minute, millionths of one core") \
    X(kTickOverheadMicros,   gauge,   "tick_overhead_microseconds",    "CPU of a tick that is not reads: sampling, outputs, wakeups; the median of three") \
    X(kCoreCpuNanos,         seconds, "core_cpu_seconds_total",        "CPU time of the core thread") \
    X(kCoreCycleNanosMax,    gauge,   "core_cycle_nanoseconds_max",    "longest core cycle so far") \
    X(kUnitsWoken,           counter, "units_woken_total",             "units read before they were due: others of their family had changed more than expected") \
    X(kSolves,               counter, "sampler_solves_total",          "times the square-root law was solved") \
    X(kSampleTrace,          counter, "trace_records_total",           "records written to a trace") \
    /* emission: core thread */ \
    X(kTicks,                counter, "ticks_total",                   "output ticks") \
    X(kTicksUnfinished,      counter, "ticks_unfinished_total",        "ticks that did not wait for all their reads") \
    X(kTicksSkipped,         counter, "ticks_skipped_total",           "output ticks given up because a sink was behind") \
    X(kLinesEncoded,         counter, "lines_encoded_total",           "lines encoded for outputs") \
    X(kLinesTooLongDropped,  counter, "lines_too_long_dropped_total",  "lines longer than a block or packet") \
    X(kValuesUnencodable,    counter, "values_unencodable_total",      "values that a format cannot express (NaN, infinity)") \
    X(kSinkBlocked,          counter, "sink_blocked_total",            "times an output's ring had no free block") \
    /* sinks: sink threads, summed over outputs */ \
    X(kSinkBytes,            counter, "sink_bytes_total",              "bytes written by sinks") \
    X(kSinkFrames,           counter, "sink_frames_total",             "complete ticks written by sinks") \
    X(kSinkFramesDropped,    counter, "sink_frames_dropped_total",     "ticks that a sink gave up") \
    X(kSinkBytesDropped,     counter, "sink_bytes_dropped_total",      "bytes that a sink gave up") \
    X(kSinkErrors,           counter, "sink_errors_total",             "failed writes, opens, renames and sends") \
    X(kSinkRotations,        counter, "sink_rotations_total",          "file rotations") \
    X(kSinkTickMillis,       gauge,   "sink_tick_milliseconds",        "time from the last tick until a sink had written all of it") \
    X(kSinkPackets,          counter, "sink_packets_total",            "datagrams sent") \
    X(kSinkCpuNanos,         seconds, "sink_cpu_seconds_total",        "CPU time of the sink threads") \
    /* scrape endpoints: their threads, summed over outputs */ \
    X(kHttpRequests,         counter, "http_requests_total",           "requests that scrape endpoints answered, refused ones among them") \
    X(kHttpRefused,          counter, "http_refused_total",            "requests and connections that scrape endpoints refused") \
    X(kHttpCutOff,           counter, "http_cut_off_total",            "connections that scrape endpoints ended because the client took too long") \
    X(kHttpBytes,            counter, "http_sent_bytes_total",         "bytes that scrape endpoints sent") \
    X(kHttpCpuNanos,         seconds, "http_cpu_seconds_total",        "CPU time of the scrape endpoints' threads") \
    /* the agent itself */ \
    X(kSupervisorCpuNanos,   seconds, "supervisor_cpu_seconds_total",  "CPU time of the thread that watches the collector") \
    X(kHouseCpuNanos,        seconds, "house_cpu_seconds_total",       "CPU time of the thread that watches the configuration and writes the counters") \
    X(kFaults,               counter, "faults_total",                  "contained faults; the first one switches the agent off") \
    X(kLogSuppressed,        counter, "log_suppressed_total",          "log lines suppressed by the rate limit") \
    X(kLogLinesLost,         counter, "log_lines_lost_total",          "log lines dropped because nobody read standard error") \
    X(kConfigReloads,        counter, "config_reloads_total",          "configuration changes that came into use") \
    X(kConfigReloadsFailed,  counter, "config_reload_failures_total",  "configuration changes refused; the old one stays") \
    X(kTuningTried,          counter, "tuning_changes_tried_total",    "changes of the configuration that the optimizer has begun to try") \
    X(kTuningKept,           counter, "tuning_changes_kept_total",     "changes that the optimizer has judged good and kept") \
    X(kTuningTakenBack,      counter, "tuning_changes_taken_back_total", "changes that the optimizer has taken back, since they did not help, hurt, no longer fit or were reverted") \
    X(kTuningInForce,        gauge,   "tuning_changes_in_force",       "changes of the optimizer that are kept and in force") \
    X(kTuningWindow,         gauge,   "tuning_trial_window",           "window of the trial that runs, of four: the change is made in the second and the last; 0: none runs") \
    X(kUptimeSeconds,        gauge,   "uptime_seconds",                "seconds since the core started")
// clang-format on

enum class Counter : std::uint32_t {
#define REMORA_COUNTER_ENUM(name, kind, metric, help) name,
    REMORA_COUNTERS(REMORA_COUNTER_ENUM)
#undef REMORA_COUNTER_ENUM
        kEnd
};

inline constexpr std::size_t kCounterCount = static_cast<std::size_t>(Counter::kEnd);

}  // namespace remora

"""Remora itself: can its values be believed, and what do they cost."""
from dashkit.common import ALARMING, BY, growth, highest, rate
from dashkit.grafana import Dashboard, Query, graph, row, stat, table

FULL = "Of level full of self_metrics."
OUTPUT = "{{output}} {{instance}} {{broker}}"


def by_output(name):
    return growth(name, by=f"{BY}, output")


PANELS = (
    row("Can its values be believed?"),
    stat("Last tick, ago", "Of the broker most behind. More than a minute, or six ticks: it was killed or hangs, and "
         "its values are old.", "s", "max(abs(time() - remora_last_tick_timestamp_seconds{@}))",
         steps=((None, "green"), (60, "red"))),
    stat("Agents that ended", "Stopped in order, or switched off by themselves. The broker's log says why.", "none",
         "count(remora_up{@} == 0) or vector(0)", steps=ALARMING),
    stat("CPU of its ceiling", "Used, as a share of sampling.cpu_budget_percent; of several the highest.",
         "percentunit", "max(remora_cpu_used_ppm{@} / remora_cpu_budget_ppm{@})",
         steps=((None, "green"), (0.9, "orange"), (1.1, "red"))),
    stat("Bounds widened", "Steps by which values may be older since the ceiling is too low: 0 is none, 6 the last.",
         "none", "max(remora_bounds_widening_step{@})", steps=((None, "green"), (1, "orange"), (5, "red"))),
    stat("Series left out", "Not read for five times their bound: absent rather than wrong.", "none",
         "sum(remora_values_expired{@})", steps=ALARMING),
    stat("In quarantine", "MBeans whose reads fail or hang. The broker's log names them.", "none",
         "sum(remora_units_quarantined{@})", steps=ALARMING),
    stat("Refused, 15 minutes", "Series that a cap or limit kept out when their MBeans were offered within this time. "
         "The broker's log names the cap.", "none", "sum(increase(remora_series_refused_total{@}[15m]))",
         steps=((None, "green"), (1, "orange"))),
    stat("Faults", "Faults that the agent has contained. The first one switches it off.", "none",
         "sum(remora_faults_total{@})", steps=ALARMING),

    row("How old and how true"),
    graph("Oldest value", "By class, at the last tick. Alerts and what is of the whole broker are read for every "
          "tick.", "s",
          Query(highest("remora_value_age_seconds", ',quantile="1"', "class"), "{{class}}")),
    graph("Error of the values", "By class, estimated by reading some values again: 0 is none, 1 is as wrong as can "
          "be. Over the last five to ten minutes.", "none",
          Query(highest("remora_accuracy_error_ratio", by="class"), "{{class}}")),
    graph("How sure that is", "With 95 % confidence the error lies within this of the estimate.", "none",
          Query(highest("remora_accuracy_error_ratio_margin", by="class"), "{{class}}")),

    row("What it costs"),
    graph("CPU, of one core", "Used over the last minute, and the ceiling.", "percentunit",
          Query(highest("remora_cpu_used_ppm") + " / 1e6", "used {{instance}} {{broker}}"),
          Query(highest("remora_cpu_budget_ppm") + " / 1e6", "ceiling {{instance}} {{broker}}")),
    graph("Time between two ticks", "More than sampling.base_interval: the ceiling is too low.", "ms",
          Query(highest("remora_tick_interval_milliseconds"))),
    graph("How much there is", "MBeans that are read, and series made of them.", "short",
          Query(highest("remora_units"), "beans {{instance}} {{broker}}"),
          Query(highest("remora_series"), "series {{instance}} {{broker}}")),

    row("What goes wrong"),
    graph("Reads that fail", "Failed: the MBean threw, or its value was no number. Blocked: the read did not return.",
          "cps",
          Query(growth("remora_reads_failed_total"), "failed {{instance}} {{broker}}"),
          Query(growth("remora_reads_blocked_total"), "blocked {{instance}} {{broker}}"), width=6),
    graph("Values lost", "Since the ring between the two threads was full.", "cps",
          Query(growth("remora_ring_full_values_dropped_total")), width=6),
    graph("Ticks that did not wait", "Written before all that was due had been read.", "cps",
          Query(growth("remora_ticks_unfinished_total")), width=6),
    graph("Configurations refused", "Changed files with a mistake: the old configuration stays in force. The broker's "
          "log says what is wrong.", "none",
          Query(highest("remora_config_reload_failures_total")), width=6),

    row("Outputs"),
    graph("Bytes written", "By output.", "Bps", Query(by_output("remora_sink_bytes_total"), OUTPUT)),
    graph("Errors", "Failed writes, renames and sends. The broker's log names the reason.", "cps",
          Query(by_output("remora_sink_errors_total"), OUTPUT)),
    graph("Ticks that did not get out", "Dropped: given up after an error. Skipped: the output was still busy.", "cps",
          Query(by_output("remora_sink_frames_dropped_total"), f"dropped {OUTPUT}"),
          Query(by_output("remora_ticks_skipped_total"), f"skipped {OUTPUT}")),
    table("Versions", "Which agent runs where.", (
        ("Agents", "none", f"count by ({BY}, version) (remora_build_info{{@}})"),), height=6, width=12),

    row("More, with self_metrics full"),
    graph("From the cache", f"Share of the series that a tick showed without a read. {FULL}", "percentunit",
          Query(highest("remora_cache_efficiency")), share=True, needs=("full",)),
    graph("Where reading goes", f"The ten families of MBeans whose reads take most, in seconds a second. {FULL}",
          "percentunit",
          Query(f"topk(10, {growth('remora_family_read_seconds_total', by='family')})", "{{family}}"),
          needs=("full",)),
    graph("CPU by thread", f"Seconds a second of the agent's threads. {FULL}", "percentunit",
          *(Query("sum(" + rate(f"remora_{name}_cpu_seconds_total") + ")", text) for name, text in (
              ("collector", "reads"), ("core", "decides and encodes"), ("sink", "writes"),
              ("supervisor", "watches reads"), ("house", "watches files"))), stacked=True, needs=("full",)),
)

DASHBOARD = Dashboard(
    "remora-agent", "Remora", "Can the agent's values be believed, and what do they cost? Remora's own metrics.",
    ("datasource", "cluster", "instance", "broker"), PANELS)

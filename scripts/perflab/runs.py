"""The runs that are compared, and in which order they are made."""
import dataclasses
import re


@dataclasses.dataclass(frozen=True)
class Run:
    """One way to monitor the brokers. `kind`: none, or what reads; `config`: Remora's."""
    name: str
    title: str
    kind: str
    config: dict = dataclasses.field(default_factory=dict)


BASELINE = "baseline"

# The threads that each kind has inside a broker, as the kernel has their names (15 characters). A
# broker without it has none of these.
THREADS = {
    "none": None,
    "jmx": re.compile("RMI |JMX "),
    "jmx_exporter": re.compile("prometheus-http|HTTP-Dispatcher|idle-timeout-ta|req-rsp-timeout"),
    "jolokia": re.compile("jolokia-|HTTP-Dispatcher|idle-timeout-ta"),
    "remora": re.compile("remora"),
}

PEERS = ("jmx", "jmx_exporter", "jolokia")

KNOWN = {run.name: run for run in (
    Run(BASELINE, "no monitoring", "none"),
    Run("jmx", "remote JMX, every attribute", "jmx"),
    Run("jmx_exporter", "jmx_exporter 1.0.1 with a Kafka rule file", "jmx_exporter"),
    Run("jolokia", "Jolokia 2.1.2, one bulk read", "jolokia"),
    Run("optimized", "Remora, built-in configuration", "remora"),
    Run("everything", "Remora, every value", "remora", {"select": {"profile": "all"}}),
    Run("second", "Remora, built-in but base interval 1 s", "remora",
        {"sampling": {"base_interval": "1s"}}),
)}
SHORT = (BASELINE, *PEERS, "optimized", "everything")
LONG = (*SHORT, "second")


def chosen(names):
    """The runs of these names, baseline first; ValueError names one that is unknown."""
    unknown = [name for name in names if name not in KNOWN]
    if unknown:
        raise ValueError(f"no such run: {unknown[0]} (there are {', '.join(KNOWN)})")
    ordered = [BASELINE] + [name for name in names if name != BASELINE]
    return [KNOWN[name] for name in dict.fromkeys(ordered)]


def is_own(kind, group):
    """Whether threads of this group (cluster.group_of) belong to what monitors the broker."""
    return bool(THREADS[kind] and THREADS[kind].match(group))


def order(runs, repeats):
    """[(repeat, run), ...]: A B C A B C, so that what drifts is not taken for a run's effect."""
    return [(repeat, run) for repeat in range(1, repeats + 1) for run in runs]


def interval_s(run, default_s):
    """Seconds between two collections of this run."""
    own = run.config.get("sampling", {}).get("base_interval")
    return float(own[:-1]) if own else default_s

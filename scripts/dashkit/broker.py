"""One broker, or several side by side: traffic, requests, threads, replicas, logs, metadata."""
from dashkit.common import ALARMING, BY, IDLE_HANDLERS, LOW_IS_BAD, growth, highest, rate, traffic
from dashkit.grafana import Dashboard, Query, graph, row, stat

# Kafka's numbers of the broker's state.
STATES = ((0, "not running", "red"), (1, "starting", "orange"), (2, "recovering", "orange"), (3, "running", "green"),
          (6, "shutting down", "orange"), (7, "shutting down", "orange"), (127, "unknown", "red"))
# What a request goes through, in this order.
STAGES = (("requestqueue", "waits for a thread"), ("local", "is handled"), ("remote", "waits for others"),
          ("throttle", "is throttled"), ("responsequeue", "answer waits"), ("responsesend", "answer is sent"))
# node_exporter makes 0.5 of 0.50.
QUANTILES = (("0.50?", "half"), ("0.99", "99 of 100"), ("0.999", "999 of 1000"))

OF_REQUEST = ',request="$request"'


def mean_of_stage(stage):
    """What it took by request: all brokers that are chosen, together."""
    name = f"kafka_network_requestmetrics_{stage}timems"
    return f"sum({rate(name + '_sum', OF_REQUEST)}) / sum({rate(name + '_count', OF_REQUEST)})"


def listener_sum(name):
    return f"sum by ({BY}, listener) ({name})"


PANELS = (
    row("Now"),
    stat("State", "What the broker says of itself. It stays at *starting* while it waits for a controller.", "none",
         "min(kafka_server_kafkaserver_brokerstate{@})", names=STATES, steps=((None, "red"),)),
    stat("Runs for", "Since the process began; of several brokers the shortest.", "s",
         'min(time() - process_start_time_seconds{@,process="kafka"})', steps=((None, "blue"),)),
    stat("Replicas", "Partitions of which it holds a copy.", "short",
         "sum(kafka_server_replicamanager_partitioncount{@})"),
    stat("Leads", "Partitions that it leads.", "short", "sum(kafka_server_replicamanager_leadercount{@})"),
    stat("Under-replicated", "Of those that it leads, partitions whose replicas are not all in sync.", "short",
         "sum(kafka_server_replicamanager_underreplicatedpartitions{@})", steps=((None, "green"), (1, "orange"))),
    stat("Under minimum ISR", "Of those that it leads, partitions that refuse writes with acks=all.", "short",
         "sum(kafka_server_replicamanager_underminisrpartitioncount{@})", steps=ALARMING),
    stat("Handlers idle", "Share of time in which the threads that handle requests have nothing to do.", "percentunit",
         f"min({IDLE_HANDLERS})", steps=LOW_IS_BAD),
    stat("Offline directories", "Log directories that it has given up.", "short",
         "sum(kafka_log_logmanager_offlinelogdirectorycount{@})", steps=ALARMING),

    row("Traffic"),
    graph("Bytes of clients", "What clients write and read.", "Bps",
          Query(traffic("bytesin"), "in {{instance}} {{broker}}"),
          Query(traffic("bytesout"), "out {{instance}} {{broker}}")),
    graph("Bytes of replication", "What it takes as a follower and gives as a leader.", "Bps",
          Query(traffic("replicationbytesin"), "in {{instance}} {{broker}}"),
          Query(traffic("replicationbytesout"), "out {{instance}} {{broker}}")),
    graph("Messages in", "Records that clients write.", "cps", Query(traffic("messagesin"))),
    graph("Requests by kind", "The ten most frequent kinds.", "reqps",
          Query(f"topk(10, {growth('kafka_network_requestmetrics_requests_total', by='request')})", "{{request}}")),
    graph("Answers with an error", "The ten most frequent, by kind of request and error. Some belong to normal life: "
          "a group that begins gets MEMBER_ID_REQUIRED.", "reqps",
          Query("topk(10, " + growth("kafka_network_requestmetrics_errors_total", ',error!="NONE"', "request, error")
                + ")",
                "{{request}} {{error}}")),
    graph("Failed produce and fetch", "Requests that it answered with an error.", "reqps",
          Query(traffic("failedproducerequests"), "produce {{instance}} {{broker}}"),
          Query(traffic("failedfetchrequests"), "fetch {{instance}} {{broker}}")),

    row("How long a request takes: $request"),
    graph("Quantiles", "From arrival until the answer was sent, over the last minutes.", "ms",
          *(Query(highest("kafka_network_requestmetrics_totaltimems", f'{OF_REQUEST},quantile=~"{quantile}"'),
                  f"{name} {{{{instance}}}} {{{{broker}}}}")
            for quantile, name in QUANTILES), width=12),
    graph("Where the time goes", "Mean of the requests of each moment, stage by stage; the sum is the whole. Produce "
          "with acks=all waits for followers, a fetch for data.", "ms",
          *(Query(mean_of_stage(stage), name) for stage, name in STAGES), stacked=True, width=12),

    row("Is it busy?"),
    graph("Request handlers idle", "Threads that handle requests (num.io.threads). Under 20 % requests wait. Where "
          "broker and controller are one process, Kafka before 4.3 adds both up: up to 200 %.", "percentunit",
          Query(IDLE_HANDLERS)),
    graph("Network threads idle", "Threads that read requests and send answers (num.network.threads).", "percentunit",
          Query(highest("kafka_network_socketserver_networkprocessoravgidlepercent"))),
    graph("Queues", "Requests that wait for a handler, and answers that wait to be sent. At queued.max.requests "
          "(500) nothing more is read from clients.", "none",
          Query(highest("kafka_network_requestchannel_requestqueuesize"), "requests {{instance}} {{broker}}"),
          Query(highest("kafka_network_requestchannel_responsequeuesize", ',processor=""'),
                "answers {{instance}} {{broker}}")),
    graph("Connections", "Open ones, by listener.", "none",
          Query(listener_sum("kafka_server_socket_server_metrics_connection_count{@}"),
                "{{listener}} {{instance}} {{broker}}")),
    graph("New connections", "Clients that connect again and again cost a broker much, above all with TLS.", "cps",
          Query(listener_sum(rate("kafka_server_socket_server_metrics_connection_creation_total")),
                "{{listener}} {{instance}} {{broker}}")),
    graph("Requests that wait in purgatory", "Produce with acks=all waits there for followers, a fetch for data.",
          "none",
          Query(f"sum by ({BY}, delayedOperation) (kafka_server_delayedoperationpurgatory_purgatorysize{{@}})",
                "{{delayedOperation}} {{instance}} {{broker}}")),

    row("Replicas and logs"),
    graph("Replicas that leave and join", "Of partitions that it leads.", "cps",
          Query(growth("kafka_server_replicamanager_isrshrinks_total"), "leave {{instance}} {{broker}}"),
          Query(growth("kafka_server_replicamanager_isrexpands_total"), "join {{instance}} {{broker}}")),
    graph("Largest lag as a follower", "Messages that it has still to fetch of the partition most behind.", "none",
          Query(highest("kafka_server_replicafetchermanager_maxlag"))),
    graph("Replication in trouble", "Partitions that it can no longer replicate, threads that died, partitions that "
          "are being moved, replicas on offline directories.", "none",
          Query(f"sum by ({BY}) (kafka_server_replicafetchermanager_failedpartitionscount{{@}})",
                "failed {{instance}} {{broker}}"),
          Query(f"sum by ({BY}) (kafka_server_replicafetchermanager_deadthreadcount{{@}})",
                "dead threads {{instance}} {{broker}}"),
          Query(highest("kafka_server_replicamanager_reassigningpartitions"), "moving {{instance}} {{broker}}"),
          Query(highest("kafka_server_replicamanager_offlinereplicacount"), "offline {{instance}} {{broker}}")),
    graph("Flush of a log, 99 of 100", "How long the disk takes. Kafka flushes when it rolls a segment.", "ms",
          Query(highest("kafka_log_logflushstats_logflushrateandtimems", ',quantile="0.99"'))),
    graph("Compaction", "Share of the dirtiest log that is not compacted yet.", "percent",
          Query(highest("kafka_log_logcleanermanager_max_dirty_percent"))),
    graph("Bytes on disk", "Sum of the logs of the partitions that are shown.", "bytes",
          Query(f"sum by ({BY}) (kafka_log_log_size{{@}})"), interval="1m"),

    row("Groups"),
    graph("Consumer groups", "Groups that this broker coordinates, by state. Groups that rebalance all the time do "
          "not read.", "none",
          *(Query(f"sum(kafka_coordinator_group_groupmetadatamanager_{name}{{@}})", text)
            for name, text in (("numgroupsstable", "stable"), ("numgroupspreparingrebalance", "prepare a rebalance"),
                               ("numgroupscompletingrebalance", "complete a rebalance"), ("numgroupsempty", "empty"),
                               ("numgroupsdead", "dead")))),
    graph("Committed offsets kept", "In memory, of groups that it coordinates.", "none",
          Query(highest("kafka_coordinator_group_groupmetadatamanager_numoffsets"))),
    graph("Expired connections", "Connections closed since nobody used them, or they could not authenticate again.",
          "cps", Query(f"sum by ({BY}) (" + rate("kafka_network_socketserver_expiredconnectionskilledcount") + " or "
                       + rate("kafka_network_socketserver_expiredconnectionskilledcount_total") + ")")),

    row("Controller and metadata"),
    graph("Events wait for the controller, 99 of 100", "Of the broker that is, or may become, the controller.", "ms",
          Query(highest("kafka_controller_controllereventmanager_eventqueuetimems", ',quantile="0.99"'))),
    graph("Metadata behind", "With KRaft: how old the newest metadata is that the broker has applied.", "ms",
          Query(highest("kafka_server_broker_metadata_metrics_last_applied_record_lag_ms")), needs=("kraft",)),
    graph("Commit of metadata", "With KRaft: mean time until a record of metadata is committed. Nothing where "
          "nothing changes.", "ms",
          Query(highest("kafka_server_raft_metrics_commit_latency_avg")), needs=("kraft",)),
)

DASHBOARD = Dashboard(
    "remora-broker", "Kafka broker", "Traffic, requests, threads, replicas, logs and metadata of brokers. "
    "Metrics by Remora.", ("datasource", "cluster", "instance", "broker", "request"), PANELS)

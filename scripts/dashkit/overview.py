"""Overview of a cluster: is it well, what goes through it, which broker stands out."""
from dashkit.common import ALARMING, ALIVE, BY, IDLE_HANDLERS, SEEN, growth, highest, of_now, traffic
from dashkit.grafana import Dashboard, Query, graph, row, stat, table

STATES = ((0, "ended", "orange"), (1, "alive", "green"), (2, "stale", "red"), (3, "gone", "red"))


def of_cluster(name):
    return traffic(name, "cluster")


def broker_tables():
    return table(
        "Brokers", "One row a broker. *Stale*: it was killed or hangs, and its other values are old. "
        "*Ended*: it, or the agent in it, was stopped in order. *Gone*: it told of itself within the last hour, and "
        "nothing does now. Click on a name for its dashboards.", (
            ("State", "none", f"max by ({BY}) ({ALIVE} or (remora_up{{@}} == 0) or (remora_up{{@}} + 1))"
                              f" or max by ({BY}) ({SEEN} * 0 + 3)"),
            ("Replicas", "short", highest("kafka_server_replicamanager_partitioncount")),
            ("Leads", "short", highest("kafka_server_replicamanager_leadercount")),
            ("Under-replicated", "short", highest("kafka_server_replicamanager_underreplicatedpartitions")),
            ("Bytes in", "Bps", traffic("bytesin")),
            ("Bytes out", "Bps", traffic("bytesout")),
            ("Handlers idle", "percentunit", IDLE_HANDLERS),
            ("CPU, cores", "none", growth("process_cpu_seconds_total", ',process="kafka"')),
            ("Heap used", "bytes", highest("jvm_memory_used_bytes", ',area="heap"')),
            ("Last tick, ago", "s", f"max by ({BY}) (time() - remora_last_tick_timestamp_seconds{{@}})")),
        names=STATES, links=True)


PANELS = (
    row("Is it well?"),
    stat("Brokers that tell", "Brokers whose agent runs and whose values are of now.", "none",
         f"count({ALIVE}) or vector(0)"),
    stat("Brokers that do not", "Brokers seen within the last hour that have ended, were killed, hang or cannot be "
         "reached. Their row below says which.", "none",
         f"(count({SEEN}) or vector(0)) - (count({ALIVE}) or vector(0))", steps=ALARMING),
    stat("Active controllers", "One is right. None: nothing in the cluster can change. "
         "Nothing here: no controller of this cluster has the agent.", "none",
         f"sum({of_now('kafka_controller_kafkacontroller_activecontrollercount{@}')})",
         steps=((None, "red"), (1, "green"), (2, "red"))),
    stat("Offline partitions", "Partitions without a leader: nobody can write or read them.", "none",
         f"max({of_now('kafka_controller_kafkacontroller_offlinepartitionscount{@}')})", steps=ALARMING),
    stat("Under minimum ISR", "Partitions with fewer replicas in sync than min.insync.replicas: "
         "they refuse writes with acks=all.", "none",
         f"sum({of_now('kafka_server_replicamanager_underminisrpartitioncount{@}')})", steps=ALARMING),
    stat("Under-replicated", "Partitions whose replicas are not all in sync.", "none",
         f"sum({of_now('kafka_server_replicamanager_underreplicatedpartitions{@}')})",
         steps=((None, "green"), (1, "orange"))),
    stat("Offline log directories", "Directories that a broker has given up, for a fault of the disk "
         "or since it was full.", "none",
         f"sum({of_now('kafka_log_logmanager_offlinelogdirectorycount{@}')})", steps=ALARMING),
    stat("Unclean elections", "In the chosen time. Each made a replica the leader that was not in sync: "
         "records were lost.", "none",
         "max(increase(kafka_controller_controllerstats_uncleanleaderelections_total{@}[$__range]))", steps=ALARMING),

    row("Brokers"),
    broker_tables(),

    row("Traffic"),
    graph("Bytes", "What clients write and read. Replication between brokers is not in it.", "Bps",
          Query(of_cluster("bytesin"), "in {{cluster}}"), Query(of_cluster("bytesout"), "out {{cluster}}"), width=6),
    graph("Replication", "What followers take from leaders. With three replicas it is twice what comes in.", "Bps",
          Query(of_cluster("replicationbytesin"), "in {{cluster}}"),
          Query(of_cluster("replicationbytesout"), "out {{cluster}}"), width=6),
    graph("Messages", "Records that clients write.", "cps", Query(of_cluster("messagesin"), "in {{cluster}}"), width=6),
    graph("Requests", "Produce and fetch requests of clients and followers.", "reqps",
          Query(of_cluster("totalproducerequests"), "produce {{cluster}}"),
          Query(of_cluster("totalfetchrequests"), "fetch {{cluster}}"), width=6),
    graph("Bytes in, by broker", "A broker far from the others leads too many, or too busy partitions.", "Bps",
          Query(traffic("bytesin"))),
    graph("Bytes out, by broker", "What clients read.", "Bps", Query(traffic("bytesout"))),
    graph("Failed requests", "Produce and fetch requests that brokers answered with an error.", "reqps",
          Query(of_cluster("failedproducerequests"), "produce {{cluster}}"),
          Query(of_cluster("failedfetchrequests"), "fetch {{cluster}}")),

    row("How long requests take"),
    graph("Produce, 99 of 100", "Of the last minutes, as the broker measures it: from the arrival of a request until "
          "its answer was sent.", "ms",
          Query(highest("kafka_network_requestmetrics_totaltimems", ',request="Produce",quantile="0.99"'))),
    graph("Fetch of consumers, 99 of 100", "A fetch waits up to the consumer's fetch.max.wait.ms for data, "
          "so 500 ms are no fault where little comes in.", "ms",
          Query(highest("kafka_network_requestmetrics_totaltimems", ',request="FetchConsumer",quantile="0.99"'))),
    graph("Request handlers idle", "The share of time in which the threads that handle requests have nothing to do. "
          "Under 20 % is too little. Where broker and controller are one process, Kafka before 4.3 adds both up: "
          "up to 200 %.", "percentunit", Query(IDLE_HANDLERS)),

    row("Replicas"),
    graph("Under-replicated partitions", "By the broker that leads them. The cause is most often another broker: "
          "one that is down, or slow.", "none",
          Query(highest("kafka_server_replicamanager_underreplicatedpartitions"))),
    graph("Replicas that leave and join", "In-sync sets that shrink and grow again without a restart: a broker, "
          "its disk or its network is too slow.", "cps",
          Query(growth("kafka_server_replicamanager_isrshrinks_total", by="cluster"), "leave {{cluster}}"),
          Query(growth("kafka_server_replicamanager_isrexpands_total", by="cluster"), "join {{cluster}}")),
    graph("Largest lag of a follower", "Messages that the follower most behind has still to fetch, by follower.",
          "none", Query(highest("kafka_server_replicafetchermanager_maxlag"))),
    graph("Topics and partitions", "As the controller knows them.", "none",
          Query(highest("kafka_controller_kafkacontroller_globaltopiccount", by="cluster"), "topics {{cluster}}"),
          Query(highest("kafka_controller_kafkacontroller_globalpartitioncount", by="cluster"),
                "partitions {{cluster}}"), width=12),
    graph("Leaders, by broker", "Unequal numbers after a restart get even again with the next election of preferred "
          "leaders.", "none", Query(highest("kafka_server_replicamanager_leadercount")), width=12),
)

DASHBOARD = Dashboard(
    "remora-overview", "Kafka cluster",
    "Is the cluster well, what goes through it, and which broker stands out? Metrics by Remora.",
    ("datasource", "cluster"), PANELS)

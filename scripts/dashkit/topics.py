"""Topics: which of them carry the traffic, fill the disks, or are in trouble."""
from dashkit.common import traffic
from dashkit.grafana import Dashboard, Query, graph, row, table

OF_TOPIC = ',topic=~"$topic",topic!=""'
# Beans of topics are read within 30 s, of partitions within 60 s: a rate over less shows steps.
MINUTE = "1m"


def by_topic(name):
    return traffic(name, "topic", OF_TOPIC)


def partition_sum(name, function="sum"):
    return f'{function} by (topic) ({name}{{@,topic=~"$topic"}})'


def largest(title, text, unit, expression):
    """The ten topics that have most of it."""
    return graph(title, text, unit, Query(f"topk(10, {expression})", "{{topic}}"), interval=MINUTE)


PANELS = (
    row("All that are chosen"),
    table("Topics", "Sums over the brokers that are chosen. *Replicas* and *on disk* count those partitions that the "
          "configuration shows (topics.partition_sample).", (
              ("Messages in", "cps", by_topic("messagesin")),
              ("Bytes in", "Bps", by_topic("bytesin")),
              ("Bytes out", "Bps", by_topic("bytesout")),
              ("Replicas", "short", partition_sum("kafka_log_log_logendoffset", "count")),
              ("On disk", "bytes", partition_sum("kafka_log_log_size")),
              ("Under-replicated", "short", partition_sum("kafka_cluster_partition_underreplicated")),
              ("Under minimum ISR", "short", partition_sum("kafka_cluster_partition_underminisr"))),
          height=10, interval=MINUTE),

    row("Traffic of the ten largest"),
    largest("Bytes in", "What clients write.", "Bps", by_topic("bytesin")),
    largest("Bytes out", "What clients read.", "Bps", by_topic("bytesout")),
    largest("Messages in", "Records that clients write.", "cps", by_topic("messagesin")),
    largest("Produce requests", "Many requests with few bytes: producers that do not batch (linger.ms).", "reqps",
            by_topic("totalproducerequests")),
    largest("Fetch requests", "Of consumers and followers.", "reqps", by_topic("totalfetchrequests")),
    largest("Bytes a message", "Mean size of what is written.", "bytes",
            f"{by_topic('bytesin')} / ({by_topic('messagesin')} > 0)"),

    row("Disk of the ten largest"),
    largest("Bytes on disk", "All replicas of the partitions that are shown.", "bytes",
            partition_sum("kafka_log_log_size")),
    largest("Messages that are kept", "Between the first and the last offset, in the longest replica of each "
            "partition. Compacted topics have gaps in it.", "short",
            'sum by (topic) (max by (topic, partition) (kafka_log_log_logendoffset{@,topic=~"$topic"}'
            ' - kafka_log_log_logstartoffset{@,topic=~"$topic"}))'),
    largest("Largest partition", "A partition far above its topic's mean: keys that are not spread.", "bytes",
            partition_sum("kafka_log_log_size", "max")),

    row("In trouble"),
    largest("Under-replicated partitions", "By topic.", "none",
            partition_sum("kafka_cluster_partition_underreplicated")),
    largest("Largest lag of a follower", "Messages that the follower most behind has still to fetch.", "none",
            partition_sum("kafka_server_fetcherlagmetrics_consumerlag", "max")),
    largest("Held back by open transactions", "Messages that consumers with read_committed cannot see yet.", "none",
            partition_sum("kafka_cluster_partition_laststableoffsetlag", "max")),
)

DASHBOARD = Dashboard(
    "remora-topics", "Kafka topics", "Which topics carry the traffic, fill the disks, or are in trouble. "
    "Metrics by Remora.", ("datasource", "cluster", "instance", "broker", "topic"), PANELS)

"""Topics: which of them carry the traffic, fill the disks, or are in trouble."""
from dashkit.common import traffic
from dashkit.grafana import Dashboard, Query, graph, row, table

OF_TOPIC = ',topic=~"$topic",topic!=""'
# Beans of topics are read within 30 s, of partitions within 60 s: a rate over less shows steps.
MINUTE = {"interval": "1m"}


def by_topic(name):
    return traffic(name, "topic", OF_TOPIC)


def partition_sum(name, function="sum"):
    return f'{function} by (topic) ({name}{{@,topic=~"$topic"}})'


def most(text):
    return f"topk(10, {text})"


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
          height=10, **MINUTE),

    row("Traffic of the ten largest"),
    graph("Bytes in", "What clients write.", "Bps", Query(most(by_topic("bytesin")), "{{topic}}"), **MINUTE),
    graph("Bytes out", "What clients read.", "Bps", Query(most(by_topic("bytesout")), "{{topic}}"), **MINUTE),
    graph("Messages in", "Records that clients write.", "cps", Query(most(by_topic("messagesin")), "{{topic}}"),
          **MINUTE),
    graph("Produce requests", "Many requests with few bytes: producers that do not batch (linger.ms).", "reqps",
          Query(most(by_topic("totalproducerequests")), "{{topic}}"), **MINUTE),
    graph("Fetch requests", "Of consumers and followers.", "reqps",
          Query(most(by_topic("totalfetchrequests")), "{{topic}}"), **MINUTE),
    graph("Bytes a message", "Mean size of what is written.", "bytes",
          Query(most(f"{by_topic('bytesin')} / ({by_topic('messagesin')} > 0)"), "{{topic}}"), **MINUTE),

    row("Disk of the ten largest"),
    graph("Bytes on disk", "All replicas of the partitions that are shown.", "bytes",
          Query(most(partition_sum("kafka_log_log_size")), "{{topic}}"), **MINUTE),
    graph("Messages that are kept", "Between the first and the last offset, in the longest replica of each "
          "partition. Compacted topics have gaps in it.", "short",
          Query(most('sum by (topic) (max by (topic, partition) (kafka_log_log_logendoffset{@,topic=~"$topic"}'
                     ' - kafka_log_log_logstartoffset{@,topic=~"$topic"}))'), "{{topic}}"), **MINUTE),
    graph("Largest partition", "A partition far above its topic's mean: keys that are not spread.", "bytes",
          Query(most(partition_sum("kafka_log_log_size", "max")), "{{topic}}"), **MINUTE),

    row("In trouble"),
    graph("Under-replicated partitions", "By topic.", "none",
          Query(most(partition_sum("kafka_cluster_partition_underreplicated")), "{{topic}}"), **MINUTE),
    graph("Largest lag of a follower", "Messages that the follower most behind has still to fetch.", "none",
          Query(most(partition_sum("kafka_server_fetcherlagmetrics_consumerlag", "max")), "{{topic}}"), **MINUTE),
    graph("Held back by open transactions", "Messages that consumers with read_committed cannot see yet.", "none",
          Query(most(partition_sum("kafka_cluster_partition_laststableoffsetlag", "max")), "{{topic}}"), **MINUTE),
)

DASHBOARD = Dashboard(
    "remora-topics", "Kafka topics", "Which topics carry the traffic, fill the disks, or are in trouble. "
    "Metrics by Remora.", ("datasource", "cluster", "instance", "broker", "topic"), PANELS)

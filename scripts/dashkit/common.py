"""Expressions that several dashboards have."""

BY = "cluster, instance, broker"
# A broker that was killed leaves its last values behind: they are old, and what they tell is no
# longer so. This has a series for each broker whose values are of now.
ALIVE = ("(remora_up{@} == 1 unless on (instance, broker) "
         "((abs(time() - remora_last_tick_timestamp_seconds{@}) > 60)"
         " > 0.006 * remora_tick_interval_milliseconds{@}))")
# A broker whose port is scraped has no series at all when it is dead. This has one for each broker
# that was there within the last hour.
SEEN = "last_over_time(remora_up{@}[1h])"
# Kafka 4.3 and newer have one share a pool; before, the only one adds up those of the broker and,
# where it is the same process, of the controller.
IDLE_HANDLERS = (f"min by ({BY}) (kafka_server_kafkarequesthandlerpool_brokerrequesthandleravgidle_percent{{@}}"
                 " or kafka_server_kafkarequesthandlerpool_requesthandleravgidle_percent{@})")
ALARMING = ((None, "green"), (1, "red"))
LOW_IS_BAD = ((None, "red"), (0.2, "orange"), (0.4, "green"))


def of_now(expression):
    """`expression`, of brokers whose values are of now."""
    return f"({expression} and on (instance, broker) {ALIVE})"


def rate(name, more=""):
    return f"rate({name}{{@{more}}}[$__rate_interval])"


def highest(name, more="", by=BY):
    """The largest value. `more`: further selectors, with a comma before them."""
    return f"max by ({by}) ({name}{{@{more}}})"


def growth(name, more="", by=BY):
    """Growth a second of a counter, added up."""
    return f"sum by ({by}) (" + rate(name, more) + ")"


def traffic(name, by=BY, more=',topic=""'):
    """Growth of a counter of BrokerTopicMetrics; of whole brokers unless `more` takes topics."""
    return growth(f"kafka_server_brokertopicmetrics_{name}_total", more, by)

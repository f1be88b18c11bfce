import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/**
 * Creates or deletes many topics: {@code create|delete BOOTSTRAP PREFIX TOPICS PARTITIONS
 * REPLICATION}. Ends when every partition has a leader that answers, with all replicas in sync (or
 * no topic is left). Prints one line of JSON; progress goes to stderr.
 */
public final class LabAdmin {
    /** Partitions asked for in one request: small enough to answer within the request timeout. */
    private static final int BATCH_PARTITIONS = 1000;

    private static final long DEADLINE_MS = 300_000;

    private LabAdmin() {}

    public static void main(String[] args) throws Exception {
        if (args.length != 7) {
            System.err.println(
                    "LabAdmin create|delete BOOTSTRAP PREFIX TOPICS PARTITIONS REPLICATION "
                            + "MIN_INSYNC_REPLICAS");
            System.exit(2);
        }
        int partitions = Integer.parseInt(args[4]);
        short replication = Short.parseShort(args[5]);
        List<String> names = names(args[2], Integer.parseInt(args[3]));
        Properties config = new Properties();
        config.put("bootstrap.servers", args[1]);
        config.put("request.timeout.ms", "60000");
        config.put("default.api.timeout.ms", "240000");
        long began = System.nanoTime();
        try (Admin admin = Admin.create(config)) {
            int changed = args[0].equals("create")
                    ? create(admin, names, partitions, replication, args[6])
                    : delete(admin, names);
            System.out.printf(
                    "{\"action\": \"%s\", \"topics\": %d, \"changed\": %d, \"partitions\": %d, "
                            + "\"replication\": %d, \"seconds\": %.2f}%n",
                    args[0], names.size(), changed, partitions, replication,
                    (System.nanoTime() - began) / 1e9);
        } catch (ExecutionException failure) {
            System.err.println("lab: " + failure.getCause());
            System.exit(1);
        } catch (IllegalStateException failure) {
            System.err.println("lab: " + failure.getMessage());
            System.exit(1);
        }
    }

    /** Names of the lab's topics: PREFIX-0000 and so on, so that they sort as they count. */
    static List<String> names(String prefix, int count) {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            names.add(String.format("%s-%04d", prefix, i));
        }
        return names;
    }

    private static int create(Admin admin, List<String> names, int partitions, short replication,
            String minInsyncReplicas) throws Exception {
        int step = Math.max(1, BATCH_PARTITIONS / partitions);
        int changed = 0;
        for (int at = 0; at < names.size(); at += step) {
            List<NewTopic> batch = new ArrayList<>();
            for (String name : names.subList(at, Math.min(at + step, names.size()))) {
                batch.add(new NewTopic(name, partitions, replication)
                        .configs(Map.of("min.insync.replicas", minInsyncReplicas)));
            }
            changed += settled(admin.createTopics(batch).values(), TopicExistsException.class);
            progress("created", at + batch.size(), names.size());
        }
        awaitLeaders(admin, names, replication);
        awaitServed(admin, names, partitions);
        return changed;
    }

    /**
     * The leaders are named before they know it: a broker still makes the logs when the metadata
     * have long told of them. Only a leader answers this question; the client asks until one does.
     */
    private static void awaitServed(Admin admin, List<String> names, int partitions)
            throws Exception {
        long deadline = System.currentTimeMillis() + DEADLINE_MS;
        while (true) {
            try {
                askLeaders(admin, names, partitions);
                return;
            } catch (ExecutionException failure) {
                // A broker that is asked before it has heard of the topic.
                boolean early = failure.getCause() instanceof UnknownTopicOrPartitionException;
                if (!early || System.currentTimeMillis() > deadline) {
                    throw failure;
                }
            }
            Thread.sleep(200);
        }
    }

    private static void askLeaders(Admin admin, List<String> names, int partitions)
            throws Exception {
        int step = Math.max(1, BATCH_PARTITIONS / partitions);
        for (int at = 0; at < names.size(); at += step) {
            Map<TopicPartition, OffsetSpec> wanted = new HashMap<>();
            List<String> batch = names.subList(at, Math.min(at + step, names.size()));
            Map<String, KafkaFuture<TopicDescription>> answers =
                    byName(admin.describeTopics(batch));
            for (Map.Entry<String, KafkaFuture<TopicDescription>> entry : answers.entrySet()) {
                for (TopicPartitionInfo partition : entry.getValue().get().partitions()) {
                    wanted.put(new TopicPartition(entry.getKey(), partition.partition()),
                            OffsetSpec.earliest());
                }
            }
            admin.listOffsets(wanted).all().get();
        }
    }

    private static int delete(Admin admin, List<String> names) throws Exception {
        int step = 100;
        int changed = 0;
        for (int at = 0; at < names.size(); at += step) {
            List<String> batch = names.subList(at, Math.min(at + step, names.size()));
            changed += settled(byName(admin.deleteTopics(batch)),
                    UnknownTopicOrPartitionException.class);
            progress("deleted", at + batch.size(), names.size());
        }
        awaitAbsence(admin, names);
        return changed;
    }

    /** The answers by topic name: the method that gives them was called otherwise before 3.1. */
    @SuppressWarnings("unchecked")
    private static <T> Map<String, KafkaFuture<T>> byName(Object result) throws Exception {
        Method method;
        try {
            method = result.getClass().getMethod("topicNameValues");
        } catch (NoSuchMethodException older) {
            method = result.getClass().getMethod("values");
        }
        return (Map<String, KafkaFuture<T>>) method.invoke(result);
    }

    /** Waits for every answer; how many succeeded, where {@code harmless} is not a failure. */
    private static int settled(
            Map<String, KafkaFuture<Void>> answers, Class<? extends Exception> harmless)
            throws Exception {
        int succeeded = 0;
        for (KafkaFuture<Void> answer : answers.values()) {
            try {
                answer.get();
                succeeded++;
            } catch (ExecutionException failure) {
                if (!harmless.isInstance(failure.getCause())) {
                    throw failure;
                }
            }
        }
        return succeeded;
    }

    private static void awaitLeaders(Admin admin, List<String> names, short replication)
            throws Exception {
        long deadline = System.currentTimeMillis() + DEADLINE_MS;
        List<String> waiting = new ArrayList<>(names);
        while (!waiting.isEmpty()) {
            List<String> batch = waiting.subList(0, Math.min(200, waiting.size()));
            List<String> unready = new ArrayList<>();
            Map<String, KafkaFuture<TopicDescription>> answers =
                    byName(admin.describeTopics(batch));
            for (Map.Entry<String, KafkaFuture<TopicDescription>> entry : answers.entrySet()) {
                if (!isReady(entry.getValue(), replication)) {
                    unready.add(entry.getKey());
                }
            }
            List<String> rest = new ArrayList<>(waiting.subList(batch.size(), waiting.size()));
            rest.addAll(unready);
            waiting = rest;
            if (!unready.isEmpty()) {
                if (System.currentTimeMillis() > deadline) {
                    throw new IllegalStateException(waiting.size() + " topics have no leaders");
                }
                Thread.sleep(100);
            }
        }
    }

    private static boolean isReady(KafkaFuture<TopicDescription> answer, short replication)
            throws Exception {
        TopicDescription description;
        try {
            description = answer.get(60, TimeUnit.SECONDS);
        } catch (ExecutionException failure) {
            if (failure.getCause() instanceof UnknownTopicOrPartitionException) {
                return false;
            }
            throw failure;
        }
        for (TopicPartitionInfo partition : description.partitions()) {
            if (partition.leader() == null || partition.leader().isEmpty()
                    || partition.isr().size() < Math.min(replication, partition.replicas().size())) {
                return false;
            }
        }
        return true;
    }

    private static void awaitAbsence(Admin admin, List<String> names) throws Exception {
        long deadline = System.currentTimeMillis() + DEADLINE_MS;
        while (!Collections.disjoint(admin.listTopics().names().get(), names)) {
            if (System.currentTimeMillis() > deadline) {
                throw new IllegalStateException("some topics are still there");
            }
            Thread.sleep(100);
        }
    }

    private static void progress(String verb, int done, int all) {
        System.err.printf("lab: %s %d of %d topics%n", verb, done, all);
    }
}

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Loads a lab for a bounded time: {@code LabLoad KEY=VALUE...} (see {@link Plan}). What is sent
 * (how many records, in which order, to which topic and partition, with which bytes) is fixed by
 * the arguments; only when it is sent depends on the machine. Prints one line of JSON.
 */
public final class LabLoad {
    private static final int TICK_MS = 20;
    private static final double BURST = 5.0;

    /** Records in a row for one partition of a topic, so that they share a batch. */
    private static final int RUN = 16;

    /** How long after the end the plan may still be worked off, and consumers may catch up. */
    private static final long GRACE_MS = 5000;

    private LabLoad() {}

    /** The arguments. */
    private static final class Plan {
        final Map<String, String> given = new HashMap<>();
        final String bootstrap;
        final double seconds;
        final double rate;
        final int size;
        final double skew;
        final String[] phases;
        final double phaseSeconds;
        final int consumers;
        final long seed;
        final double warmUp;
        final List<String> topics = new ArrayList<>();
        final List<Integer> partitions = new ArrayList<>();

        Plan(String[] args) {
            for (String arg : args) {
                int equals = arg.indexOf('=');
                given.put(arg.substring(0, equals), arg.substring(equals + 1));
            }
            bootstrap = given.get("bootstrap");
            seconds = Double.parseDouble(given.get("seconds"));
            rate = Double.parseDouble(given.get("rate"));
            size = Integer.parseInt(given.get("size"));
            skew = Double.parseDouble(given.get("skew"));
            phases = given.get("phases").split(",");
            phaseSeconds = Double.parseDouble(given.get("phase-seconds"));
            consumers = Integer.parseInt(given.get("consumers"));
            seed = Long.parseLong(given.get("seed"));
            warmUp = Double.parseDouble(given.getOrDefault("warm-up", "0"));
        }

        /** Seconds whose records count for latencies and rates. */
        double measuredSeconds() {
            return Math.max(seconds - warmUp, 1e-3);
        }

        /** Records a second at {@code atMs} after the start. */
        double rateAt(long atMs) {
            String phase = phases[(int) (atMs / (phaseSeconds * 1000)) % phases.length];
            switch (phase) {
                case "idle":
                    return 0;
                case "burst":
                    return rate * BURST;
                default:
                    return rate;
            }
        }

        /** Looks up which topics there are: those named PREFIX-..., at most the number wanted. */
        void findTopics() throws Exception {
            Properties config = new Properties();
            config.put("bootstrap.servers", bootstrap);
            String prefix = given.getOrDefault("prefix", "");
            int most = Integer.parseInt(given.getOrDefault("topics", "0"));
            try (Admin admin = Admin.create(config)) {
                for (String name : new TreeSet<>(admin.listTopics().names().get())) {
                    boolean wanted = prefix.isEmpty() || name.startsWith(prefix + "-");
                    if (wanted && !name.startsWith("__") && (most == 0 || topics.size() < most)) {
                        topics.add(name);
                    }
                }
            }
        }
    }

    /** Totals; the consumers' threads count into them too. */
    private static final class Totals {
        final AtomicLong acknowledged = new AtomicLong();
        final AtomicLong failed = new AtomicLong();
        final AtomicLong consumed = new AtomicLong();
        final AtomicLong consumedBytes = new AtomicLong();
        final Latencies produce = new Latencies();
        final Latencies delivery = new Latencies();
        volatile String error;
        /** Wall clock in ms from which on sent records count for latencies; set before the first. */
        volatile long measuredFromMs = Long.MAX_VALUE;
        long sent;
        long planned;

        void acknowledge(long sentMs, long sentNanos) {
            acknowledged.incrementAndGet();
            if (sentMs >= measuredFromMs) {
                produce.add((System.nanoTime() - sentNanos) / 100_000);
            }
        }

        void consume(long sentMs, long nowMs, int bytes) {
            consumed.incrementAndGet();
            consumedBytes.addAndGet(bytes);
            if (sentMs >= measuredFromMs) {
                delivery.add(Math.max(0, nowMs - sentMs) * 10);
            }
        }
    }

    /** How long things took, in tenths of a millisecond up to 10 s; threads may share it. */
    private static final class Latencies {
        /** The last one holds what took longer, too. */
        private final AtomicLongArray tenths = new AtomicLongArray(100_000);
        private final AtomicLong count = new AtomicLong();

        void add(long tenth) {
            tenths.incrementAndGet((int) Math.min(tenth, tenths.length() - 1));
            count.incrementAndGet();
        }

        /** What the share {@code quantile} of them took at most, in ms. */
        double atMostMs(double quantile) {
            long left = (long) Math.ceil(count.get() * quantile);
            int tenth = 0;
            while (tenth < tenths.length() - 1 && (left -= tenths.get(tenth)) > 0) {
                tenth++;
            }
            return tenth / 10.0;
        }

        String json(String name, double seconds) {
            return String.format("\"%s_p50_ms\": %.1f, \"%s_p99_ms\": %.1f, "
                            + "\"%s_p999_ms\": %.1f, \"%s_per_s\": %.1f",
                    name, atMostMs(0.5), name, atMostMs(0.99), name, atMostMs(0.999), name,
                    count.get() / seconds);
        }
    }

    public static void main(String[] args) throws Exception {
        Plan plan = new Plan(args);
        plan.findTopics();
        if (plan.topics.isEmpty()) {
            System.err.println("lab: there is no topic to load: create some with `lab topics`");
            System.exit(1);
        }
        long began = System.nanoTime();
        Totals totals = new Totals();
        List<Consumer> consumers = new ArrayList<>();
        for (int i = 1; i <= plan.consumers; i++) {
            consumers.add(new Consumer(plan, totals, i));
        }
        consumers.forEach(Thread::start);
        produce(plan, totals);
        awaitConsumers(plan, totals);
        for (Consumer consumer : consumers) {
            consumer.end();
        }
        double seconds = (System.nanoTime() - began) / 1e9;
        System.out.printf("{\"topics\": %d, \"planned\": %d, \"produced\": %d, \"errors\": %d, "
                        + "\"produced_bytes\": %d, \"consumed\": %d, \"consumed_bytes\": %d, "
                        + "%s, %s, \"seconds\": %.2f, \"seed\": %d}%n",
                plan.topics.size(), totals.planned, totals.acknowledged.get(), totals.failed.get(),
                totals.acknowledged.get() * plan.size, totals.consumed.get(),
                totals.consumedBytes.get(), totals.produce.json("produce", plan.measuredSeconds()),
                totals.delivery.json("delivery", plan.measuredSeconds()), seconds, plan.seed);
        System.out.flush();
        if (totals.error != null) {
            System.err.println("lab: a consumer failed: " + totals.error);
        }
        System.exit(totals.error == null && totals.acknowledged.get() > 0 ? 0 : 1);
    }

    private static void produce(Plan plan, Totals totals) throws Exception {
        Properties config = new Properties();
        config.put("bootstrap.servers", plan.bootstrap);
        config.put("client.id", "lab-load");
        config.put("acks", "1");
        config.put("linger.ms", "20");
        config.put("batch.size", "32768");
        config.put("max.block.ms", "5000");
        config.put("retry.backoff.ms", "500");
        config.put("request.timeout.ms", "10000");
        config.put("delivery.timeout.ms", "15000");
        config.put("key.serializer", ByteArraySerializer.class.getName());
        config.put("value.serializer", ByteArraySerializer.class.getName());
        KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(config);
        for (String topic : plan.topics) {
            plan.partitions.add(producer.partitionsFor(topic).size());
        }
        SplittableRandom random = new SplittableRandom(plan.seed);
        double[] shares = shares(plan.topics.size(), plan.skew);
        long[] counts = new long[plan.topics.size()];
        byte[] bytes = new byte[plan.size];
        long ticks = Math.round(plan.seconds * 1000 / TICK_MS);
        double due = 0;
        long began = System.currentTimeMillis();
        totals.measuredFromMs = began + Math.round(plan.warmUp * 1000);
        for (long tick = 0; tick < ticks; tick++) {
            due += plan.rateAt(tick * TICK_MS) * TICK_MS / 1000;
            long now = System.currentTimeMillis() - began;
            boolean late = now > plan.seconds * 1000 + GRACE_MS;
            for (; due >= 1; due--) {
                totals.planned++;
                int topic = pick(shares, random.nextDouble());
                random.nextBytes(bytes);
                if (!late) {
                    int partition = (int) (counts[topic]++ / RUN % plan.partitions.get(topic));
                    send(producer, plan.topics.get(topic), partition, bytes.clone(), totals);
                }
            }
            long wait = began + (tick + 1) * TICK_MS - System.currentTimeMillis();
            if (wait > 0) {
                Thread.sleep(wait);
            }
        }
        producer.close(Duration.ofMillis(GRACE_MS));
        totals.failed.set(totals.planned - totals.acknowledged.get());
    }

    private static void send(KafkaProducer<byte[], byte[]> producer, String topic, int partition,
            byte[] bytes, Totals totals) {
        totals.sent++;
        long sentNanos = System.nanoTime();
        long sentMs = System.currentTimeMillis();
        ProducerRecord<byte[], byte[]> record =
                new ProducerRecord<>(topic, partition, sentMs, null, bytes);
        producer.send(record, (metadata, failure) -> {
            if (failure == null) {
                totals.acknowledge(sentMs, sentNanos);
            }
        });
    }

    /** Cumulative shares of a Zipf distribution: the topic of rank r gets 1 / r^skew. */
    private static double[] shares(int count, double skew) {
        double[] shares = new double[count];
        double sum = 0;
        for (int i = 0; i < count; i++) {
            sum += 1 / Math.pow(i + 1, skew);
            shares[i] = sum;
        }
        for (int i = 0; i < count; i++) {
            shares[i] /= sum;
        }
        return shares;
    }

    private static int pick(double[] shares, double at) {
        int found = Arrays.binarySearch(shares, at);
        return Math.min(found >= 0 ? found + 1 : -found - 1, shares.length - 1);
    }

    /** Until all is consumed, or the consumers have had time enough. */
    private static void awaitConsumers(Plan plan, Totals totals) throws InterruptedException {
        long deadline = System.currentTimeMillis() + GRACE_MS;
        while (plan.consumers > 0 && totals.error == null
                && totals.consumed.get() < totals.acknowledged.get()
                && System.currentTimeMillis() < deadline) {
            Thread.sleep(50);
        }
    }

    /** One member of the group that reads every topic of the load. */
    private static final class Consumer extends Thread {
        private final Plan plan;
        private final Totals totals;
        private final KafkaConsumer<byte[], byte[]> consumer;

        Consumer(Plan plan, Totals totals, int number) {
            super("consumer-" + number);
            setDaemon(true);
            this.plan = plan;
            this.totals = totals;
            Properties config = new Properties();
            config.put("bootstrap.servers", plan.bootstrap);
            config.put("client.id", "lab-load-" + number);
            config.put("group.id", "lab-load");
            config.put("auto.offset.reset", "earliest");
            config.put("fetch.min.bytes", "16384");
            config.put("fetch.max.wait.ms", "500");
            config.put("key.deserializer", ByteArrayDeserializer.class.getName());
            config.put("value.deserializer", ByteArrayDeserializer.class.getName());
            consumer = new KafkaConsumer<>(config);
        }

        void end() throws InterruptedException {
            consumer.wakeup();
            join(GRACE_MS);
        }

        @Override
        public void run() {
            try {
                consumer.subscribe(plan.topics);
                while (true) {
                    ConsumerRecords<byte[], byte[]> records = consumer.poll(Duration.ofMillis(500));
                    long nowMs = System.currentTimeMillis();
                    for (ConsumerRecord<byte[], byte[]> record : records) {
                        totals.consume(record.timestamp(), nowMs, record.serializedValueSize());
                    }
                }
            } catch (WakeupException ended) {
                // Asked to.
            } catch (RuntimeException failure) {
                totals.error = failure.toString();
            } finally {
                consumer.close(Duration.ofSeconds(3));
            }
        }
    }
}

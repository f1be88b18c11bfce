package remora.shim;

import java.io.File;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Supplier;

/** The JNI boundary by itself: every native with good and bad arguments. Run with {@code -Xcheck:jni}. */
public final class JniCheck {
    private static final int CYCLES = 2000;

    public static void main(String[] arguments) throws Exception {
        System.load(arguments[0]);
        File directory = new File(arguments[1]);
        check(Native.wireVersion() == Wire.VERSION, "wire version");
        check(Native.version().matches("\\d+\\.\\d+\\.\\d+\\+\\S+"), Native.version());
        badStarts(directory);
        manyMistakes(directory);
        life(directory);
        check(Native.plan(0, 1) < 0, "plan without an agent is refused");
        check(Native.submit(0, 0, 1) < 0, "submit without an agent is refused");
        check(Native.control(0, 0) < 0, "control without an agent is refused");
        check(Native.learn(0, "broker.id=1\n") < 0, "facts without an agent are refused");
        check(Native.reload(0) < 0, "a reload without an agent is refused");
        check(Native.reloadOutcome(0) == null, "no outcome without an agent");
        check(Native.stop(0, 10) < 0, "stop without an agent is refused");
        check(Native.threads() == 0, "every thread of the library has ended");
        System.out.println("jni: ok");
    }

    private static ByteBuffer direct(int bytes) {
        return ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static void badStarts(File directory) {
        ByteBuffer good = direct(1 << 20);
        ByteBuffer heap = ByteBuffer.allocate(1 << 20);
        fails("direct", () -> Native.start("", "", heap, good, good, good));
        fails("direct", () -> Native.start("", "", good, null, good, good));
        fails("smaller", () -> Native.start("", "", good, good, direct(64), good));
        fails("null", () -> Native.start(null, "", good, good, good, good));
        fails("null", () -> Native.start("", null, good, good, good, good));
        fails("/nowhere/remora.json", () -> Native.start("/nowhere/remora.json", "", good, good, good, good));
    }

    /** Each of them is told, however many there are. */
    private static void manyMistakes(File directory) throws Exception {
        StringBuilder text = new StringBuilder("{");
        for (int i = 0; i < 60; i++) {
            text.append(i == 0 ? "" : ",").append("\"mistake_number_").append(i).append("\": 1");
        }
        Path config = new File(directory, "wrong.json").toPath();
        Files.write(config, text.append("}").toString().getBytes(StandardCharsets.UTF_8));
        ByteBuffer[] buffers = {direct(Wire.CONTROL_BYTES), direct(Wire.ANSWER_BYTES), direct(Wire.PLAN_BYTES),
            direct(Wire.SAMPLE_BYTES)};
        try {
            Native.start(config.toString(), "", buffers[0], buffers[1], buffers[2], buffers[3]);
        } catch (IllegalStateException e) {
            String[] lines = e.getMessage().split("\n");
            check(lines.length == 60, lines.length + " lines for 60 mistakes");
            check(lines[59].contains("mistake_number_59"), lines[59]);
            return;
        }
        throw new AssertionError("started on a wrong configuration");
    }

    private static void life(File directory) throws Exception {
        Path config = new File(directory, "remora.json").toPath();
        write(config, directory, ", \"outputs\": [{\"at_end\": \"keep\"}]");
        ByteBuffer control = direct(Wire.CONTROL_BYTES);
        ByteBuffer answer = direct(Wire.ANSWER_BYTES);
        ByteBuffer plan = direct(Wire.PLAN_BYTES);
        ByteBuffer sample = direct(Wire.SAMPLE_BYTES);
        long handle = Native.start(config.toString(), "user.name=t\u00e9st\n", control, answer, plan, sample);
        check(handle != 0, "a handle");
        int unit = register(handle, control, answer);
        check(Native.submit(handle, -1, 0) < 0, "negative bytes are refused");
        check(Native.submit(handle, Integer.MAX_VALUE, 0) < 0, "more bytes than the buffer has are refused");
        check(Native.control(handle, Integer.MAX_VALUE) < 0, "the same of control");
        for (int i = 0; i < CYCLES; i++) {
            check(Native.plan(handle, System.nanoTime()) >= 0, "plan");
            sample.putInt(0, unit).putInt(4, 1 | 1 << 16).putDouble(8, i);
            check(Native.submit(handle, 16, System.nanoTime()) == 1, "one value taken");
        }
        check(Native.learn(handle, "broker.id=1\n") == 0, "facts");
        check(Native.learn(handle, null) < 0, "no facts");
        check(Native.reloadOutcome(handle) == null, "nobody asked for a reload");
        check(Native.reload(handle) == 0, "a reload");
        String mistakes = null;
        while (mistakes == null) {
            Thread.sleep(1);
            mistakes = Native.reloadOutcome(handle);
        }
        check(mistakes.isEmpty(), mistakes);
        check(Native.threads() > 2, "the library has threads");
        check(Native.stop(handle, 5000) == 0, "stop");
        String text = new String(Files.readAllBytes(new File(directory, "remora.prom").toPath()), StandardCharsets.UTF_8);
        check(text.contains("kafka_server_replicamanager_partitioncount " + (CYCLES - 1)), "the last value is in the file");
        Native.endFiles(null, null);
        Native.endFiles("/nowhere/remora.json", "");
        write(config, directory, "");
        Native.endFiles(config.toString(), "");
        text = new String(Files.readAllBytes(new File(directory, "remora.prom").toPath()), StandardCharsets.UTF_8);
        check(text.endsWith("\nremora_up 0\n") && !text.contains("partitioncount"), "old values are gone: " + text);
    }

    private static void write(Path config, File directory, String more) throws Exception {
        Files.write(config, ("{\"directory\": \"" + directory + "\", \"select\": {\"profile\": \"all\"}" + more + "}")
                .getBytes(StandardCharsets.UTF_8));
    }

    private static int register(long handle, ByteBuffer control, ByteBuffer answer) {
        byte[] name = "kafka.server:type=ReplicaManager,name=PartitionCount".getBytes(StandardCharsets.UTF_8);
        int bytes = (16 + name.length + 7) / 8 * 8;
        control.putInt(0, bytes).put(4, (byte) 1).put(5, (byte) 0).putShort(6, (short) 0);
        control.putInt(8, 77).putShort(12, (short) name.length).putShort(14, (short) 0);
        for (int i = 0; i < name.length; i++) {
            control.put(16 + i, name[i]);
        }
        check(Native.control(handle, bytes) == 24, "one answer with one selector");
        check(answer.getInt(8) == 77, "the token is echoed");
        check(answer.getInt(0) >= 0, "the unit is taken");
        return answer.getInt(0);
    }

    private static void fails(String expected, Supplier<Long> call) {
        try {
            call.get();
        } catch (IllegalStateException e) {
            check(e.getMessage().contains(expected), e.getMessage() + " should name " + expected);
            return;
        }
        throw new AssertionError("started, expected a failure about " + expected);
    }

    private static void check(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError(what);
        }
    }

    private JniCheck() {}
}

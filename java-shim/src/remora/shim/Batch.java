package remora.shim;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import javax.management.ObjectName;

/**
 * Records for the core, gathered for one call, and what the core answers to them. A batch that the core has no room
 * for is taken apart: its beans and the end of a sweep go back to whoever put them in, units that left are kept here
 * and sent first the next time. All on the collector thread.
 */
final class Batch {
    /** Takes back what the core had no room for. */
    interface Unsent {
        void bean(ObjectName name, Description description);

        void swept();
    }

    private static final int BATCH_BYTES = 64 * 1024;
    /** Of a name that is too long, for people: no more bytes than a name may have. */
    private static final int LONG_NAME_CHARS = Wire.NAME_BYTES_MAX / 4;

    private final Core core;
    private final ControlWriter control;
    private final Answers answers;
    private final Unsent unsent;
    private final ArrayList<Integer> unregistrations = new ArrayList<>();
    private final ArrayDeque<Integer> unsentUnregistrations = new ArrayDeque<>();
    private boolean hasSwept;
    private boolean full;

    Batch(Core core, ControlWriter control, Answers answers, Unsent unsent) {
        this.core = core;
        this.control = control;
        this.answers = answers;
        this.unsent = unsent;
    }

    /** A new slice: the core may have room again. */
    void begin() {
        full = false;
        while (!full && !unsentUnregistrations.isEmpty()) {
            unregister(unsentUnregistrations.poll());
        }
    }

    /** True when the core had no room since {@link #begin}: nothing more is worth a try. */
    boolean isFull() {
        return full;
    }

    /** True while the core has yet to hear of a unit that left. */
    boolean hasUnsent() {
        return !unsentUnregistrations.isEmpty();
    }

    /** True while a record of the bean waits to be sent. */
    boolean contains(ObjectName name) {
        return answers.contains(name);
    }

    void unregister(int unit) {
        if (!control.unregister(unit)) {
            send();
            control.unregister(unit);
        }
        unregistrations.add(unit);
    }

    /** Every bean that there is has been offered. */
    void swept() {
        if (!control.swept()) {
            send();
            control.swept();
        }
        hasSwept = true;
    }

    /** {@code isAsk}: {@code found} is an outline, and the core is asked what it may want of it. */
    void bean(ObjectName name, Description found, boolean isAsk) {
        byte[] bytes = name.toString().getBytes(StandardCharsets.UTF_8);
        boolean isTooLong = bytes.length > Wire.NAME_BYTES_MAX;
        if (isTooLong && found.status == Wire.ReadStatus.GONE) {
            return;
        }
        if (isTooLong) {
            bytes = name.toString().substring(0, LONG_NAME_CHARS).getBytes(StandardCharsets.UTF_8);
        }
        Description description = isTooLong ? Description.failed(Wire.ReadStatus.TOO_LARGE) : found;
        boolean asks = isAsk && !isTooLong;
        int kind = asks ? Wire.ControlKind.ASK : Wire.ControlKind.BEAN;
        if (control.position() >= BATCH_BYTES || !control.bean(kind, answers.names().size(), bytes, description)) {
            send();
            if (!control.bean(kind, answers.names().size(), bytes, description)) {
                return;  // cannot be: the layout's bounds fit an empty buffer
            }
        }
        answers.add(name, description, asks);
    }

    /** Hands over what has gathered. When the core has no room, all of it is sent again later. */
    void send() {
        if (control.position() == 0) {
            return;
        }
        int result = core.control(control.position());
        control.reset();
        if (CoreFailure.isFatal(result)) {
            throw new CoreFailure("the core refused a registration (code " + -result + ")");
        }
        if (result < 0) {
            takeApart();
        } else {
            answers.take(result);
        }
        unregistrations.clear();
        hasSwept = false;
    }

    private void takeApart() {
        full = true;
        for (int i = 0; i < answers.names().size(); i++) {
            unsent.bean(answers.names().get(i), answers.description(i));
        }
        unsentUnregistrations.addAll(unregistrations);
        if (hasSwept) {
            unsent.swept();
        }
        answers.clear();
    }
}

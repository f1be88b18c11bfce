package remora;

import java.io.File;
import java.lang.instrument.Instrumentation;

/** The agent of one jar, as {@link Agent} of any other jar sees it. Made by its constructor without parameters. */
public interface Shim {
    /**
     * Starts and then watches the agent; returns when it has ended. On the daemon thread {@code remora}, once.
     *
     * @param jar where this came from
     * @param arguments text after {@code -javaagent:remora.jar=}, "" for none
     * @param instrumentation of the JVM
     * @param answer gets the outcome of the start
     * @return true when nothing runs any more that needs the library
     */
    boolean run(File jar, String arguments, Instrumentation instrumentation, Answer answer);

    /** Asks the agent to end, at whatever stage it is. Returns before {@link #run} does. Any thread. */
    void end();

    /** Reads the configuration again; {@code answer} gets what came of it, within seconds. Any thread. */
    void reload(Answer answer);

    /** Says that this one runs already, to whoever wanted one with {@code arguments}. Any thread. */
    void meet(String arguments, Answer answer);
}

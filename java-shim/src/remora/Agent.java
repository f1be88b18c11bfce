package remora;

import java.io.File;
import java.lang.instrument.Instrumentation;
import remora.shim.Arguments;
import remora.shim.BrokerGate;

/**
 * Entry of {@code -javaagent} and of attach. The JVM keeps the classes of this package of the first jar for as long as
 * it runs; all else comes from the jar at hand, in a class loader that is dropped when the agent ends. So this package
 * must go with the jars of every other version.
 */
public final class Agent {
    /**
     * Called by the JVM before {@code main}. Never throws, and in a JVM that is no broker does nothing; one line when
     * its main class looks like that of a broker.
     */
    public static void premain(String text, Instrumentation instrumentation) {
        try {
            if (BrokerGate.isWanted(new Arguments(text))) {
                Life.begin(ownJar(), text == null ? "" : text, instrumentation, Answer.to(null));
            } else {
                BrokerGate.sayWhenLikeABroker();
            }
        } catch (Throwable cause) {
            // A host must never suffer from its agent, whatever happened here.
        }
    }

    /**
     * Called by the JVM on attach. {@code text}: the agent's arguments; before them, in this order, each with a comma
     * behind it and each optional, {@code command=attach|detach|reload}, {@code jar=FILE} with what is to be started,
     * {@code answer=FILE} to write the outcome into. Never throws.
     */
    public static void agentmain(String text, Instrumentation instrumentation) {
        try {
            Request request = new Request(text);
            Answer answer = Answer.to(request.answer);
            try {
                obey(request, instrumentation, answer);
            } catch (Throwable cause) {
                answer.refuse(cause.toString());
            }
        } catch (Throwable cause) {
            // As above.
        }
    }

    /** {@code key=value,} at the beginning of the text of an attach, taken off. */
    private static final class Request {
        final String command;
        final String jar;
        final String answer;
        private String rest;

        Request(String text) {
            rest = text == null ? "" : text;
            command = take("command");
            jar = take("jar");
            answer = take("answer");
        }

        private String take(String key) {
            if (!rest.startsWith(key + "=")) {
                return null;
            }
            int comma = rest.indexOf(',');
            String value = rest.substring(key.length() + 1, comma < 0 ? rest.length() : comma);
            rest = comma < 0 ? "" : rest.substring(comma + 1);
            return value;
        }
    }

    private static void obey(Request request, Instrumentation instrumentation, Answer answer) throws Exception {
        if (request.command == null || request.command.equals("attach")) {
            File jar = request.jar == null ? ownJar() : new File(request.jar);
            Life.begin(jar, request.rest, instrumentation, answer);
            return;
        }
        Life life = Life.current();
        if (life == null) {
            answer.refuse("no agent runs in this JVM");
        } else if (request.command.equals("detach")) {
            life.end(answer);
        } else if (request.command.equals("reload")) {
            life.reload(answer);
        } else {
            answer.refuse("this agent knows no command " + request.command);
        }
    }

    private static File ownJar() throws Exception {
        return new File(Agent.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    }

    private Agent() {}
}

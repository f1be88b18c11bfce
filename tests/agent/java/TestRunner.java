package remora.shim;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/** Runs the tests of a class: its static methods with a {@link Group}. */
final class TestRunner {
    /** Marks a static method without parameters as a test of the named group. */
    @Retention(RetentionPolicy.RUNTIME)
    @Target(ElementType.METHOD)
    @interface Group {
        String value();
    }

    /**
     * Runs the tests of one group and ends the JVM: 0 when all passed, 1 when any failed, 2 when the group has none.
     * Names every test that failed, with its stack trace.
     */
    static void run(Class<?> tests, String group) {
        List<Method> methods = methodsOf(tests, group);
        if (methods.isEmpty()) {
            System.err.println(tests.getSimpleName() + " has no tests of a group \"" + group + "\"");
            System.exit(2);
        }
        List<String> failed = failures(methods);
        System.err.println(failed.isEmpty()
                ? methods.size() + " tests of " + group + " passed"
                : failed.size() + " of " + methods.size() + " tests of " + group + " failed: " + failed);
        System.exit(failed.isEmpty() ? 0 : 1);
    }

    /** In order of their names: that of reflection differs between JVMs. */
    static List<Method> methodsOf(Class<?> tests, String group) {
        List<Method> methods = new ArrayList<>();
        for (Method method : tests.getDeclaredMethods()) {
            Group marked = method.getAnnotation(Group.class);
            if (marked != null && marked.value().equals(group)) {
                methods.add(method);
            }
        }
        methods.sort(Comparator.comparing(Method::getName));
        return methods;
    }

    /** Runs all of them, also after one has failed. Returns the names of those that failed. */
    static List<String> failures(List<Method> methods) {
        List<String> failed = new ArrayList<>();
        for (Method method : methods) {
            try {
                method.setAccessible(true);
                method.invoke(null);
            } catch (InvocationTargetException wrapped) {
                System.err.println("FAILED: " + method.getName());
                wrapped.getCause().printStackTrace();
                failed.add(method.getName());
            } catch (ReflectiveOperationException | RuntimeException cause) {
                System.err.println("FAILED: " + method.getName() + " is no test: " + cause);
                failed.add(method.getName());
            }
        }
        return failed;
    }

    // --- its own test ------------------------------------------------------------------------------

    /** One test that passes between two that fail. */
    static final class Sample {
        @Group("sample")
        static void aFails() {
            throw new AssertionError("meant to fail");
        }

        @Group("sample")
        static void bPasses() {}

        @Group("sample")
        static void cFails() throws Exception {
            throw new Exception("meant to fail");
        }

        @Group("another")
        static void dIsNotAsked() {
            throw new AssertionError("of another group");
        }
    }

    @Group("runner")
    static void everyFailureIsNamedAndTheRestIsRun() {
        ShimTests.equal(Arrays.asList("aFails", "cFails"), failures(methodsOf(Sample.class, "sample")), "failed");
    }

    public static void main(String[] arguments) {
        run(TestRunner.class, arguments[0]);
    }

    private TestRunner() {}
}

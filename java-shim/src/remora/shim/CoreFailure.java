package remora.shim;

/** The core refused to go on, or said something that cannot be: the agent ends. */
@SuppressWarnings("serial")
final class CoreFailure extends RuntimeException {
    CoreFailure(String message) {
        super(message);
    }

    /** True for codes after which going on makes no sense. */
    static boolean isFatal(int code) {
        return code == -Wire.Code.STATE
                || code == -Wire.Code.INTERNAL
                || code == -Wire.Code.CORRUPT
                || code == -Wire.Code.INVALID_ARGUMENT;
    }
}

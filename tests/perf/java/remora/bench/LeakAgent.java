package remora.bench;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Leaks memory outside the heap, as many megabytes a minute as its argument says. For tests of the judge. */
public final class LeakAgent implements Runnable {
    private static final int PIECES_A_MINUTE = 20;

    private final List<ByteBuffer> kept = new ArrayList<>();
    private final int pieceBytes;

    private LeakAgent(double megabytesAMinute) {
        pieceBytes = (int) (megabytesAMinute * (1 << 20) / PIECES_A_MINUTE);
    }

    public static void premain(String arguments) {
        Thread thread = new Thread(new LeakAgent(Double.parseDouble(arguments)), "bench-leak");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void run() {
        while (!Thread.interrupted()) {
            ByteBuffer piece = ByteBuffer.allocateDirect(pieceBytes);
            for (int at = 0; at < pieceBytes; at += 1024) {
                piece.put(at, (byte) 1); // touched, so that it is resident
            }
            kept.add(piece);
            try {
                Thread.sleep(60_000 / PIECES_A_MINUTE);
            } catch (InterruptedException ended) {
                return;
            }
        }
    }
}

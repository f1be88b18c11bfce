package remora.shim;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Texts met as values, each known to the core by a small number. Bounded: beyond the bound a text is number 0. */
final class TextTable {
    private final Map<String, Integer> ids = new HashMap<>();
    private final List<String> untold = new ArrayList<>();

    /** Id of a text, from 1; 0 when the table is full. A new text is queued for the core. */
    int id(String text) {
        String bounded = text.length() > Wire.TEXT_BYTES_MAX ? text.substring(0, Wire.TEXT_BYTES_MAX) : text;
        Integer known = ids.get(bounded);
        if (known != null) {
            return known;
        }
        if (ids.size() >= Wire.TEXTS_MAX) {
            return 0;
        }
        int id = ids.size() + 1;
        ids.put(bounded, id);
        untold.add(bounded);
        return id;
    }

    /** Texts that the core does not have yet, oldest first. */
    List<String> untold() {
        return untold;
    }

    int size() {
        return ids.size();
    }

    /** The text in UTF-8, cut at a character's end to what the layout allows. */
    static byte[] bytes(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        int length = bytes.length;
        if (length > Wire.TEXT_BYTES_MAX) {
            length = Wire.TEXT_BYTES_MAX;
            while (length > 0 && (bytes[length] & 0xc0) == 0x80) {
                length--;
            }
            bytes = Arrays.copyOf(bytes, length);
        }
        return bytes;
    }
}

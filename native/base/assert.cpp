#include "base/assert.h"

#include <cstdio>
#include <stdexcept>
#include <string>
#include <string_view>

namespace remora {

void invariant_broken(const char* condition, const char* file, int line) {
    // Below native/: where the sources lay when they were compiled helps nobody.
    std::string_view place = file;
    constexpr std::string_view kTop = "native/";
    if (const std::size_t top = place.rfind(kTop); top != std::string_view::npos) {
        place.remove_prefix(top + kTop.size());
    }
    const std::string text = "broken invariant " + std::string(condition) + " at " +
                             std::string(place) + ":" + std::to_string(line);
#ifdef NDEBUG
    throw std::logic_error(text);
#else
    std::fputs((text + "\n").c_str(), stderr);
    __builtin_trap();
#endif
}

}  // namespace remora

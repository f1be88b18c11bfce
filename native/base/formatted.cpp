#include "base/formatted.h"

#include <cstdarg>
#include <cstdio>

namespace remora {

std::string formatted(const char* format, ...) {
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    const int bytes = std::vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    return bytes > 0 ? text : "";
}

}  // namespace remora

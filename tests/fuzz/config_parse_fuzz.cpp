// Any bytes as a configuration file, as overrides, as patterns and expressions: messages, never a
// fault.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "config/parse.h"
#include "config/print.h"
#include "match/pattern.h"
#include "match/regex.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace remora;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const ParseOutcome outcome = parse_config(text, "fuzz", {}, "");
    if (outcome.is_ok()) {
        (void)print_config(outcome);
    }
    if (outcome.errors.size() > kProblemsMax + 1) {
        __builtin_trap();
    }
    // The first line as an override of three kinds, and as a pattern and an expression on the rest.
    const std::size_t end = text.find('\n');
    const std::string line(text.substr(0, end));
    const std::string_view rest = end == std::string_view::npos ? "" : text.substr(end + 1);
    (void)parse_config("{}", "fuzz", {"REMORA_" + line, "TOPIC_LIST=" + line}, line);
    const Result<Regex> regex = Regex::compile(line);
    if (regex) {
        (void)regex.value().match(rest.substr(0, 48));
    }
    const Result<ObjectNamePattern> pattern = ObjectNamePattern::parse(line);
    const Result<ObjectName> name = ObjectName::parse(rest);
    if (pattern && name) {
        (void)pattern.value().matches(name.value());
    }
    return 0;
}

// Any bytes as a rule file, and its rules on a value: messages or a series, never a fault.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "match/java_regex.h"
#include "rules/rule_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace remora;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const RuleFileOutcome outcome = parse_rule_file(text, "fuzz", NamingDialect::kExporter1x);
    if (outcome.errors.size() > kProblemsMax + 1) {
        __builtin_trap();
    }
    const Result<ObjectName> bean =
        ObjectName::parse("kafka.log:type=Log,name=Size,topic=orders,partition=0");
    NamingSample sample;
    sample.bean = &bean.value();
    sample.keys = {"Usage"};
    sample.attribute = "reqCount";
    sample.value = "3.0";
    if (outcome.rules.takes(bean.value()) && outcome.rules.takes(bean.value(), "Usage")) {
        const NamingOutcome made = outcome.rules.apply(sample);
        if (made.kind == NamingOutcome::Kind::kSeries && made.series.name.empty()) {
            __builtin_trap();
        }
    }
    // The first line as a pattern for the rest.
    const std::size_t end = text.find('\n');
    const Result<JavaRegex> regex = JavaRegex::compile(text.substr(0, end));
    if (regex) {
        std::vector<std::optional<std::string_view>> groups;
        (void)regex.value().match(end == std::string_view::npos ? "" : text.substr(end + 1, 48),
                                  groups);
    }
    return 0;
}

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
    const RuleFileOutcome outcome = parse_rule_file(text, "fuzz", NamesDialect::kExporter1x);
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
        // A name that is kept while the value changes is the one that would be made anew.
        const bool may_change = outcome.rules.depends_on_value(sample);
        for (const std::string_view value : {"0", "-17", "1.5E-10", "NaN", "-Infinity", "42.0"}) {
            sample.value = value;
            const NamingOutcome other = outcome.rules.apply(sample);
            const bool is_cut_short = made.kind == NamingOutcome::Kind::kGivenUp ||
                                      other.kind == NamingOutcome::Kind::kGivenUp;
            if (!may_change && !is_cut_short &&
                (other.kind != made.kind || other.series.name != made.series.name ||
                 other.rule != made.rule)) {
                __builtin_trap();
            }
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

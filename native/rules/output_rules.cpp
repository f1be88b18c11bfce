#include "rules/output_rules.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <optional>
#include <utility>

#include "base/files.h"
#include "config/keys.h"
#include "rules/dialects.h"
#include "rules/migrate.h"
#include "rules/rule_file.h"

namespace remora {
namespace {

void append(std::vector<Problem>& problems, std::vector<Problem> more) {
    std::move(more.begin(), more.end(), std::back_inserter(problems));
}

bool has_value_of_its_own(const NamingRules& rules) {
    return std::any_of(rules.rules().begin(), rules.rules().end(),
                       [](const NamingRule& rule) { return rule.value.has_value(); });
}

// What the selection keeps from the rules of an output.
void tell_narrowed(const SelectConfig& select, const NamingRules& rules, const std::string& key,
                   ParseOutcome& outcome) {
    if (select.profile != Profile::kAll) {
        add_problem(outcome.warnings, key +
                                          ": the rules see only what select takes, and its profile "
                                          "is not \"all\"; remora migrate shows a selection that "
                                          "takes what the file is about");
    }
    if (!select.texts && has_value_of_its_own(rules)) {
        add_problem(outcome.warnings,
                    key +
                        ": a rule has a value of its own, which texts may get too; they are "
                        "collected with select.texts");
    }
}

// `known`: outputs whose rule files need not be read again.
void read_rule_files(ParseOutcome& outcome, const std::vector<OutputConfig>& known) {
    for (std::size_t i = 0; i < outcome.config.outputs.size(); ++i) {
        OutputConfig& output = outcome.config.outputs[i];
        if (!is_rule_path(output.names)) {
            continue;
        }
        const std::string key = "outputs." + std::to_string(i) + ".names";
        const auto read = std::find_if(known.begin(), known.end(), [&](const OutputConfig& one) {
            return one.names == output.names;
        });
        const Result<std::string> text = read != known.end()
                                             ? Result<std::string>(read->rule_text)
                                             : read_file(output.names, kRuleFileBytesMax);
        if (!text) {
            add_problem(outcome.errors, key + ": " + text.status().message());
            continue;
        }
        RuleFileOutcome parsed = parse_rule_file(text.value(), output.names, output.names_dialect);
        output.rule_text = text.value();
        append(outcome.errors, std::move(parsed.errors));
        append(outcome.warnings, std::move(parsed.warnings));
        tell_narrowed(outcome.config.select, parsed.rules, key, outcome);
    }
}

std::string absolute(const std::string& path) {
    std::error_code failed;
    const std::filesystem::path whole = std::filesystem::absolute(path, failed);
    return failed ? path : whole.lexically_normal().string();
}

ParseOutcome load_rule_file(const AgentArguments& given, std::string_view arguments,
                            const std::vector<std::string>& environment) {
    const std::string path = absolute(given.file);
    const FileMark mark = mark_of(path);
    const Result<std::string> text = read_file(path, kRuleFileBytesMax);
    const RuleFileOutcome parsed =
        text ? parse_rule_file(text.value(), path, NamesDialect::kExporter1x) : RuleFileOutcome();
    const std::string written = write_migrated(parsed.rules, {path, given.endpoint, "1.x"});
    ParseOutcome outcome = parse_config(written, path, environment, arguments);
    outcome.mark = mark;
    if (text && parsed.is_ok()) {
        OutputConfig read;
        read.names = path;
        read.rule_text = text.value();
        read_rule_files(outcome, {read});
    } else if (text) {
        append(outcome.errors, parsed.errors);
    } else {
        outcome.errors.insert(outcome.errors.begin(), {text.status().message()});
    }
    return outcome;
}

}  // namespace

ParseOutcome load_with_rules(std::string_view arguments,
                             const std::vector<std::string>& environment,
                             const std::string& default_file) {
    const AgentArguments given = parse_arguments(arguments);
    if (given.endpoint) {
        return load_rule_file(given, arguments, environment);
    }
    ParseOutcome outcome = load_config(arguments, environment, default_file);
    read_rule_files(outcome, {});
    return outcome;
}

ParseOutcome parse_with_rules(std::string_view text, const std::string& file_name,
                              const std::vector<std::string>& environment,
                              std::string_view arguments, const std::vector<OutputConfig>& known) {
    ParseOutcome outcome = parse_config(text, file_name, environment, arguments);
    read_rule_files(outcome, known);
    return outcome;
}

std::shared_ptr<const NamingRules> rules_of(const OutputConfig& output) {
    if (!has_rules(output)) {
        return nullptr;
    }
    const bool is_file = is_rule_path(output.names);
    // Names of a dialect are written there as dashboards have them.
    RuleFileOutcome parsed =
        is_file
            ? parse_rule_file(output.rule_text, output.names, output.names_dialect)
            : parse_rule_file(find_dialect(output.names), output.names, NamesDialect::kExporter020);
    return std::make_shared<const NamingRules>(std::move(parsed.rules));
}

}  // namespace remora

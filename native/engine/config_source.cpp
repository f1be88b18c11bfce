#include "engine/config_source.h"

#include <remora/version.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

#include "rules/output_rules.h"

namespace remora {
namespace {

// Puts the facts in their places. What is wrong with that becomes an error of `outcome`; returns
// sentences for the log.
std::vector<std::string> expand(ParseOutcome& outcome, const Facts& facts) {
    Config whole = outcome.config;
    expand_placeholders(whole, facts);
    outcome.errors = find_places_of_kafka(whole, facts);
    std::vector<std::string> notes = hold_back(outcome.config, facts);
    for (std::string& sentence : expand_placeholders(outcome.config, facts)) {
        notes.push_back(std::move(sentence));
    }
    std::vector<Problem> shared = find_shared_places(outcome.config, outcome.file);
    std::move(shared.begin(), shared.end(), std::back_inserter(outcome.errors));
    return notes;
}

void append_all(std::vector<std::string>& notes, std::vector<std::string> more) {
    std::move(more.begin(), more.end(), std::back_inserter(notes));
}

void append_warnings(ParseOutcome& outcome, std::vector<std::string> notes) {
    for (std::string& sentence : notes) {
        outcome.warnings.push_back({std::move(sentence)});
    }
}

}  // namespace

Facts parse_facts(std::string_view text) {
    Facts facts;
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        const std::size_t equals = line.find('=');
        if (equals != std::string_view::npos) {
            facts.emplace(line.substr(0, equals), line.substr(equals + 1));
        }
    }
    return facts;
}

Result<ConfigSource::Opened> ConfigSource::open(std::string_view arguments,
                                                const std::string& default_file,
                                                std::string_view facts, FileSystem& files,
                                                std::vector<std::string>& notes) {
    ParseOutcome parsed = load_with_rules(arguments, process_environment(), default_file);
    if (!parsed.is_ok()) {
        return Status(Code::kInvalidConfig, parsed.error_text());
    }
    for (Problem& warning : parsed.warnings) {
        notes.push_back(std::move(warning.text));
    }
    Opened opened{ConfigSource(), {}};
    ConfigSource& source = opened.source;
    source.arguments_ = arguments;
    source.default_file_ = default_file;
    source.path_ = parsed.file;
    source.mark_ = parsed.mark;
    source.text_ = parsed.content;
    source.written_ = parsed.config;
    source.facts_ = parse_facts(facts);
    append_all(notes, expand(parsed, source.facts_));
    if (!parsed.is_ok()) {
        return Status(Code::kInvalidConfig, parsed.error_text());
    }
    const bool is_configured = !source.written_.directory.empty();
    Result<Place> place =
        take_place(files, is_configured ? parsed.config.directory : "", source.facts_);
    if (!place) {
        return place.status();
    }
    source.place_ = std::move(place).value();
    append_all(notes, source.place_.notes);
    note_directory(files, is_configured ? source.place_.directory : "", source.facts_);
    parsed.config = source.written_;
    parsed.config.directory = source.place_.directory;
    expand(parsed, source.facts_);
    opened.config = std::move(parsed.config);
    return opened;
}

Result<ConfigSource::Found> ConfigSource::find(std::string_view arguments,
                                               const std::string& default_file,
                                               std::string_view facts, FileSystem& files) {
    ParseOutcome parsed = load_with_rules(arguments, process_environment(), default_file);
    const bool is_ok = parsed.is_ok();
    Config& config = parsed.config;
    const Facts known = parse_facts(facts);
    const std::string noted = noted_directory(known);
    if (!is_ok && !noted.empty()) {
        config.directory = noted;  // where the agent before was, whatever this one is to have
    }
    const bool is_configured = !config.directory.empty();
    Place place;
    if (!is_configured) {
        place = find_place(files, "", known);
        config.directory = place.directory;
    }
    if (config.directory.empty()) {
        std::erase_if(config.outputs, [](const OutputConfig& output) {
            return output.path.find("${dir}") != std::string::npos;
        });
    }
    const std::size_t outputs = config.outputs.size();
    expand(parsed, known);
    if (!parsed.is_ok()) {
        return Status(Code::kInvalidConfig, parsed.error_text());
    }
    if (is_configured) {
        place = find_place(files, config.directory, known);
    }
    std::vector<Place> places;
    places.push_back(std::move(place));
    if (!noted.empty() && !is_same_place(noted, config.directory)) {
        places.push_back(find_place(files, noted, known));
    }
    const bool is_whole = is_ok && config.outputs.size() == outputs;
    return Found{std::move(config), std::move(places), is_whole};
}

ParseOutcome ConfigSource::reread() {
    ParseOutcome outcome = load_with_rules(arguments_, process_environment(), default_file_);
    if (take(outcome)) {
        text_ = outcome.content;
    }
    return outcome;
}

ParseOutcome ConfigSource::mean(const std::string& text, std::size_t tuned_rules) {
    ParseOutcome outcome =
        parse_with_rules(text, path_, process_environment(), arguments_, written_.outputs);
    outcome.config.tuned_rules = std::min(tuned_rules, outcome.config.rules.size());
    outcome.warnings.clear();  // the operator has read them
    take(outcome);
    return outcome;
}

// Expands it, and when nothing is wrong with it has it in force.
bool ConfigSource::take(ParseOutcome& outcome) {
    if (!outcome.is_ok()) {
        return false;
    }
    if (outcome.config.directory != written_.directory) {
        outcome.warnings.push_back({"directory changed: used when the agent starts again"});
        outcome.config.directory = written_.directory;
    }
    Config written = outcome.config;
    outcome.config.directory = place_.directory;
    append_warnings(outcome, expand(outcome, facts_));
    if (outcome.is_ok()) {
        written_ = std::move(written);
    }
    return outcome.is_ok();
}

ParseOutcome ConfigSource::learn(std::string_view facts) {
    facts_ = parse_facts(facts);
    ParseOutcome outcome;
    outcome.file = path_;
    outcome.config = written_;
    outcome.config.directory = place_.directory;
    append_warnings(outcome, expand(outcome, facts_));
    return outcome;
}

std::vector<TextPair> ConfigSource::told_facts() const {
    std::vector<TextPair> told = {{"version", REMORA_VERSION}, {"config", path_}};
    for (const char* key : {"broker.id", "cluster.id", "kafka.version", "node.role"}) {
        const std::string value = value_of(facts_, key);
        if (!value.empty()) {
            told.emplace_back(key, value);
        }
    }
    return told;
}

std::int64_t ConfigSource::host_start_wall_ms() const {
    const auto found = facts_.find("start.ms");
    std::int64_t wall_ms = 0;
    if (found != facts_.end()) {
        const std::string& text = found->second;
        (void)std::from_chars(text.data(), text.data() + text.size(), wall_ms);
    }
    return wall_ms;
}

}  // namespace remora

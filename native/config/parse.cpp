#include "config/parse.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>

#include "base/ascii.h"
#include "base/files.h"
#include "base/limits.h"
#include "config/overrides.h"
#include "config/reader.h"
#include "kafka/beans.h"
#include "match/pattern.h"

extern char** environ;

namespace remora {
namespace {

// Keys of the argument text that the shim consumes itself.
constexpr std::array<std::string_view, 6> kShimArguments = {
    "force", "main", "library", "domains", "blocked_after_ms", "tier"};

// Parts between commas that stand outside quotes and brackets.
std::vector<std::string> split_arguments(std::string_view text) {
    std::vector<std::string> parts(1);
    int depth = 0;
    bool in_text = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (in_text && c == '\\' && i + 1 < text.size()) {
            parts.back() += c;
            parts.back() += text[++i];
            continue;
        }
        in_text = c == '"' ? !in_text : in_text;
        if (!in_text && (c == '[' || c == '{')) {
            ++depth;
        } else if (!in_text && (c == ']' || c == '}')) {
            --depth;
        }
        if (c == ',' && !in_text && depth <= 0) {
            parts.emplace_back();
        } else {
            parts.back() += c;
        }
    }
    return parts;
}

constexpr std::uint32_t kPortMax = 65535;

bool is_host_character(char c) {
    return is_letter(c) || is_digit(c) || c == '_' || c == '.' || c == '-';
}

// Takes "[HOST:]PORT:FILE" apart, as jmx_exporter does. False: it is something else.
bool take_endpoint(std::string_view text, AgentArguments& arguments) {
    const auto digits_at = [text](std::size_t at) {
        std::size_t count = 0;
        while (at + count < text.size() && count < 6 && is_digit(text[at + count])) {
            ++count;
        }
        const bool is_port = count >= 1 && count <= 5 && text.substr(at + count, 1) == ":" &&
                             at + count + 1 < text.size();
        return is_port ? count : 0;
    };
    const bool is_bracketed = text.starts_with('[');
    std::size_t host_end = 0;
    while (host_end < text.size() &&
           (is_bracketed ? text[host_end] != ']' : is_host_character(text[host_end]))) {
        ++host_end;
    }
    host_end += is_bracketed && host_end < text.size() ? 1 : 0;
    Endpoint endpoint;
    std::size_t at = 0;
    const bool has_host = host_end > 0 && text.substr(host_end, 1) == ":";
    if (has_host && digits_at(host_end + 1) > 0) {
        endpoint.host = is_bracketed ? text.substr(1, host_end - 2) : text.substr(0, host_end);
        at = host_end + 1;
    }
    const std::size_t digits = digits_at(at);
    if (digits == 0) {
        return false;
    }
    (void)std::from_chars(text.data() + at, text.data() + at + digits, endpoint.port);
    if (endpoint.port == 0 || endpoint.port > kPortMax) {
        arguments.problems.push_back({"argument " + std::string(text.substr(0, 200)) +
                                      ": found port " + std::string(text.substr(at, digits)) +
                                      "; expected 1 to " + std::to_string(kPortMax)});
    }
    arguments.file = text.substr(at + digits + 1);
    arguments.endpoint = std::move(endpoint);
    return true;
}

void read_document(std::string_view text, const std::string& file_name, JsonDocument& document,
                   ParseOutcome& outcome) {
    if (text.size() > kConfigBytesMax) {
        add_problem(outcome.errors, file_name + ": found " + std::to_string(text.size()) +
                                        " bytes; expected at most " +
                                        std::to_string(kConfigBytesMax));
        return;
    }
    const std::uint32_t root =
        parse_json(text, {JsonSource::Kind::kFile, file_name}, document, outcome.errors);
    if (root == kNoNode) {
        return;
    }
    const JsonNode& node = document.nodes[root];
    if (node.kind != JsonNode::Kind::kObject) {
        add_problem(outcome.errors, file_name + ":" + std::to_string(node.at.line) + ":" +
                                        std::to_string(node.at.column) + ": found " +
                                        describe(node) + "; expected a JSON object, at least {}");
        return;
    }
    document.root = root;
}

void apply_arguments(const AgentArguments& arguments, const KnownPaths& known,
                     JsonDocument& document, ParseOutcome& outcome) {
    for (const Problem& problem : arguments.problems) {
        add_problem(outcome.errors, problem.text);
    }
    for (const TextPair& value : arguments.values) {
        apply_override({value.first, value.second, {JsonSource::Kind::kArgument, value.first}},
                       known, document, outcome);
    }
}

void warn_of_unseen_domains(ParseOutcome& outcome) {
    for (const std::string& domain : outcome.config.select.domains) {
        const bool seen = std::any_of(kOfferedDomains.begin(), kOfferedDomains.end(),
                                      [&](std::string_view prefix) {
                                          return std::string_view(domain).starts_with(prefix) ||
                                                 glob_matches(domain, prefix) ||
                                                 glob_matches(domain, std::string(prefix) + "x");
                                      });
        if (!seen) {
            add_problem(outcome.warnings,
                        "select.domains: beans of \"" + domain.substr(0, 200) +
                            "\" are seen only when the agent's argument domains=PREFIX names "
                            "their domain too (several: domains=a:b, all: domains=*)");
        }
    }
}

// `changes`: from outside the file, weakest first.
ParseOutcome read_all(std::string_view text, const std::string& file_name,
                      const std::vector<Override>& changes, const KnownPaths& known,
                      const AgentArguments& arguments) {
    ParseOutcome outcome;
    outcome.file = file_name;
    outcome.content = text;
    JsonDocument document;
    document.nodes.emplace_back().kind = JsonNode::Kind::kObject;
    document.sources.push_back(
        {JsonSource::Kind::kFile, file_name.empty() ? "defaults" : file_name});
    read_document(text, file_name, document, outcome);
    for (const Override& change : changes) {
        apply_override(change, known, document, outcome);
    }
    apply_arguments(arguments, known, document, outcome);
    ConfigReader(document, outcome).run();
    // With an endpoint the shim offers every domain.
    if (!arguments.names_domains && !arguments.endpoint) {
        warn_of_unseen_domains(outcome);
    }
    return outcome;
}

// One that is there and cannot be looked at is not absent.
bool is_absent(const std::string& path) {
    return path.empty() ||
           (::access(path.c_str(), F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR));
}

}  // namespace

std::string ParseOutcome::error_text() const {
    std::string text;
    for (const Problem& problem : errors) {
        text += (text.empty() ? "" : "\n") + problem.text;
    }
    return text;
}

std::string ParseOutcome::origin_of(std::string_view path) const {
    // The innermost key that was given decides: a list that was given gives its items.
    const Origin* best = nullptr;
    for (const Origin& origin : origins) {
        const bool encloses =
            path.substr(0, origin.path.size()) == origin.path &&
            (path.size() == origin.path.size() || path[origin.path.size()] == '.');
        if (encloses && (best == nullptr || origin.path.size() > best->path.size())) {
            best = &origin;
        }
    }
    const bool is_list = best != nullptr && (best->path == "outputs" || best->path == "rules");
    return best == nullptr || (is_list && best->path != path) ? "default" : best->source;
}

AgentArguments parse_arguments(std::string_view text) {
    AgentArguments arguments;
    bool first = true;
    for (std::string& part : split_arguments(text)) {
        const std::size_t equals = part.find('=');
        const bool is_path = part.find('/') < equals || equals == std::string::npos;
        if (part.empty() || (first && take_endpoint(part, arguments))) {
        } else if (first && is_path) {
            arguments.file = part;
        } else if (equals == std::string::npos) {
            arguments.problems.push_back(
                {"argument " + part.substr(0, 200) +
                 ": expected key=value; only the first argument may be a file name alone"});
        } else {
            const std::string name = part.substr(0, equals);
            if (name == "config") {
                arguments.file = part.substr(equals + 1);
            } else if (std::find(kShimArguments.begin(), kShimArguments.end(), name) ==
                       kShimArguments.end()) {
                arguments.values.emplace_back(name, part.substr(equals + 1));
            } else if (name == "domains") {
                arguments.names_domains = true;
            }
        }
        first = false;
    }
    return arguments;
}

ParseOutcome parse_config(std::string_view text, const std::string& file_name,
                          const std::vector<std::string>& environment, std::string_view arguments) {
    const KnownPaths known = known_paths();
    std::vector<Problem> warnings;
    EnvironmentOverrides from = environment_overrides(environment, known, warnings);
    const AgentArguments parsed = parse_arguments(arguments);
    std::vector<Override> changes = std::move(from.ours);
    ParseOutcome outcome = read_all(text, file_name, changes, known, parsed);
    auto weakest = static_cast<std::ptrdiff_t>(0);
    for (const Override& foreign : from.foreign) {
        std::vector<Override> more = changes;
        more.insert(more.begin() + weakest, foreign);
        ParseOutcome tried = read_all(text, file_name, more, known, parsed);
        if (tried.errors.size() > outcome.errors.size()) {
            add_problem(warnings, "environment " + foreign.source.name + ": found " +
                                      in_quotes(foreign.text) + ", which " + foreign.path +
                                      " cannot be; the variable is ignored as another program's");
        } else {
            outcome = std::move(tried);
            changes = std::move(more);
            ++weakest;
        }
    }
    outcome.warnings.insert(outcome.warnings.begin(), warnings.begin(), warnings.end());
    return outcome;
}

ParseOutcome load_config(std::string_view arguments, const std::vector<std::string>& environment,
                         const std::string& default_file) {
    std::string path = parse_arguments(arguments).file;
    constexpr std::string_view kVariable = "REMORA_CONFIG=";
    for (const std::string& entry : environment) {
        if (path.empty() && entry.compare(0, kVariable.size(), kVariable) == 0) {
            path = entry.substr(kVariable.size());
        }
    }
    if (path.empty() && is_absent(default_file)) {
        ParseOutcome outcome = parse_config("{}", "", environment, arguments);
        outcome.file = default_file;
        return outcome;
    }
    path = path.empty() ? default_file : path;
    struct ::stat facts {};
    const Result<std::string> content = read_file(path, kConfigBytesMax, &facts);
    ParseOutcome outcome =
        parse_config(content ? content.value() : "{}", path, environment, arguments);
    // Of what was read, so that a change in between is seen as one.
    outcome.mark = facts.st_ino == 0 ? FileMark{} : mark_of(facts);
    if (!content) {
        outcome.errors.insert(outcome.errors.begin(), {content.status().message()});
    }
    return outcome;
}

std::vector<std::string> process_environment() {
    std::vector<std::string> entries;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        entries.emplace_back(*entry);
    }
    return entries;
}

}  // namespace remora

#include "sink/openmetrics_text.h"

#include <algorithm>
#include <span>
#include <unordered_set>
#include <utility>

namespace remora {
namespace {

constexpr std::string_view kHelp = "# HELP ";
constexpr std::string_view kType = "# TYPE ";

// Takes the first line off `text`, with its end.
std::string_view take_line(std::string_view& text) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end == std::string_view::npos ? end : end + 1);
    text.remove_prefix(line.size());
    return line;
}

// What follows the first two words of `# HELP name ...`, without the line's end.
std::string_view rest_of(std::string_view line, std::string_view head, std::string_view name) {
    line.remove_prefix(std::min(line.size(), head.size() + name.size() + 1));
    return line.substr(0, line.find('\n'));
}

std::string_view value_of(std::string_view line) {
    const std::string_view value = line.substr(line.rfind(' ') + 1);
    return value.substr(0, value.find('\n'));
}

bool is_negative(std::string_view value) {
    return value.starts_with('-') && value != "-0";
}

// Whether a sample of a summary may stand there: its sum and count are counters.
bool is_allowed_in_summary(std::string_view line, std::string_view family) {
    const std::string_view value = value_of(line);
    const bool is_quantile =
        line.size() > family.size() && (line[family.size()] == '{' || line[family.size()] == ' ');
    return !is_negative(value) && (is_quantile || value != "NaN");
}

// Writes pages, and knows the names that were taken so far.
class Writer {
 public:
    explicit Writer(std::string& out) : out_(out) {}

    // False when the names of the family are another's.
    bool write(const TextFamily& family);

 private:
    bool claim(std::string_view name, std::string_view type);
    void write_header(std::string_view name, std::string_view help, std::string_view type);

    std::string& out_;
    std::unordered_set<std::string> taken_;
};

bool Writer::claim(std::string_view name, std::string_view type) {
    std::vector<std::string> names = {std::string(name)};
    const auto add = [&](std::span<const std::string_view> endings) {
        for (const std::string_view ending : endings) {
            names.push_back(std::string(name).append(ending));
        }
    };
    if (type == "counter") {
        add(kCounterEndings);
    } else if (type == "summary") {
        add(kSummaryEndings);
    }
    for (const std::string& one : names) {
        if (taken_.contains(one)) {
            return false;
        }
    }
    for (std::string& one : names) {
        taken_.insert(std::move(one));
    }
    return true;
}

// A quotation mark is escaped here, and not in Prometheus text.
void Writer::write_header(std::string_view name, std::string_view help, std::string_view type) {
    out_.append(kHelp).append(name).push_back(' ');
    for (const char c : help) {
        if (c == '"') {
            out_.push_back('\\');
        }
        out_.push_back(c);
    }
    out_.append("\n").append(kType).append(name).push_back(' ');
    out_.append(type == "untyped" ? "unknown" : type).push_back('\n');
}

bool Writer::write(const TextFamily& family) {
    std::string_view lines = family.text;
    const std::string_view help = rest_of(take_line(lines), kHelp, family.name);
    const std::string_view type = rest_of(take_line(lines), kType, family.name);
    const bool is_counter = type == "counter";
    const std::string_view name =
        is_counter && family.name.ends_with(kTotalEnding) &&
                family.name.size() > kTotalEnding.size()
            ? family.name.substr(0, family.name.size() - kTotalEnding.size())
            : family.name;
    if (!claim(name, type)) {
        return false;
    }
    const std::size_t before = out_.size();
    write_header(name, help, type);
    const std::size_t header_end = out_.size();
    while (!lines.empty()) {
        const std::string_view line = take_line(lines);
        if (is_counter) {
            const std::string_view value = value_of(line);
            if (!is_negative(value) && value != "NaN") {
                out_.append(name).append(kTotalEnding).append(line.substr(family.name.size()));
            }
        } else if (type != "summary" || is_allowed_in_summary(line, family.name)) {
            out_.append(line);
        }
    }
    if (out_.size() == header_end) {
        out_.resize(before);  // a header without samples is not written
    }
    return true;
}

}  // namespace

std::vector<TextFamily> families_of(std::string_view page) {
    if (page.ends_with(kOpenMetricsEnd)) {
        page.remove_suffix(kOpenMetricsEnd.size());
    }
    constexpr std::string_view kNext = "\n# HELP ";
    std::vector<TextFamily> families;
    std::size_t begin = page.starts_with(kHelp) ? 0 : page.find(kNext);
    begin += begin != 0 && begin != std::string_view::npos ? 1 : 0;
    while (begin < page.size()) {
        const std::size_t next = page.find(kNext, begin);
        const std::size_t end = next == std::string_view::npos ? page.size() : next + 1;
        const std::string_view text = page.substr(begin, end - begin);
        const std::string_view after = text.substr(kHelp.size());
        families.push_back({after.substr(0, after.find_first_of(" \n")), text});
        begin = end;
    }
    return families;
}

std::string openmetrics_of(std::string_view page, std::size_t& left_out) {
    std::string out;
    out.reserve(page.size() + page.size() / 8 + kOpenMetricsEnd.size());
    Writer writer(out);
    left_out = 0;
    for (const TextFamily& family : families_of(page)) {
        left_out += writer.write(family) ? 0 : 1;
    }
    out.append(kOpenMetricsEnd);
    return out;
}

}  // namespace remora

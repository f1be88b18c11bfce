#include "cli/exposition.h"

#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <set>
#include <sstream>
#include <utility>
#include <vector>

#include "base/files.h"
#include "cli/agent_files.h"

namespace remora {
namespace {

struct Sample {
    std::string name;
    std::set<std::string> labels;  // each as name="value"
    double value = 0;
};

// `name{a="1",b="2"} 3`. False for a line that is none.
bool parse_sample(std::string_view line, Sample& sample) {
    std::size_t at = line.find_first_of("{ ");
    if (line.empty() || line[0] == '#' || at == std::string_view::npos) {
        return false;
    }
    sample.name = line.substr(0, at);
    if (line[at] == '{') {
        std::size_t begin = at + 1;
        bool is_quoted = false;
        for (++at; at < line.size() && (is_quoted || line[at] != '}'); ++at) {
            if (is_quoted && line[at] == '\\') {
                ++at;
            } else if (line[at] == '"') {
                is_quoted = !is_quoted;
            } else if (!is_quoted && line[at] == ',') {
                sample.labels.emplace(line.substr(begin, at - begin));
                begin = at + 1;
            }
        }
        if (at + 1 >= line.size()) {
            return false;
        }
        sample.labels.emplace(line.substr(begin, at - begin));
        ++at;
    }
    const std::size_t number = at + 1;
    return number < line.size() &&
           std::from_chars(line.data() + number, line.data() + line.size(), sample.value).ec ==
               std::errc{};
}

}  // namespace

Result<Exposition> Exposition::read(const std::string& path) {
    struct ::stat about {};
    const Result<std::string> text = read_file(path, kToolFileBytesMax, &about);
    if (!text) {
        return text.status();
    }
    std::vector<Sample> samples;
    std::istringstream lines(text.value());
    std::string line;
    while (std::getline(lines, line)) {
        Sample sample;
        if (parse_sample(line, sample)) {
            samples.push_back(std::move(sample));
        }
    }
    // What every series has is the output's: there are always some of the whole broker.
    std::set<std::string> common = samples.empty() ? std::set<std::string>() : samples[0].labels;
    for (const Sample& sample : samples) {
        for (auto label = common.begin(); label != common.end();) {
            label = sample.labels.count(*label) == 0 ? common.erase(label) : std::next(label);
        }
    }
    Exposition found;
    found.written_ms_ = about.st_mtim.tv_sec * 1000 + about.st_mtim.tv_nsec / 1'000'000;
    for (const Sample& sample : samples) {
        std::string key = sample.name + "{";
        for (const std::string& label : sample.labels) {
            if (common.count(label) == 0) {
                key += (key.back() == '{' ? "" : ",") + label;
            }
        }
        found.samples_.emplace(key + "}", sample.value);
    }
    return found;
}

const double* Exposition::find(std::string_view name, std::string_view labels) const {
    const auto found = samples_.find(std::string(name) + "{" + std::string(labels) + "}");
    return found == samples_.end() ? nullptr : &found->second;
}

}  // namespace remora

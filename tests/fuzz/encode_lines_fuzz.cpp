// Any names, labels, values and states in every format, through blocks of any size, with units that
// come and go: the lines stay whole and are what the format allows.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "../support/encode_rig.h"

namespace remora {
namespace {

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

// Takes the input apart.
class Bytes {
 public:
    Bytes(const std::uint8_t* data, std::size_t size) : at_(data), end_(data + size) {}

    bool empty() const { return at_ == end_; }
    std::uint8_t byte() { return empty() ? std::uint8_t{0} : *at_++; }
    std::string text() {
        // Now and then one beyond every limit.
        const std::uint8_t length = byte();
        if (length == 255) {
            return std::string(64 * 1024, static_cast<char>(byte()));
        }
        std::string made;
        for (std::uint8_t i = 0; i < length % 24 && !empty(); ++i) {
            made.push_back(static_cast<char>(byte()));
        }
        return made;
    }
    double number() {
        std::uint8_t raw[sizeof(double)];
        for (std::uint8_t& one : raw) {
            one = byte();
        }
        double value = 0;
        std::memcpy(&value, raw, sizeof value);
        return value;
    }

 private:
    const std::uint8_t* at_;
    const std::uint8_t* end_;
};

Series fuzz_series(Bytes& bytes) {
    Series series = make_series(bytes.text());
    const std::uint8_t choice = bytes.byte();
    series.type = static_cast<MetricType>(choice % 4);
    series.rule = static_cast<ValueRule>((choice >> 2U) % 3);
    series.state_label = choice % 5 == 0 ? "" : bytes.text();
    series.scale = choice % 7 == 0 ? bytes.number() : 1e-3;
    series.help = bytes.text();
    series.attribute = bytes.text();
    const char* suffixes[] = {"", "_count", "_sum", "_total"};
    series.name += suffixes[(choice >> 4U) % 4];
    for (std::uint8_t i = 0; i < choice % 3; ++i) {
        series.labels.push_back({bytes.text(), bytes.text()});
    }
    if (choice % 11 == 0) {
        series.labels.push_back({"quantile", "0.5"});
    }
    return series;
}

bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// Name, labels in quotes with the three escapes, one space, one number.
std::string exposition_series(std::string_view line) {
    std::size_t at = 0;
    const auto name = [&] {
        const std::size_t begin = at;
        while (at < line.size() && is_word(line[at])) {
            ++at;
        }
        require(at > begin && (line[begin] < '0' || line[begin] > '9'));
        return line.substr(begin, at - begin);
    };
    name();
    std::set<std::string_view> labels;
    if (at < line.size() && line[at] == '{') {
        do {
            ++at;
            const std::string_view label = name();
            require(!label.starts_with("__") && labels.insert(label).second);
            require(line.substr(at, 2) == "=\"");
            for (at += 2; at < line.size() && line[at] != '"'; ++at) {
                if (line[at] == '\\') {
                    ++at;
                    require(at < line.size());
                    require(line[at] == '\\' || line[at] == '"' || line[at] == 'n');
                }
            }
            require(at < line.size());
            ++at;
        } while (at < line.size() && line[at] == ',');
        require(at < line.size() && line[at] == '}');
        ++at;
    }
    const std::string series(line.substr(0, at));
    require(at < line.size() && line[at] == ' ');
    const std::string value(line.substr(at + 1));
    char* end = nullptr;
    std::strtod(value.c_str(), &end);
    require(!value.empty() && *end == '\0');
    return series;
}

void check_exposition(const std::vector<std::string_view>& lines) {
    std::set<std::string> series;
    std::set<std::string> families;
    for (const std::string_view line : lines) {
        if (line.starts_with("# TYPE ")) {
            require(families.insert(std::string(line.substr(7, line.find(' ', 7) - 7))).second);
        } else if (line.front() != '#') {
            require(series.insert(exposition_series(line)).second);
        }
    }
}

void check_line(OutputFormat format, std::string_view line) {
    require(!line.empty());
    for (const char c : line) {
        require(static_cast<unsigned char>(c) >= 0x20 || c == '\t');
    }
    const auto spaces = static_cast<std::size_t>(std::count(line.begin(), line.end(), ' '));
    switch (format) {
        case OutputFormat::kNdjson:
        case OutputFormat::kOtlpJson:
            require(!nlohmann::json::parse(line, nullptr, false).is_discarded());
            break;
        case OutputFormat::kGraphite:
            require(spaces == 2);
            break;
        case OutputFormat::kInflux: {
            const auto escaped = [&] {
                std::size_t count = 0;
                for (std::size_t at = line.find("\\ "); at != std::string_view::npos;
                     at = line.find("\\ ", at + 2)) {
                    ++count;
                }
                return count;
            }();
            require(spaces - escaped == 2);
            break;
        }
        case OutputFormat::kStatsd:
            require(std::count(line.begin(), line.end(), ':') == 1 && spaces == 0);
            break;
        case OutputFormat::kDogstatsd:
            require(line.find("|g") != line.npos || line.find("|c") != line.npos);
            require(std::count(line.begin(), line.end(), '|') <= 2);
            break;
        default:
            break;
    }
}

void check_text(OutputFormat format, const std::string& text) {
    std::vector<std::string_view> lines;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = text.find('\n', at);
        require(end != std::string::npos);
        lines.push_back(std::string_view(text).substr(at, end - at));
        check_line(format, lines.back());
        at = end + 1;
    }
    if (format == OutputFormat::kPrometheus || format == OutputFormat::kOpenMetrics) {
        check_exposition(lines);
    }
}

}  // namespace
}  // namespace remora

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace remora;
    Bytes bytes(data, size);
    EncoderOptions options;
    options.format = static_cast<OutputFormat>(bytes.byte() % 8);
    options.emit = static_cast<EmitMode>(bytes.byte() % 3);
    options.keyframe_ms = 1'000 * (bytes.byte() % 4);
    options.labels = {{bytes.text(), bytes.text()}};
    const std::size_t block_bytes = 256 + 32U * bytes.byte();
    EncodeRig rig(options, block_bytes, 1 + bytes.byte() % 3);
    rig.cache.texts() = {"", bytes.text(), bytes.text()};
    std::vector<SelfSample> self;
    std::vector<UnitId> units;
    for (int turn = 0; turn < 4 && !bytes.empty(); ++turn) {
        for (std::uint8_t i = bytes.byte() % 6; i > 0; --i) {
            const double value = bytes.byte() % 2 == 0 ? bytes.number() : bytes.byte();
            units.push_back(
                rig.add(bytes.text(), {fuzz_series(bytes), fuzz_series(bytes)}, {value, -value}));
        }
        if (!units.empty() && bytes.byte() % 3 == 0) {
            rig.encoder->remove_unit(units[bytes.byte() % units.size()]);
        }
        if (bytes.byte() % 3 == 0) {
            self.push_back({fuzz_series(bytes), bytes.number()});
        }
        rig.blocks.clear();
        rig.encoder->begin_tick(turn + 1, self);
        while (!rig.encoder->encode_some(rig.cache.view(), rig.channel)) {
            rig.drain();
            if (bytes.byte() % 16 == 15 && !units.empty()) {
                rig.encoder->remove_unit(units.back());
                units.push_back(rig.add(bytes.text(), {fuzz_series(bytes)}, {bytes.number()}));
            }
        }
        rig.drain();
        for (const std::string& block : rig.blocks) {
            require(block.size() <= block_bytes && (block.empty() || block.back() == '\n'));
        }
        check_text(options.format, rig.text());
    }
    return 0;
}

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/files.h"
#include "base/limits.h"
#include "trace/layout.h"
#include "trace/trace.h"

namespace remora {
namespace {

constexpr std::uint32_t kTraceUnitsMax =
    4 * kUnitsMax;  // over a whole trace, ids used again included
constexpr std::uint64_t kTraceBytesMax = 1ULL << 30;
constexpr std::uint64_t kMsMax = 1'000'000'000;

std::int64_t unzigzag(std::uint64_t number) {
    return static_cast<std::int64_t>(number >> 1) ^ -static_cast<std::int64_t>(number & 1);
}

// Reads records one by one. Any number may be hostile, so everything is held against what is there.
class Parser {
 public:
    explicit Parser(std::span<const std::byte> bytes) : bytes_(bytes) {}

    Result<Trace> parse() {
        if (bytes_.size() < kTraceMagic.size() ||
            std::memcmp(bytes_.data(), kTraceMagic.data(), kTraceMagic.size()) != 0) {
            return Status(Code::kCorrupt, "not a trace: it does not begin with RMRTRC3");
        }
        at_ = kTraceMagic.size();
        while (!trace_.is_complete && at_ < bytes_.size()) {
            const std::size_t record = at_;
            if (!take_record()) {
                if (cut_off_) {
                    drop_last_frame();
                    break;
                }
                return Status(Code::kCorrupt,
                              "the trace is damaged at byte " + std::to_string(record));
            }
        }
        close();
        return std::move(trace_);
    }

 private:
    bool take_record() {
        const auto kind = static_cast<char>(bytes_[at_++]);
        switch (kind) {
            case 'F':
                return take_family();
            case 'U':
                return take_unit();
            case 'B':
                return take_event(&TraceUnit::born);
            case 'X':
                return take_event(&TraceUnit::gone);
            case 'T':
                return take_time();
            case 'V':
                return take_value();
            case 'C':
                return take_cost();
            case 'E':
                trace_.is_complete = true;
                return true;
            default:
                return false;
        }
    }

    bool number(std::uint64_t& out, std::uint64_t most) {
        out = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            if (at_ >= bytes_.size()) {
                cut_off_ = true;
                return false;
            }
            const auto byte = static_cast<std::uint64_t>(bytes_[at_++]);
            out |= (byte & 0x7F) << shift;
            if (byte < 0x80) {
                return out <= most;
            }
        }
        return false;
    }

    bool text(std::string& out) {
        std::uint64_t size = 0;
        if (!number(size, kNameBytesMax)) {
            return false;
        }
        if (size > bytes_.size() - at_) {
            cut_off_ = true;
            return false;
        }
        out.assign(reinterpret_cast<const char*>(bytes_.data() + at_), size);
        at_ += size;
        return true;
    }

    bool take_family() {
        std::uint64_t id = 0;
        std::string name;
        if (!number(id, kFamiliesMax - 1) || !text(name)) {
            return false;
        }
        room_for_family(id);
        trace_.families[id].name = std::move(name);
        return true;
    }

    void room_for_family(std::uint64_t id) {
        if (id >= trace_.families.size()) {
            trace_.families.resize(id + 1);
            costs_.resize(id + 1);
        }
    }

    bool take_unit() {
        std::uint64_t id = 0;
        std::uint64_t family = 0;
        std::uint64_t kind = 0;
        std::uint64_t unit_class = 0;
        std::uint64_t slots = 0;
        TraceUnit unit;
        if (!number(id, kTraceUnitsMax) || !number(family, kFamiliesMax - 1) || !number(kind, 5) ||
            !number(unit_class, kUnitClasses - 1) || !number(slots, 0xFFFF) || !text(unit.name) ||
            id != trace_.units.size() || trace_.slots + slots > 4ULL * kSeriesMax) {
            return false;
        }
        room_for_family(family);
        unit.family = static_cast<FamilyId>(family);
        unit.kind = static_cast<BeanKind>(kind);
        unit.unit_class = static_cast<UnitClass>(unit_class);
        unit.slots = static_cast<std::uint16_t>(slots);
        unit.first_slot = trace_.slots;
        unit.announced = this_frame();
        unit.born = 0xFFFFFFFF;
        unit.gone = 0xFFFFFFFF;
        trace_.slots += unit.slots;
        values_.resize(trace_.slots);
        trace_.units.push_back(std::move(unit));
        return true;
    }

    std::uint32_t this_frame() const {
        return static_cast<std::uint32_t>(trace_.frames.empty() ? 0 : trace_.frames.size() - 1);
    }

    // A record that only names a unit and belongs to the frame it is met in.
    bool take_event(std::uint32_t TraceUnit::*frame) {
        std::uint64_t id = 0;
        if (!number(id, kTraceUnitsMax) || id >= trace_.units.size()) {
            return false;
        }
        trace_.units[id].*frame = this_frame();
        return true;
    }

    bool take_time() {
        std::uint64_t passed = 0;
        if (!number(passed, kMsMax)) {
            return false;
        }
        TraceFrame frame;
        frame.ms =
            trace_.frames.empty() ? 0 : trace_.frames.back().ms + static_cast<std::int64_t>(passed);
        close_frame();
        frame.first_change = static_cast<std::uint32_t>(trace_.changes.size());
        trace_.frames.push_back(frame);
        last_unit_ = 0;
        return true;
    }

    bool take_value() {
        std::uint64_t step = 0;
        std::uint64_t slot = 0;
        std::uint64_t coded = 0;
        if (!number(step, ~0ULL) || !number(slot, 0x1FFFF) || !number(coded, ~0ULL) ||
            trace_.frames.empty()) {
            return false;
        }
        const auto unit =
            static_cast<std::uint64_t>(last_unit_) + static_cast<std::uint64_t>(unzigzag(step));
        if (unit >= trace_.units.size() || slot / 2 >= trace_.units[unit].slots) {
            return false;
        }
        last_unit_ = static_cast<std::int64_t>(unit);
        const auto index = static_cast<std::uint32_t>(trace_.units[unit].first_slot + slot / 2);
        double& value = values_[index];
        if (slot % 2 == 0) {
            value += static_cast<double>(unzigzag(coded));
        } else {
            value =
                std::bit_cast<double>(std::bit_cast<std::uint64_t>(value) ^ reverse_bytes(coded));
        }
        trace_.changes.push_back({index, value});
        return true;
    }

    bool take_cost() {
        std::uint64_t family = 0;
        std::uint64_t units = 0;
        std::uint64_t nanos = 0;
        if (!number(family, kFamiliesMax - 1) || !number(units, 0xFFFFFFFF) ||
            !number(nanos, 1ULL << 52)) {
            return false;
        }
        room_for_family(family);
        if (units > 0) {
            costs_[family].push_back(
                static_cast<float>(static_cast<double>(nanos) / static_cast<double>(units)));
        }
        return true;
    }

    void close_frame() {
        if (!trace_.frames.empty()) {
            trace_.frames.back().end_change = static_cast<std::uint32_t>(trace_.changes.size());
        }
    }

    void drop_last_frame() {
        if (!trace_.frames.empty()) {
            trace_.changes.resize(trace_.frames.back().first_change);
            trace_.frames.pop_back();
        }
    }

    void close() {
        close_frame();
        const auto frames = static_cast<std::uint32_t>(trace_.frames.size());
        for (TraceUnit& unit : trace_.units) {
            unit.gone = std::min(unit.gone, frames);
            unit.born = std::min(unit.born, unit.gone);
        }
        for (std::size_t family = 0; family < costs_.size(); ++family) {
            std::vector<float>& costs = costs_[family];
            if (!costs.empty()) {
                const auto middle = costs.begin() + static_cast<std::ptrdiff_t>(costs.size() / 2);
                std::nth_element(costs.begin(), middle, costs.end());
                trace_.families[family].median_ns = static_cast<double>(*middle);
            }
        }
    }

    std::span<const std::byte> bytes_;
    std::size_t at_ = 0;
    bool cut_off_ = false;
    Trace trace_;
    std::vector<double> values_;
    std::vector<std::vector<float>> costs_;
    std::int64_t last_unit_ = 0;
};

}  // namespace

Result<Trace> parse_trace(std::span<const std::byte> bytes) {
    return Parser(bytes).parse();
}

Result<Trace> read_trace(const std::string& path) {
    const Result<std::string> content = read_file(path, kTraceBytesMax);
    if (!content) {
        return Status(content.status().code(), "trace " + content.status().message());
    }
    return parse_trace(std::as_bytes(std::span(content.value())));
}

}  // namespace remora

// The Java side of the wire, in C++: builds control records, reads plans, submits samples.
#pragma once

#include <remora/abi.h>
#include <remora/wire.h>

#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "plan/plan_reader.h"

namespace remora {

// The four buffers, and what a shim does with them.
class FakeShim {
 public:
    struct Answer {
        std::int32_t unit = -1;
        std::uint32_t family = 0;
        std::vector<std::uint16_t> selectors;
    };
    struct PlannedGroup {
        std::uint32_t family = 0;
        std::vector<std::uint32_t> units;
    };

    FakeShim()
        : control_(wire::kControlBytes / 8),
          answer_(wire::kAnswerBytes / 8),
          plan_(wire::kPlanBytes / 8),
          sample_(wire::kSampleBytes / 8) {}

    remora_buffers buffers() {
        return {bytes(control_), wire::kControlBytes, bytes(answer_), wire::kAnswerBytes,
                bytes(plan_),    wire::kPlanBytes,    bytes(sample_), wire::kSampleBytes};
    }

    // --- control
    using Attributes = std::vector<std::pair<wire::ValueType, std::string>>;

    void add_bean(wire::BeanKind kind, std::string_view name, const Attributes& attributes = {},
                  wire::ReadStatus described = wire::ReadStatus::kOk) {
        add_record(wire::ControlKind::kBean, kind, name, attributes, described);
    }

    // `expensive`: the attribute that is.
    void add_ask(std::string_view name, const Attributes& attributes,
                 std::string_view expensive = "") {
        add_record(wire::ControlKind::kAsk, wire::BeanKind::kMBean, name, attributes,
                   wire::ReadStatus::kOk, expensive);
    }

    // The next record says that so many values of its MBean are not in it.
    void leave_out(std::uint8_t values) { left_out_ = values; }

    void add_record(wire::ControlKind record_kind, wire::BeanKind kind, std::string_view name,
                    const Attributes& attributes, wire::ReadStatus described,
                    std::string_view expensive = "") {
        const std::size_t start = control_used_;
        wire::BeanRecord record{};
        record.header.kind = static_cast<std::uint8_t>(record_kind);
        record.flags =
            static_cast<std::uint16_t>(static_cast<unsigned>(described) | left_out_ << 8);
        left_out_ = 0;
        record.header.bean_kind = static_cast<std::uint8_t>(kind);
        record.header.attribute_count = static_cast<std::uint16_t>(attributes.size());
        record.token = token_++;
        record.name_bytes = static_cast<std::uint16_t>(name.size());
        control_used_ += sizeof(record);
        put(name);
        for (const auto& [type, path] : attributes) {
            const std::uint8_t flags = path == expensive ? wire::kAttributeExpensive : 0;
            const wire::AttributeHead head{static_cast<std::uint8_t>(type), flags,
                                           static_cast<std::uint16_t>(path.size())};
            put({reinterpret_cast<const char*>(&head), sizeof(head)});
            put(path);
        }
        control_used_ = (control_used_ + 7) / 8 * 8;
        record.header.bytes = static_cast<std::uint32_t>(control_used_ - start);
        std::memcpy(bytes(control_) + start, &record, sizeof(record));
    }

    void add_unregister(std::uint32_t unit) {
        wire::UnregisterRecord record{};
        record.header = {sizeof(record), static_cast<std::uint8_t>(wire::ControlKind::kUnregister),
                         0, 0};
        record.unit = unit;
        put({reinterpret_cast<const char*>(&record), sizeof(record)});
    }

    void add_swept() {
        wire::SweptRecord record{};
        record.header = {sizeof(record), static_cast<std::uint8_t>(wire::ControlKind::kSwept), 0,
                         0};
        put({reinterpret_cast<const char*>(&record), sizeof(record)});
    }

    void add_text(std::uint32_t id, std::string_view text) {
        wire::TextRecord record{};
        const std::size_t padded = (text.size() + 7) / 8 * 8;
        record.header = {static_cast<std::uint32_t>(sizeof(record) + padded),
                         static_cast<std::uint8_t>(wire::ControlKind::kText), 0, 0};
        record.text = id;
        record.text_bytes = static_cast<std::uint32_t>(text.size());
        put({reinterpret_cast<const char*>(&record), sizeof(record)});
        put(text);
        control_used_ = (control_used_ + 7) / 8 * 8;
    }

    std::size_t control_used() const { return control_used_; }
    std::int32_t take_control_bytes() {
        return static_cast<std::int32_t>(std::exchange(control_used_, 0));
    }

    std::vector<Answer> answers(std::int32_t answer_bytes) const {
        std::vector<Answer> found;
        const std::uint8_t* at = bytes(answer_);
        const std::uint8_t* end = at + answer_bytes;
        while (at < end) {
            wire::BeanAnswer head{};
            std::memcpy(&head, at, sizeof(head));
            Answer answer{head.unit, head.family, {}};
            answer.selectors.resize(head.slot_count);
            copy(answer.selectors.data(), at + sizeof(head), 2ULL * head.slot_count);
            found.push_back(std::move(answer));
            at += head.bytes;
        }
        return found;
    }

    // --- plan
    wire::PlanHeader plan_header() const {
        return PlanReader(std::as_bytes(std::span(plan_))).header();
    }

    std::vector<PlannedGroup> plan() const {
        std::vector<PlannedGroup> groups;
        PlanReader(std::as_bytes(std::span(plan_)))
            .for_each_group([&groups](FamilyId family, std::span<const UnitId> units) {
                groups.push_back({family, {units.begin(), units.end()}});
            });
        return groups;
    }

    // --- samples
    void add_sample(std::uint32_t unit, const std::vector<double>& values,
                    wire::ReadStatus status = wire::ReadStatus::kOk) {
        const wire::SampleRecord record{unit, static_cast<std::uint8_t>(wire::SampleKind::kValues),
                                        static_cast<std::uint8_t>(status),
                                        static_cast<std::uint16_t>(values.size())};
        std::memcpy(bytes(sample_) + sample_used_, &record, sizeof(record));
        sample_used_ += sizeof(record);
        copy(bytes(sample_) + sample_used_, values.data(), 8 * values.size());
        sample_used_ += 8 * values.size();
    }

    void add_cost(std::uint32_t family, std::uint16_t units, std::int64_t nanos) {
        const wire::CostRecord record{family, static_cast<std::uint8_t>(wire::SampleKind::kCost), 0,
                                      units, nanos};
        std::memcpy(bytes(sample_) + sample_used_, &record, sizeof(record));
        sample_used_ += sizeof(record);
    }

    std::int32_t take_sample_bytes() {
        return static_cast<std::int32_t>(std::exchange(sample_used_, 0));
    }

    std::uint8_t* sample_memory() { return bytes(sample_); }
    std::uint8_t* control_memory() { return bytes(control_); }

 private:
    using Words = std::vector<std::uint64_t>;  // aligned as a direct buffer is

    static std::uint8_t* bytes(Words& words) {
        return reinterpret_cast<std::uint8_t*>(words.data());
    }
    static const std::uint8_t* bytes(const Words& words) {
        return reinterpret_cast<const std::uint8_t*>(words.data());
    }

    // memcpy may not be given a null pointer, which empty vectors have, not even for no bytes.
    static void copy(void* to, const void* from, std::size_t count) {
        if (count > 0) {
            std::memcpy(to, from, count);
        }
    }

    void put(std::string_view text) {
        std::memcpy(bytes(control_) + control_used_, text.data(), text.size());
        control_used_ += text.size();
    }

    Words control_;
    Words answer_;
    Words plan_;
    Words sample_;
    std::size_t control_used_ = 0;
    std::size_t sample_used_ = 0;
    std::uint32_t token_ = 0;
    unsigned left_out_ = 0;
};

}  // namespace remora
